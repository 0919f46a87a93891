package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
)

// Whatever the indexes lose, the log gives it back, and the counters with it.
func TestRederivePutsIndexesRight(t *testing.T) {
	for _, lost := range [][]Table{
		{tablePlan}, {tableDuty}, {tableClock}, {tablePlan, tableDuty, tableClock}, {tableState}, {tableState, tablePlan, tableDuty, tableClock},
	} {
		r := inMemory(t)
		refs := busy(t, r)
		want := dump(t, r.record)
		var gone []rawRow
		for _, table := range lost {
			for _, row := range rawRows(t, r.record, table) {
				gone = append(gone, rawRow{table, row.key, nil})
			}
		}
		tamper(t, r.record, gone...)
		for _, ref := range refs {
			if _, err := r.Rederive(t.Context(), ref); err != nil {
				t.Fatalf("without %q: %s: %v", lost, ref, err)
			}
		}
		r.verify()
		for _, ref := range refs {
			if sound, err := r.Rederive(t.Context(), ref); !sound || err != nil {
				t.Errorf("without %q: %s is not sound after its repair: %v", lost, ref, err)
			}
		}
		got := dump(t, r.record)
		for key, value := range want {
			if Table(key[0]) != tableState && Table(key[0]) != tableMeta && got[key] != value {
				t.Errorf("without %q: the row %x did not come back", lost, key)
			}
		}
	}
}

// A row too many, or one that lies, is taken away again.
func TestRederiveRemovesStrayRows(t *testing.T) {
	r := inMemory(t)
	refs := busy(t, r)
	what := incident.WhatDuty(incident.DutyAP)
	tamper(t, r.record,
		rawRow{tableDuty, dutyKey(refs[0], what), instant(start)},
		rawRow{tablePlan, timedKey(start, refs[0], what), []byte{}},
	)
	if sound, err := r.Rederive(t.Context(), refs[0]); sound || err != nil {
		t.Errorf("sound %v, %v", sound, err)
	}
	r.verify()
}

func TestRederiveRefusesWhatHasNoLog(t *testing.T) {
	r := inMemory(t)
	if _, err := r.Rederive(t.Context(), incident.Ref{Year: 2026, Number: 9}); err == nil {
		t.Error("an incident was made of nothing")
	}
}

