package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meldklok/incident"
)

// An incident that was destroyed as a whole leaves its rows in the chain, which
// nobody can open, and an emptied row in the table of states: the item whose
// keys are gone, and nothing behind it. So it is known that there was one, its
// number is not given out again, and nothing rebuilds it from its log.

// emptied reports whether a row of the state table is what is left of an
// incident that was destroyed.
func emptied(value []byte) bool { return len(value) == stateHead }

// lineGone is what a reader of such an incident gets.
func lineGone(ref incident.Ref) error {
	return fmt.Errorf("incident %s: %w: %w", ref, ErrDestroyed, incident.ErrNotFound)
}

// allParts go when an incident is destroyed as a whole.
const allParts = incident.PartRegister | incident.PartPersonal | incident.PartOriginals

// DestroyLine implements incident.Tx.
func (t *tx) DestroyLine(ref incident.Ref) error {
	st, err := t.state(ref)
	if err != nil {
		return err
	}
	items, err := t.itemsOf(ref)
	if err != nil {
		return err
	}
	items[st.item] = true
	for _, f := range st.Incident.Files {
		items[f.Item] = true
	}
	for _, item := range slices.Sorted(maps.Keys(items)) {
		if err := t.Destroy(item, allParts); err != nil {
			return err
		}
	}
	if err := t.reindex(indexRows(st), nil); err != nil {
		return err
	}
	t.fresh = nil
	return t.w.Put(tableState, refKey(ref), join(key8(st.item), []byte{0}))
}

// itemsOf collects whose keys sealed anything in the log of an incident: those
// of its reports, of its files, and those that took the place of destroyed ones.
func (v *view) itemsOf(ref incident.Ref) (items map[uint64]bool, err error) {
	items = map[uint64]bool{}
	prefix := refKey(ref)
	v.r.Ascend(tableStream, entryKey(incident.Stream{Ref: ref}, 0), func(k, value []byte) bool {
		if !bytes.HasPrefix(k, prefix) {
			return false
		}
		var r row
		if r, _, err = parseRow(v.r.Get(tableLog, key8(number(value)))); err != nil {
			err = fmt.Errorf("store: entry %d: %w", number(value), err)
			return false
		}
		items[r.item] = true
		return true
	})
	return items, err
}

// lineless returns an error unless the keys of an emptied row are destroyed, or
// about to be: a row that was cut short is none.
func (v *view) lineless(value []byte) error {
	item := number(value)
	if v.doomed(item).Has(incident.PartRegister) {
		return nil
	}
	switch _, err := v.s.keys.primitive(item, Register); {
	case errors.Is(err, ErrDestroyed):
		return nil
	case err != nil:
		return err
	}
	return errors.New("its state is cut short")
}

// checkGone compares how many incidents were destroyed as a whole with what the
// organisation's log says. One that went a moment ago may be ahead of the count.
func (c *checker) checkGone(v *view) error {
	found := 0
	v.r.Ascend(tableState, nil, func(_, value []byte) bool {
		if emptied(value) {
			found++
		}
		return true
	})
	org, err := v.foldOrg()
	if err != nil {
		return fmt.Errorf("the organisation's log: %w", err)
	}
	if org.LinesGone != found {
		return fmt.Errorf("the organisation's log says that %d incidents were destroyed as a whole, there are %d", org.LinesGone, found)
	}
	return nil
}
