package notify

import (
	"errors"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// noteCode: the reporter gave no address, and finds the question with the
// receipt code. Stored in the log.
const noteCode = "waits-for-code"

// questions mails what officers ask reporters. Unlike a receipt a question is
// never capped: a person decided to send it.
func (b *batch) questions(inc *incident.Incident) error {
	for _, n := range inc.Asking {
		body := &incident.Alerted{Rung: incident.RungQuestion, Due: b.now, Report: n}
		note, err := b.question(inc, inc.Questions[n-1], body)
		if err != nil {
			return err
		}
		body.Note = note
		if _, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act(), body); err != nil {
			return err
		}
	}
	if len(inc.Asking) == 0 {
		_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act())
		return err
	}
	return nil
}

// question queues the mail with one question, or says why there is none.
func (b *batch) question(inc *incident.Incident, q incident.Question, body *incident.Alerted) (note string, err error) {
	report := inc.Reports[q.Report-1]
	if report.Reach == incident.ReachCode {
		return noteCode, nil
	}
	asked, err := b.questionText(inc, q)
	if err != nil {
		return "", err
	}
	writer, _, err := incident.WriterOf(b.tx, inc, q.Report)
	if err != nil {
		return "", err
	}
	to := writer.From
	switch note := unreachable(report, to); {
	case note != "":
		return note, nil
	case asked == "":
		return noteDestroyed, nil
	}
	id := b.tx.NextMessage()
	content := b.e.cfg.Writer.questionMail(to, writer.Lang, id, inc.Ref, asked, writer.MessageID, b.now)
	m := incident.Message{ID: id, Class: incident.ClassReceipt, To: to.Email, Deadline: b.now, Owner: incident.Stream{Ref: inc.Ref}}
	m.Alerts = []incident.Alert{{Ref: inc.Ref, Rung: incident.RungQuestion, Due: b.now}}
	switch err := b.queue(m, content); {
	case errors.Is(err, mailer.ErrAddress):
		return noteAddress, nil
	case err != nil:
		return "", err
	}
	body.To = []incident.Told{{Message: id, MessageID: content.MessageID}}
	return "", nil
}

// questionText reads a question; it is empty once it was destroyed.
func (b *batch) questionText(inc *incident.Incident, q incident.Question) (string, error) {
	e, err := b.tx.Entry(incident.Stream{Ref: inc.Ref}, q.Entry)
	if err != nil {
		return "", err
	}
	asked, ok := e.Body.(*incident.Asked)
	if !ok {
		return "", errors.New("notify: the log holds no question where the incident says")
	}
	return asked.Private.Text, nil
}

// questionMail puts a question to a reporter. It says what a person of ours
// asks, and quotes nothing of the report.
func (wr Writer) questionMail(to incident.Address, lang string, id uint64, ref incident.Ref, question, original string, now time.Time) mailer.Mail {
	w := words{lang: locale.Pick(lang), now: now}
	l := letter{Lang: w.lang, Tone: calm, Subject: w.t("mail.subject.question", map[string]any{"ref": ref}), Intro: []string{
		w.t("mail.question.lead", map[string]any{"ref": ref}), question, w.t("mail.question.answer", nil), w.t("mail.receipt.careful", nil),
	}, Footer: []string{w.t("mail.footer", nil)}}
	m := wr.envelope(to.Email, to.Name, id, ref, now)
	m.Subject, m.Text, m.HTML = l.Subject, l.text(), l.html()
	m.Header = [][2]string{loopMark("question", m.MessageID)}
	if wr.ReplyPlus {
		m.ReplyTo = wr.Tokens.Address(wr.ReplyTo, m.MessageID)
	}
	if original != "" {
		m.InReplyTo = "<" + original + ">"
		m.References = append([]string{m.InReplyTo}, m.References...)
	}
	return m
}
