package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// ProbeTo is a watched mailbox that is probed: its name, and the address to
// which the probe goes.
type ProbeTo struct{ Mailbox, Address string }

// probeEvery is how often a mailbox is probed.
const probeEvery = 6 * time.Hour

// sendProbes queues the probe mails whose time has come. What was sent last is
// in the organisation's log, so neither a restart nor a long standstill makes a
// pile of them.
func (e *Engine) sendProbes(ctx context.Context) error {
	var errs []error
	for _, to := range e.cfg.Probes {
		due := false
		err := e.cfg.Store.View(ctx, func(v incident.View) error { due = e.probeDue(v, to); return nil })
		if err == nil && due {
			err = e.cfg.Store.Update(ctx, func(tx incident.Tx) error { return e.sendProbe(tx, to) })
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (e *Engine) probeDue(v incident.View, to ProbeTo) bool {
	p := v.Org().Probes[to.Mailbox]
	m, err := v.Message(p.Message)
	underWay := err == nil && !m.State.Final()
	return p.Due(e.now(), or(e.cfg.ProbeEvery, probeEvery), underWay)
}

// sendProbe looks once more, now that nobody else can write, and queues.
func (e *Engine) sendProbe(tx incident.Tx, to ProbeTo) error {
	if !e.probeDue(tx, to) {
		return nil
	}
	b := &batch{e: e, tx: tx, now: e.now()}
	id := tx.NextMessage()
	m := incident.Message{ID: id, Class: incident.ClassProbe, To: to.Address, Deadline: b.now}
	if err := b.queue(m, e.cfg.Writer.probeMail(to.Address, id, b.now)); err != nil {
		return fmt.Errorf("probe of mailbox %s: %w", to.Mailbox, err)
	}
	_, err := tx.Append(incident.OrgStream(), b.act(), &incident.ProbeSent{Mailbox: to.Mailbox, Message: id})
	return err
}

// probeMail is a mail to ourselves. Its token stands in the Message-ID and, for
// relays that write one of their own, in References. People who use the mailbox
// will see it, so it says what it is.
func (wr Writer) probeMail(to string, id uint64, now time.Time) mailer.Mail {
	token := wr.Tokens.ProbeID(id, now)
	l := letter{Lang: locale.Dutch, Tone: calm, Subject: locale.T(locale.Dutch, "mail.subject.probe", nil)}
	for _, lang := range locale.Languages() {
		l.Intro = append(l.Intro, locale.T(lang, "mail.probe.text", nil))
	}
	return mailer.Mail{
		From: wr.From, FromName: wr.FromName, To: to, MessageID: token, References: []string{"<" + token + ">"}, Date: now,
		Subject: l.Subject, Text: l.text(), HTML: l.html(), Header: [][2]string{{LoopHeader, "probe"}},
	}
}
