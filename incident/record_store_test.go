package incident_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
	"meldklok/incident/store"
	"meldklok/notify"
)

// life is a record that things happen to, at random, through the Service.
type life struct {
	t      *rapid.T
	svc    *incident.Service
	store  *store.Store
	now    time.Time
	heads  []incident.Head
	bodies int
	steps  int
}

func readPlain(raw []byte, in incident.Incoming, _ incident.ReadOptions) incident.Reading {
	r := incident.Reading{Received: in.Arrived, ReceivedBasis: incident.BasisListener, Text: string(raw), Subject: "melding"}
	if strings.HasPrefix(string(raw), "parked") {
		r.Park = incident.ParkCalendar
	}
	return r
}

func newLife(t *rapid.T) *life {
	l := &life{t: t, now: received}
	master, err := store.NewMaster()
	l.must(err)
	l.store, err = store.New(store.NewMemory(), store.NewMemory(), master, store.Config{
		Planner: notify.Planner{Ladders: notify.Defaults(), Lead: 5 * time.Second}, Now: func() time.Time { return l.now },
	})
	l.must(err)
	l.svc = &incident.Service{
		Store: l.store, Read: readPlain, Now: func() time.Time { return l.now }, Rules: incident.Rules(),
		Tokens: incident.Tokens{MAC: l.store.MAC, Domain: "example.org"}, Log: slog.New(slog.DiscardHandler),
	}
	return l
}

func (l *life) must(err error) {
	if err != nil {
		l.t.Fatal(err)
	}
}

// refused lets a refusal pass: what may not be done is another test's matter.
func (l *life) refused(err error) {
	var r *incident.Refusal
	if err != nil && !errors.As(err, &r) {
		l.t.Fatal(err)
	}
}

func (l *life) refs() (refs []incident.Ref) {
	l.view(func(v incident.View) {
		for inc, err := range v.Incidents(incident.Ref{}) {
			l.must(err)
			refs = append(refs, inc.Ref)
		}
	})
	return refs
}

func (l *life) view(fn func(incident.View)) {
	l.must(l.store.View(context.Background(), func(v incident.View) error { fn(v); return nil }))
}

func (l *life) ref() incident.Ref {
	refs := l.refs()
	if len(refs) == 0 {
		l.deliver("a first report")
		refs = l.refs()
	}
	return rapid.SampledFrom(refs).Draw(l.t, "ref")
}

func (l *life) deliver(text string) {
	_, err := l.svc.Record(context.Background(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: l.now, Body: strings.NewReader(text)})
	l.must(err)
}

// commands are one of each, with what it takes to be accepted now and then.
func (l *life) command() incident.Command {
	t := l.t
	text := rapid.SampledFrom([]string{"", "reden"}).Draw(t, "text")
	kind := rapid.SampledFrom(append(incident.DutyKinds(), "")).Draw(t, "duty")
	back := time.Duration(rapid.IntRange(-2, 100).Draw(t, "hours back")) * time.Hour
	return rapid.SampledFrom([]incident.Command{
		incident.ConfirmAwareness{At: l.now.Add(-back), Reason: text},
		incident.Describe{Title: text},
		incident.Assess{Facts: risk.Facts{PersonalData: "yes", Special: []risk.Special{"health"}}},
		incident.Assess{},
		incident.WillNotify{TellPeople: text != ""},
		incident.Waive{Duty: kind, Reasons: text},
		incident.NotABreach{Excludes: text},
		incident.DoesNotApply{Duty: kind, Code: rapid.SampledFrom(incident.DoesNotApplyCodes()).Draw(t, "code"), Reasons: text},
		incident.NoReport{Code: incident.NoReportSpam},
		incident.File{Kind: incident.FilingInitial, Provisional: text != "", Number: "12", At: l.now, Channel: "form", Delay: text, WhyEarlier: text},
		incident.File{Kind: incident.FilingFollowUp, Number: "12", At: l.now, Channel: "form", Delay: text},
		incident.File{Kind: incident.FilingWithdrawal, Number: "12", At: l.now, Channel: "form"},
		incident.PeopleTold{Duty: kind, Reasons: text},
		incident.Reopen{Reasons: text},
		incident.Close{Reasons: text},
		incident.Restrict{Reasons: text},
		incident.Unrestrict{Reasons: text},
		incident.Seen{},
		incident.PlanMeasure{What: "beleid", Owner: "p1", Due: l.now.Add(back)},
		incident.PlanMeasure{N: rapid.IntRange(1, 4).Draw(t, "changed"), Due: l.now.Add(100 * time.Hour), Reason: text},
		incident.TakeMeasure{N: rapid.IntRange(0, 4).Draw(t, "taken"), What: text, At: l.now},
		incident.DropMeasure{N: rapid.IntRange(1, 4).Draw(t, "dropped"), Reasons: text},
		incident.SetRole{Chain: incident.Chain{Role: rapid.SampledFrom(incident.ChainRoles()).Draw(t, "role"), Leads: incident.LeadThem, Hours: rapid.IntRange(0, 48).Draw(t, "contract")}, Reason: text},
		incident.MustTell{},
		incident.Tell{Done: text != "", Telling: incident.Telling{Duty: kind, At: l.now, Way: incident.WayLetter, Count: 3}},
		incident.DoesNotApply{Duty: incident.DutyPeople, Code: incident.NotDueUnintelligible, Reasons: text},
		incident.SetPeriod{Period: incident.Period{From: l.now.Add(-back)}},
		incident.TryFiling{FilingTry: incident.FilingTry{At: l.now, What: text}},
		incident.Close{Reasons: text, Delay: text, Leave: true},
	}).Draw(t, "command")
}