// sweepAll goes round once.
func sweepAll(t *testing.T, r *rig, limit int) (checked int, unsound, replanned []incident.Ref, slices int) {
	t.Helper()
	for after := (incident.Ref{}); ; {
		found, err := r.RederiveSlice(t.Context(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		checked, slices = checked+found.Checked, slices+1
		unsound, replanned = append(unsound, found.Unsound...), append(replanned, found.Replanned...)
		if after = found.Next; after.IsZero() {
			return checked, unsound, replanned, slices
		}
	}
}

func TestSweepSeesEveryOpenDutyOnce(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	for n := range 20 {
		ref := report(t, svc, mailText(n, "tekst")).Ref
		if n%3 == 0 {
			if _, err := svc.Do(t.Context(), ref, incident.ByPerson("p1"), incident.Waive{Reasons: "geen risico"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 2, 5, 13, 1000} {
		checked, unsound, replanned, n := sweepAll(t, r, limit)
		if checked != 13 || len(unsound) > 0 || len(replanned) > 0 {
			t.Errorf("slices of %d: %d duties checked, want 13; unsound %v, replanned %v", limit, checked, unsound, replanned)
		}
		if limit == 1000 && n != 1 {
			t.Errorf("%d slices for what fits into one", n)
		}
	}
}

// The sweep does not rely on the indexes that it audits: it finds an open duty
// that all of them have lost, and an incident that has lost its state.
func TestSweepFindsWhatIndexesAndStatesHaveLost(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	var refs []incident.Ref
	for n := range 9 {
		refs = append(refs, report(t, svc, mailText(n, "tekst")).Ref)
	}
	lost := []incident.Ref{refs[0], refs[3], refs[4], refs[8]}
	for i, ref := range lost {
		for _, table := range []Table{tableDuty, tableClock, tablePlan} {
			for _, row := range rawRows(t, r.record, table) {
				of, _, ok := splitDuty(row.key)
				if table != tableDuty {
					of, _, ok = splitTimed(row.key)
				}
				if ok && of == ref {
					tamper(t, r.record, rawRow{table, row.key, nil})
				}
			}
		}
		if i > 0 {
			tamper(t, r.record, rawRow{tableState, refKey(ref), nil})
		}
	}
	_, unsound, _, _ := sweepAll(t, r, 2)
	slices.SortFunc(unsound, func(a, b incident.Ref) int { return int(a.Number) - int(b.Number) })
	if !slices.Equal(unsound, lost) {
		t.Errorf("found %v, want %v", unsound, lost)
	}
	r.verify()
	if _, unsound, _, _ := sweepAll(t, r, 2); len(unsound) > 0 {
		t.Errorf("still unsound: %v", unsound)
	}
}

// A changed ladder moves the next alerts, and is no damage.
func TestSweepMovesNextAlertsWhenTheLadderChanged(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	for n := range 12 {
		report(t, svc, mailText(n, "tekst"))
	}
	r.cfg.Planner = plainPlanner{lead: 5 * time.Hour}
	r = r.again()
	_, unsound, replanned, _ := sweepAll(t, r, 5)
	if len(unsound) != 0 || len(replanned) != 12 {
		t.Errorf("unsound %v, replanned %d, want none and 12", unsound, len(replanned))
	}
	err := r.View(t.Context(), func(v incident.View) error {
		for row := range v.DutiesAfter(incident.Ref{}, 0) {
			if want := start.Add(67 * time.Hour); !row.Planned.Equal(want) {
				t.Errorf("%s is planned at %s, want %s", row.Ref, row.Planned, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.verify()
}

// A state that another version of the fold wrote is rebuilt at the next start.
func TestStatesOfAnOlderProgramAreRebuilt(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	r = r.again() // sweeps what was staged
	want := dump(t, r.record)
	tamper(t, r.record, rawRow{tableMeta, metaFold, key8(incident.FoldVersion + 1)})
	for _, row := range rawRows(t, r.record, tablePlan)[1:] {
		tamper(t, r.record, rawRow{tablePlan, row.key, nil})
	}
	r = r.again()
	r.verify()
	got := dump(t, r.record)
	for key := range want {
		if _, ok := got[key]; !ok {
			t.Errorf("the row %x did not come back", key)
		}
	}
}

// What was staged and never accepted is swept away at the next start; what was
// accepted stays.
func TestUnfinishedDeliveriesAreSweptAtStart(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		err := r.Update(context.Background(), func(tx incident.Tx) error {
			return joined(tx.Stage(item), tx.PutChunk(item, n, []byte("half"), false))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r = r.again()
	if rows := rawRows(t, r.record, tableStaging); len(rows) > 0 {
		t.Errorf("%d items are still staged", len(rows))
	}
	for _, row := range rawRows(t, r.record, tableBlob) {
		if number(row.key) == item {
			t.Errorf("the piece %x is still there", row.key)
		}
	}
	r.verify()
	if err := r.View(context.Background(), func(v incident.View) error {
		if n := v.Counters().Pending; n != 1 {
			t.Errorf("%d deliveries wait, want the one that was accepted", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Dropping pieces can be interrupted at any place.
func TestInterruptedDropIsFinishedAtStart(t *testing.T) {
	r := inMemory(t)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(t.Context(), func(tx incident.Tx) error {
		for n := range 5 {
			if err := tx.PutChunk(item, n, []byte("piece"), n == 4); err != nil {
				return err
			}
		}
		return tx.Drop(item, 0, 2)
	})
	if err != nil {
		t.Fatal(err)
	}
	r = r.again()
	if left := rawRows(t, r.record, tableBlob); len(left) > 0 {
		t.Errorf("%d pieces are left", len(left))
	}
	r.verify()
}
