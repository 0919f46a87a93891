package dossier

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// Letter is the text of a letter: made from the facts, or as a person edited it.
type Letter struct {
	Kind    incident.LetterKind
	Lang    string
	Subject string
	Text    string // see incident.DraftedPrivate for its form
	Edited  time.Time
	By      incident.Actor
	Gaps    []string // what is still to be filled in, in square brackets
}

// gapForm finds what is still to be filled in.
var gapForm = regexp.MustCompile(`\[[^\[\]\n]+\]`)

// LetterOf returns a letter as it was last edited, or else as the facts give it.
func LetterOf(c Case, kind incident.LetterKind, lang string) Letter {
	l := FreshLetter(c, kind, lang)
	if draft := incident.DraftText(c.Incident, c.Entries, kind, lang); draft.Text != "" {
		l.Subject, l.Text = draft.Subject, draft.Text
		for _, d := range c.Incident.Drafts {
			if d.Letter == kind && d.Lang == lang {
				l.Edited, l.By = d.At, d.By
			}
		}
	}
	var gaps set
	gaps.add(true, gapForm.FindAllString(l.Subject+"\n"+l.Text, -1)...)
	l.Gaps = gaps
	return l
}

// FreshLetter makes a letter from the facts. What nobody knows yet stands in
// square brackets.
func FreshLetter(c Case, kind incident.LetterKind, lang string) Letter {
	w := writer{c: &c, lang: lang}
	switch kind {
	case incident.LetterController:
		w.controller()
	case incident.LetterPublic:
		w.people(true)
	default:
		w.people(false)
	}
	return Letter{Kind: kind, Lang: lang, Subject: w.t("doc.letter."+string(kind)+".subject", "name", w.name()), Text: strings.TrimSpace(w.b.String())}
}

// document is the letter as a paper.
func (l Letter) document(c Case) *document {
	d := &document{Lang: l.Lang, Title: l.Subject, At: c.Now, Blocks: paragraphs(l.Text), Footer: c.Organisation.Name}
	d.exercise(c)
	return d
}

// writer writes the text of a letter.
type writer struct {
	c    *Case
	lang string
	b    strings.Builder
}

func (w *writer) t(id string, kv ...any) string {
	text := both(id, kv...)
	if w.lang == locale.Dutch {
		return text.NL
	}
	return text.EN
}

func (w *writer) in(t risk.Text) string { return t.In(risk.Lang(w.lang)) }

func (w *writer) para(text string) { w.b.WriteString(text + "\n\n") }

func (w *writer) heading(id string) { w.b.WriteString("# " + w.t(id) + "\n\n") }

// list writes items, or the gap when there are none.
func (w *writer) list(items []string, gap string) {
	if len(items) == 0 {
		items = []string{w.t(gap)}
	}
	for _, item := range items {
		w.b.WriteString("- " + item + "\n")
	}
	w.b.WriteString("\n")
}

func (w *writer) name() string {
	if n := w.c.Organisation.Name; n != "" {
		return n
	}
	return w.t("doc.gap.organisation")
}

// people writes the letter of GDPR art. 34(2) in plain words: what happened, to
// which data, what it can mean, what was done, what to do, whom to ask. A public
// notice says the same to whoever reads it.
func (w *writer) people(public bool) {
	lead := "doc.letter.people"
	if public {
		lead = "doc.letter.public"
	} else {
		w.para(w.t("doc.letter.dear"))
	}
	w.para(w.t(lead+".lead", "name", w.name()))
	w.heading("doc.letter.what")
	w.para(w.what())
	w.heading("doc.letter.data")
	w.para(w.t(lead + ".data"))
	w.list(w.data(), "doc.gap.data")
	if p := w.c.facts().Protection; p == risk.Encrypted || p == risk.Hashed || p == risk.OtherProtection {
		w.para(w.t("doc.letter.protected"))
	}
	w.heading("doc.letter.means")
	w.list(w.consequences(), "doc.gap.consequences")
	w.heading("doc.letter.done")
	w.list(w.measures(), "doc.gap.measures")
	w.heading("doc.letter.advice")
	w.list(w.advice(), "doc.gap.advice")
	w.heading("doc.letter.questions")
	w.para(w.t("doc.letter.ask", "contact", w.contact()))
	w.para(w.t("doc.letter.complain"))
	if !public {
		w.para(w.t("doc.letter.regards") + "\n" + w.name())
	}
}

// what tells what happened: a sentence for the kind of incident, and the
// officer's own summary to rewrite.
func (w *writer) what() string {
	when := w.t("doc.gap.date")
	if keys := w.c.breachStart().keys; len(keys) > 0 {
		when = w.in(dateText(keys[0]))
	}
	id := "doc.what." + string(w.c.facts().Incident)
	if !locale.Has(id) {
		return w.t("doc.what.unknown", "when", when) + " " + w.summary()
	}
	return w.t(id, "when", when) + " " + w.summary()
}

// summary is the officer's own. Nobody knows its language, so an English letter
// asks for a look.
func (w *writer) summary() string {
	switch s := strings.NewReplacer("[", "(", "]", ")", "\n", " ").Replace(w.c.Incident.Summary); {
	case s == "":
		return w.t("doc.gap.summary")
	case w.lang != locale.Dutch:
		return w.t("doc.gap.english", "text", s)
	}
	return w.c.Incident.Summary
}

