package notify

import (
	"bytes"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

// readEvent parses a calendar part as a mail program does.
func readEvent(t testing.TB, m mailer.Mail) *ics.VEvent {
	t.Helper()
	c, err := ics.ParseCalendar(bytes.NewReader(m.Calendar))
	if err != nil {
		t.Fatalf("%v:\n%s", err, m.Calendar)
	}
	events := c.Events()
	if len(events) != 1 || len(c.Components) != 1 {
		t.Fatalf("%d events in\n%s", len(events), m.Calendar)
	}
	return events[0]
}

func property(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// TestEvent: an alert puts the deadline into the agenda as an instant in UTC,
// asks for no answer, and the closing mail takes it out.
func TestEvent(t *testing.T) {
	inc := dutyOf(incident.DutyAP)
	now := started.Add(time.Hour)
	asked := testWriter().alertMail(reader("nl"), 5, []line{lineOf(inc, "reported")}, testHead, now)
	over := lineOf(inc, incident.RungClosed)
	over.closing = true
	cancelled := testWriter().closingMail(reader("nl"), 6, []line{over}, testHead, now.Add(time.Hour))
	if asked.CalendarMethod != "REQUEST" || cancelled.CalendarMethod != "CANCEL" {
		t.Fatalf("methods %q and %q", asked.CalendarMethod, cancelled.CalendarMethod)
	}
	first, last := readEvent(t, asked), readEvent(t, cancelled)
	for _, tt := range []struct {
		what        string
		name        ics.ComponentProperty
		ask, cancel string
	}{
		{"the deadline is an instant", ics.ComponentPropertyDtStart, "20261026T143000Z", "20261026T143000Z"},
		{"an end would lie after the deadline", ics.ComponentPropertyDtEnd, "", ""},
		{"cancelling comes after asking", ics.ComponentPropertySequence, "2", "3"},
		{"it stands, and then no longer", ics.ComponentPropertyStatus, "CONFIRMED", "CANCELLED"},
		{"we are the organiser", ics.ComponentPropertyOrganizer, "mailto:meldklok@example.org", "mailto:meldklok@example.org"},
		{"the recipient is the only guest", ics.ComponentPropertyAttendee, "mailto:reader@example.org", "mailto:reader@example.org"},
		{"nobody's time is blocked", ics.ComponentPropertyTransp, "TRANSPARENT", "TRANSPARENT"},
		{"when it was written", ics.ComponentPropertyDtstamp, "20261023T153000Z", "20261023T163000Z"},
	} {
		if a, c := property(first, tt.name), property(last, tt.name); a != tt.ask || c != tt.cancel {
			t.Errorf("%s: %s is %q and then %q", tt.what, tt.name, a, c)
		}
	}
	if first.Id() == "" || first.Id() != last.Id() {
		t.Errorf("the event is %q and then %q", first.Id(), last.Id())
	}
	if rsvp := first.GetProperty(ics.ComponentPropertyAttendee).ICalParameters["RSVP"]; len(rsvp) != 1 || rsvp[0] != "FALSE" {
		t.Errorf("RSVP is %q", rsvp)
	}
	if len(first.Alarms()) > 0 {
		t.Error("the event rings a bell; that is the mails' work")
	}
}

// TestEventSequence: whatever is done to a clock, what is said later has a
// higher sequence number or says the same.
func TestEventSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inc, before, cancelled := dutyOf(incident.DutyAP), 0, false
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			l := lineOf(inc, "reported")
			l.closing = !cancelled && rapid.Bool().Draw(t, "close")
			if cancelled || rapid.Bool().Draw(t, "move") { // reopened, or moved
				inc.Duties[0].Clock.Version++
				l.duty = inc.Duties[0]
			}
			n := sequence(l)
			if n < before || (n == before && l.closing) {
				t.Fatalf("%d after %d", n, before)
			}
			before, cancelled = n, l.closing
		}
	})
}

