package dossier

import (
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

// toldNumber and toldMeans: what was recorded says it in words.
func (c *Case) toldNumber() found { return found{} }

func (c *Case) toldMeans() found {
	return found{lines: c.decided(incident.DecideTold), note: both("dossier.note.choose-means")}
}

// toldText is the letter as it was last edited.
func (c *Case) toldText() found {
	draft := incident.DraftText(c.Incident, c.Entries, incident.LetterPeople, "nl")
	if draft.Text == "" {
		return found{}
	}
	return found{lines: said(draft.Subject, draft.Text), note: both("dossier.note.letter")}
}
