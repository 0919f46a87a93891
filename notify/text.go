package notify

import (
	"fmt"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// Writer writes the mails. It puts in a mail only what promise 8 allows:
// reference, deadline as an instant, time left as at a stated time, what is
// asked, a link.
type Writer struct {
	From     string // envelope and From address
	FromName string
	ReplyTo  string // the privacy mailbox; empty: From
	URL      string // only source of links
	Tokens   incident.Tokens
}

// line is one incident in a mail to one person.
type line struct {
	inc      *incident.Incident
	duty     incident.Duty
	rung     string
	due      time.Time // the rung's instant
	missed   []string
	closing  bool
	handover people.ID // who could not be reached
}

// alone reports whether the line travels in a mail of its own (DESIGN section
// 2: rungs with twelve hours or less left).
func (l line) alone(now time.Time) bool {
	return !l.closing && l.duty.Left(now) <= 12*time.Hour
}

// words holds what every text needs.
type words struct {
	lang string
	now  time.Time
}

func (w words) t(id string, args map[string]any) string { return locale.T(w.lang, id, args) }

func (w words) row(label, value string) string {
	return fmt.Sprintf("%-22s%s\n", w.t("mail.label."+label, nil)+":", value)
}

// alertMail writes the mail with which one person gets one or more alerts.
func (wr Writer) alertMail(p people.Person, id uint64, lines []line, head incident.Head, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(p.Lang), now: now}
	m := wr.envelope(p.Email, p.Name, id, refOf(lines), now)
	m.Subject = w.subject(lines)
	var b strings.Builder
	b.WriteString(w.intro(lines) + "\n\n")
	for _, l := range lines {
		b.WriteString(w.alert(l))
		b.WriteString(w.row("link", wr.link(l.inc.Ref)) + "\n")
	}
	m.Text = wr.finish(&b, w, len(lines) == 1, head)
	m.Header = append(m.Header, headHeader(head))
	return m
}

// closingMail says that it is over.
func (wr Writer) closingMail(p people.Person, id uint64, lines []line, head incident.Head, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(p.Lang), now: now}
	m := wr.envelope(p.Email, p.Name, id, refOf(lines), now)
	if len(lines) == 1 {
		m.Subject = w.t("mail.subject.closed", map[string]any{"ref": lines[0].inc.Ref, "outcome": w.outcome(lines[0].duty)})
	} else {
		m.Subject = w.t("mail.subject.closed-many", map[string]any{"n": len(lines)})
	}
	var b strings.Builder
	b.WriteString(w.t("mail.intro.closed", nil) + "\n\n")
	for _, l := range lines {
		b.WriteString(w.row("incident", l.inc.Ref.String()))
		b.WriteString(w.row("duty", locale.Word(w.lang, "duty", l.duty.Kind)))
		b.WriteString(w.row("outcome", w.outcome(l.duty)))
		b.WriteString(w.row("link", wr.link(l.inc.Ref)) + "\n")
	}
	m.Text = wr.finish(&b, w, len(lines) == 1, head)
	m.Header = append(m.Header, headHeader(head))
	return m
}

// receiptMail thanks a reporter. It quotes nothing of the report.
func (wr Writer) receiptMail(to incident.Address, lang string, id uint64, inc *incident.Incident, r incident.Report, original string, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(lang), now: now}
	m := wr.envelope(to.Email, to.Name, id, inc.Ref, now)
	m.Subject = w.t("mail.subject.receipt", map[string]any{"ref": inc.Ref})
	m.Text = w.t("mail.receipt.text", map[string]any{"ref": inc.Ref, "received": r.Received}) + "\n\n-- \n" + w.t("mail.footer", nil) + "\n"
	m.Header = [][2]string{{"Auto-Submitted", "auto-replied"}, {LoopHeader, "receipt"}}
	if original != "" {
		m.InReplyTo = "<" + original + ">"
		m.References = append([]string{m.InReplyTo}, m.References...)
	}
	return m
}

// parkedMail asks officers to look at parked messages.
func (wr Writer) parkedMail(p people.Person, id uint64, parked int, head incident.Head, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(p.Lang), now: now}
	m := wr.envelope(p.Email, p.Name, id, incident.Ref{}, now)
	m.Subject = w.t("mail.subject.parked", map[string]any{"n": parked})
	var b strings.Builder
	b.WriteString(w.t("mail.parked.text", nil) + "\n\n")
	b.WriteString(w.row("link", wr.URL+"/parked") + "\n")
	m.Text = wr.finish(&b, w, false, head)
	m.Header = append(m.Header, headHeader(head))
	return m
}

// LoopHeader marks every mail of ours, so that one that comes back is known.
const LoopHeader = "X-Meldklok"

