package incident

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTerms(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct{ why, from, term, want string }{
		{"days are counted", "2026-02-20T10:00:00Z", "30d", "2026-03-22T10:00:00Z"},
		{"a month ends on the same day", "2026-01-15T10:00:00Z", "1m", "2026-02-15T10:00:00Z"},
		{"or on the last day of a shorter month", "2026-08-31T10:00:00Z", "6m", "2027-02-28T10:00:00Z"},
		{"also in a leap year", "2028-02-29T10:00:00Z", "1y", "2029-02-28T10:00:00Z"},
		{"and over the turn of the year", "2026-12-31T23:59:59Z", "2m", "2027-02-28T23:59:59Z"},
	} {
		term, err := ParseTerm(c.term)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := term.After(at(c.from)); !ok || !got.Equal(at(c.want)) {
			t.Errorf("%s: %s after %s is %s, want %s", c.why, c.term, c.from, got, c.want)
		}
	}
	for _, bad := range []string{"", "d", "0d", "-1m", "6", "6w", "1.5y", "99999999d", "keep forever"} {
		if _, err := ParseTerm(bad); err == nil {
			t.Errorf("%q was taken for a term", bad)
		}
	}
	if _, err := ParseRetention([]byte(`{"originals":"6w"}`)); err == nil {
		t.Error("a wrong term was taken")
	}
	if _, err := ParseRetention([]byte(`{"everything":"6m"}`)); err == nil {
		t.Error("a kind that is none was taken")
	}
}

// A longer term never ends earlier, what is written is read again, and a term
// that starts later does not end earlier.
func TestTermArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term := Term{rapid.IntRange(1, 600).Draw(t, "n"), rapid.SampledFrom([]byte("dmy")).Draw(t, "unit")}
		from := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "from"), 0)
		later := from.Add(time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "later")) * time.Minute)
		a, _ := term.After(from)
		longer, _ := Term{term.N + 1, term.Unit}.After(from)
		b, _ := term.After(later)
		day := func(x time.Time) time.Time { return x.Truncate(24 * time.Hour) }
		if !a.After(from) || longer.Before(a) || day(b).Before(day(a)) {
			t.Fatalf("%s from %s: %s; longer %s; from %s: %s", term, from, a, longer, later, b)
		}
		if again, err := ParseTerm(term.String()); err != nil || again != term {
			t.Fatalf("%s is read as %s, %v", term, again, err)
		}
	})
}

// anyIncident draws an incident in some state.
func anyIncident(t *rapid.T) *Incident {
	base := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	when := func(name string) time.Time {
		return base.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, name)) * time.Hour)
	}
	inc := &Incident{Ref: Ref{Year: 2026, Number: 1}}
	for n := range rapid.IntRange(1, 3).Draw(t, "reports") {
		r := Report{N: n + 1, Item: uint64(n + 1), Size: 10, At: when("report")}
		if rapid.Bool().Draw(t, "gone") {
			r.Gone = &Gone{At: base}
		}
		inc.Reports = append(inc.Reports, r)
	}
	for _, kind := range rapid.SliceOfDistinct(rapid.SampledFrom(DutyKinds()), rapid.ID).Draw(t, "duties") {
		outcome := rapid.SampledFrom([]Outcome{OutcomeOpen, OutcomeMet, OutcomeWaived}).Draw(t, "outcome")
		inc.Duties = append(inc.Duties, Duty{Kind: kind, Outcome: outcome, EndedAt: when("ended"), Closing: rapid.IntRange(0, 5).Draw(t, "closing") == 0})
	}
	if inc.Closed = rapid.Bool().Draw(t, "closed"); inc.Closed {
		inc.ClosedAt = when("closed at")
	}
	inc.Exercise = rapid.Bool().Draw(t, "exercise")
	if rapid.IntRange(0, 3).Draw(t, "held") == 0 {
		inc.Held = []Held{{Brake: BrakeHold}}
	}
	if rapid.IntRange(0, 3).Draw(t, "receipt") == 0 {
		inc.Receipts = []int{1}
	}
	return inc
}

