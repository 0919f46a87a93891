package dossier

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// State says how far an answer can be relied on.
type State string

// The states.
const (
	Recorded State = "recorded" // a person recorded it
	Derived  State = "derived"  // follows from what is recorded: check it
	Missing  State = "missing"
	Check    State = "check"   // we do not know the question or its options: look on the form
	Skipped  State = "skipped" // may stay empty
)

// Filled is a form with its answers.
type Filled struct {
	Form     *Form
	Ref      incident.Ref
	Sections []FilledSection
	Flags    []Flag // personal data that must not go into the form
}

// FilledSection is a section with its answers. Questions that are not asked in
// this case are left out.
type FilledSection struct {
	Section
	Answers []Answered
}

// Answered is one question with its answer. Lines holds the answer line by
// line; where a person wrote it, both languages say the same.
type Answered struct {
	Question
	State State
	Lines []risk.Text
	Note  risk.Text // where it comes from, or what to look at
	Given incident.GivenAnswer
	Keys  []string // stored values of the options that were chosen
	words []risk.Text
}

// Copy returns the answer as it is copied into the form: in Dutch, one line for
// each choice.
func (a Answered) Copy() string {
	lines := make([]string, len(a.Lines))
	for i, l := range a.Lines {
		lines[i] = l.NL
	}
	return strings.Join(lines, "\n")
}

// Open reports whether somebody still has to do something about the answer.
func (a Answered) Open() bool { return a.State == Missing || a.State == Check }

// found is what a derivation finds.
type found struct {
	keys  []string    // options
	lines []risk.Text // words, after the options
	note  risk.Text
	sure  bool // a person recorded it
}

// empty reports whether nothing was found.
func (f found) empty() bool { return len(f.keys) == 0 && len(f.lines) == 0 }

// said is what a person wrote, the same in both languages; nothing for an
// empty text.
func said(texts ...string) (lines []risk.Text) {
	for _, s := range texts {
		if s = strings.TrimSpace(s); s != "" {
			lines = append(lines, risk.Text{NL: s, EN: s})
		}
	}
	return lines
}

// Fill answers a form as far as the case allows.
func (f *Form) Fill(c Case) *Filled {
	out := &Filled{Form: f, Ref: c.Incident.Ref}
	for _, s := range f.Sections {
		filled := FilledSection{Section: s}
		for _, q := range s.Questions {
			if asked, known := conditions()[q.When]; known && !asked(&c) {
				continue
			}
			filled.Answers = append(filled.Answers, c.answer(f, q))
		}
		out.Sections = append(out.Sections, filled)
	}
	out.Flags = c.flags(out)
	return out
}

// answer answers one question: what an officer answered here goes before what
// the facts say.
func (c *Case) answer(f *Form, q Question) Answered {
	a := Answered{Question: q}
	got := found{}
	if derive, ok := derivations()[q.From]; ok {
		got = derive(c)
	}
	if same := c.apAnswer(q.Same); q.Same != "" && !same.empty() {
		got = same
	}
	if given, ok := c.Incident.AnswerTo(f.ID, q.ID); ok {
		var facts []risk.Text
		if got.sure { // a rule of ours is no match for what a person says
			facts = q.lines(got)
		}
		a.Given = given
		got = found{keys: given.Choices, lines: said(given.Text), sure: true}
		if here := q.lines(got); len(facts) > 0 && !slices.Equal(here, facts) {
			got.note = otherwise(facts)
		}
	}
	a.Keys, a.Lines, a.words = got.keys, q.lines(got), got.lines
	if len(a.Lines) > 0 {
		a.Note = got.note
	}
	switch {
	case len(a.Lines) > 0 && got.sure:
		a.State = Recorded
	case len(a.Lines) > 0:
		a.State = Derived
	case q.Unsure != (risk.Text{}):
		a.State = Check
	case q.Optional:
		a.State = Skipped
	default:
		a.State = Missing
	}
	return a
}

// otherwise says what the facts would answer where an officer answered
// something else, so that an old answer does not hide new facts.
func otherwise(facts []risk.Text) risk.Text {
	list := join(facts)
	return risk.Text{NL: both("dossier.note.facts", "list", list.NL).NL, EN: both("dossier.note.facts", "list", list.EN).EN}
}

// lines writes an answer: what was chosen, then the words.
func (q Question) lines(f found) (lines []risk.Text) {
	for _, key := range f.keys {
		if o, ok := q.option(key); ok {
			lines = append(lines, o.Label)
		} else if q.Kind == KindDate {
			lines = append(lines, dateText(key))
		}
	}
	return append(lines, f.lines...)
}

// All lists the answers in the form's order.
func (f *Filled) All() []Answered {
	var all []Answered
	for _, s := range f.Sections {
		all = append(all, s.Answers...)
	}
	return all
}

// Missing lists what is still to be filled in.
func (f *Filled) Missing() []Answered { return f.in(Missing) }

// ToCheck lists what has to be looked at on the form itself.
func (f *Filled) ToCheck() []Answered {
	return slices.DeleteFunc(f.All(), func(a Answered) bool { return a.Unsure == (risk.Text{}) })
}

// in lists the answers in a state.
func (f *Filled) in(state State) []Answered {
	return slices.DeleteFunc(f.All(), func(a Answered) bool { return a.State != state })
}

// Count returns how many answers are in a state.
func (f *Filled) Count(state State) int { return len(f.in(state)) }

// ReadAnswers reads a posted form of answers into the command that records
// them: fields are named by the question, «.text» behind it for the words. Only
// questions that are in the values are read. It returns a *Refusal for a
// question or an option that the form does not have.
func (f *Form) ReadAnswers(values map[string][]string, now time.Time) (incident.AnswerQuestions, error) {
	var cmd incident.AnswerQuestions
	for _, s := range f.Sections {
		for _, q := range s.Questions {
			text, typed := values[q.ID+".text"]
			chosen, picked := values[q.ID]
			if !typed && !picked {
				continue
			}
			a := incident.Answer{Form: f.ID, Question: q.ID, Text: strings.Join(text, "\n")}
			a.Choices = slices.DeleteFunc(slices.Clone(chosen), func(v string) bool { return v == "" })
			if err := q.check(a.Choices, now); err != nil {
				return cmd, err
			}
			cmd.Answers = append(cmd.Answers, a)
		}
	}
	if len(cmd.Answers) == 0 {
		return cmd, &incident.Refusal{Code: "no-such-question"}
	}
	return cmd, nil
}

// check refuses a choice that the question does not offer.
func (q Question) check(chosen []string, now time.Time) error {
	if q.Kind != KindMany && len(chosen) > 1 {
		return &incident.Refusal{Field: q.ID, Code: "choose-one"}
	}
	for _, v := range chosen {
		if q.Kind == KindDate {
			day, err := time.ParseInLocation(time.DateOnly, v, incident.Amsterdam())
			if err != nil {
				return &incident.Refusal{Field: q.ID, Code: "not-a-day"}
			}
			if q.Past && day.After(now) {
				return &incident.Refusal{Field: q.ID, Code: "in-the-future"}
			}
		} else if _, ok := q.option(v); !ok {
			return &incident.Refusal{Field: q.ID, Code: "choose-one"}
		}
	}
	return nil
}
