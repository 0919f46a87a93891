package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
)

// proven makes the proof of the first incident of a busy record, as a file would
// carry it.
func proven(t *testing.T, personal bool) (r *rig, p Proof, digests []byte) {
	t.Helper()
	r = inMemory(t)
	refs := busy(t, r)
	var list bytes.Buffer
	p, err := r.Prove(t.Context(), refs[0], personal, &list)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	p = Proof{}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return r, p, list.Bytes()
}

func head(r *rig) (h incident.Head) {
	_ = r.View(r.t.Context(), func(v incident.View) error { h = v.Counters().Head; return nil })
	return h
}

func TestProofHoldsWithoutTheRecord(t *testing.T) {
	r, p, digests := proven(t, true)
	left := head(r)
	opened, covered, err := CheckProof(p, bytes.NewReader(digests), &left)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := r.service().Entries(t.Context(), p.Incident)
	if err != nil {
		t.Fatal(err)
	}
	if covered != len(opened) || len(opened) != len(entries) {
		t.Fatalf("%d entries, %d opened, %d covered", len(entries), len(opened), covered)
	}
	for i, e := range entries {
		back, err := r.codec.Decode(opened[i].Register, opened[i].Personal)
		back.Seq, back.Stream, back.N = opened[i].Seq, e.Stream, opened[i].N
		if err != nil || !sameJSON(back, e) {
			t.Errorf("entry %d reads %+v, is %+v (%v)", i+1, back, e, err)
		}
	}
	if !strings.Contains(string(opened[0].Personal), "Sanne") {
		t.Error("the personal part of the report is not in the proof")
	}
}

// A key that leaves opens its own entry and no other one.
func TestProofKeysOpenNothingElse(t *testing.T) {
	_, p, _ := proven(t, true)
	for i, e := range p.Entries {
		for j, other := range p.Entries {
			row, err := parseFrame(other.Row)
			if err != nil {
				t.Fatal(err)
			}
			_, err = onlyPacker(t).openPart(e.RegisterKey, Register, row.register, row.stream, row.n)
			if (err == nil) != (i == j) {
				t.Errorf("key of entry %d on entry %d: %v", i, j, err)
			}
		}
	}
}

func TestProofWithoutPersonalParts(t *testing.T) {
	_, p, digests := proven(t, false)
	opened, _, err := CheckProof(p, bytes.NewReader(digests), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range opened {
		if o.Personal != nil {
			t.Errorf("entry %d shows its personal part", o.Seq)
		}
	}
	if !opened[0].Sealed {
		t.Error("nothing says that the report has a personal part")
	}
}

func TestProofThatWasTamperedWith(t *testing.T) {
	r, good, list := proven(t, true)
	left := head(r)
	early := left
	early.Seq, early.Hash = good.First+1, [32]byte{1}
	for _, row := range []struct {
		why    string
		change func(p *Proof, digests []byte) ([]byte, *incident.Head)
	}{
		{"a byte of an entry", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Entries[1].Row[70] ^= 1; return d, nil }},
		{"a byte of a digest", func(p *Proof, d []byte) ([]byte, *incident.Head) { d[len(d)-1] ^= 1; return d, nil }},
		{"an entry is left out", func(p *Proof, d []byte) ([]byte, *incident.Head) {
			p.Entries = slices.Delete(p.Entries, 1, 2)
			return d, nil
		}},
		{"two entries are swapped", func(p *Proof, d []byte) ([]byte, *incident.Head) {
			p.Entries[1].Row, p.Entries[2].Row = p.Entries[2].Row, p.Entries[1].Row
			return d, nil
		}},
		{"another incident's name", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Incident.Number++; return d, nil }},
		{"a key of another entry", func(p *Proof, d []byte) ([]byte, *incident.Head) {
			p.Entries[1].RegisterKey = p.Entries[0].RegisterKey
			return d, nil
		}},
		{"the list is cut short", func(p *Proof, d []byte) ([]byte, *incident.Head) { return d[:len(d)-32], nil }},
		{"the list goes on", func(p *Proof, d []byte) ([]byte, *incident.Head) { return append(d, 0), nil }},
		{"the stated head is another", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Head.Hash[0] ^= 1; return d, nil }},
		{"the past is another", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Before[0] ^= 1; return d, nil }},
		{"the head that left is another", func(p *Proof, d []byte) ([]byte, *incident.Head) { return d, &early }},
		{"the head that left is later than the file", func(p *Proof, d []byte) ([]byte, *incident.Head) {
			return d, &incident.Head{Seq: left.Seq + 1, Hash: left.Hash}
		}},
		{"a later format", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Format++; return d, nil }},
		{"no entries", func(p *Proof, d []byte) ([]byte, *incident.Head) { p.Entries = nil; return d, nil }},
	} {
		raw, _ := json.Marshal(good)
		var p Proof
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		digests, head := row.change(&p, bytes.Clone(list))
		if _, _, err := CheckProof(p, bytes.NewReader(digests), head); err == nil {
			t.Errorf("%s: not noticed", row.why)
		}
	}
}

// Bytes prepared to open under a second key do not pass for an entry.
func TestAKeyThatWasNotUsedIsNotBelieved(t *testing.T) {
	r := inMemory(t)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	s := incident.Stream{Ref: incident.Ref{Year: 2026, Number: 1}}
	key, err := r.Store.keys.entryKey(item, Register, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	own, err := r.Store.keys.newCompartmentKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := own.Encrypt([]byte(`{"v":1,"kind":"seen"}`), entryContext(s, 1, Register)) // without the block of zeros
	if err != nil {
		t.Fatal(err)
	}
	if _, err := onlyPacker(t).openPart(key, Register, sealed, s, 1); !errors.Is(err, errNotCommitted) {
		t.Errorf("opened: %v", err)
	}
}

func FuzzCheckProof(f *testing.F) {
	f.Add([]byte(`{"format":1,"incident":"2026-0001","first":1,"head":{"seq":1},"entries":[{"seq":1,"row":"AQ=="}]}`), make([]byte, 32))
	f.Fuzz(func(t *testing.T, raw, digests []byte) {
		var p Proof
		if json.Unmarshal(raw, &p) != nil {
			return
		}
		if _, _, err := CheckProof(p, bytes.NewReader(digests), nil); err == nil {
			t.Error("a proof from nowhere holds")
		}
	})
}
