package api

import (
	"context"
	"time"

	"meldklok/incident"
)

// Summary is an incident in a list, as `list --json` prints it too. The names
// and values of this room's types are stable; `meldklok help json` lists them.
type Summary struct {
	Reference  string     `json:"reference" doc:"of the incident, such as 2026-0042"`
	Status     string     `json:"status" doc:"new, open, decided, closed, merged, no-report, history, exercise"`
	ReceivedAt time.Time  `json:"received_at" doc:"earliest receipt"`
	AwareAt    time.Time  `json:"aware_at" doc:"start of the clock in force"`
	DueAt      *time.Time `json:"due_at" doc:"deadline of the duty to notify the AP; null without such a duty"`
	Outcome    string     `json:"outcome" doc:"of that duty: open, met, waived, does-not-apply, moved"`
	Severity   float64    `json:"severity" doc:"ENISA severity of the latest assessment"`
	Verdict    string     `json:"verdict" doc:"what it proposes: register, notify, notify-and-tell; empty without an assessment"`
}

// SummaryOf tells an incident in brief.
func SummaryOf(inc *incident.Incident) Summary {
	l := Summary{Reference: inc.Ref.String(), Status: string(inc.Status()), ReceivedAt: inc.Received.UTC(), AwareAt: inc.Received.UTC()}
	if d := inc.Duty(incident.DutyAP); d != nil {
		due := d.Clock.Due.UTC()
		l.AwareAt, l.DueAt, l.Outcome = d.Clock.Start.UTC(), &due, string(d.Outcome)
	}
	if inc.Score != nil {
		l.Severity, l.Verdict = inc.Score.Severity, inc.Score.Verdict()
	}
	return l
}

// Incident is one incident, as `show --json` prints it too.
type Incident struct {
	Summary
	Duties
	Log    []LogEntry `json:"log" doc:"what happened, oldest first"`
	Alerts []Alert    `json:"alerts" doc:"what became of every alert"`
}

// LogEntry is one entry of an incident's log, without what it says.
type LogEntry struct {
	Seq  uint64    `json:"seq" doc:"place in the chain of the whole record"`
	At   time.Time `json:"at" doc:"when"`
	By   string    `json:"by" doc:"system, reporter, person:ID or token:NAME"`
	Kind string    `json:"kind" doc:"what happened: reported, decided, filed …"`
}

// Alert is what became of one alert to one recipient.
type Alert struct {
	Duty       string     `json:"duty" doc:"about which duty"`
	Rung       string     `json:"rung" doc:"of the ladder: reported, day-1, overdue …"`
	Recipient  string     `json:"recipient" doc:"address of the person, or reporter"`
	MessageID  string     `json:"message_id" doc:"of the mail"`
	DueAt      time.Time  `json:"due_at" doc:"the rung's own instant"`
	QueuedAt   time.Time  `json:"queued_at" doc:"when the mail was put on disk"`
	AcceptedAt *time.Time `json:"accepted_at" doc:"null until a relay accepted it"`
	State      string     `json:"state" doc:"queued, retrying, accepted, superseded, cancelled, failed, bounced, kept"`
	Reply      string     `json:"reply" doc:"the server's, or why"`
}

// Show tells everything about an incident but its personal parts. Whoever calls
// it has asked whether the reader may see the incident.
func Show(ctx context.Context, s *incident.Service, inc *incident.Incident) (Incident, error) {
	out := Incident{Summary: SummaryOf(inc), Duties: DutiesOf(inc), Alerts: []Alert{}}
	var err error
	if out.Log, err = logOf(ctx, s, inc.Ref); err != nil {
		return out, err
	}
	proofs, err := s.Alerts(ctx, inc.Ref)
	if err != nil {
		return out, err
	}
	for _, p := range proofs {
		a := Alert{Duty: string(p.Duty), Rung: p.Rung, Recipient: p.Recipient, MessageID: p.MessageID, DueAt: p.Due, QueuedAt: p.Queued, State: string(p.State), Reply: p.Reply}
		if p.State.Reached() {
			a.AcceptedAt = &p.Ended
		}
		out.Alerts = append(out.Alerts, a)
	}
	return out, nil
}

func logOf(ctx context.Context, s *incident.Service, ref incident.Ref) ([]LogEntry, error) {
	entries, err := s.Entries(ctx, ref)
	log := make([]LogEntry, 0, len(entries))
	for _, e := range entries {
		log = append(log, LogEntry{e.Seq, e.At, string(e.By), string(e.Body.Kind())})
	}
	return log, err
}
