package notify

import (
	"context"
	"errors"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// Sample queues one mail that looks as an alert of the rung would look, marked
// as a sample, to one person. It goes through the outbox like every other mail.
// It returns a *incident.Refusal while sending is held, and for an address that
// cannot be written to.
func (e *Engine) Sample(ctx context.Context, to people.Person, kind incident.DutyKind, setting incident.RungSetting) error {
	setting.Name, setting.Rank = "new", 1
	rung, err := readRung(setting)
	if err != nil {
		return refusal(err)
	}
	if err := e.maySend(ctx); err != nil {
		return err
	}
	err = e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		b := &batch{e: e, tx: tx, now: e.now()}
		id := tx.NextMessage()
		m := e.cfg.Writer.sampleMail(to, id, kind, rung, tx.Counters().Head, b.now)
		return b.queue(incident.Message{ID: id, Class: incident.ClassTrouble, Person: to.ID, To: to.Email, Deadline: b.now}, m)
	})
	if errors.Is(err, mailer.ErrAddress) {
		return &incident.Refusal{Code: "not-an-address"}
	}
	return err
}

// sampleMail is an alert about an incident that does not exist, as at the moment
// of its rung.
func (wr Writer) sampleMail(p people.Person, id uint64, kind incident.DutyKind, r Rung, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	d := rehearsed(kind, incident.Rules(), now)
	whole := d.Clock.Due.Sub(d.Clock.Start)
	switch r.Base {
	case BeforeDue:
		d.Clock.Due = now.Add(r.Offset)
	case AfterStart:
		d.Clock.Due = now.Add(whole - r.Offset)
	case OfficeHours:
		d.Clock.Due = now.Add(15 * time.Hour)
	case AfterDue:
		d.Clock.Due = now.Add(-r.Offset)
	}
	d.Clock.Start = d.Clock.Due.Add(-whole)
	lines := []line{{inc: &incident.Incident{Ref: incident.Ref{Year: uint16(now.In(incident.Amsterdam()).Year())}}, duty: d, rung: r.Name}}
	l := letter{Lang: w.lang, Tone: w.tone(lines), Subject: w.t("mail.sample.subject", map[string]any{"subject": w.subject(lines)})}
	l.Intro = []string{w.t("mail.sample.text", map[string]any{"duty": locale.Duty(w.lang, "duty", kind)}), w.intro(lines)}
	bl := w.alert(lines[0])
	bl.Title, bl.Link = w.t("mail.sample.title", nil), w.linkTo(wr.URL+"/settings/ladders")
	l.Blocks = []block{bl}
	w.close(&l, false, head)
	return wr.mail(p, id, incident.Ref{}, l, head, now)
}
