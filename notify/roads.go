package notify

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/mailer"
)

// Roads returns how each road for outgoing mail stands, in order of preference.
func (e *Engine) Roads() (all []incident.RelayStatus) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	for _, r := range e.send.roads {
		_, folder := r.transport.(*mailer.Folder)
		all = append(all, incident.RelayStatus{
			Name: r.transport.Name(), Since: r.since, Again: r.downUntil, RefusedAt: r.refusedAt, Reason: string(r.reason),
			LastAt: r.answeredAt, LastReply: r.answer, Folder: folder,
		})
	}
	return all
}

// trialLimit bounds the test of one road: somebody is waiting for the page.
const trialLimit = 20 * time.Second

// TryRelays sends a test mail to one person over every road, one after another,
// past the outbox and past every back-off, and says what each server answered.
// It returns a *incident.Refusal while sending is held.
func (e *Engine) TryRelays(ctx context.Context, to people.Person) (all []incident.RelayTrial, err error) {
	if err := e.maySend(ctx); err != nil {
		return nil, err
	}
	defer e.trials.Add(1)
	for n, r := range e.send.roads {
		raw, err := e.testMail(ctx, to, n+1, r.transport.Name())
		if errors.Is(err, mailer.ErrAddress) {
			return nil, &incident.Refusal{Code: "not-an-address"}
		}
		if err != nil {
			return nil, err
		}
		began := time.Now()
		t := e.tryRelay(ctx, r, to.Email, raw)
		t.Took = time.Since(began)
		all = append(all, t)
	}
	return all, nil
}

// tryRelay sends over one road and notes what it learned about it.
func (e *Engine) tryRelay(ctx context.Context, r *road, to string, raw []byte) incident.RelayTrial {
	ctx, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	t := incident.RelayTrial{Name: r.transport.Name()}
	conn, err := r.transport.Open(ctx)
	if err != nil {
		t.Reason, t.Stage = string(mailer.ReasonNetwork), string(mailer.StageConnect)
		var open *mailer.OpenError
		if errors.As(err, &open) {
			t.Reason, t.Stage, t.Reply = string(open.Reason), string(open.Stage), answer(open.Code, open.Reply)
		}
		return t
	}
	defer conn.Close()
	e.well(r)
	result := conn.Send(ctx, e.cfg.Writer.From, to, raw)
	t.OK, t.Reason, t.Stage = result.Verdict == mailer.Accepted, string(result.Reason), string(result.Stage)
	t.Reply, t.Kept = answer(result.Code, result.Reply), result.Reason == mailer.ReasonKept
	e.answered(r, t.Reply)
	if t.OK {
		e.took(r)
	}
	return t
}

// answer writes a server's answer with its code.
func answer(code int, reply string) string {
	if code == 0 {
		return reply
	}
	return strings.TrimSpace(strconv.Itoa(code) + " " + reply)
}

// answered notes what a road said last.
func (e *Engine) answered(r *road, reply string) {
	e.send.mu.Lock()
	defer e.send.mu.Unlock()
	r.answeredAt, r.answer = e.now(), reply
}

// testMail writes the mail that tests a road. It reserves a number of the outbox,
// so that its Message-ID is its own.
func (e *Engine) testMail(ctx context.Context, to people.Person, n int, road string) (raw []byte, err error) {
	err = e.cfg.Store.Update(ctx, func(tx incident.Tx) error {
		now, head := e.now(), tx.Counters().Head
		m := e.cfg.Writer.relayTestMail(to, tx.NextMessage(), n, road, head, now)
		raw, err = mailer.ComposeSigned(m, e.cfg.Writer.Sign)
		return err
	})
	return raw, err
}

func (wr Writer) relayTestMail(p people.Person, id uint64, n int, road string, head incident.Head, now time.Time) mailer.Mail {
	w := wordsFor(p, now)
	l := letter{Lang: w.lang, Tone: calm, Subject: w.t("mail.relay-test.subject", map[string]any{"n": n})}
	l.Intro = []string{w.t("mail.relay-test.text", map[string]any{"relay": road, "at": now})}
	l.Blocks = []block{{Link: w.linkTo(wr.URL + "/settings/relays")}}
	w.close(&l, false, head)
	return wr.mail(p, id, incident.Ref{}, l, head, now)
}