// headHeader carries the head of the chain out of the house (promise 6).
func headHeader(h incident.Head) [2]string {
	return [2]string{"X-Meldklok-Head", fmt.Sprintf("%d %x", h.Seq, h.Hash)}
}

func (wr Writer) envelope(to, name string, id uint64, ref incident.Ref, now time.Time) mailer.Mail {
	m := mailer.Mail{
		From: wr.From, FromName: wr.FromName, ReplyTo: wr.ReplyTo, To: to, ToName: name,
		MessageID: wr.Tokens.MessageID(ref, id, now), Date: now,
		Header: [][2]string{{LoopHeader, "alert"}},
	}
	if !ref.IsZero() {
		m.References = []string{"<" + wr.Tokens.ThreadID(ref) + ">"}
		m.InReplyTo = m.References[0]
	}
	return m
}

func (wr Writer) link(ref incident.Ref) string { return wr.URL + "/incidents/" + ref.String() }

// finish adds the footer: what the mail is, and the head of the chain.
func (wr Writer) finish(b *strings.Builder, w words, single bool, head incident.Head) string {
	footer := "mail.footer"
	if !single {
		footer = "mail.footer.many"
	}
	fmt.Fprintf(b, "-- \n%s\n%s: %d %x\n", w.t(footer, nil), w.t("mail.head", nil), head.Seq, head.Hash)
	return b.String()
}

// refOf returns the reference when the mail is about one incident only.
func refOf(lines []line) incident.Ref {
	ref := lines[0].inc.Ref
	for _, l := range lines[1:] {
		if l.inc.Ref != ref {
			return incident.Ref{}
		}
	}
	return ref
}

func (w words) subject(lines []line) string {
	if len(lines) == 1 {
		l := lines[0]
		return w.t("mail.subject.alert", map[string]any{"ref": l.inc.Ref, "left": w.left(l.duty.Left(w.now)), "ask": w.ask(l)})
	}
	return w.t("mail.subject.alerts", map[string]any{"n": len(lines), "left": w.left(nearest(lines).Sub(w.now))})
}

// left writes the time left; around the deadline itself it says so.
func (w words) left(left time.Duration) string {
	if left.Abs() < time.Minute {
		return w.t("mail.now", nil)
	}
	return locale.Left(w.lang, left)
}

// nearest returns the earliest deadline among the lines.
func nearest(lines []line) time.Time {
	due := lines[0].duty.Clock.Due
	for _, l := range lines[1:] {
		if l.duty.Clock.Due.Before(due) {
			due = l.duty.Clock.Due
		}
	}
	return due
}

func (w words) intro(lines []line) string {
	id := "mail.intro.alerts"
	if len(lines) == 1 {
		id = "mail.intro.alert"
		if lines[0].duty.Overdue(w.now) {
			id = "mail.intro.overdue"
		}
	}
	text := w.t(id, nil)
	for _, l := range lines {
		if l.handover != "" {
			return text + " " + w.t("mail.intro.handover", nil)
		}
	}
	return text
}

// alert writes one incident of an alert mail.
func (w words) alert(l line) string {
	var b strings.Builder
	b.WriteString(w.row("incident", l.inc.Ref.String()))
	b.WriteString(w.row("duty", locale.Word(w.lang, "duty", l.duty.Kind)))
	b.WriteString(w.row("due", locale.When(w.lang, l.duty.Clock.Due)))
	left := w.t("mail.as-at", map[string]any{"left": w.left(l.duty.Left(w.now)), "at": w.now})
	b.WriteString(w.row("left", left))
	b.WriteString(w.row("ask", w.ask(l)))
	if len(l.missed) > 0 {
		names := make([]string, len(l.missed))
		for i, m := range l.missed {
			names[i] = locale.Rung(w.lang, m)
		}
		b.WriteString(w.row("missed", locale.List(w.lang, names)))
	}
	return b.String()
}

// ask says what is asked: it depends on the duty, on whether somebody has
// looked, and on the deadline.
func (w words) ask(l line) string {
	switch {
	case l.duty.Kind != incident.DutyAP:
		return w.t("mail.ask."+string(l.duty.Kind), nil)
	case l.duty.Overdue(w.now):
		return w.t("mail.ask.ap-late", nil)
	case l.inc.Aware == nil && l.duty.Left(w.now) > 36*time.Hour:
		return w.t("mail.ask.look", nil)
	}
	return w.t("mail.ask.ap", nil)
}

func (w words) outcome(d incident.Duty) string {
	text := locale.Word(w.lang, "outcome", d.Outcome)
	if d.Reason != "" && locale.Has("reason."+d.Reason) {
		text += " (" + locale.Word(w.lang, "reason", d.Reason) + ")"
	}
	return text
}
