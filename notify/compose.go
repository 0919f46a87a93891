package notify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

// draft is one mail of a batch on its way to its final bytes: begun in the
// order of the batch, composed beside others, and queued in that order again.
type draft struct {
	m       incident.Message
	to      people.Person
	group   []*pending
	lines   []line
	content mailer.Mail
	raw     []byte
	err     error
}

// draft begins one mail to one person and gives it its number.
func (b *batch) draft(p people.Person, group []*pending) *draft {
	l := &draft{to: p, group: group, lines: make([]line, len(group))}
	for i, g := range group {
		l.lines[i] = g.line
	}
	l.m = incident.Message{
		ID: b.tx.NextMessage(), Class: incident.ClassAlert, Person: p.ID, To: p.Email,
		Deadline: nearest(l.lines), Owner: incident.Stream{Ref: refOf(l.lines)},
	}
	if l.lines[0].closing {
		l.m.Class = incident.ClassClosing
	}
	return l
}

// compose gives drafts their final bytes, signature included, on all cores:
// words, MIME and signing take longer than the writing, and other writers wait.
func (b *batch) compose(drafts []*draft) {
	head := b.tx.Counters().Head
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(drafts)) {
		all.Go(func() {
			for i := next.Add(1); i <= int64(len(drafts)); i = next.Add(1) {
				b.composeOne(drafts[i-1], head)
			}
		})
	}
	all.Wait()
}

// composeOne writes one draft. Like every part of a transaction it must take
// nobody with it when it panics.
func (b *batch) composeOne(l *draft, head incident.Head) {
	defer func() {
		if p := recover(); p != nil {
			l.err = fmt.Errorf("compose mail %d: %v\n%s", l.m.ID, p, debug.Stack())
		}
	}()
	write := b.e.cfg.Writer.alertMail
	if l.m.Class == incident.ClassClosing {
		write = b.e.cfg.Writer.closingMail
	}
	l.content = write(l.to, l.m.ID, l.lines, head, b.now)
	l.raw, l.err = mailer.ComposeSigned(l.content, b.e.cfg.Writer.Sign)
}

// post queues a composed draft, and names it in the entries that it tells of.
func (b *batch) post(l *draft) error {
	for _, g := range l.group {
		g.entry.body.To = append(g.entry.body.To, incident.Told{Person: l.to.ID, Message: l.m.ID, MessageID: l.content.MessageID})
		l.m.Alerts = append(l.m.Alerts, incident.Alert{
			Ref: g.line.inc.Ref, Duty: g.line.duty.ID(), Version: g.line.duty.Clock.Version, Rung: g.line.rung, Due: g.line.due,
		})
	}
	switch {
	case errors.Is(l.err, mailer.ErrAddress):
		b.unusable = append(b.unusable, l.m)
		return nil
	case l.err != nil:
		return fmt.Errorf("compose mail %d: %w", l.m.ID, l.err)
	}
	return b.store(l.m, l.content, l.raw)
}

// queue composes and stores one mail.
func (b *batch) queue(m incident.Message, content mailer.Mail) error {
	raw, err := mailer.ComposeSigned(content, b.e.cfg.Writer.Sign)
	if err != nil {
		return fmt.Errorf("compose mail %d: %w", m.ID, err)
	}
	return b.store(m, content, raw)
}

// store queues the final bytes.
func (b *batch) store(m incident.Message, content mailer.Mail, raw []byte) error {
	hash := sha256.Sum256(raw)
	m.MessageID, m.Subject, m.Queued, m.State, m.Hash = content.MessageID, content.Subject, b.now, incident.Queued, hash[:]
	return b.tx.Queue(m, raw)
}
