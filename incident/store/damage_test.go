package store

import (
	"bytes"
	"testing"

	"meldklok/incident"
)

// flipLast flips a bit in the last byte of every row of a table.
func flipLast(t *testing.T, r *rig, table Table) {
	t.Helper()
	rows := rawRows(t, r.record, table)
	if len(rows) == 0 {
		t.Fatalf("nothing in %s", tableName(table))
	}
	for i := range rows {
		rows[i].value = bytes.Clone(rows[i].value)
		rows[i].value[len(rows[i].value)-1] ^= 1
	}
	tamper(t, r.record, rows...)
}

// A report whose bytes are damaged on disk before anybody read them is an
// incident all the same: its clock runs, and somebody looks.
func TestDamagedBytesAreAReport(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	accept(t, svc, mailText(1, "een brief"))
	flipLast(t, r, tableBlob)
	processPending(t, svc)
	inc, err := svc.Incident(t.Context(), incident.Ref{Year: 2026, Number: 1})
	if err != nil || !inc.AnyOpen() || !inc.Reports[0].Bad {
		t.Fatalf("%+v, %v", inc, err)
	}
}

// A delivery whose row is damaged keeps no other waiting.
func TestDamagedRowKeepsNobodyWaiting(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	accept(t, svc, mailText(1, "een brief"))
	flipLast(t, r, tablePending)
	accept(t, svc, mailText(2, "een lijst"))
	items, err := svc.PendingItems(t.Context(), 10)
	if err != nil || len(items) != 1 {
		t.Fatalf("%v, %v", items, err)
	}
	if _, err := svc.Process(t.Context(), items[0]); err != nil {
		t.Fatal(err)
	}
}
