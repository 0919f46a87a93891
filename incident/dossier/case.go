package dossier

import (
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// Case is what the documents of one incident are made from. Now (UTC) decides
// whether the notification is late and dates the document.
type Case struct {
	incident.Dossier
	Now time.Time
}

// NewCase puts a case together.
func NewCase(d incident.Dossier, now time.Time) Case { return Case{Dossier: d, Now: now.UTC()} }

// facts returns the latest facts.
func (c *Case) facts() risk.Facts { return c.Incident.Facts }

// apDue returns the deadline of the AP duty, or the zero time if there is none.
func (c *Case) apDue() time.Time {
	if d := c.Incident.Duty(incident.DutyAP); d != nil {
		return d.Clock.Due
	}
	return time.Time{}
}

// late reports whether the first notification was filed after the deadline of
// the clock then or of today's, or would now be.
func (c *Case) late() bool {
	if l, filed := c.Incident.Lateness(); filed {
		return l.Then > 0 || l.Now > 0
	}
	due := c.apDue()
	return !due.IsZero() && c.Now.After(due)
}

// firstReport returns the entry of the first report.
func (c *Case) firstReport() *incident.Reported {
	for _, e := range c.Entries {
		if b, ok := e.Body.(*incident.Reported); ok {
			return b
		}
	}
	return nil
}