// data lists the categories in the words of the questionnaire.
func (w *writer) data() (items []string) {
	f := w.c.facts()
	for _, t := range append(labels(f, "data"), labels(f, "special")...) {
		items = append(items, w.in(t))
	}
	if slices.Contains(f.Special, risk.NoSpecial) {
		items = slices.DeleteFunc(items, func(s string) bool {
			return s == w.in(labels(risk.Facts{Special: []risk.Special{risk.NoSpecial}}, "special")[0])
		})
	}
	return items
}

func (w *writer) measures() (items []string) {
	for _, m := range w.c.facts().Mitigation {
		if id := "doc.done." + string(m); locale.Has(id) {
			items = append(items, w.t(id))
		}
	}
	for _, m := range w.c.Incident.Measures {
		if m.Outcome == incident.OutcomeMet && w.lang == locale.Dutch {
			items = append(items, m.What)
		}
	}
	if w.c.filed() {
		items = append(items, w.t("doc.done.notified"))
	}
	return items
}

// consequences and advice follow from the data: what somebody can do with them,
// and what helps against it.
func (w *writer) consequences() (items []string) {
	for _, k := range w.risks() {
		items = append(items, w.t("doc.means."+k))
	}
	return items
}

func (w *writer) advice() (items []string) {
	for _, k := range w.risks() {
		items = append(items, w.t("doc.advice."+k))
	}
	return items
}

// risks names what the people have to reckon with, the gravest first.
func (w *writer) risks() []string {
	f := w.c.facts()
	has := func(ds ...risk.Data) bool {
		return slices.ContainsFunc(ds, func(d risk.Data) bool { return slices.Contains(f.Data, d) })
	}
	open := w.c.isBreach(risk.Confidentiality) && f.Access != risk.Excluded
	sensitive := slices.ContainsFunc(f.Special, func(s risk.Special) bool { return s != risk.NoSpecial && s != risk.UnknownSpecial })
	var keys set
	keys.add(open && has(risk.Credentials), "credentials")
	keys.add(open && has(risk.BSN, risk.IDCopy, risk.IDNumber), "identity")
	keys.add(open && has(risk.Card, risk.IBAN, risk.Financial), "money")
	keys.add(open && has(risk.Email, risk.Phone, risk.Contact, risk.Address, risk.Credentials), "phishing")
	keys.add(open && (sensitive || has(risk.Criminal, risk.Debts, risk.Benefits) || f.ContextSensitive == risk.Yes), "sensitive")
	keys.add(w.c.isBreach(risk.Availability), "unavailable")
	keys.add(w.c.isBreach(risk.Integrity), "wrong")
	keys.add(open && len(keys) == 0, "other")
	return keys
}

// contact is the desk for the people, else the FG, else a gap.
func (w *writer) contact() string {
	o := w.c.Organisation
	for _, p := range []incident.Contact{o.PeopleDesk, o.FG, o.Contact} {
		if p.Email != "" || p.Phone != "" {
			parts := slices.DeleteFunc([]string{p.Name, p.Phone, p.Email}, func(s string) bool { return s == "" })
			return strings.Join(parts, ", ")
		}
	}
	return w.t("doc.gap.contact")
}

// controller writes what a processor tells the controller without undue delay
// (GDPR art. 33(2)), in the order in which the controller has to notify it on
// (art. 33(3)). Whether it is a risk is the controller's to judge.
func (w *writer) controller() {
	w.para(w.t("doc.letter.dear"))
	w.para(w.t("doc.letter.controller.lead", "name", w.name()))
	w.heading("doc.letter.what")
	w.para(w.what())
	if at, _ := w.c.aware(); !at.IsZero() {
		w.para(w.t("doc.letter.controller.aware", "day", w.in(shortDate(at)), "clock", locale.Clock(at)))
	}
	w.heading("doc.letter.controller.people")
	w.list(w.whose(), "doc.gap.people")
	w.heading("doc.letter.data")
	w.list(w.data(), "doc.gap.data")
	w.heading("doc.letter.controller.consequences")
	w.list(w.impact(), "doc.gap.consequences")
	w.heading("doc.letter.controller.measures")
	w.list(w.measures(), "doc.gap.measures")
	w.heading("doc.letter.controller.next")
	w.para(w.t("doc.letter.controller.judge"))
	w.para(w.t("doc.letter.controller.ask", "contact", w.contact(), "ref", w.c.Incident.Ref.String()))
	w.para(w.t("doc.letter.regards") + "\n" + w.name())
}

// whose lists the groups and the number of people.
func (w *writer) whose() (items []string) {
	for _, t := range labels(w.c.facts(), "groups") {
		items = append(items, w.in(t))
	}
	for _, t := range w.c.people().lines {
		items = append(items, w.in(t))
	}
	return items
}

// impact lists the consequences in the words of the AP's form.
func (w *writer) impact() (items []string) {
	form, _ := FormByID(FormAP)
	q, _ := form.Question("9.2")
	for _, k := range w.c.consequencesPeople().keys {
		if o, ok := q.option(k); ok {
			items = append(items, w.in(o.Label))
		}
	}
	return items
}