// Nothing of an open, unclosed or held incident goes; nothing goes before its
// term is over, counted from the latest of what it is about; nothing goes twice;
// and the register line never goes by itself.
func TestScheduleSpares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inc, periods := anyIncident(t), DefaultRetention()
		schedule := periods.Schedule(inc, inc.Ended())
		spared := inc.AnyOpen() || !inc.Closed || len(inc.Held) > 0 || len(inc.Receipts) > 0 || inc.underWay()
		if spared && len(schedule) > 0 {
			t.Fatalf("%+v goes of an incident that is not over", schedule)
		}
		for _, l := range schedule {
			if l.At.Before(inc.ClosedAt.AddDate(0, 1, 0)) {
				t.Fatalf("%s goes at %s, closed at %s", l.What, l.At, inc.ClosedAt)
			}
			for _, n := range l.Reports {
				r := inc.Reports[n-1]
				if l.At.Before(r.At.AddDate(0, 1, 0)) {
					t.Fatalf("report %d came in at %s and goes at %s", n, r.At, l.At)
				}
				if l.Parts.Has(PartOriginals) && r.Gone != nil {
					t.Fatalf("report %d goes twice", n)
				}
			}
		}
		for _, l := range due(schedule, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)) {
			if l.What == KeepRegister {
				t.Fatal("the register line goes")
			}
		}
	})
}

func TestRequestClock(t *testing.T) {
	rule, ok := RuleFor(Rules(), DutyRequest, time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC))
	if !ok {
		t.Fatal("there is no rule")
	}
	for _, c := range []struct{ why, from, want string }{
		{"the same day of the next month", "2026-06-15T12:00:00+02:00", "2026-07-15T12:00:00+02:00"},
		{"the last day of a shorter one", "2026-01-31T12:00:00+01:00", "2026-02-28T12:00:00+01:00"},
		{"the same time on the wall over a change of clocks", "2026-10-10T12:00:00+02:00", "2026-11-10T12:00:00+01:00"},
	} {
		from, _ := time.Parse(time.RFC3339, c.from)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := rule.Due(from); !got.Equal(want) {
			t.Errorf("%s: from %s to %s, want %s", c.why, c.from, got, c.want)
		}
	}
}

// A request keeps its duty until it was answered: it can be extended once, by
// two months from receipt and in time, and neither be waived nor merged away.
func TestRequestIsAnswered(t *testing.T) {
	received := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	act := Act{By: ByPerson("p1"), Now: received.Add(time.Hour), Rules: Rules()}
	inc := &Incident{Ref: Ref{Year: 2026, Number: 1}}
	n := uint32(0)
	apply := func(bodies []Body, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bodies {
			n++
			inc.Apply(Entry{Stream: Stream{inc.Ref}, N: n, At: act.Now, By: act.By, Body: b})
		}
	}
	apply([]Body{&Reported{Report: 1, Item: 1, Received: received}}, nil)
	apply(appendDuty(nil, DutyAP, received, ClockReceipt, act))
	apply(NoReport{Code: NoReportRequest}.Decide(inc, act))
	if d := inc.Duty(DutyRequest); d == nil || !d.Open() || inc.Closed || inc.Duty(DutyAP).Open() || !d.Clock.Due.Equal(received.AddDate(0, 1, 0)) {
		t.Fatalf("after sorting out: %+v, closed %v", inc.Duties, inc.Closed)
	}
	if _, err := (Waive{Duty: DutyRequest, Reasons: "x"}).Decide(inc, act); err == nil {
		t.Error("a request was waived")
	}
	apply(SetRight{RightErasure}.Decide(inc, act))
	apply(ExtendRequest{Reasons: "veel dossiers"}.Decide(inc, act))
	if due := inc.Duty(DutyRequest).Clock.Due; !due.Equal(received.AddDate(0, 3, 0)) {
		t.Errorf("extended to %s", due)
	}
	if _, err := (ExtendRequest{Reasons: "nog meer"}).Decide(inc, act); err == nil {
		t.Error("it was extended twice")
	}
	apply(AnswerRequest{Code: AnswerGranted, Reasons: "gedaan"}.Decide(inc, act))
	if inc.AnyOpen() || !inc.Closed || inc.Request.Right != RightErasure {
		t.Errorf("after the answer: %+v", inc)
	}
}
