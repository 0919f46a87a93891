package notify

import (
	"errors"
	"strings"

	"golang.org/x/time/rate"

	"meldklok/incident"
	"meldklok/notify/mailer"
)

// Why a reporter gets no receipt. Stored in the log.
const (
	noteNoAddress = incident.NoteNoAddress
	noteCapped    = "capped"
	noteAddress   = incident.NoteAddress
	noteDestroyed = "destroyed" // what is known of the reporter was destroyed meanwhile
)

// receiptsPerHour caps the mails to one sender (LESSONS 14).
const receiptsPerHour = 5

// receipts thanks the reporters of an incident's new reports.
func (b *batch) receipts(inc *incident.Incident) error {
	for _, n := range inc.Receipts {
		body := &incident.Alerted{Rung: incident.RungReceipt, Due: b.now, Report: n}
		note, err := b.receipt(inc, n, body)
		if err != nil {
			return err
		}
		body.Note = note
		if _, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act(), body); err != nil {
			return err
		}
	}
	if len(inc.Receipts) == 0 {
		_, err := b.tx.Append(incident.Stream{Ref: inc.Ref}, b.act())
		return err
	}
	return nil
}

// receipt queues one receipt, or says why there is none.
func (b *batch) receipt(inc *incident.Incident, n int, body *incident.Alerted) (note string, err error) {
	report := inc.Reports[n-1]
	writer, _, err := incident.WriterOf(b.tx, inc, n)
	if err != nil {
		return "", err
	}
	from := writer.From
	if note := unreachable(report, from); note != "" {
		return note, nil
	}
	if !b.e.mayAnswer(b.e.cfg.Store.MAC("sender", []byte(strings.ToLower(from.Email)))) {
		return noteCapped, nil
	}
	id := b.tx.NextMessage()
	content := b.e.cfg.Writer.receiptMail(from, writer.Lang, id, inc, report, writer.MessageID, incident.TextsOf(b.tx.Org()).Receipt, b.now)
	m := incident.Message{ID: id, Class: incident.ClassReceipt, To: from.Email, Deadline: b.now, Owner: incident.Stream{Ref: inc.Ref}}
	m.Alerts = []incident.Alert{{Ref: inc.Ref, Rung: incident.RungReceipt, Due: b.now}}
	switch err := b.queue(m, content); {
	case errors.Is(err, mailer.ErrAddress):
		return noteAddress, nil
	case err != nil:
		return "", err
	}
	body.To = []incident.Told{{Message: id, MessageID: content.MessageID}}
	return "", nil
}

// unreachable says why there is no address to mail to; empty: there is one.
func unreachable(report incident.Report, to incident.Address) (note string) {
	switch {
	case report.Forgotten != nil:
		return noteDestroyed
	case to.Email == "":
		return noteNoAddress
	}
	return ""
}

// mayAnswer counts receipts per sender and in all.
func (e *Engine) mayAnswer(sender []byte) bool {
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	const most = 10_000
	if len(e.queue.senders) >= most {
		clear(e.queue.senders)
	}
	own := e.queue.senders[string(sender)]
	if own == nil {
		own = rate.NewLimiter(rate.Limit(receiptsPerHour)/3600, receiptsPerHour)
		e.queue.senders[string(sender)] = own
	}
	now := e.cfg.Now()
	return own.AllowN(now, 1) && e.queue.receipts.AllowN(now, 1)
}
