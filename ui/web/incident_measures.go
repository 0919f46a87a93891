package web

import (
	"strconv"
	"strings"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// measureView is a measure in the list.
type measureView struct {
	incident.Measure
	Who  string // its owner
	Open bool
	Late bool
}

func (p *Pages) measures(d incidentData) (views []measureView) {
	now := p.now()
	for _, m := range d.Inc.Measures {
		open := m.Outcome == incident.OutcomeOpen
		views = append(views, measureView{Measure: m, Who: nameOf(d.people, m.Owner), Open: open, Late: open && now.After(m.Due)})
	}
	return views
}

// PickMeasure is the choice of an open measure. With other, one that was never
// planned can be chosen too.
func (v *View) PickMeasure(form string, d incidentData, other bool) Field {
	f := v.Field(form, "measure")
	chosen := v.value(form, "measure")
	if other {
		f.Options = append(f.Options, Option{Value: "0", Label: v.T("measure.other"), Chosen: chosen == "0"})
	}
	for _, m := range d.Inc.OpenMeasures() {
		value := strconv.Itoa(m.N)
		f.Options = append(f.Options, Option{Value: value, Label: value + ". " + shortened(m.What), Chosen: chosen == value})
	}
	return f
}

// PickOwner is the choice of who sees to a measure.
func (v *View) PickOwner(form string, d incidentData, flags ...string) Field {
	f := v.Field(form, "owner", flags...)
	chosen := v.value(form, "owner")
	f.Options = append(f.Options, Option{Label: v.T(either(form == "measure", "measure.choose", "measure.same"))})
	for _, p := range d.people {
		if p.Inactive || !incident.MaySee(p, d.Inc) || !p.Has(alertable()...) {
			continue
		}
		f.Options = append(f.Options, Option{Value: string(p.ID), Label: nameOf(d.people, p.ID), Chosen: chosen == string(p.ID)})
	}
	return f
}

// alertable lists the roles whose holders get mail.
func alertable() []people.Role {
	return []people.Role{people.Officer, people.Deputy, people.FG, people.Management, people.Admin}
}

// shortened keeps a line of a text for an option.
func shortened(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}

// dutyDetail says in the log what the entries of this part add to their kind.
func dutyDetail(v *View, all people.Directory, body incident.Body) []string {
	switch b := body.(type) {
	case *incident.FilingTried:
		return []string{v.When(b.Try.At), b.Try.What}
	case *incident.DelayExplained:
		return []string{b.Reasons}
	case *incident.Happened:
		return append(v.Period(b.Period), b.Note)
	case *incident.RoleSet:
		return append(v.Chain(b.Chain), b.Reason)
	case *incident.Informed:
		return []string{v.Duty("duty", b.Telling.Duty), v.Telling(b.Telling), b.Telling.Whom, b.Telling.Text}
	case *incident.MeasureSet:
		return []string{v.T("measure.line", "n", b.Measure, "what", b.What), nameOf(all, b.Owner), b.Reason}
	case *incident.MeasureEnded:
		return []string{v.T("measure.line", "n", b.Measure, "what", v.Word("reason", "measure-"+string(b.Outcome))), v.When(b.At), b.Note}
	case *incident.Attached:
		return []string{v.T("file.line", "n", b.File, "size", v.Bytes(b.Size)), b.Private.Name}
	}
	return nil
}

// Telling says one round of telling in a line.
func (v *View) Telling(t incident.Telling) string {
	if t.Count == 0 {
		return v.T("telling.line", "at", t.At, "way", v.Word("way", t.Way))
	}
	return v.T("telling.line-count", "at", t.At, "way", v.Word("way", t.Way), "n", t.Count)
}

// Period says when the breach took place, line by line.
func (v *View) Period(p incident.Period) (lines []string) {
	if !p.From.IsZero() {
		lines = append(lines, v.T("period.from", "at", p.From))
	}
	switch {
	case p.Ongoing:
		lines = append(lines, v.T("period.ongoing"))
	case !p.Until.IsZero():
		lines = append(lines, v.T("period.until", "at", p.Until))
	}
	if !p.Found.IsZero() {
		lines = append(lines, v.T("period.found", "at", p.Found))
	}
	return lines
}

// Chain says our place in the chain, line by line.
func (v *View) Chain(c incident.Chain) []string {
	lines := []string{v.Word("chain-role", c.Role)}
	say := func(is bool, id string, kv ...any) {
		if is {
			lines = append(lines, v.T(id, kv...))
		}
	}
	say(c.Party != "", "chain.party", "who", c.Party)
	say(c.Leads != "", either(c.Leads == incident.LeadUs, "leads.us", "leads.them"))
	say(c.Hours > 0, "chain.hours", "n", c.Hours)
	say(c.Supplier != "", "chain.supplier", "who", c.Supplier)
	say(len(c.Countries) > 0, "chain.countries", "list", locale.List(v.Lang, c.Countries))
	say(c.Lead != "", "chain.lead", "country", c.Lead)
	return lines
}
