package risk

import "slices"

// Kind is the form control that a question needs.
type Kind string

// The kinds of question.
const (
	One    Kind = "one"    // choose one option
	Many   Kind = "many"   // choose any number of options
	Number Kind = "number" // a whole number, zero or more
	Line   Kind = "text"   // free text, at most MaxText bytes
)

// MaxText is the longest free text that Parse accepts, in bytes.
const MaxText = 4000

// Question describes one field of Facts, so that pages, forms and the schema
// come from one place. "Unknown" is always a possible answer and is not among
// the options.
type Question struct {
	Field   string   // the JSON name in Facts
	Section string   // what, data, people, recipients, protection, loss, measures, organisation, severity
	Kind    Kind     // the control
	Label   Text     // the question
	Help    Text     // a sentence for those who hesitate; may be empty
	Options []Option // for One and Many, in the order to show
	Skip    []Skip   // may be left out when any of these holds
	Quick   bool     // belongs to the three-minute set
}

// Option is one answer. Value is stored and never renamed.
type Option struct {
	Value string
	Label Text
	Help  Text
}

// Skip holds when the field has, or includes, one of the values. With Empty it
// holds when the field is unknown; with Lacks it holds when the field is known
// and has none of the values.
type Skip struct {
	Field string
	In    []string
	Lacks []string
	Empty bool
}

// Questions lists every field of Facts once, in the order to ask them. The
// caller owns the slice, not what it points to.
func Questions() []Question { return slices.Clone(questions) }

// Sections gives the headings of the questionnaire by Question.Section.
func Sections() []Option {
	return []Option{
		{Value: "what", Label: Text{"Wat is er gebeurd?", "What happened?"}},
		{Value: "data", Label: Text{"Welke gegevens?", "Which data?"}},
		{Value: "people", Label: Text{"Van wie?", "Whose?"}},
		{Value: "recipients", Label: Text{"Wie heeft ze nu?", "Who has them now?"}},
		{Value: "protection", Label: Text{"Hoe waren ze beveiligd?", "How were they protected?"}},
		{Value: "loss", Label: Text{"Verlies, wijziging en uitval", "Loss, change and outage"}},
		{Value: "measures", Label: Text{"Wat is er daarna gedaan?", "What was done afterwards?"}},
		{Value: "organisation", Label: Text{"Over uw organisatie", "About your organisation"}},
		{Value: "severity", Label: Text{"Ernst volgens ENISA (voor de beoordelaar)", "Severity by ENISA (for the assessor)"}},
	}
}

// questions is the whole questionnaire; it is never written after start-up.
var questions = slices.Concat(questionsWhat, questionsData, questionsPeople, questionsProtection,
	questionsMeasures, questionsSeverity)

// questionOf finds the question of a field.
func questionOf(field string) (Question, bool) {
	i := slices.IndexFunc(questions, func(q Question) bool { return q.Field == field })
	if i < 0 {
		return Question{}, false
	}
	return questions[i], true
}

// MaySkip says whether the question may be left out, given the other answers.
func (q Question) MaySkip(f Facts) bool {
	return slices.ContainsFunc(q.Skip, func(s Skip) bool { return s.holds(f) })
}

func (s Skip) holds(f Facts) bool {
	have := Values(f, s.Field)
	if s.Empty {
		return len(have) == 0
	}
	shared := func(want []string) bool {
		return slices.ContainsFunc(have, func(v string) bool { return slices.Contains(want, v) })
	}
	if len(s.Lacks) > 0 {
		return len(have) > 0 && !slices.Contains(have, Unknown) && !shared(s.Lacks)
	}
	return shared(s.In)
}

// yesNo are the options of an Answer.
func yesNo() []Option {
	return []Option{{Value: "yes", Label: Text{"Ja", "Yes"}}, {Value: "no", Label: Text{"Nee", "No"}}}
}

// opt is a short way to write an option without help.
func opt[T ~string](value T, nl, en string) Option {
	return Option{Value: string(value), Label: Text{nl, en}}
}

// optHelp is an option with help.
func optHelp[T ~string](value T, nl, en, helpNL, helpEN string) Option {
	return Option{Value: string(value), Label: Text{nl, en}, Help: Text{helpNL, helpEN}}
}
