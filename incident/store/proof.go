package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"meldklok/incident"
)

// proofFormat is the version of [Proof] as it is written to a file.
const proofFormat = 1

// Proof shows that the entries of one incident stand in the chain that ends in
// a head, to somebody who has neither the record nor its keys. With it goes the
// list of digests: 32 bytes for every row from First to the head, in order,
// from which the chain is recomputed. What the other rows say stays sealed.
//
// It proves what is in it: these words, at these places, before the head was
// made. It does not prove that the incident has no later entry.
type Proof struct {
	Format   int          `json:"format"`
	Incident incident.Ref `json:"incident"`
	First    uint64       `json:"first"`  // number of the first digest in the list
	Before   Hex          `json:"before"` // hash of the row before it; zeros before the first row of all
	Head     ProofHead    `json:"head"`
	Entries  []EntryProof `json:"entries"` // the whole log of the incident, in order
}

// ProofHead is a head as a file states it.
type ProofHead struct {
	Seq  uint64 `json:"seq"`
	Hash Hex    `json:"hash"`
}

// EntryProof is one entry as it stands in the chain, with the keys that open it
// and nothing else. A key that is absent was destroyed or is withheld.
type EntryProof struct {
	Seq         uint64 `json:"seq"`
	Row         []byte `json:"row"`
	RegisterKey []byte `json:"register_key,omitempty"`
	PersonalKey []byte `json:"personal_key,omitempty"`
}

// Hex is 32 bytes that are written in hexadecimal.
type Hex [32]byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(h) {
		return errors.New("want 64 hexadecimal digits")
	}
	copy(h[:], raw)
	return nil
}

// Prove makes the proof of one incident and writes the list of digests to w.
// Without personal the keys of the personal parts stay here.
func (s *Store) Prove(ctx context.Context, ref incident.Ref, personal bool, w io.Writer) (p Proof, err error) {
	err = s.view(ctx, func(v *view) error { p, err = v.prove(ref, personal); return err })
	if err != nil {
		return p, err
	}
	c := &checker{s: s, ctx: ctx}
	for next := p.First; next <= p.Head.Seq; {
		var list bytes.Buffer
		err := c.s.view(ctx, func(v *view) error {
			for n := 0; n < sliceRows && next <= p.Head.Seq; n++ {
				_, framed, err := parseRow(v.r.Get(tableLog, key8(next)))
				if err != nil {
					return fmt.Errorf("store: entry %d: %w", next, err)
				}
				digest := digestOf(framed)
				list.Write(digest[:])
				next++
			}
			return nil
		})
		if err != nil {
			return p, err
		}
		if _, err := list.WriteTo(w); err != nil {
			return p, fmt.Errorf("store: write digests: %w", err)
		}
	}
	return p, nil
}

// prove gathers the rows of a log and their keys.
func (v *view) prove(ref incident.Ref, personal bool) (p Proof, err error) {
	if _, err := v.state(ref); err != nil {
		return p, err
	}
	counters, err := v.s.readCounters(v.r)
	if err != nil {
		return p, err
	}
	p = Proof{Format: proofFormat, Incident: ref, Head: ProofHead{counters.Seq, counters.hash()}}
	prefix := refKey(ref)
	v.r.Ascend(tableStream, prefix, func(k, at []byte) bool {
		if !hasPrefix(k, prefix) {
			return false
		}
		var e EntryProof
		e, err = v.proveEntry(number(at), personal)
		p.Entries = append(p.Entries, e)
		return err == nil
	})
	if err != nil || len(p.Entries) == 0 {
		return p, err
	}
	if p.First = p.Entries[0].Seq; p.First > 1 {
		before, _, err := parseRow(v.r.Get(tableLog, key8(p.First-1)))
		if err != nil {
			return p, fmt.Errorf("store: entry %d: %w", p.First-1, err)
		}
		p.Before = before.hash
	}
	return p, nil
}

func (v *view) proveEntry(seq uint64, personal bool) (e EntryProof, err error) {
	r, framed, err := parseRow(v.r.Get(tableLog, key8(seq)))
	if err != nil {
		return e, fmt.Errorf("store: entry %d: %w", seq, err)
	}
	e = EntryProof{Seq: seq, Row: bytes.Clone(framed)}
	if e.RegisterKey, err = v.s.keys.entryKey(r.item, Register, r.stream, r.n); err != nil && !errors.Is(err, ErrDestroyed) {
		return e, err
	}
	if !personal || len(r.personal) == 0 {
		return e, nil
	}
	if e.PersonalKey, err = v.s.keys.entryKey(r.item, Personal, r.stream, r.n); err != nil && !errors.Is(err, ErrDestroyed) {
		return e, err
	}
	return e, nil
}

// Opened is one entry of a proof that holds: what it says, as it was written.
// A part whose key is absent is nil.
type Opened struct {
	Seq      uint64          `json:"seq"`
	N        uint32          `json:"n"`
	Register json.RawMessage `json:"register"`
	Personal json.RawMessage `json:"personal,omitempty"`
	Sealed   bool            `json:"personal_sealed,omitempty"` // there is a personal part, and no key for it
}
