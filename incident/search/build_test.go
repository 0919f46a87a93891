package search_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/incident/search"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/notify/mailbox"
)

// newService is a record in memory.
func newService(t testing.TB) *incident.Service {
	t.Helper()
	master, err := store.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.New(store.NewMemory(), store.NewMemory(), master, store.Config{Planner: notify.Planner{Ladders: notify.Defaults()}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Close() })
	return &incident.Service{
		Store: record, Read: mailbox.Read, Now: time.Now, Rules: incident.Rules(), Log: slog.New(slog.DiscardHandler),
		Tokens: incident.Tokens{MAC: record.MAC, Domain: "meldklok.example.org"},
	}
}

func report(t testing.TB, s *incident.Service, subject, text string) incident.Ref {
	t.Helper()
	raw := "From: Jan Smit <jan.smit@example.org>\r\nSubject: " + subject + "\r\n\r\n" + text + "\r\n"
	out, err := s.Record(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: time.Now(), Body: strings.NewReader(raw)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Ref
}

func refs(x *search.Index, query string) (s string) {
	for _, h := range x.Find(query, 1000) {
		s += " " + h.Ref.String()
	}
	return strings.TrimSpace(s)
}

// TestTheIndexFollowsTheRecord: what was there is found after the start, what
// comes in or changes is found a moment later, and what is asked while it is
// being built says so.
func TestTheIndexFollowsTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		one := report(t, s, "Lijst", "Naar de verkeerde klant gemaild.")
		x := search.New(search.Config{Service: s})
		if p := x.Progress(); !p.Building {
			t.Error("before it runs it is not complete")
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- x.Run(ctx) }()
		defer func() { stop(); <-done }()
		settle := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		settle()
		for _, query := range []string{"lijst", "verkeerde klant", "jan.smit@example.org", one.String()} {
			if got := refs(x, query); got != one.String() {
				t.Errorf("%q finds %q", query, got)
			}
		}
		if p := x.Progress(); p.Building || p.Done != 1 || p.Of != 1 || p.Bytes == 0 {
			t.Errorf("complete: %+v", p)
		}
		two := report(t, s, "Laptop", "Gestolen uit de auto.")
		if _, err := s.Do(ctx, one, "person:p1", incident.Waive{Reasons: "Versleuteld verzonden"}); err != nil {
			t.Fatal(err)
		}
		settle()
		if a, b := refs(x, "laptop"), refs(x, "versleuteld"); a != two.String() || b != one.String() {
			t.Errorf("after changes: %q and %q", a, b)
		}
	})
}

// TestTheIndexFollowsACorrectionAndAnErasure: who reported is found by what was put
// right and not by what stood there, and once that is erased by neither, in an index
// that follows as in one that is built anew.
func TestTheIndexFollowsACorrectionAndAnErasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		ref := report(t, s, "Lijst", "Naar de verkeerde klant gemaild.")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		run := func() *search.Index {
			x := search.New(search.Config{Service: s})
			go func() { done <- x.Run(ctx) }()
			return x
		}
		defer func() { stop(); <-done; <-done }()
		all := map[string]*search.Index{"the index that follows": run()}
		settle := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		settle()
		check := func(why string, finds map[string]bool) {
			t.Helper()
			for name, x := range all {
				for query, found := range finds {
					if got := refs(x, query); (got == ref.String()) != found {
						t.Errorf("%s, %s: %q finds %q", why, name, query, got)
					}
				}
			}
		}
		check("as it came in", map[string]bool{"jan.smit@example.org": true, "smit": true, "klant": true})
		name, email, phone := "Jan Smid", "j.smid@example.org", "0612345678"
		if _, err := s.Correct(ctx, incident.System, incident.Correct{Ref: ref, Report: 1, Name: &name, Email: &email, Phone: &phone, Reasons: "zelf gebeld"}); err != nil {
			t.Fatal(err)
		}
		all["the new index"] = run()
		settle()
		check("put right", map[string]bool{"smid": true, email: true, phone: true, "smit": false, "jan.smit@example.org": false, "klant": true})
		if _, err := s.Do(ctx, ref, incident.System, incident.NoReport{Code: incident.NoReportQuestion}); err != nil {
			t.Fatal(err)
		}
		if err := s.Erase(ctx, incident.System, incident.Erase{Ref: ref, Reasons: "verzoek"}); err != nil {
			t.Fatal(err)
		}
		settle()
		check("erased", map[string]bool{"smid": false, email: false, phone: false, "smit": false, "klant": false, "lijst": false, ref.String(): true})
	})
}

// TestTheIndexForgetsWhatIsRestricted: while the use of a report is restricted
// (GDPR art. 18) its words find nothing, in an index that follows as in one that
// is built anew; the incident itself is still found.
func TestTheIndexForgetsWhatIsRestricted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		ref := report(t, s, "Lijst", "Naar de verkeerde klant gemaild.")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		run := func() *search.Index {
			x := search.New(search.Config{Service: s})
			go func() { done <- x.Run(ctx) }()
			return x
		}
		defer func() { stop(); <-done; <-done }()
		old := run()
		settle := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		settle()
		freeze := func(on bool) {
			if _, err := s.Do(ctx, ref, incident.System, incident.SetBrake{Brake: incident.BrakeFreeze, On: on, Reasons: "verzoek"}); err != nil {
				t.Fatal(err)
			}
		}
		freeze(true)
		anew := run()
		settle()
		for name, x := range map[string]*search.Index{"the index that follows": old, "the new index": anew} {
			for _, query := range []string{"lijst", "klant", "jan.smit@example.org"} {
				if got := refs(x, query); got != "" {
					t.Errorf("%s: %q finds %q", name, query, got)
				}
			}
			if got := refs(x, ref.String()); got != ref.String() {
				t.Errorf("%s: the reference finds %q", name, got)
			}
		}
		freeze(false)
		settle()
		if got := refs(old, "klant"); got != ref.String() {
			t.Errorf("lifted, its words find %q", got)
		}
	})
}

// TestTheBoundLeavesOutTheOldest, and says which.
func TestTheBoundLeavesOutTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		var all []incident.Ref
		for n := range 60 {
			var words strings.Builder
			for i := range 60 {
				fmt.Fprintf(&words, "woord%dnr%d ", n, i)
			}
			all = append(all, report(t, s, fmt.Sprintf("Zaak%d", n), words.String()))
		}
		x := search.New(search.Config{Service: s, Bound: 250 << 10})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- x.Run(ctx) }()
		defer func() { stop(); <-done }()
		time.Sleep(time.Minute)
		synctest.Wait()
		p := x.Progress()
		if p.Building || p.Before.IsZero() || p.Bytes > 250<<10 || p.Done == 60 {
			t.Fatalf("the bound: %+v", p)
		}
		if got := refs(x, "zaak59"); got != all[59].String() {
			t.Errorf("the newest is found: %q", got)
		}
		if got := refs(x, "zaak0"); got != "" {
			t.Errorf("the oldest is left out: %q", got)
		}
		if _, err := s.Do(ctx, all[0], "person:p1", incident.Describe{Title: "Oudjaar"}); err != nil {
			t.Fatal(err)
		}
		for n := range 40 { // more comes in than there is room for: the index starts anew
			report(t, s, fmt.Sprintf("Nieuw%d", n), strings.Repeat(fmt.Sprintf("meer%d ", n), 50))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := refs(x, "nieuw39"); got == "" {
			t.Error("the newest must always be found")
		}
		if got := refs(x, "oudjaar"); got != "" {
			t.Errorf("what is left out stays out: %q", got)
		}
	})
}
