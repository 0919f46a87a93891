package session

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"meldklok/incident"
)

// ErrOnceOther: the key of a request was used before, for another request.
var ErrOnceOther = errors.New("session: this idempotency key belongs to another request")

// OnceLasts is how long a key is remembered.
const OnceLasts = 24 * time.Hour

// Once is one request of another tool, under the key that the tool gave it: the
// same key with the same body is the same request, however often it is sent.
type Once struct {
	m      *Manager
	name   string // under which it is kept
	digest string // of the request
}

// onceKept is a request that was carried out.
type onceKept struct {
	Digest string    `json:"digest"`
	Answer []byte    `json:"answer"`
	At     time.Time `json:"at"`
}

// Once returns the request of a token with a key. Request is all of it that
// must be the same when the key is.
func (m *Manager) Once(t Token, key string, request []byte) Once {
	return Once{
		m: m, name: "once/" + hex.EncodeToString(m.record.MAC("once", []byte(t.Name), []byte{0}, []byte(key))),
		digest: hex.EncodeToString(m.record.MAC("once-request", request)),
	}
}

// Mark tells this request from every other, also with the same body, and is the
// same for each time it is sent.
func (o Once) Mark() string { return o.name }

// Answered returns the answer that was given before; nil: none yet. It returns
// ErrOnceOther when the key belongs to another request.
func (o Once) Answered(ctx context.Context) (answer []byte, err error) {
	var kept onceKept
	var found bool
	err = o.m.record.View(ctx, func(v incident.View) error {
		found, err = readJSON(v, o.name, &kept)
		return err
	})
	switch {
	case err != nil || !found || o.m.now().Sub(kept.At) >= OnceLasts:
		return nil, err
	case kept.Digest != o.digest:
		return nil, ErrOnceOther
	}
	return kept.Answer, nil
}

// onceQueue is where the line of remembered keys begins and ends.
type onceQueue struct {
	First, Next uint64
}

const onceQueueName = "once-queue"

func oncePlace(n uint64) string { return "once-queue/" + strconv.FormatUint(n, 10) }

// Keep remembers the answer, in the transaction that earns it, and forgets at
// most two keys whose day is over: the line grows shorter by itself.
func (o Once) Keep(tx incident.Tx, answer []byte) error {
	now := o.m.now().UTC()
	var q onceQueue
	if _, err := readJSON(tx, onceQueueName, &q); err != nil {
		return err
	}
	if _, err := forgetSomeOnce(tx, &q, now, 2); err != nil {
		return err
	}
	if err := writeJSON(tx, o.name, onceKept{Digest: o.digest, Answer: answer, At: now}); err != nil {
		return err
	}
	if err := writeJSON(tx, oncePlace(q.Next), o.name); err != nil {
		return err
	}
	q.Next++
	return writeJSON(tx, onceQueueName, q)
}

// forgetSomeOnce forgets keys at the head of the line whose day is over, at most
// so many; more says that it stopped because of that.
func forgetSomeOnce(tx incident.Tx, q *onceQueue, now time.Time, most int) (more bool, err error) {
	for range most {
		over, err := onceOver(tx, *q, now)
		if err != nil || !over {
			return false, err
		}
		var name string
		if _, err := readJSON(tx, oncePlace(q.First), &name); err != nil {
			return false, err
		}
		if err := errors.Join(tx.SetCredential(name, nil), tx.SetCredential(oncePlace(q.First), nil)); err != nil {
			return false, err
		}
		q.First++
	}
	return true, nil
}

// onceOver reports whether the day of the first key of the line is over.
func onceOver(v incident.View, q onceQueue, now time.Time) (bool, error) {
	if q.First == q.Next {
		return false, nil
	}
	var name string
	var kept onceKept
	if _, err := readJSON(v, oncePlace(q.First), &name); err != nil {
		return false, err
	}
	found, err := readJSON(v, name, &kept)
	return err == nil && (!found || now.Sub(kept.At) >= OnceLasts), err
}
