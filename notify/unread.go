package notify

import (
	"errors"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

// unread tells officers that an answer came in, and deputies too when nobody
// has looked for a day. It holds nothing of the answer.
func (b *batch) unread(inc *incident.Incident) error {
	at, ok := inc.UnreadDue()
	if !ok || at.After(b.now) {
		_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act())
		return err
	}
	body := &incident.Alerted{Rung: incident.RungAnswer, Due: at, Report: inc.Unread.Reports[len(inc.Unread.Reports)-1]}
	to := Rung{To: []people.Role{people.Officer}}
	if inc.Unread.Fresh() == 0 {
		to.To = append(to.To, people.Deputy)
	}
	for _, p := range told(b.tx.Org().People, inc, "", []Step{{Rung: to}}, b.now) {
		if err := b.answer(inc, p, body); err != nil {
			return err
		}
	}
	_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act(), body)
	return err
}

// answer queues the mail to one person.
func (b *batch) answer(inc *incident.Incident, p people.Person, body *incident.Alerted) error {
	id := b.tx.NextMessage()
	content := b.e.cfg.Writer.answerMail(p, id, inc, b.tx.Counters().Head, b.now)
	m := incident.Message{
		ID: id, Class: incident.ClassTrouble, Person: p.ID, To: p.Email, Deadline: b.now, Owner: incident.Stream{Ref: inc.Ref},
		Alerts: []incident.Alert{{Ref: inc.Ref, Rung: incident.RungAnswer, Due: body.Due}},
	}
	body.To = append(body.To, incident.Told{Person: p.ID, Message: id, MessageID: content.MessageID})
	err := b.queue(m, content)
	if errors.Is(err, mailer.ErrAddress) {
		b.unusable = append(b.unusable, m)
		return nil
	}
	return err
}

// answerMail says that an answer came in, and of a case that was ended what to
// do when it tells of something new.
func (wr Writer) answerMail(p people.Person, id uint64, inc *incident.Incident, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	l := letter{Lang: w.lang, Tone: urgent, Subject: w.t("mail.subject.answer", map[string]any{"ref": inc.Ref})}
	l.Intro = []string{w.t("mail.answer.text", map[string]any{"n": len(inc.Unread.Reports)})}
	if len(inc.Undecided()) == 0 {
		l.Intro = append(l.Intro, w.t("mail.answer.ended", nil))
	}
	l.Blocks = []block{{Rows: []row{w.row("incident", inc.Ref.String())}, Link: wr.link(w, inc.Ref)}}
	w.close(&l, true, head)
	return wr.mail(p, id, inc.Ref, l, head, now)
}
