package store

import (
	"strings"
	"testing"

	"meldklok/incident"
)

// TestTheChainVouchesForRawBytes (promise 6): somebody who holds every key writes
// another mail in the place of a report, or another paper in the place of a filing's
// proof. They open, and the chain is untouched; the log knows what they were.
func TestTheChainVouchesForRawBytes(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	small := report(t, svc, mailText(1, "de brief ging naar de verkeerde")).Ref
	large := report(t, svc, mailText(2, strings.Repeat("een lange lijst ", 40_000))).Ref
	if _, err := svc.Attach(t.Context(), small, incident.ByPerson("p1"), incident.Upload{Name: "bewijs.txt", Body: strings.NewReader("ontvangen")}); err != nil {
		t.Fatal(err)
	}
	one, err := svc.Incident(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	two, err := svc.Incident(t.Context(), large)
	if err != nil {
		t.Fatal(err)
	}
	r.verify()
	for what, at := range map[string]struct {
		item  uint64
		piece int
	}{
		"a report": {one.Reports[0].Item, 0}, "a file": {one.Files[0].Item, 0}, "a later piece of a large report": {two.Reports[0].Item, 1},
	} {
		key := chunkKey(at.item, at.piece)
		var was []byte
		_ = r.record.View(func(rd Reader) error { was = append(was, rd.Get(tableBlob, key)...); return nil })
		err := r.Update(t.Context(), func(tx incident.Tx) error {
			return tx.PutChunk(at.item, at.piece, []byte("iets heel anders"), was[0] == 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "not those that its log speaks of") {
			t.Errorf("%s: %v", what, err)
		}
		tamper(t, r.record, rawRow{tableBlob, key, was})
		r.verify()
	}
}