// TestEventIdentity: a person, an incident and a duty each have an event of
// their own, with a name that says nothing and cannot be worked out without
// our key.
func TestEventIdentity(t *testing.T) {
	wr := testWriter()
	ref, other := incident.Ref{Year: 2026, Number: 42}, incident.Ref{Year: 2026, Number: 43}
	seen := map[string]bool{}
	for _, id := range []string{
		wr.eventID(ref, incident.DutyAP, "p1"), wr.eventID(ref, incident.DutyAP, "p2"),
		wr.eventID(ref, incident.DutyPeople, "p1"), wr.eventID(other, incident.DutyAP, "p1"),
	} {
		if seen[id] || strings.Contains(id, "2026") || strings.Contains(id, "p1") || !strings.HasSuffix(id, "@example.org") {
			t.Errorf("identity %q", id)
		}
		seen[id] = true
	}
	if again := wr.eventID(ref, incident.DutyAP, "p1"); !seen[again] {
		t.Errorf("the identity changes: %q", again)
	}
	wr.Tokens.MAC = func(string, ...[]byte) []byte { return make([]byte, 16) }
	if seen[wr.eventID(ref, incident.DutyAP, "p1")] {
		t.Error("the identity does not depend on the key")
	}
}

// TestWhichMailsHaveAnEvent: mails about one deadline, and no others.
func TestWhichMailsHaveAnEvent(t *testing.T) {
	for _, s := range everySample("en") {
		want := ""
		switch {
		case s.name == "closing-many", strings.HasPrefix(s.name, "digest"), strings.Contains(s.name, "overdue"):
		case strings.HasPrefix(s.name, "closing"):
			want = eventCancel
		case strings.HasPrefix(s.name, "alert"), s.name == "missed", s.name == "handover", s.name == "board", s.name == "drill", s.name == "contract":
			want = eventRequest
		}
		if s.mail.CalendarMethod != want || (want == "") != (len(s.mail.Calendar) == 0) {
			t.Errorf("%s: method %q, want %q", s.name, s.mail.CalendarMethod, want)
		}
	}
	moved := dutyOf(incident.DutyAP)
	moved.Duties[0].Clock.Version = 2
	m := testWriter().alertMail(reader("en"), 5, []line{lineOf(moved, "overdue")}, testHead, started.Add(100*time.Hour))
	if m.CalendarMethod != eventRequest {
		t.Error("a clock that was moved into the past leaves the old deadline in the agenda")
	}
}

// TestEventOnTheWire: CRLF only, no line beyond 75 octets (RFC 5545 section
// 3.1), nothing of the incident's content, whatever the person's name is.
func TestEventOnTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := people.Person{ID: people.ID(rapid.String().Draw(t, "id")), Name: rapid.String().Draw(t, "name"), Email: "a@example.org", Lang: rapid.SampledFrom([]string{"nl", "en"}).Draw(t, "lang")}
		inc := dutyOf(rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind"))
		raw := testWriter().event(p, lineOf(inc, "reported"), wordsFor(p, started))
		for part := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
			if len(part) > 75 || strings.ContainsAny(part, "\r\n") {
				t.Fatalf("line %q", part)
			}
		}
	})
}

// TestFewClosingsTravelAlone: each closing takes its own deadline out of the
// agenda, unless somebody tidies up many incidents at once.
func TestFewClosingsTravelAlone(t *testing.T) {
	for n, want := range map[int]int{1: 1, fewClosings: fewClosings, fewClosings + 1: 1} {
		var lines []*pending
		for range n {
			l := lineOf(dutyOf(incident.DutyAP), incident.RungClosed)
			l.closing = true
			lines = append(lines, &pending{line: l})
		}
		if mails := (&batch{now: started}).bundle(lines); len(mails) != want || len(mails[0]) != n/want {
			t.Errorf("%d closings make %d mails, want %d", n, len(mails), want)
		}
	}
}
