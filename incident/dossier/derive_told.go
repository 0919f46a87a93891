package dossier

import (
	"strconv"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// told reports whether the people concerned were told.
func (c *Case) told() bool {
	if a, ok := c.Incident.AnswerTo(FormAP, "10.1.1"); ok && len(a.Choices) > 0 {
		return a.Choices[0] == "yes"
	}
	d := c.Incident.Duty(incident.DutyPeople)
	return d != nil && d.Outcome == incident.OutcomeMet
}

// exempt reports whether a person decided that the people need not be told.
func (c *Case) exempt() bool {
	d := c.Incident.Duty(incident.DutyPeople)
	return d != nil && (d.Outcome == incident.OutcomeWaived || d.Outcome == incident.OutcomeNotDue)
}

func (c *Case) toldAnswer() found {
	d := c.Incident.Duty(incident.DutyPeople)
	switch {
	case d == nil:
		return found{keys: []string{"no"}, note: both("dossier.note.no-duty")}
	case d.Outcome == incident.OutcomeMet:
		return found{keys: []string{"yes"}, sure: true}
	case d.Open():
		return found{keys: []string{"no"}, note: both("dossier.note.not-yet")}
	}
	return found{keys: []string{"no"}, sure: true}
}

// decided returns the reasons of the latest decision about telling the people.
func (c *Case) decided(decisions ...incident.Decision) []risk.Text {
	for i := len(c.Incident.Decisions) - 1; i >= 0; i-- {
		b := c.Incident.Decisions[i]
		for _, d := range decisions {
			if b.Decision == d && b.Duty == incident.DutyPeople {
				return said(b.Reasons)
			}
		}
	}
	return nil
}

func (c *Case) toldNot() found {
	if !c.exempt() {
		return found{}
	}
	return found{lines: c.decided(incident.DecideWaive, incident.DecideDoesNotApply), sure: true}
}

// toldNumber adds the rounds up; what was said about them in words only cannot
// be counted.
func (c *Case) toldNumber() found {
	n, unknown := 0, false
	for _, t := range c.Incident.Told(incident.DutyPeople) {
		n += t.Count
		unknown = unknown || t.Count == 0
	}
	switch {
	case n == 0:
		return found{}
	case unknown:
		return found{lines: said(strconv.Itoa(n)), note: both("dossier.note.uncounted")}
	}
	return found{lines: said(strconv.Itoa(n)), sure: true}
}

// toldMeans names the AP's option for each way; a public notice is on a website
// more often than not.
func (c *Case) toldMeans() found {
	letters := map[incident.Way]string{
		incident.WayLetter: "letter", incident.WayMail: "email", incident.WayPhone: "phone", incident.WayPublic: "website",
		incident.WayPersonal: "other", incident.WayPortal: "other",
	}
	f := found{sure: true}
	var keys set
	for _, t := range c.Incident.Told(incident.DutyPeople) {
		keys.add(true, letters[t.Way])
		f.sure = f.sure && t.Way != incident.WayPublic
		if letters[t.Way] == "other" {
			f.lines = append(f.lines, both("way."+string(t.Way)))
		}
	}
	f.keys = keys
	if f.empty() {
		return found{lines: c.decided(incident.DecideTold), note: both("dossier.note.choose-means")}
	}
	return f
}

// toldText is what was recorded with the rounds, or else the letter as it was
// last edited.
func (c *Case) toldText() found {
	f := found{sure: true}
	for _, t := range c.Incident.Told(incident.DutyPeople) {
		f.lines = append(f.lines, said(t.Text)...)
	}
	if !f.empty() {
		return f
	}
	draft := incident.DraftText(c.Incident, c.Entries, incident.LetterPeople, "nl")
	if draft.Text == "" {
		return found{}
	}
	return found{lines: said(draft.Subject, draft.Text), note: both("dossier.note.letter")}
}