func (l *life) report(*rapid.T) {
	l.bodies++
	l.deliver(rapid.SampledFrom([]string{"report", "parked", "the same again"}).Draw(l.t, "mail") + fmt.Sprint(l.bodies%7))
}

func (l *life) decide(*rapid.T) {
	_, err := l.svc.Do(context.Background(), l.ref(), officer, l.command())
	l.refused(err)
}

func (l *life) attach(*rapid.T) {
	file := incident.Upload{Name: "bewijs.pdf", Body: strings.NewReader(strings.Repeat("x", rapid.IntRange(0, 600_000).Draw(l.t, "size")))}
	_, err := l.svc.DoWithFiles(context.Background(), l.ref(), officer, []incident.Upload{file}, func(files []int) incident.Command {
		return incident.TryFiling{FilingTry: incident.FilingTry{At: l.now, What: rapid.SampledFrom([]string{"", "site plat"}).Draw(l.t, "what"), Files: files}}
	})
	l.refused(err)
}

func (l *life) merge(*rapid.T) {
	l.refused(l.svc.Merge(context.Background(), l.ref(), l.ref(), officer, "dubbel"))
}

func (l *life) promote(*rapid.T) {
	parked, err := l.svc.Parked(context.Background(), 1)
	l.must(err)
	if len(parked) > 0 {
		_, err := l.svc.Promote(context.Background(), parked[0].Item, officer)
		l.must(err)
	}
}

func (l *life) hire(*rapid.T) {
	email := rapid.SampledFrom([]string{"a@example.org", "b@example.org", "c@example.org"}).Draw(l.t, "email")
	_, err := l.svc.SetPerson(context.Background(), officer, people.Person{Email: email, Roles: []people.Role{people.Officer}})
	l.refused(err)
}

func (l *life) wait(*rapid.T) {
	l.now = l.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(l.t, "hours")) * time.Hour)
}

// alert does what the engine does with one rung: queue, record, deliver.
func (l *life) alert(*rapid.T) {
	ref := l.ref()
	state := rapid.SampledFrom([]incident.DeliveryState{incident.Accepted, incident.Failed, incident.Retrying, incident.Queued}).Draw(l.t, "state")
	l.must(l.store.Update(context.Background(), func(tx incident.Tx) error {
		inc, err := tx.Incident(ref)
		if err != nil || !inc.AnyOpen() {
			return err
		}
		i := slices.IndexFunc(inc.Duties, incident.Duty.Open)
		d, act := inc.Duties[i], l.svc.Act(incident.System)
		m := incident.Message{ID: tx.NextMessage(), Class: incident.ClassAlert, Person: "p1", Owner: incident.Stream{Ref: ref}, Deadline: d.Clock.Due, State: incident.Queued}
		if err := tx.Queue(m, []byte("final bytes")); err != nil {
			return err
		}
		_, err = tx.Append(m.Owner, act,
			&incident.Alerted{Duty: d.ID(), Version: d.Clock.Version, Rung: "reported", Rank: 10, Due: l.now, To: []incident.Told{{Person: "p1", Message: m.ID}}},
			&incident.Delivery{Duty: d.ID(), Version: d.Clock.Version, Rung: "reported", Person: "p1", Message: m.ID, State: state})
		m.State = state
		switch {
		case state.Final():
			m.Ended = l.now
		case state == incident.Retrying:
			m.Next = l.now.Add(time.Hour)
		}
		return errors.Join(err, tx.SetMessage(m))
	}))
}

