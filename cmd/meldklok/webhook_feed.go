package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/notify/webhook"
)

// feedLog is the record as the posts about entries need it. It implements
// webhook.Log.
type feedLog struct{ app *App }

// After implements webhook.Log.
func (f feedLog) After(ctx context.Context, seq uint64, limit int) (list []webhook.Entry, err error) {
	err = f.app.store.View(ctx, func(v incident.View) error {
		list = nil
		for p, err := range v.Since(seq) {
			if err != nil {
				f.app.log.Error("a row of the log is damaged; no webhook is told of it", "after", seq, "err", err)
				continue
			}
			e, err := f.entry(v, p)
			if errors.Is(err, incident.ErrDestroyed) {
				continue // nothing of it is left to tell
			}
			if list = append(list, e); len(list) == limit {
				break
			}
		}
		return nil
	})
	return list, err
}

// entry is what a receiver is told of an entry. One that is damaged on disk does
// not keep the others waiting: that there is one is told instead.
func (f feedLog) entry(v incident.View, p incident.Place) (webhook.Entry, error) {
	out := webhook.Entry{Seq: p.Seq, Ref: p.Stream.Ref, N: p.N, Kind: webhook.Unreadable}
	e, err := v.Entry(p.Stream, p.N)
	switch {
	case errors.Is(err, incident.ErrDestroyed):
		return out, err
	case err != nil:
		f.app.log.Error("an entry is damaged; webhooks are told that there is one", "incident", p.Stream.Ref.String(), "seq", p.Seq, "err", err)
		return out, nil
	}
	out.Kind, out.At, out.By = e.Body.Kind(), e.At, roleOf(v.Org().People, e.By)
	return out, nil
}

// roleOf says as whom somebody did something, without saying who.
func roleOf(directory people.Directory, by incident.Actor) string {
	if _, ok := by.Token(); ok {
		return "token"
	}
	id, ok := by.Person()
	if !ok {
		return string(by)
	}
	if p, known := directory.Find(id); known && len(p.Roles) > 0 {
		return string(p.Roles[0])
	}
	return "person"
}

func cursorName(receiver string) string { return "webhook-cursor/" + receiver }

// Cursor implements webhook.Log.
func (f feedLog) Cursor(ctx context.Context, receiver string) (seq uint64, err error) {
	err = f.app.store.Update(ctx, func(tx incident.Tx) error {
		if raw, ok := tx.Credential(cursorName(receiver)); ok {
			return json.Unmarshal(raw, &seq)
		}
		seq = tx.Counters().Head.Seq
		return setCursor(tx, receiver, seq)
	})
	return seq, err
}

// Keep implements webhook.Log.
func (f feedLog) Keep(ctx context.Context, receiver string, seq uint64) error {
	return f.app.store.Update(ctx, func(tx incident.Tx) error { return setCursor(tx, receiver, seq) })
}

func setCursor(tx incident.Tx, receiver string, seq uint64) error {
	raw, err := json.Marshal(seq)
	if err != nil {
		return fmt.Errorf("webhook cursor: %w", err)
	}
	return tx.SetCredential(cursorName(receiver), raw)
}

// Held implements webhook.Log: a restored record sends nothing until it is
// released.
func (f feedLog) Held() bool { return f.app.held() }
