package notify

import (
	"cmp"
	"context"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// tellOfAlarms mails the administrators about trouble of the tool itself that
// the wiring names: a mailbox that is not read, a secret that is about to
// expire. It goes over the outgoing relay, so it does not depend on what is in
// trouble (LESSONS 6). That they were told is an entry of the organisation's
// log, so a restart says nothing twice.
func (e *Engine) tellOfAlarms(ctx context.Context) error {
	if e.cfg.Alarms == nil {
		return nil
	}
	now := e.now()
	var org *incident.Org
	if err := e.cfg.Store.View(ctx, func(v incident.View) error { org = v.Org(); return nil }); err != nil {
		return err
	}
	if !org.People.CanAlert() {
		return nil
	}
	for _, a := range dueAlarms(e.cfg.Alarms(now), org.LastTold, now) {
		err := e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
			head := tx.Counters().Head
			return e.tellOutside(tx, a.Key, now, []people.Role{people.Admin}, now, func(p people.Person, id uint64) mailer.Mail {
				return e.cfg.Writer.alarmMail(p, id, a, head, now)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dueAlarms picks those that were not told yet, or long enough ago. What was
// told in the future was told by a clock that was wrong.
func dueAlarms(alarms []incident.Alarm, told map[string]time.Time, now time.Time) (due []incident.Alarm) {
	for _, a := range alarms {
		last, ever := told[a.Key]
		if !ever || (a.Again > 0 && (last.After(now) || !now.Before(last.Add(a.Again)))) {
			due = append(due, a)
		}
	}
	return due
}

// alarmMail says what is wrong with the tool, and what to do.
func (wr Writer) alarmMail(p people.Person, id uint64, a incident.Alarm, head incident.Head, now time.Time) mailer.Mail {
	f, path := a.Finding, cmp.Or(a.Path, "/mailbox")
	w := wordsFor(p, now)
	what := w.t("health."+f.Code, f.Args)
	l := letter{Lang: w.lang, Tone: late, Subject: w.t("mail.subject.alarm", map[string]any{"what": what}), Intro: []string{what, w.t("health."+f.Code+".todo", f.Args)}}
	if f.Level != incident.Red {
		l.Tone = urgent
	}
	l.Blocks = []block{{Rows: []row{w.row("at", locale.When(w.lang, now)), w.linkTo(wr.URL + path)}}}
	w.close(&l, false, head)
	return wr.mail(p, id, incident.Ref{}, l, head, now)
}
