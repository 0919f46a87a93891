package notify

import (
	"encoding/base32"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// The methods of a calendar part (RFC 5546 sections 3.2.2 and 3.2.5).
const (
	eventRequest = "REQUEST"
	eventCancel  = "CANCEL"
)

// wantsEvent reports whether an alert brings its deadline to the agenda. An
// appointment that has passed helps nobody, unless it corrects one that still
// stands at a later time.
func wantsEvent(l line, now time.Time) bool {
	return !l.duty.Overdue(now) || l.duty.Clock.Version > 1
}

// event writes the deadline of a line as an iCalendar object (RFC 5545), with
// CRLF line ends: asked for by an alert, cancelled by the closing mail. It says
// no more than the mail does, rings no bell, and blocks no time.
//
// It has a start and no end, so it is the instant of the deadline itself (RFC
// 5545 section 3.6.1); an end would have to lie after it.
func (wr Writer) event(p people.Person, l line, w words) []byte {
	method, status := ics.MethodRequest, ics.ObjectStatusConfirmed
	if l.closing {
		method, status = ics.MethodCancel, ics.ObjectStatusCancelled
	}
	c := ics.NewCalendar()
	c.SetProductId("-//Meldklok//Meldklok//" + strings.ToUpper(w.lang))
	c.SetMethod(method)
	e := c.AddEvent(wr.eventID(l.inc.Ref, l.duty.ID(), p.ID))
	e.SetDtStampTime(w.now.UTC())
	e.SetSequence(sequence(l))
	e.SetStartAt(l.duty.Clock.Due.UTC())
	e.SetStatus(status)
	e.SetOrganizer("mailto:" + wr.From)
	e.AddAttendee("mailto:"+p.Email, ics.CalendarUserTypeIndividual, ics.ParticipationRoleReqParticipant,
		ics.ParticipationStatusNeedsAction, &ics.KeyValues{Key: string(ics.ParameterRsvp), Value: []string{"FALSE"}})
	e.SetSummary(w.eventTitle(l))
	link := wr.link(w, l.inc.Ref).Value
	e.SetDescription(w.eventText(l) + "\n" + link)
	e.SetURL(link)
	e.SetClass(ics.ClassificationPrivate)
	e.SetTimeTransparency(ics.TransparencyTransparent)
	return []byte(c.Serialize(ics.WithNewLineWindows))
}

func (w words) eventTitle(l line) string {
	title := w.t("mail.event.summary", map[string]any{"ref": l.inc.Ref, "duty": locale.Duty(w.lang, "duty-short", l.duty.ID())})
	if l.inc.Exercise {
		return w.t("mail.drill.subject", map[string]any{"subject": title})
	}
	return title
}

func (w words) eventText(l line) string {
	return w.t("mail.event.text"+suffix(l.duty), map[string]any{"due": l.duty.Clock.Due})
}

// eventID is the UID of a deadline in one person's agenda. It stays the same
// as long as the incident lives, and nobody outside can work it out. Each
// person has one of their own, so that no agenda ties them together.
func (wr Writer) eventID(ref incident.Ref, duty incident.DutyID, who people.ID) string {
	mac := wr.Tokens.MAC("calendar", []byte(wr.Tokens.ThreadID(ref)), []byte(duty), []byte(who))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac)) + "@" + wr.Tokens.Domain
}

// sequence orders what was said about one event (RFC 5546 section 2.1.4): it
// rises with the version of the clock, and cancelling comes after asking.
// Reopening raises the version, so asking again comes after cancelling.
func sequence(l line) int {
	n := 2 * l.duty.Clock.Version
	if l.closing {
		n++
	}
	return n
}
