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

// chain is our place among the organisations; nobody recorded one: controller.
func (c *Case) chain() incident.Chain {
	if c.Incident.Chain == nil {
		return incident.Chain{Role: incident.RoleController}
	}
	return *c.Incident.Chain
}

// crossBorder reports whether people in several countries are concerned: by the
// role that was recorded, or by an answer.
func (c *Case) crossBorder() bool {
	if len(c.chain().Countries) > 0 || c.chain().LeadElsewhere() {
		return true
	}
	for _, q := range [][2]string{{FormAP, "2.1.1"}, {FormEDPB, "113"}} {
		if a, ok := c.Incident.AnswerTo(q[0], q[1]); ok {
			return slices.Contains(a.Choices, "yes") || slices.Contains(a.Choices, "a")
		}
	}
	return false
}

func (c *Case) crossBorderAnswer() found {
	if c.Incident.Chain == nil {
		return found{}
	}
	countries := c.chain().Countries
	if len(countries) == 0 {
		return found{keys: []string{"no"}}
	}
	return found{keys: []string{"yes"}, lines: said(strings.Join(countries, ", ")), sure: true}
}

func (c *Case) otherAuthorities() found {
	if !c.chain().LeadElsewhere() {
		return found{}
	}
	return found{lines: []risk.Text{both("dossier.lead", "country", c.chain().Lead)}}
}

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

// othersInvolved names the organisations of the chain.
func (c *Case) othersInvolved() found {
	var lines []risk.Text
	chain := c.chain()
	if chain.Party != "" {
		lines = append(lines, both("dossier.party."+string(chain.Role), "party", chain.Party))
	}
	if chain.Supplier != "" {
		lines = append(lines, both("dossier.supplier", "party", chain.Supplier))
	}
	return found{lines: lines, sure: true}
}

// ---- 4: the timeline ----

// breachStart and breachEnd are the recorded period of the breach itself.
func (c *Case) breachStart() found { return c.day(c.Incident.Period.From, "4.1.1") }

func (c *Case) breachEnd() found {
	if c.Incident.Period.Ongoing {
		return found{lines: []risk.Text{both("dossier.ongoing")}, sure: true}
	}
	return c.day(c.Incident.Period.Until, "4.1.2")
}

// day answers with the local day of an instant, or else with what was answered
// to the AP's question, so that the other form need not be told again.
func (c *Case) day(t time.Time, question string) found {
	if t.IsZero() {
		return c.apAnswer(question)
	}
	return found{keys: []string{t.In(incident.Amsterdam()).Format(time.DateOnly)}, sure: true}
}

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
	if p := c.Incident.Period.Found; !p.IsZero() && !p.Equal(at) {
		f.lines = append(f.lines, both("dossier.found", "at", p))
	}
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

// delay are the reasons that were recorded. Attempts to file that failed are
// part of them, and no reason by themselves.
func (c *Case) delay() found {
	l, _ := c.Incident.Lateness()
	f := found{lines: said(l.Reasons), sure: true}
	for _, try := range c.Incident.Tries {
		f.sure = l.Reasons != ""
		f.lines = append(f.lines, both("dossier.tried", "at", try.At, "what", try.What))
	}
	return f
}
