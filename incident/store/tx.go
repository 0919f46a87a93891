package store

import (
	"cmp"
	"encoding/json"
	"fmt"

	"meldklok/incident"
)

// tx is one writer's part of a commit. It implements incident.Tx.
type tx struct {
	view
	w Writer
	g *group
	// fresh is the state that Create has just written, so that the Append that
	// follows need not open it again; and seen the mail that was read last, for the
	// SetMessage that follows.
	fresh *state
	seen  *incident.Message
}

func newTx(s *Store, g *group) *tx {
	org := g.org
	if org == nil {
		org = s.org.Load()
	}
	return &tx{view: view{s: s, r: g, org: org}, w: g, g: g}
}

// Counters includes what this commit has changed so far.
func (t *tx) Counters() incident.Counters { return t.counters(t.g.counters) }

func (t *tx) Create(year int, item uint64) (incident.Ref, error) {
	if year < 1 || year > 9999 {
		return incident.Ref{}, fmt.Errorf("store: create incident: year %d", year)
	}
	c := &t.g.counters
	t.g.changes++ // a number that was given out spoils the commit when what follows fails
	c.Incidents++
	ref := incident.Ref{Year: uint16(year), Number: c.next(uint16(year))}
	t.fresh = &state{Incident: &incident.Incident{Ref: ref, Organisation: t.org.ID}, item: item}
	return ref, t.putState(t.fresh)
}

// putState seals a state under its item's register key. Before the sealed
// bytes stand the item and the number of open duties, which they are bound to.
func (t *tx) putState(st *state) error {
	ref := st.Incident.Ref
	plain, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("store: state of %s: %w", ref, err)
	}
	open := openCount(st.Incident)
	sealed, err := t.s.sealPacked(st.item, Register, plain, stateContext(ref, open)...)
	if err != nil {
		return err
	}
	return t.w.Put(tableState, refKey(ref), join(key8(st.item), []byte{open}, sealed))
}

func (t *tx) Append(s incident.Stream, act incident.Act, bodies ...incident.Body) (*incident.Incident, error) {
	if s.IsOrg() {
		return nil, t.appendOrg(act, bodies)
	}
	st, err := t.own(s.Ref)
	if err != nil {
		return nil, err
	}
	before := indexRows(st)
	for _, b := range bodies {
		e := incident.Entry{Stream: s, N: st.Incident.Entries + 1, At: act.Now.UTC(), By: act.By, Body: b}
		if err := t.write(e, st.item, cmp.Or(st.Incident.Sealing, st.item)); err != nil {
			return nil, err
		}
		st.Incident.Apply(e)
	}
	if st.Planned, err = t.s.plans(st.Incident); err != nil {
		return nil, err
	}
	if err := t.reindex(before, indexRows(st)); err != nil {
		return nil, err
	}
	return st.Incident, t.putState(st)
}

// own returns a state that nobody else holds.
func (t *tx) own(ref incident.Ref) (*state, error) {
	if st := t.fresh; st != nil && st.Incident.Ref == ref {
		t.fresh = nil
		return st, nil
	}
	return t.state(ref)
}

func (t *tx) appendOrg(act incident.Act, bodies []incident.Body) error {
	if t.g.org == nil {
		t.g.org = t.org.Clone()
	}
	t.org = t.g.org
	for _, b := range bodies {
		e := incident.Entry{Stream: incident.OrgStream(), N: t.org.Entries + 1, At: act.Now.UTC(), By: act.By, Body: b}
		if err := t.write(e, t.s.orgItem, t.s.orgItem); err != nil {
			return err
		}
		t.org.Apply(e)
	}
	return nil
}

// write seals an entry and links it to the chain. The keys are those of its log;
// of what has a personal part those that the log uses for it now, unless the
// entry has keys of its own.
func (t *tx) write(e incident.Entry, item, private uint64) error {
	register, personal, err := t.s.codec.Encode(e)
	if err != nil {
		return err
	}
	if personal != nil {
		item = private
	}
	if own, ok := incident.SealedBy(e.Body); ok {
		item = own
	}
	r := row{stream: e.Stream, n: e.N, item: item}
	if r.register, err = t.s.keys.sealEntry(item, Register, register, e.Stream, e.N); err != nil {
		return err
	}
	if personal != nil {
		if r.personal, err = t.s.keys.sealEntry(item, Personal, personal, e.Stream, e.N); err != nil {
			return err
		}
	}
	c := &t.g.counters
	c.Seq++
	framed := r.frame()
	hash := link(c.hash(), c.Seq, digestOf(framed))
	c.Head = hash[:]
	if err := t.w.Put(tableLog, key8(c.Seq), append(framed, c.Head...)); err != nil {
		return err
	}
	return t.w.Put(tableStream, entryKey(e.Stream, e.N), key8(c.Seq))
}

// SetCredential implements incident.Tx.
func (t *tx) SetCredential(name string, value []byte) error {
	key := t.s.keys.MAC("credential", []byte(name))
	if value == nil {
		return t.w.Delete(tableCredential, key)
	}
	sealed, err := t.s.keys.seal(t.s.orgItem, Personal, value, []byte("credential"), key)
	if err != nil {
		return err
	}
	return t.w.Put(tableCredential, key, sealed)
}
