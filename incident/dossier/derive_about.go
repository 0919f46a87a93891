package dossier

import (
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// ---- 1: about the notification ----

func (c *Case) filed() bool { _, ok := c.Incident.FirstFiling(); return ok }

func (c *Case) withdrawn() bool {
	return slices.ContainsFunc(c.Incident.Filings, func(f incident.Filing) bool { return f.Kind == incident.FilingWithdrawal })
}

// notificationKind: the first notification is a regular one; after it there is
// only something to change.
func (c *Case) notificationKind() found {
	f, ok := c.Incident.FirstFiling()
	if !ok {
		return found{keys: []string{"regular"}}
	}
	return found{keys: []string{"change"}, lines: []risk.Text{both("dossier.earlier", "number", f.Number, "at", f.At)}}
}

func (c *Case) legalBasis() found {
	keys := set{"avg"}
	keys.add(slices.Contains(c.facts().Regimes, risk.Telecom), "tw")
	return found{keys: keys}
}

// ---- 2: more than one country ----

// crossBorder reports whether the officer answered that people in several
// countries are concerned.
func (c *Case) crossBorder() bool {
	for _, q := range [][2]string{{FormAP, "2.1.1"}, {FormEDPB, "113"}} {
		if a, ok := c.Incident.AnswerTo(q[0], q[1]); ok {
			return slices.Contains(a.Choices, "yes") || slices.Contains(a.Choices, "a")
		}
	}
	return false
}

func (c *Case) crossBorderAnswer() found { return found{} }

// ---- 3: the organisation ----

// organisation puts who we are on lines of their own and says what of it is
// still to be filled in.
func (c *Case) organisation() found {
	o := c.Organisation
	f := found{sure: true, lines: said(o.Name, o.Controllers, o.Address, strings.TrimSpace(o.Postcode+" "+o.City), o.Country)}
	if len(f.lines) == 0 {
		return found{}
	}
	add := func(id, value string) {
		if value != "" {
			f.lines = append(f.lines, both(id, "value", value))
		}
	}
	add("dossier.fg-number", o.FGNumber)
	add("dossier.kvk", o.KvK)
	var lacks []risk.Text
	for _, x := range []struct{ value, id string }{
		{o.Address, "dossier.lacks.address"}, {o.Postcode, "dossier.lacks.postcode"}, {o.City, "dossier.lacks.city"},
		{o.FGNumber, "dossier.lacks.fg-number"}, {o.KvK, "dossier.lacks.kvk"},
	} {
		if x.value == "" {
			lacks = append(lacks, both(x.id))
		}
	}
	if len(lacks) > 0 {
		list := join(lacks)
		f.sure = false
		f.note = risk.Text{NL: both("dossier.lacks", "list", list.NL).NL, EN: both("dossier.lacks", "list", list.EN).EN}
	}
	return f
}

func (c *Case) sector() found { return found{lines: said(c.Organisation.Sector), sure: true} }

// notifier is the person of the setting, or else the officer of the directory.
func (c *Case) notifier() found {
	if p := c.Organisation.Notifier; !p.Zero() {
		return found{lines: said(p.Name, p.Function, p.Email, p.Phone), sure: p.Name != "" && p.Email != "" && p.Phone != "" && p.Function != ""}
	}
	all := c.Org.People.Audience([]people.Role{people.Officer}, c.Now)
	if len(all) == 0 {
		return found{}
	}
	return found{lines: said(all[0].Name, locale.Word(locale.Dutch, "role", people.Officer), all[0].Email), note: both("dossier.note.officer")}
}

func (c *Case) contact() found {
	p := c.Organisation.Contact
	return found{lines: said(p.Name, p.Function, p.Email, p.Phone), sure: true}
}

func (c *Case) othersInvolved() found { return found{} }

// ---- 4: the timeline ----

// breachStart is what was answered to the AP's question: the facts hold no
// moment at which the breach began.
func (c *Case) breachStart() found { return c.apAnswer("4.1.1") }

// apAnswer takes over what was answered to a question of the AP's form.
func (c *Case) apAnswer(question string) found {
	a, ok := c.Incident.AnswerTo(FormAP, question)
	if !ok {
		return found{}
	}
	return found{keys: a.Choices, lines: said(a.Text), sure: true}
}

// aware returns when the organisation became aware, and whether a person said so.
func (c *Case) aware() (at time.Time, confirmed bool) {
	if a := c.Incident.Aware; a != nil {
		return a.At, true
	}
	if d := c.Incident.Duty(incident.DutyAP); d != nil {
		return d.Clock.Start, false
	}
	return c.Incident.Received, false
}

func (c *Case) discovered() found {
	at, confirmed := c.aware()
	if at.IsZero() {
		return found{}
	}
	f := found{lines: []risk.Text{instant(at)}, sure: confirmed}
	if !confirmed {
		f.note = both("dossier.note.clock")
	}
	return f
}

// instant writes a moment in both languages.
func instant(t time.Time) risk.Text {
	return risk.Text{NL: locale.When(locale.Dutch, t), EN: locale.When(locale.English, t)}
}

// howDiscovered says by which door the first report came in. Who reported stays
// out of it.
func (c *Case) howDiscovered() found {
	r := c.firstReport()
	if r == nil {
		return found{}
	}
	id := "dossier.door." + string(r.Channel)
	if !locale.Has(id) {
		id = "dossier.door.mail"
	}
	return found{lines: []risk.Text{both(id, "at", r.Received)}}
}

// delay is the reason that was filed, or else nothing: nobody can derive it.
func (c *Case) delay() found {
	if f, ok := c.Incident.FirstFiling(); ok && f.Delay != "" {
		return found{lines: said(f.Delay), sure: true}
	}
	return found{}
}
