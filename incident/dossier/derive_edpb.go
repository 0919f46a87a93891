package dossier

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// The answers to the EDPB template. Keys are the template's own letters.

func pick(when bool, yes, no string) []string {
	if when {
		return []string{yes}
	}
	return []string{no}
}

func (c *Case) edpbType() found {
	return found{keys: pick(len(c.Incident.Filings) > 0, "b", "a")}
}

// edpbSubtype: complete is for the officer to say; a withdrawal is recorded.
func (c *Case) edpbSubtype() found {
	if c.withdrawn() {
		return found{keys: []string{"c"}, sure: true}
	}
	if n := len(c.Incident.Filings); n > 0 {
		return found{keys: pick(c.Incident.Filings[n-1].Provisional, "b", "a")}
	}
	return found{}
}

func (c *Case) edpbWithdrawal() found {
	for _, f := range c.Incident.Filings {
		if f.Kind == incident.FilingWithdrawal {
			return found{lines: said(f.Text)}
		}
	}
	return found{}
}

func (c *Case) edpbEarlier() found {
	f, _ := c.Incident.FirstFiling()
	return found{lines: said(f.Number), sure: true}
}

func (c *Case) edpbReference() found { return found{lines: said(c.Incident.Ref.String()), sure: true} }

func (c *Case) edpbIDKind() found {
	if c.Organisation.KvK == "" {
		return found{}
	}
	return found{keys: []string{"a"}, sure: true}
}

func (c *Case) edpbID() found { return found{lines: said(c.Organisation.KvK), sure: true} }

func (c *Case) edpbName() found { return found{lines: said(c.Organisation.Name), sure: true} }

func (c *Case) edpbContact() found {
	o := c.Organisation
	return found{lines: said(o.Address, o.Postcode+" "+o.City, o.Country, o.PeopleDesk.Email, o.PeopleDesk.Phone), sure: o.Address != ""}
}

// edpbSector: private unless the organisation says that it is a public body.
func (c *Case) edpbSector() found {
	return found{keys: pick(c.Organisation.Public, "b", "a"), sure: c.Organisation.Public}
}

func (c *Case) edpbSize() found {
	i := slices.Index(incident.OrganisationSizes(), c.Organisation.Size)
	if i < 0 {
		return found{}
	}
	return found{keys: []string{string(rune('a' + i))}, sure: true}
}

func (c *Case) edpbActivity() found { return found{lines: said(c.Organisation.Activity), sure: true} }

// reporter is who files: the person of the setting, or else the first officer.
func (c *Case) reporter() (p incident.Contact, sure bool) {
	if p = c.Organisation.Notifier; !p.Zero() {
		return p, true
	}
	for _, o := range c.Org.People.Audience([]people.Role{people.Officer}, c.Now) {
		return incident.Contact{Name: o.Name, Email: o.Email}, false
	}
	return incident.Contact{}, false
}

func (c *Case) edpbReporter() found {
	p, sure := c.reporter()
	return found{lines: said(p.Name), sure: sure}
}

func (c *Case) edpbReporterContact() found {
	p, sure := c.reporter()
	return found{lines: said(p.Email, p.Phone), sure: sure}
}

func (c *Case) edpbReporterFunction() found {
	p, sure := c.reporter()
	if p.Zero() {
		return found{}
	}
	if p.Name != "" && p.Name == c.Organisation.FG.Name {
		return found{keys: []string{"a"}, sure: sure}
	}
	return found{keys: []string{"c"}, lines: said(p.Function)}
}

func (c *Case) edpbDPO() found {
	if c.Organisation.FG.Zero() && c.Organisation.FGNumber == "" {
		return found{}
	}
	return found{keys: []string{"yes"}, sure: true}
}

func (c *Case) edpbDPOName() found { return found{lines: said(c.Organisation.FG.Name), sure: true} }

func (c *Case) edpbDPOContact() found {
	return found{lines: said(c.Organisation.FG.Email, c.Organisation.FG.Phone), sure: true}
}

func (c *Case) edpbPoint() found {
	switch o := c.Organisation; {
	case !o.Contact.Zero():
		return found{keys: []string{"c"}, sure: true}
	case !o.FG.Zero():
		return found{keys: []string{"a"}}
	}
	return found{keys: []string{"b"}}
}

func (c *Case) edpbPointName() found {
	return found{lines: said(c.Organisation.Contact.Name), sure: true}
}

func (c *Case) edpbPointContact() found {
	p := c.Organisation.Contact
	return found{lines: said(p.Function, p.Email, p.Phone), sure: true}
}

func (c *Case) edpbParties() found {
	f := c.othersInvolved()
	if f.empty() { // words from which no yes or no follows
		return found{lines: c.apAnswer("3.3").lines}
	}
	f.keys = []string{"a"}
	return f
}

// ---- 3.1 ----

