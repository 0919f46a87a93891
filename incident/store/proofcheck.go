package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"meldklok/incident"
)

// CheckProof holds a proof against its list of digests, without a record: the
// rows are those of the list, each opens with its key, and the list leads to
// the head that the proof states. With a head that left the record in another
// way (an alert mail, a heartbeat, a backup) it also says how many of the
// entries that head covers; without one the file only fits itself.
func CheckProof(p Proof, digests io.Reader, left *incident.Head) (opened []Opened, covered int, err error) {
	switch {
	case p.Format != proofFormat:
		return nil, 0, fmt.Errorf("the proof has format %d: was it written by a newer program?", p.Format)
	case len(p.Entries) == 0 || p.First != p.Entries[0].Seq || p.First == 0 || p.First > p.Head.Seq:
		return nil, 0, errors.New("the proof holds no entries of the list")
	case p.First == 1 && p.Before != Hex{}:
		return nil, 0, errors.New("the proof puts something before the first entry of all")
	case left != nil && left.Seq > p.Head.Seq:
		return nil, 0, fmt.Errorf("the proof ends at entry %d, the head you gave stands at %d: export the incident again, or give an earlier head", p.Head.Seq, left.Seq)
	case left != nil && left.Seq < p.First:
		return nil, 0, fmt.Errorf("the head you gave stands at entry %d, before the first of this incident (%d): it says nothing about it", left.Seq, p.First)
	}
	if opened, err = p.walk(bufio.NewReader(digests), left); err != nil {
		return nil, 0, err
	}
	if left == nil {
		return opened, 0, nil
	}
	for _, o := range opened {
		if o.Seq <= left.Seq {
			covered++
		}
	}
	return opened, covered, nil
}

// walk recomputes the chain from the digests and opens the rows on the way.
func (p Proof) walk(digests io.Reader, left *incident.Head) (opened []Opened, err error) {
	packer, err := newPacker()
	if err != nil {
		return nil, err
	}
	hash, rest := [32]byte(p.Before), p.Entries
	for seq := p.First; seq <= p.Head.Seq; seq++ {
		var digest [32]byte
		if _, err := io.ReadFull(digests, digest[:]); err != nil {
			return nil, fmt.Errorf("the list of digests ends before entry %d of %d", seq, p.Head.Seq)
		}
		if len(rest) > 0 && rest[0].Seq == seq {
			if digestOf(rest[0].Row) != digest {
				return nil, fmt.Errorf("entry %d is not the one in the list of digests", seq)
			}
			o, err := rest[0].open(packer, p.Incident, uint32(len(opened)+1))
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", seq, err)
			}
			opened, rest = append(opened, o), rest[1:]
		}
		hash = link(hash, seq, digest)
		if left != nil && left.Seq == seq && left.Hash != hash {
			return nil, fmt.Errorf("the chain of this file does not lead to the head of entry %d that you gave", seq)
		}
	}
	if n, _ := digests.Read(make([]byte, 1)); n > 0 || len(rest) > 0 {
		return nil, errors.New("the list of digests and the entries do not belong together")
	}
	if hash != [32]byte(p.Head.Hash) {
		return nil, fmt.Errorf("the digests do not lead to the head of entry %d that the file states", p.Head.Seq)
	}
	return opened, nil
}

// open opens the n-th entry of the incident's log with its own keys.
func (e EntryProof) open(p *packer, ref incident.Ref, n uint32) (o Opened, err error) {
	r, err := parseFrame(e.Row)
	switch {
	case err != nil:
		return o, err
	case r.stream.Ref != ref:
		return o, fmt.Errorf("it belongs to %s, not to %s", r.stream, ref)
	case r.n != n:
		return o, fmt.Errorf("it is number %d of its log where %d was due: one was left out", r.n, n)
	}
	o = Opened{Seq: e.Seq, N: n, Sealed: len(r.personal) > 0 && len(e.PersonalKey) == 0}
	if len(e.RegisterKey) > 0 {
		if o.Register, err = p.openPart(e.RegisterKey, Register, r.register, r.stream, r.n); err != nil {
			return o, err
		}
	}
	if len(e.PersonalKey) > 0 {
		if o.Personal, err = p.openPart(e.PersonalKey, Personal, r.personal, r.stream, r.n); err != nil {
			return o, err
		}
	}
	return o, nil
}
