package store

import (
	"errors"
	"testing"

	"meldklok/incident"
)

// TestAFailedBeginningLeavesNoNumber: an incident whose first state cannot be
// sealed costs neither a number nor a count, and another writer of the same commit
// is not harmed.
func TestAFailedBeginningLeavesNoNumber(t *testing.T) {
	r := inMemory(t)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Update(t.Context(), func(tx incident.Tx) error { return tx.Destroy(item, allParts) }); err != nil {
		t.Fatal(err)
	}
	if err := r.Dispose(t.Context()); err != nil {
		t.Fatal(err)
	}
	create := &call{fn: func(g *group) error { _, err := newTx(r.Store, g).Create(2026, item); return err }, done: make(chan error, 1)}
	other := &call{fn: func(g *group) error { return newTx(r.Store, g).SetCredential("x", []byte("x")) }, done: make(chan error, 1)}
	r.commit([]*call{create, other})
	if err := <-create.done; !errors.Is(err, ErrDestroyed) {
		t.Errorf("created: %v", err)
	}
	if err := <-other.done; err != nil {
		t.Errorf("the other writer: %v", err)
	}
	r.verify()
	if ref := report(t, r.service(), mailText(1, "de eerste")).Ref; ref.Number != 1 {
		t.Errorf("the first incident is %s", ref)
	}
}
