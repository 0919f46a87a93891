package notify

import (
	"errors"
	"strconv"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// tellOutside queues a mail outside any incident for everybody of an audience, and
// records in the same transaction that they were told. Somebody whose address
// no mail can carry keeps it from nobody else.
func (e *Engine) tellOutside(tx incident.Tx, trouble string, due time.Time, to []people.Role, now time.Time, write func(people.Person, uint64) mailer.Mail) error {
	b := &batch{e: e, tx: tx, now: now}
	body := &incident.TroubleAlerted{Trouble: trouble, Due: due}
	for _, p := range tx.Org().People.Audience(to, now) {
		id := tx.NextMessage()
		m := write(p, id)
		err := b.queue(incident.Message{ID: id, Class: incident.ClassTrouble, Person: p.ID, To: p.Email, Deadline: now}, m)
		switch {
		case errors.Is(err, mailer.ErrAddress):
			continue
		case err != nil:
			return err
		}
		body.To = append(body.To, incident.Told{Person: p.ID, Message: id, MessageID: m.MessageID})
	}
	_, err := tx.Append(incident.OrgStream(), b.act(), body)
	return err
}

// digestMail writes the weekly digest.
func (wr Writer) digestMail(p people.Person, id uint64, d digest, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	l := letter{Lang: w.lang, Subject: w.digestSubject(d), Tone: calm, Intro: []string{
		w.t("mail.digest.text", map[string]any{"from": d.week.From, "until": d.week.Until}),
	}}
	if d.overdue > 0 {
		l.Tone = late
	}
	l.Blocks = []block{w.clocks(d), w.ended(d.ended), w.reach(d.unreachable), {Link: w.linkTo(wr.URL + "/management")}}
	w.close(&l, false, head)
	return wr.mail(p, id, incident.Ref{}, l, head, now)
}

func (w words) digestSubject(d digest) string {
	open := w.t("mail.digest.open", map[string]any{"n": len(d.open) + d.more})
	if d.overdue > 0 {
		return w.t("mail.subject.digest-late", map[string]any{"open": open, "late": d.overdue})
	}
	return w.t("mail.subject.digest", map[string]any{"open": open})
}

// clocks lists the open duties.
func (w words) clocks(d digest) block {
	b := block{Title: w.t("mail.digest.clocks", nil)}
	for _, o := range d.open {
		b.Rows = append(b.Rows, row{Label: o.Incident.Ref.String(), Value: w.t("mail.digest.clock", map[string]any{
			"due": o.Duty.Clock.Due, "left": w.left(o.Duty.Left(w.now)), "duty": locale.Duty(w.lang, "duty-short", o.Duty.ID()),
		})})
	}
	if d.more > 0 {
		b.Notes = append(b.Notes, w.t("mail.digest.more", map[string]any{"n": d.more}))
	}
	if len(d.open) == 0 {
		b.Notes = append(b.Notes, w.t("mail.digest.none", nil))
	} else {
		b.Notes = append(b.Notes, w.t("mail.digest.as-at", map[string]any{"at": w.now}))
	}
	return b
}

// ended counts what was done in the week.
func (w words) ended(t tally) block {
	b := block{Title: w.t("mail.digest.ended", nil)}
	for _, x := range []struct {
		word string
		n    int
	}{{"met", t.met}, {"late", t.late}, {"waived", t.waived}, {"not-due", t.notDue}} {
		b.Rows = append(b.Rows, row{Label: w.t("mail.digest."+x.word, nil), Value: strconv.Itoa(x.n)})
	}
	return b
}

// reach tells how many persons no mail reaches. Their names are for the
// administrator, on a page.
func (w words) reach(unreachable int) block {
	id := "mail.digest.unreachable"
	if unreachable == 0 {
		id = "mail.digest.reachable"
	}
	return block{Title: w.t("mail.digest.reach", nil), Notes: []string{w.t(id, map[string]any{"n": unreachable})}}
}
