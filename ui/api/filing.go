package api

import (
	"time"

	"meldklok/incident"
	"meldklok/ui/session"
)

// FilingRequest is a notification that was sent to the AP. Meldklok sends
// nothing to the AP itself.
type FilingRequest struct {
	Kind        string    `json:"kind" doc:"which notification" enum:"initial,follow-up,withdrawal"`
	Provisional bool      `json:"provisional,omitempty" doc:"to be completed: opens a follow-up duty"`
	Number      string    `json:"number" doc:"the AP's"`
	FiledAt     time.Time `json:"filed_at" doc:"when it was sent"`
	Channel     string    `json:"channel,omitempty" doc:"how, such as form or phone"`
	Text        string    `json:"text,omitempty" doc:"verbatim"`
	Delay       string    `json:"delay,omitempty" doc:"reasons for delay (GDPR art. 33(1)); needed when the first filing is late"`
	WhyEarlier  string    `json:"why_earlier,omitempty" doc:"needed when it was sent before our receipt"`
	Against     string    `json:"against,omitempty" doc:"needed when the FG advised otherwise and no decision said why"`
	Filer       string    `json:"filer,omitempty" doc:"the processor that filed for us; left out: we did"`
}

// FilingRecorded says what follows from a recorded filing.
type FilingRecorded struct {
	Reference string   `json:"reference" doc:"of the incident"`
	Filing    Filing   `json:"filing" doc:"as it was recorded"`
	Status    string   `json:"status" doc:"of the incident from now on"`
	Open      []string `json:"open_duties" doc:"what still has to be done"`
}

// filingFields are the names of the command's fields in the body.
func filingFields() map[string]string {
	return map[string]string{"at": "filed_at", "earlier": "why_earlier"}
}

// file records what was sent to the AP.
func (a *API) file(c Call) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	var req FilingRequest
	raw, err := read(c, &req)
	if err != nil {
		return err
	}
	cmd := incident.File{
		Kind: incident.FilingKind(req.Kind), Provisional: req.Provisional, Number: req.Number, At: req.FiledAt, Channel: req.Channel,
		Text: req.Text, Delay: req.Delay, WhyEarlier: req.WhyEarlier, Filer: req.Filer, Against: req.Against,
	}
	return a.once(c, raw, func(o *session.Once) (answer any, err error) {
		_, err = a.cfg.Service.DoWith(c.ctx(), inc.Ref, c.Token.Actor(), cmd, func(tx incident.Tx) error {
			now, err := tx.Incident(inc.Ref)
			if err != nil {
				return err
			}
			answer = recorded(now)
			return keep(tx, o, answer)
		})
		return answer, renamed(err, filingFields())
	})
}

// recorded tells the latest filing of an incident.
func recorded(inc *incident.Incident) FilingRecorded {
	all := DutiesOf(inc)
	out := FilingRecorded{Reference: inc.Ref.String(), Filing: all.Filings[len(all.Filings)-1], Status: string(inc.Status()), Open: []string{}}
	for _, d := range inc.Duties {
		if d.Open() {
			out.Open = append(out.Open, string(d.ID()))
		}
	}
	return out
}
