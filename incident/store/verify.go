package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
)

// Verification is what [Store.Verify] found.
type Verification struct {
	Entries   uint64
	Incidents int64
	Head      incident.Head
	Took      time.Duration
}

// Verify replays the whole record: the chain entry by entry, every log against
// the stored state, every index against the state. It returns the first thing
// that does not fit. With a head that left the record earlier (from an alert
// mail, a heartbeat, a backup) it also finds a rewritten or cut-off end.
func (s *Store) Verify(ctx context.Context, left *incident.Head) (out Verification, err error) {
	start := s.cfg.Now()
	err = s.engine.View(func(r Reader) error {
		v := &view{s: s, r: r, org: s.org.Load()}
		c, err := readCounters(r)
		if err != nil {
			return err
		}
		if out.Entries, err = v.verifyChain(ctx, c, left); err != nil {
			return err
		}
		out.Head = incident.Head{Seq: c.Seq, Hash: c.Hash}
		out.Incidents, err = v.verifyStates(ctx, c)
		return err
	})
	out.Took = s.cfg.Now().Sub(start)
	return out, err
}

// verifyChain walks the log once.
func (v *view) verifyChain(ctx context.Context, c counters, left *incident.Head) (seq uint64, err error) {
	var prev [32]byte
	v.r.Ascend(tableLog, nil, func(k, value []byte) bool {
		seq++
		if err = ctx.Err(); err == nil {
			prev, err = v.verifyRow(seq, number(k), value, prev)
		}
		if err == nil && left != nil && left.Seq == seq && left.Hash != prev {
			err = fmt.Errorf("entry %d: the chain was rewritten: its head is not the one that left the record", seq)
		}
		return err == nil
	})
	switch {
	case err != nil:
		return seq, err
	case seq != c.Seq || prev != c.Hash:
		return seq, fmt.Errorf("the chain ends at entry %d, the record says %d: the end was cut off or rewritten", seq, c.Seq)
	case left != nil && left.Seq > seq:
		return seq, fmt.Errorf("the chain ends at entry %d, but a head of entry %d left the record: the end was cut off", seq, left.Seq)
	}
	return seq, nil
}

func (v *view) verifyRow(seq, key uint64, value []byte, prev [32]byte) ([32]byte, error) {
	if key != seq {
		return prev, fmt.Errorf("entry %d is missing", seq)
	}
	r, framed, err := parseRow(value)
	if err != nil {
		return prev, fmt.Errorf("entry %d: %w", seq, err)
	}
	if link(prev, seq, framed) != r.hash {
		return prev, fmt.Errorf("entry %d (%s/%d) does not fit the chain", seq, r.stream, r.n)
	}
	if at := v.r.Get(tableStream, entryKey(r.stream, r.n)); number(at) != seq {
		return prev, fmt.Errorf("entry %d (%s/%d) is not where its log says", seq, r.stream, r.n)
	}
	return r.hash, nil
}

// verifyStates folds every log anew and compares state, indexes and counters.
func (v *view) verifyStates(ctx context.Context, c counters) (n int64, err error) {
	var open, planned int64
	v.r.Ascend(tableState, nil, func(k, value []byte) bool {
		if err = ctx.Err(); err != nil {
			return false
		}
		var s incident.Stream
		if s, err = incident.StreamFromKey(k); err != nil {
			return false
		}
		var o, p int64
		if o, p, err = v.verifyState(s.Ref, value); err != nil {
			err = fmt.Errorf("incident %s: %w", s.Ref, err)
			return false
		}
		n, open, planned = n+1, open+o, planned+p
		return true
	})
	if err != nil {
		return n, err
	}
	if org, err := v.foldOrg(); err != nil {
		return n, err
	} else if !sameJSON(org, v.org) {
		return n, errors.New("the organisation's log does not give the organisation in use")
	}
	if n != c.Incidents || open != c.OpenDuties || planned != c.PlannedOpen {
		return n, fmt.Errorf("counters say %d incidents, %d open duties, %d planned; there are %d, %d, %d",
			c.Incidents, c.OpenDuties, c.PlannedOpen, n, open, planned)
	}
	return n, nil
}

func (v *view) verifyState(ref incident.Ref, value []byte) (open, planned int64, err error) {
	st, err := v.decodeState(ref, value)
	if err != nil {
		return 0, 0, err
	}
	folded, err := v.fold(ref, st.Incident.Organisation)
	if err != nil {
		return 0, 0, err
	}
	if !sameJSON(folded, st.Incident) {
		return 0, 0, errors.New("the log does not give the stored state")
	}
	duties := openDuties(st.Incident)
	for _, d := range duties {
		what := incident.WhatDuty(d.Kind)
		at := instantFrom(v.r.Get(tableDuty, dutyKey(ref, what)))
		if at.IsZero() || v.r.Get(tablePlan, timedKey(at, ref, what)) == nil {
			return 0, 0, fmt.Errorf("the open duty %q has no next alert", d.Kind)
		}
		if v.r.Get(tableClock, timedKey(d.Clock.Due, ref, what)) == nil {
			return 0, 0, fmt.Errorf("the open duty %q is not on the board", d.Kind)
		}
	}
	return int64(len(duties)), plannedOpen(st.Planned, duties), nil
}

// fold replays one incident's log.
func (v *view) fold(ref incident.Ref, org string) (*incident.Incident, error) {
	inc := &incident.Incident{Ref: ref, Organisation: org}
	for e, err := range v.Log(incident.Stream{Ref: ref}, 1) {
		if err != nil {
			return nil, err
		}
		if e.N != inc.Entries+1 {
			return nil, fmt.Errorf("entry %d of its log is missing", inc.Entries+1)
		}
		inc.Apply(e)
	}
	return inc, nil
}

func (v *view) foldOrg() (*incident.Org, error) {
	org := &incident.Org{}
	for e, err := range v.Log(incident.OrgStream(), 1) {
		if err != nil {
			return nil, err
		}
		org.Apply(e)
	}
	return org, nil
}

func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}
