package register

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailbox"
)

// TestALineKnowsWhatItsColumnsShow: a row made of a line shows in the columns of
// lined, and counts for the year, what the row of the incident does.
func TestALineKnowsWhatItsColumnsShow(t *testing.T) {
	now := at("2026-03-06 12:00")
	w, texts := NewWords("nl"), newNumbered()
	moved := *sample()[2]
	moved.Duties = slices.Clone(moved.Duties)
	moved.Duties[0].Clock.Due = moved.Duties[0].Clock.Due.Add(-24 * time.Hour) // the clock was corrected after the filing
	merged := *sample()[0]
	merged.Into = incident.Ref{Year: 2026, Number: 1}
	for _, inc := range append(sample(), &moved, &merged) {
		whole := RowOf(inc, func(incident.Actor) string { return "" }, now)
		line := lineOf(inc, texts)
		var known Row
		line.fill(&known, texts, now)
		for _, c := range Columns() {
			if got, want := c.Cell(w, &known), c.Cell(w, &whole); lined(c.ID) && !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: %+v, want %+v", inc.Ref, c.ID, got, want)
			}
		}
		a, b := Years{}, Years{}
		a.Add(&known)
		b.Add(&whole)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s counts as %+v, want %+v", inc.Ref, a.Sorted(), b.Sorted())
		}
		if s := line.summary(texts); s.Status != inc.Status() || !s.Received.Equal(inc.Received) || s.FiledLate != (whole.LateHours > 0 && !whole.FiledAt.IsZero()) {
			t.Errorf("%s in short: %+v", inc.Ref, s)
		}
	}
}

// record is a service over a record in memory.
func record(t testing.TB) *incident.Service {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	master, err := store.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.New(store.NewMemory(), store.NewMemory(), master, store.Config{Planner: notify.Planner{Ladders: notify.Defaults()}, Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	service := &incident.Service{
		Store: s, Read: mailbox.Read, Now: time.Now, Rules: incident.Rules(), Log: log,
		Tokens: incident.Tokens{MAC: s.MAC, Domain: "meldklok.example.org"},
	}
	officer := people.Person{Email: "officer@example.org", Roles: []people.Role{people.Officer}}
	if _, err := service.SetPerson(t.Context(), incident.System, officer); err != nil {
		t.Fatal(err)
	}
	return service
}

func reported(t testing.TB, s *incident.Service, subject string) incident.Ref {
	t.Helper()
	raw := "From: Jan Smit <jan.smit@example.org>\r\nSubject: " + subject + "\r\n\r\nNaar de verkeerde klant.\r\n"
	out, err := s.Record(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: strings.NewReader(raw)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Ref
}

// happens does something to one of the incidents.
func happens(t *rapid.T, s *incident.Service, ref incident.Ref) {
	const by = incident.Actor("person:p1")
	commands := []incident.Command{
		incident.ConfirmAwareness{At: time.Now().Add(-time.Hour), Reason: "toen gelezen"},
		incident.Waive{Reasons: "ongeopend retour"},
		incident.NoReport{Code: "question"},
		incident.Assess{Facts: risk.Facts{PersonalData: "yes", Incident: risk.EmailWrongRecipient, PeopleMin: count(3)}},
		incident.Describe{Title: "Genoemd " + ref.String()},
		incident.SetBrake{Brake: incident.BrakeFreeze, On: true, Reasons: "verzoek"},
		incident.Reopen{Reasons: "toch"},
		incident.Restrict{Reasons: "een collega"},
	}
	cmd := rapid.SampledFrom(commands).Draw(t, "command")
	_, _ = s.Do(context.Background(), ref, by, cmd) // one that is refused changes nothing
}

// TestTheLedgerAgreesWithTheRecord: whatever happens, in a ledger that was there
// before it, in one that is filled after it and without one, the same rows are
// found in the same order, and the figures are those of the whole register.
func TestTheLedgerAgreesWithTheRecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := record(t)
		old := NewLedger(s, s.Log)
		busy := NewLedger(s, s.Log)
		busy.begin(ledgerEmpty) // as long as it is being filled, the record itself is read
		var refs []incident.Ref
		for i := range rapid.IntRange(1, 6).Draw(rt, "incidents") {
			refs = append(refs, reported(t, s, fmt.Sprintf("Brief %d", i)))
			if rapid.Bool().Draw(rt, "ask") {
				if _, err := old.Fresh(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
			for range rapid.IntRange(0, 3).Draw(rt, "times") {
				happens(rt, s, rapid.SampledFrom(refs).Draw(rt, "ref"))
			}
		}
		want := Wanted{Most: rapid.IntRange(1, 4).Draw(rt, "most"), Skip: rapid.IntRange(0, 3).Draw(rt, "skip"), Down: rapid.Bool().Draw(rt, "down")}
		want.Sort = rapid.SampledFrom([]string{"", "title", "received", "status", "ap", "people", "ap-reasons"}).Draw(rt, "sort")
		want.Status = rapid.SampledFrom([]incident.Status{"", "new", "decided"}).Draw(rt, "status")
		want.Query = rapid.SampledFrom([]string{"", "retour", "genoemd"}).Draw(rt, "query")
		hidden := rapid.SampledFrom(refs).Draw(rt, "hidden")
		reader := Reader{Service: s, Words: NewWords("nl"), May: func(inc *incident.Incident) bool { return inc.Ref != hidden || inc.Restriction == nil }}
		var said []string
		for _, l := range []*Ledger{old, NewLedger(s, s.Log), busy} {
			found, err := reader.Browse(t.Context(), l, want)
			if err != nil {
				rt.Fatal(err)
			}
			line := fmt.Sprintf("%d skipped, %d, %+v:", found.Skipped, found.Count, found.Outside)
			for _, r := range found.Rows {
				line += " " + r.Reference.String() + " " + r.Title
			}
			said = append(said, line)
		}
		if said[0] != said[1] || said[0] != said[2] {
			rt.Fatalf("%+v:\n%s", want, strings.Join(said, "\n"))
		}
		whole, err := Reader{Service: s, Words: NewWords("nl")}.Years(t.Context(), Filter{})
		if years, _ := old.Years(time.Now()); err != nil || !reflect.DeepEqual(years, whole) {
			rt.Fatalf("figures %+v, want %+v (%v)", years, whole, err)
		}
	})
}

// TestTheLedgerIsFilledInTheBackground: it follows by itself, new incidents come
// first, and what it has no room for is said.
func TestTheLedgerIsFilledInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := record(t)
		for i := range 3 {
			reported(t, s, fmt.Sprintf("Brief %d", i))
		}
		l := NewLedger(s, s.Log)
		l.most = 2
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		defer func() { stop(); <-done }()
		time.Sleep(3 * time.Second)
		newest := func() (refs []string) {
			l.Each(func(s Summary) bool { refs = append(refs, s.Ref.String()[5:]); return true })
			return refs
		}
		if got, r := newest(), l.reach(); !slices.Equal(got, []string{"0003", "0002"}) || !r.Ready || r.Whole() || r.Before.Number != 2 {
			t.Errorf("%v, %+v", got, r)
		}
		version := l.Version()
		reported(t, s, "Nog een")
		time.Sleep(3 * time.Second)
		if got := newest(); !slices.Equal(got, []string{"0004", "0003"}) || l.Version() == version || l.reach().Before.Number != 3 {
			t.Errorf("after one more: %v, %+v", got, l.reach())
		}
	})
}
