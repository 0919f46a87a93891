package notify

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// looked is a record that knows one mail, and takes what record writes.
type looked struct {
	incident.Tx
	org    *incident.Org
	stored incident.Message

	wrote []string
	said  []incident.Body
}

// over is a record whose transactions are those of looked.
type over struct {
	incident.Store
	l *looked
}

func (o over) View(_ context.Context, fn func(incident.View) error) error { return fn(o.l) }
func (o over) Update(_ context.Context, fn func(incident.Tx) error) error { return fn(o.l) }

func (l *looked) Org() *incident.Org                       { return l.org }
func (l *looked) Message(uint64) (incident.Message, error) { return l.stored, nil }
func (l *looked) SetMessage(m incident.Message) error {
	l.wrote = append(l.wrote, "mail "+string(m.State))
	return nil
}

func (l *looked) Append(_ incident.Stream, _ incident.Act, bodies ...incident.Body) (*incident.Incident, error) {
	for _, b := range bodies {
		l.wrote, l.said = append(l.wrote, string(b.Kind())), append(l.said, b)
	}
	return nil, nil
}

func anyone() *incident.Org {
	return &incident.Org{People: people.Directory{
		{ID: "p1", Email: "a@example.org", Roles: []people.Role{people.Officer}}, {ID: "p2", Email: "b@example.org", Roles: []people.Role{people.Deputy}},
	}}
}

// TestAnEndedMailStaysEnded (promise 4): a bounce that came first, or an outcome
// recorded before a crash, is not written over by a later one; and a person who was
// forgotten meanwhile is not written down again.
func TestAnEndedMailStaysEnded(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	failed := incident.Message{ID: 1, Person: "p1", State: incident.Failed, Ended: now, Reply: "550 <a@example.org> unknown"}
	forgotten := anyone()
	forgotten.Forgotten = map[people.ID]time.Time{"p1": now}
	for _, row := range []struct {
		why    string
		stored incident.DeliveryState
		org    *incident.Org
		want   []string
	}{
		{"it waits", incident.Queued, anyone(), []string{"mail failed", "person-set"}},
		{"it has bounced", incident.Bounced, anyone(), nil},
		{"it was accepted", incident.Accepted, anyone(), nil},
		{"its recipient was forgotten", incident.Queued, forgotten, []string{"mail failed"}},
	} {
		l := &looked{org: row.org, stored: incident.Message{ID: 1, State: row.stored}}
		e := New(Config{Store: over{l: l}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		if err := e.record(t.Context(), failed); err != nil || !slices.Equal(l.wrote, row.want) {
			t.Errorf("%s: wrote %v, %v; want %v", row.why, l.wrote, err, row.want)
		}
	}
}

// TestTheLogKeepsNoAddressOfAReply: servers like to repeat the address that they
// refuse. The log of an incident is kept longer than the address of a person.
func TestTheLogKeepsNoAddressOfAReply(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	for reply, want := range map[string]string{
		"550 5.1.1 <a.b+c@example.org>: Recipient address rejected": "550 5.1.1 <(address)>: Recipient address rejected",
		"550 no mailbox a@b.example, sorry":                         "550 no mailbox (address), sorry",
		"554 rcpt=a@b.example; policy":                              "554 rcpt=(address); policy",
		"250 2.0.0 Ok: queued as 4Bz7":                              "250 2.0.0 Ok: queued as 4Bz7",
	} {
		m := incident.Message{ID: 1, Person: "p1", State: incident.Failed, Ended: now, Reply: reply, Alerts: []incident.Alert{{Ref: incident.Ref{Year: 2026, Number: 1}, Rung: "six"}}}
		l := &looked{org: anyone(), stored: incident.Message{ID: 1, State: incident.Queued}}
		e := New(Config{Store: over{l: l}, Now: func() time.Time { return now }})
		if err := e.record(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, b := range l.said {
			if d, ok := b.(*incident.Delivery); ok {
				found = d.Reply == want
			}
		}
		if !found {
			t.Errorf("of %q the log keeps %+v", reply, l.said)
		}
	}
}
