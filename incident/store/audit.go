package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"meldklok/incident"
)

// audit folds an incident's log anew and returns an error when the stored
// state, or a row of the indexes, does not follow from it. What it returns is
// the fold, with the next alerts as they are stored. It costs one reading of
// the log, or of as much of it as open opens.
func (v *view) audit(ref incident.Ref, value []byte, open opener) (*state, error) {
	if value == nil {
		return nil, errors.New("the stored state is missing")
	}
	plain, err := v.openState(ref, value)
	if err != nil {
		return nil, err
	}
	folded, item, err := v.fold(ref, open)
	if err != nil {
		return nil, err
	}
	if number(value) != item || value[8] != openCount(folded) {
		return nil, errUnfolded
	}
	st := &state{Incident: folded, item: item}
	if st.Planned, err = v.stored(plain, folded); err != nil {
		return nil, err
	}
	return st, v.auditIndexes(st)
}

// opener opens the entry of a row at a place in the chain.
type opener func(seq uint64, r row) (incident.Entry, error)

var errUnfolded = errors.New("the log does not give the stored state")

// stored compares a stored state with its fold, and returns the next alerts
// that it holds. Nearly always these are the ones that the planner asks for
// today, and the state is, byte for byte, what would be written now: then
// nothing of it has to be decoded.
func (v *view) stored(plain []byte, folded *incident.Incident) ([]plan, error) {
	if today, err := v.s.plans(folded); err == nil {
		fresh, err := json.Marshal(&state{Incident: folded, Planned: today})
		if err == nil && bytes.Equal(fresh, plain) {
			return today, nil
		}
	}
	var stored struct {
		Incident json.RawMessage `json:"incident"`
		Planned  []plan          `json:"planned"`
	}
	if err := json.Unmarshal(plain, &stored); err != nil {
		return nil, fmt.Errorf("store: state of %s: %w", folded.Ref, err)
	}
	same, err := sameIncident(folded, stored.Incident)
	if err == nil && !same {
		err = errUnfolded
	}
	return stored.Planned, err
}

// auditIndexes looks for every row that the indexes must hold.
func (v *view) auditIndexes(st *state) error {
	if err := covers(st.Planned, st.Incident); err != nil {
		return err
	}
	for _, row := range indexRows(st) {
		if value := v.r.Get(row.table, row.key); value == nil || !bytes.Equal(value, row.value) {
			return fmt.Errorf("the table of %s lacks its row", tableName(row.table))
		}
	}
	return nil
}

// sameIncident compares a fold with the stored one. Their bytes are the same
// unless another program wrote the fields in another order.
func sameIncident(folded *incident.Incident, stored []byte) (bool, error) {
	fresh, err := json.Marshal(folded)
	if err != nil {
		return false, fmt.Errorf("store: state of %s: %w", folded.Ref, err)
	}
	if bytes.Equal(fresh, stored) {
		return true, nil
	}
	var other incident.Incident
	if err := json.Unmarshal(stored, &other); err != nil {
		return false, fmt.Errorf("store: state of %s: %w", folded.Ref, err)
	}
	return sameJSON(folded, &other), nil
}

func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// fold replays one incident's log. It also returns the item whose keys seal it.
// A state never follows from the personal part of an entry, which can be
// destroyed: openRegister is enough, unless that part is to be tried as well.
func (v *view) fold(ref incident.Ref, open opener) (inc *incident.Incident, item uint64, err error) {
	inc = &incident.Incident{Ref: ref, Organisation: v.org.ID}
	prefix := refKey(ref)
	v.r.Ascend(tableStream, entryKey(incident.Stream{Ref: ref}, 0), func(k, value []byte) bool {
		if !bytes.HasPrefix(k, prefix) {
			return false
		}
		seq := number(value)
		var r row
		if r, _, err = parseRow(v.r.Get(tableLog, key8(seq))); err != nil {
			err = fmt.Errorf("store: entry %d: %w", seq, err)
			return false
		}
		var e incident.Entry
		if e, err = open(seq, r); err != nil {
			return false
		}
		if e.Stream.Ref != ref || e.N != inc.Entries+1 {
			err = fmt.Errorf("entry %d of its log is missing", inc.Entries+1)
			return false
		}
		if inc.Entries == 0 {
			item = r.item // of the first entry; later ones may have keys of their own
		}
		inc.Apply(e)
		return true
	})
	if err == nil && inc.Entries == 0 {
		err = fmt.Errorf("incident %s has no log: %w", ref, incident.ErrNotFound)
	}
	return inc, item, err
}

// foldOrg replays the organisation's log.
func (v *view) foldOrg() (*incident.Org, error) {
	org := &incident.Org{}
	for e, err := range v.Log(incident.OrgStream(), 0) {
		if err != nil {
			return nil, err
		}
		if e.N != org.Entries+1 {
			return nil, fmt.Errorf("entry %d of the organisation's log is missing", org.Entries+1)
		}
		org.Apply(e)
	}
	return org, nil
}
