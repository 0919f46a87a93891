package notify

import (
	"crypto/tls"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// Writer writes the mails. It puts in a mail only what promise 8 allows:
// reference, deadline as an instant, time left as at a stated time, what is
// asked, a link; in alerts and digests also the head of the chain (promise 6).
type Writer struct {
	From     string // envelope and From address
	FromName string
	ReplyTo  string // the privacy mailbox; empty: From
	// ReplyPlus puts our token behind a plus in the address for replies to a
	// question, for those whose relays write Message-IDs of their own.
	ReplyPlus bool
	URL       string // only source of links
	Tokens    incident.Tokens
	Sign      *tls.Certificate // S/MIME; nil: mail is not signed
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
// 2: rungs with twelve hours or less left), or brings a moved deadline to the
// agenda.
func (l line) alone(now time.Time) bool {
	return !l.closing && (l.rung == rungMoved || l.duty.Left(now) <= l.duty.Scaled(12*time.Hour))
}

// alertMail writes the mail with which one person gets one or more alerts. One
// alone brings the deadline to the person's agenda.
func (wr Writer) alertMail(p people.Person, id uint64, lines []line, head incident.Head, now time.Time) mailer.Mail {
	w, lines := wordsFor(p, now), byDeadline(lines)
	l := letter{Lang: w.lang, Subject: w.subject(lines), Tone: w.tone(lines), Intro: []string{w.intro(lines)}}
	for _, x := range lines {
		bl := w.alert(x)
		bl.Link = wr.link(w, x.inc.Ref)
		l.Blocks = append(l.Blocks, bl)
	}
	w.close(&l, len(lines) == 1, head)
	w.markDrill(&l, lines)
	m := wr.mail(p, id, refOf(lines), l, head, now)
	if len(lines) == 1 && wantsEvent(lines[0], now) {
		m.Calendar, m.CalendarMethod = wr.event(p, lines[0], w), eventRequest
	}
	return m
}

// closingMail says that it is over. About one duty alone it takes the deadline
// out of the person's agenda.
func (wr Writer) closingMail(p people.Person, id uint64, lines []line, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	l := letter{Lang: w.lang, Tone: done, Intro: []string{w.t("mail.intro.closed", nil)}}
	l.Subject = w.t("mail.subject.closed-many", map[string]any{"n": incidents(lines)})
	if len(lines) == 1 {
		l.Subject = w.t("mail.subject.closed", map[string]any{"ref": lines[0].inc.Ref, "outcome": w.outcome(lines[0].duty)})
	}
	for _, x := range lines {
		l.Blocks = append(l.Blocks, block{Rows: []row{
			w.row("incident", x.inc.Ref.String()),
			w.row("duty", locale.Duty(w.lang, "duty", x.duty.ID())),
			w.strong("outcome", w.outcome(x.duty)),
		}, Link: wr.link(w, x.inc.Ref)})
	}
	w.close(&l, len(lines) == 1, head)
	w.markDrill(&l, lines)
	m := wr.mail(p, id, refOf(lines), l, head, now)
	if len(lines) == 1 {
		m.Calendar, m.CalendarMethod = wr.event(p, lines[0], w), eventCancel
	}
	return m
}

// receiptMail thanks a reporter. It quotes nothing of the report, and says
// nothing that only we should know.
func (wr Writer) receiptMail(to incident.Address, lang string, id uint64, inc *incident.Incident, r incident.Report, original string, own incident.Words, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(lang), now: now}
	l := letter{Lang: w.lang, Tone: calm, Subject: w.t("mail.subject.receipt", map[string]any{"ref": inc.Ref})}
	l.Intro, l.Footer = w.receipt(inc.Ref, r.Received, own.In(w.lang)), []string{w.t("mail.footer", nil)}
	m := wr.envelope(to.Email, to.Name, id, inc.Ref, now)
	m.Subject, m.Text, m.HTML = l.Subject, l.text(), l.html()
	m.Header = [][2]string{{"Auto-Submitted", "auto-replied"}, loopMark("receipt", m.MessageID)}
	if original != "" {
		m.InReplyTo = "<" + original + ">"
		m.References = append([]string{m.InReplyTo}, m.References...)
	}
	return m
}

// receipt is what a receipt says: that the report is here, what happens next,
// what the organisation adds, and what to be careful about.
func (w words) receipt(ref incident.Ref, received time.Time, own string) []string {
	all := []string{w.t("mail.receipt.thanks", map[string]any{"ref": ref, "received": received}), w.t("mail.receipt.next", nil)}
	if own != "" {
		all = append(all, own)
	}
	return append(all, w.t("mail.receipt.careful", nil))
}

// ReceiptText is the text of a receipt as it would read, for whoever writes the
// organisation's own sentence.
func ReceiptText(lang, own string, now time.Time) []string {
	w := words{lang: locale.Pick(lang), now: now}
	return w.receipt(incident.Ref{Year: uint16(now.In(incident.Amsterdam()).Year())}, now, own)
}

// parkedMail asks officers to look at parked messages.
func (wr Writer) parkedMail(p people.Person, id uint64, parked int, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	l := letter{Lang: w.lang, Tone: urgent, Subject: w.t("mail.subject.parked", map[string]any{"n": parked}), Intro: []string{w.t("mail.parked.text", nil)}}
	l.Blocks = []block{{Link: w.linkTo(wr.URL + "/parked")}}
	w.close(&l, false, head)
	return wr.mail(p, id, incident.Ref{}, l, head, now)
}

// LoopHeader marks every mail of ours, so that one that comes back is known.
const LoopHeader = "X-Meldklok"

// loopMark is that header, with the Message-ID once more: a relay that writes a
// Message-ID of its own leaves this one, and so a bounce is still known to be
// of a mail of ours (LESSONS 16).
func loopMark(kind, messageID string) [2]string { return [2]string{LoopHeader, kind + " " + messageID} }

// mail puts a letter to a person of ours into its envelope.
func (wr Writer) mail(p people.Person, id uint64, ref incident.Ref, l letter, head incident.Head, now time.Time) mailer.Mail {
	m := wr.envelope(p.Email, p.Name, id, ref, now)
	m.Subject, m.Text, m.HTML = l.Subject, l.text(), l.html()
	m.Header = append(m.Header, headHeader(head))
	return m
}

// headHeader carries the head of the chain out of the house (promise 6).
func headHeader(h incident.Head) [2]string {
	return [2]string{"X-Meldklok-Head", fmt.Sprintf("%d %x", h.Seq, h.Hash)}
}

func (wr Writer) envelope(to, name string, id uint64, ref incident.Ref, now time.Time) mailer.Mail {
	m := mailer.Mail{
		From: wr.From, FromName: wr.FromName, ReplyTo: wr.ReplyTo, To: to, ToName: name,
		MessageID: wr.Tokens.MessageID(ref, id, now), Date: now,
	}
	m.Header = [][2]string{loopMark("alert", m.MessageID)}
	if !ref.IsZero() {
		m.References = []string{"<" + wr.Tokens.ThreadID(ref) + ">"}
		m.InReplyTo = m.References[0]
	}
	return m
}

// link leads to the incident; those who only oversee are led to their overview.
func (wr Writer) link(w words, ref incident.Ref) row {
	if w.oversees {
		return w.linkTo(wr.URL + "/management")
	}
	return w.linkTo(wr.address(ref))
}

func (wr Writer) address(ref incident.Ref) string {
	return wr.URL + "/incidents/" + ref.String()
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

// byDeadline returns the lines with what is due first in front, so that the first
// thing a reader sees is what the subject speaks of.
func byDeadline(lines []line) []line {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b line) int { return a.duty.Clock.Due.Compare(b.duty.Clock.Due) })
	return lines
}

// incidents counts the incidents that the lines are about: one can have several
// duties.
func incidents(lines []line) int {
	seen := map[incident.Ref]bool{}
	for _, l := range lines {
		seen[l.inc.Ref] = true
	}
	return len(seen)
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
