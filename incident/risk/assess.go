package risk

import (
	"encoding/json"
	"reflect"
)

// Verdict is the proposal. Document is always true: Art. 33(5) GDPR asks to
// register every breach, whatever the risk.
type Verdict struct {
	Document        bool `json:"document"`
	NotifyAuthority bool `json:"notify_authority"` // Art. 33(1) GDPR
	NotifySubjects  bool `json:"notify_subjects"`  // Art. 34(1) GDPR
}

// Level puts the verdict on the scale of the rules.
func (v Verdict) Level() Level {
	switch {
	case v.NotifySubjects:
		return NotifyPeople
	case v.NotifyAuthority:
		return NotifyAuthority
	}
	return RegisterOnly
}

func verdictOf(l Level) Verdict {
	return Verdict{Document: true, NotifyAuthority: l >= NotifyAuthority, NotifySubjects: l >= NotifyPeople}
}

// Label says the verdict in words.
func (v Verdict) Label() Text {
	switch v.Level() {
	case NotifyPeople:
		return Text{"Melden bij de AP en de mensen informeren", "Notify the AP and tell the people"}
	case NotifyAuthority:
		return Text{"Melden bij de AP", "Notify the AP"}
	}
	return Text{"Alleen registreren", "Register only"}
}

// Reason is one rule that applied. Source is the article, guideline and case,
// or publication it rests on, in English; [Reason.Cited] gives it in a language.
type Reason struct {
	Code   string
	Text   Text
	Source string
}

// Outlook is an outcome that the facts may still lead to.
type Outlook struct {
	Severity float64 `json:"severity"`
	Band     Band    `json:"band"`
	Verdict  Verdict `json:"verdict"`
}

// Assessment is the outcome for one set of facts. It is a proposal to a person
// who decides. Its JSON holds one language, English unless In chose Dutch; read
// back, the texts of rules that still exist are there in both.
type Assessment struct {
	Severity float64 // ENISA's SE, a multiple of 0.25
	Band     Band
	Verdict  Verdict
	Reasons  []Reason // the deciding one first, then the others in the order of the rules, then notes
	Best     Outlook  // if every unknown turned out the mildest way
	Worst    Outlook  // if every unknown turned out the gravest way

	DecidedBy string   // code of the rule that decided
	Breach    bool     // false when the facts say it is no personal data breach
	Enisa     Enisa    // the parts of the score
	Missing   []string // unknown fields of the three-minute set, in order
	lang      Lang
}

// Assess weighs the facts. It is total and deterministic: the same facts give
// the same assessment, and facts that Parse would refuse count as unknown.
func Assess(f Facts) Assessment {
	f = normalised(f)
	c := read(&f)
	a := Assessment{lang: English}
	a.Severity, a.Enisa = enisa(c)
	a.Band = bandOf(a.Severity)
	c.severity = a.Severity
	o := decide(c)
	a.Verdict, a.DecidedBy, a.Breach = verdictOf(o.level), o.decided.code, o.breach
	a.Reasons = o.reasons(c)
	a.Best, a.Worst = outlooks(f, Outlook{a.Severity, a.Band, a.Verdict})
	a.Missing = missing(f)
	return a
}

// In gives the same assessment with its JSON in another language.
func (a Assessment) In(lang Lang) Assessment {
	a.lang = lang
	return a
}

// outcome is what the rules came to.
type outcome struct {
	level   Level
	decided *rule
	breach  bool
	applied []*rule // the rules that hold beside the deciding one, in order
}

// decide reads the rules from top to bottom. No breach ends it. A way out
// leaves only the firm rules. Otherwise the verdict is the highest level that a
// rule leads to, at least notifying: the last rule, doubt, always holds.
func decide(c *reading) outcome {
	// Misuse is evidence that somebody has the data, whatever else is said.
	if r := first(notBreach, c); r != nil && c.f.Misuse != Yes {
		return outcome{level: RegisterOnly, decided: r}
	}
	o := outcome{breach: true}
	gate := first(gates, c)
	o.collect(peopleRules, c, gate != nil)
	o.collect(authorityRules, c, gate != nil)
	if o.decided == nil {
		o.decided = gate
		return o
	}
	if o.level == NotifyPeople {
		if r := first(exemptions, c); r != nil {
			o.applied = append([]*rule{o.decided}, o.applied...)
			o.level, o.decided = NotifyAuthority, r
		}
	}
	return o
}