func (l *life) tidy(*rapid.T) {
	l.must(l.store.Update(context.Background(), func(tx incident.Tx) error {
		_, err := tx.Wake(l.now)
		_, forget := tx.ForgetMail(l.now.Add(-24*time.Hour), 10, func(incident.Message) bool { return false })
		return errors.Join(err, forget)
	}))
}

// checkSometimes checks after some of the steps: checking takes longer than living.
func (l *life) checkSometimes(t *rapid.T) {
	if l.steps++; l.steps%10 == 0 {
		l.check(t)
	}
}

// check holds the record against what must always be true of it.
func (l *life) check(t *rapid.T) {
	var left *incident.Head
	if len(l.heads) > 0 {
		left = &l.heads[rapid.IntRange(0, len(l.heads)-1).Draw(t, "head that left")]
	}
	found, err := l.store.Verify(context.Background(), left)
	l.must(err)
	l.heads = append(l.heads, found.Head)

	l.view(func(v incident.View) {
		type duty struct {
			ref  incident.Ref
			what incident.What
		}
		open := map[duty]bool{}
		for inc, err := range v.Incidents(incident.Ref{}) {
			l.must(err)
			for _, d := range inc.Duties {
				if d.Open() {
					open[duty{inc.Ref, incident.WhatDuty(d.ID())}] = true
				}
			}
			folded := &incident.Incident{Organisation: inc.Organisation}
			for e, err := range v.Log(incident.Stream{Ref: inc.Ref}, 1) {
				l.must(err)
				folded.Apply(e)
			}
			if a, b := asJSON(inc), asJSON(folded); a != b {
				t.Fatalf("%s is stored as\n%s\nand its log gives\n%s", inc.Ref, a, b)
			}
		}
		planned, board, audited := map[duty]int{}, map[duty]int{}, map[duty]int{}
		for p, err := range v.Due(l.now.AddDate(10, 0, 0)) {
			l.must(err)
			if _, is := p.What.Duty(); is {
				planned[duty{p.Ref, p.What}]++
			}
		}
		last := time.Time{}
		for o, err := range v.OpenDuties() {
			l.must(err)
			board[duty{o.Incident.Ref, incident.WhatDuty(o.Duty.ID())}]++
			if o.Duty.Clock.Due.Before(last) {
				t.Fatal("the board is not in the order of the deadlines")
			}
			last = o.Duty.Clock.Due
		}
		for row, err := range v.DutiesAfter(incident.Ref{}, 0) {
			l.must(err)
			audited[duty{row.Ref, row.What}]++
			if row.Planned.IsZero() {
				t.Fatalf("%s has an open duty without a next alert", row.Ref)
			}
		}
		c := v.Counters()
		for what, rows := range map[string]map[duty]int{"plan": planned, "board": board, "audit": audited} {
			for d := range open {
				if rows[d] != 1 {
					t.Fatalf("%s: the open duty %v stands %d times in the %s, want once", d.ref, d.what, rows[d], what)
				}
			}
			if len(rows) != len(open) || int(c.OpenDuties) != len(open) || int(c.PlannedOpen) != len(open) {
				t.Fatalf("%d duties are open; %s has %d; counted %d, planned %d", len(open), what, len(rows), c.OpenDuties, c.PlannedOpen)
			}
		}
	})
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestWhateverHappensTheRecordHolds: after any sequence of reports, decisions,
// alerts and hours the chain is whole, each log gives the stored state, the
// counters are the rows, and every open duty has exactly one next alert
// (promises 3 and 6).
func TestWhateverHappensTheRecordHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		defer l.store.Close()
		t.Repeat(map[string]func(*rapid.T){
			"report": l.report, "decide": l.decide, "decide more": l.decide, "decide once more": l.decide, "attach": l.attach, "merge": l.merge, "promote": l.promote,
			"hire": l.hire, "wait": l.wait, "alert": l.alert, "tidy": l.tidy, "": l.checkSometimes,
		})
		l.check(t)
		swept, err := l.store.RederiveSlice(context.Background(), incident.Ref{}, 1<<20)
		l.must(err)
		if len(swept.Unsound)+len(swept.Replanned) > 0 {
			t.Fatalf("the sweep found %+v", swept)
		}
	})
}