func (c *Case) edpbWhen() found {
	start, end := c.breachStart(), c.breachEnd()
	switch {
	case c.Incident.Period.Ongoing:
		return found{keys: []string{"c"}, sure: true}
	case len(start.keys) == 0 || len(end.keys) == 0:
		return found{}
	case slices.Equal(start.keys, end.keys):
		return found{keys: []string{"a"}}
	}
	return found{keys: []string{"b"}}
}

// edpbAware writes the instant as the schema wants it: RFC 3339 with the local
// offset.
func (c *Case) edpbAware() found {
	at, confirmed := c.aware()
	if at.IsZero() {
		return found{}
	}
	f := found{lines: said(at.In(incident.Amsterdam()).Format(time.RFC3339)), sure: confirmed}
	if !confirmed {
		f.note = both("dossier.note.clock")
	}
	return f
}

// edpbDiscovery: a form or a mail does not say what its writer is to us; only a
// recorded processor makes it likely that it was theirs.
func (c *Case) edpbDiscovery() found {
	if c.chain().Supplier == "" {
		return found{}
	}
	return found{keys: []string{"b"}}
}

// ---- 4 ----

func (c *Case) edpbImpact() found {
	letters := map[string]string{"discrimination": "c", "identity": "d", "financial": "f", "reputation": "h", "secrecy": "i", "access": "b", "control": "a"}
	var keys set
	for _, k := range c.consequencesPeople().keys {
		keys.add(true, letters[k])
	}
	seen := set(c.consequencesData().keys)
	keys.add(seen.has("seen"), "j")
	slices.Sort(keys)
	return derived(keys)
}

func (c *Case) edpbSeverity() found {
	s := c.Incident.Score
	if s == nil {
		return found{}
	}
	key := map[risk.Band]string{risk.Low: "a", risk.Medium: "b", risk.High: "c", risk.VeryHigh: "c"}[risk.Band(s.Band)]
	if key == "" {
		return found{}
	}
	return found{keys: []string{key}, note: c.severity().note}
}

func (c *Case) edpbOutcome() found {
	s := c.Incident.Score
	if s == nil {
		return found{}
	}
	key := map[string]string{"notify-and-tell": "a", "notify": "b", "register": "c"}[s.Verdict()]
	f := found{keys: []string{key}, sure: c.assessed()}
	if c.Incident.ByMachine {
		f.note = both("dossier.note.machine")
	}
	return f
}

// edpbReasoning names the method and the reasons of the recorded verdict.
func (c *Case) edpbReasoning() found {
	s := c.Incident.Score
	if s == nil {
		return found{}
	}
	number := strconv.FormatFloat(s.Severity, 'f', 2, 64)
	f := found{sure: c.assessed(), lines: []risk.Text{{
		NL: both("dossier.method", "severity", strings.Replace(number, ".", ",", 1), "band", locale.Word(locale.Dutch, "band", s.Band)).NL,
		EN: both("dossier.method", "severity", number, "band", locale.Word(locale.English, "band", s.Band)).EN,
	}}}
	for _, r := range risk.Rules() {
		if slices.Contains(s.Reasons, r.Code) {
			f.lines = append(f.lines, r.Text)
		}
	}
	return f
}

func (c *Case) edpbTold() found {
	d := c.Incident.Duty(incident.DutyPeople)
	switch {
	case d == nil && c.Incident.Score != nil && !c.Incident.Score.TellThem:
		return found{keys: []string{"d"}}
	case d == nil:
		return found{keys: []string{"c"}}
	case d.Outcome == incident.OutcomeMet:
		return found{keys: []string{"a"}, sure: true}
	case d.Open():
		return found{keys: []string{"b"}}
	case len(c.edpbExemption().keys) > 0:
		return found{keys: []string{"e"}, sure: true}
	}
	return found{keys: []string{"d"}}
}

// edpbExemption: the condition of GDPR art. 34(3) that was recorded.
func (c *Case) edpbExemption() found {
	d := c.Incident.Duty(incident.DutyPeople)
	if d == nil {
		return found{}
	}
	key, ok := map[string]string{incident.NotDueUnintelligible: "a", incident.NotDueRiskRemoved: "b", incident.NotDueDisproportionate: "c"}[d.Reason]
	if !ok {
		return found{}
	}
	return found{keys: []string{key}, sure: true}
}

func (c *Case) edpbMeans() found {
	var keys set
	for _, t := range c.Incident.Told(incident.DutyPeople) {
		keys.add(true, pick(t.Way == incident.WayPublic, "b", "a")...)
	}
	return found{keys: keys, sure: true}
}

func (c *Case) edpbCrossBorder() found {
	if a, ok := c.Incident.AnswerTo(FormAP, "2.1.1"); ok && len(a.Choices) > 0 {
		return found{keys: pick(a.Choices[0] == "yes", "a", "b"), lines: said(a.Text)}
	}
	if f := c.crossBorderAnswer(); len(f.keys) > 0 {
		return found{keys: pick(f.keys[0] == "yes", "a", "b"), lines: f.lines, sure: f.sure}
	}
	return found{}
}