// collect adds the rules that hold; the first of them decides if nothing did.
func (o *outcome) collect(rules []rule, c *reading, onlyFirm bool) {
	for i := range rules {
		r := &rules[i]
		if (onlyFirm && !r.firm) || (r.code == "doubt" && o.decided != nil) || !r.when(c) {
			continue
		}
		if o.decided == nil {
			o.level, o.decided = r.level, r
			continue
		}
		o.applied = append(o.applied, r)
	}
}

// first gives the first rule that holds.
func first(rules []rule, c *reading) *rule {
	for i := range rules {
		if rules[i].when(c) {
			return &rules[i]
		}
	}
	return nil
}

// reasons puts the deciding rule first, then the others, then the duty to
// register and the notes.
func (o outcome) reasons(c *reading) []Reason {
	out := []Reason{o.decided.reason()}
	for _, r := range o.applied {
		out = append(out, r.reason())
	}
	for i := range notes {
		n := &notes[i]
		if n.when(c) && (n.code != "public-announcement" || o.level == NotifyPeople) {
			out = append(out, n.reason())
		}
	}
	return append(out, documentRule.reason())
}

func (r *rule) reason() Reason { return Reason{Code: r.code, Text: r.text, Source: r.source} }

// missing lists the questions of the three-minute set without an answer that
// may not be skipped.
func missing(f Facts) []string {
	out := []string{}
	v := reflect.ValueOf(f)
	for i := range questions {
		q := &questions[i]
		if q.Quick && v.Field(fieldIndex(q.Field)).IsZero() && !q.MaySkip(f) {
			out = append(out, q.Field)
		}
	}
	return out
}

// reasonJSON and assessmentJSON are the promised shape; the names never change.
type reasonJSON struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

type assessmentJSON struct {
	Severity  float64      `json:"severity"`
	Band      Band         `json:"band"`
	Verdict   Verdict      `json:"verdict"`
	Reasons   []reasonJSON `json:"reasons"`
	Best      Outlook      `json:"best"`
	Worst     Outlook      `json:"worst"`
	DecidedBy string       `json:"decided_by"` // code of the deciding reason
	Breach    bool         `json:"breach"`     // false: an incident, not a personal data breach
	Enisa     Enisa        `json:"enisa"`      // the parts of severity
	Missing   []string     `json:"missing"`    // fields to answer next
	Language  Lang         `json:"language"`   // of the texts
}

// wire gives the promised shape, with the texts in one language.
func (a Assessment) wire() assessmentJSON {
	lang := a.lang
	if lang != Dutch {
		lang = English
	}
	out := assessmentJSON{Severity: a.Severity, Band: a.Band, Verdict: a.Verdict, Best: a.Best, Worst: a.Worst,
		DecidedBy: a.DecidedBy, Breach: a.Breach, Enisa: a.Enisa, Missing: a.Missing, Language: lang, Reasons: []reasonJSON{}}
	for _, r := range a.Reasons {
		out.Reasons = append(out.Reasons, reasonJSON{r.Code, r.Text.In(lang), r.Cited(lang)})
	}
	return out
}

func (in assessmentJSON) assessment() Assessment {
	a := Assessment{Severity: in.Severity, Band: in.Band, Verdict: in.Verdict, Best: in.Best, Worst: in.Worst,
		DecidedBy: in.DecidedBy, Breach: in.Breach, Enisa: in.Enisa, Missing: in.Missing, lang: in.Language}
	for _, r := range in.Reasons {
		a.Reasons = append(a.Reasons, restored(r, in.Language))
	}
	return a
}

// MarshalJSON writes the assessment with its texts in one language.
func (a Assessment) MarshalJSON() ([]byte, error) { return json.Marshal(a.wire()) }

// UnmarshalJSON reads a stored assessment back. The stored wording wins; the
// other language comes from the rule if it still exists, else it is the same.
func (a *Assessment) UnmarshalJSON(b []byte) error {
	var in assessmentJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*a = in.assessment()
	return nil
}

func restored(r reasonJSON, lang Lang) Reason {
	out := Reason{Code: r.Code, Text: Text{r.Text, r.Text}, Source: r.Source}
	for _, known := range Rules() {
		if known.Code != r.Code {
			continue
		}
		if lang == Dutch {
			out.Text.EN, out.Source = known.Text.EN, known.Source
		} else {
			out.Text.NL = known.Text.NL
		}
	}
	return out
}

// Rules lists every rule in the order in which it is read, for a page that
// explains the method.
func Rules() []Reason {
	var out []Reason
	for _, list := range [][]rule{notBreach, gates, peopleRules, authorityRules, exemptions, notes, {documentRule}} {
		for i := range list {
			out = append(out, list[i].reason())
		}
	}
	return out
}
