package store

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
)

// rawRow is one row of an engine, as somebody with the file sees it.
type rawRow struct {
	table      Table
	key, value []byte
}

func rawRows(t testing.TB, e Engine, table Table) (rows []rawRow) {
	t.Helper()
	err := e.View(func(r Reader) error {
		r.Ascend(table, nil, func(k, v []byte) bool {
			rows = append(rows, rawRow{table, bytes.Clone(k), bytes.Clone(v)})
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// tamper changes rows behind the record's back: nil deletes.
func tamper(t testing.TB, e Engine, rows ...rawRow) {
	t.Helper()
	err := e.Update(func(w Writer) error {
		for _, row := range rows {
			err := w.Delete(row.table, row.key)
			if row.value != nil {
				err = w.Put(row.table, row.key, row.value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// caught tampers, expects Verify to find something, and undoes it.
func caught(t *testing.T, r *rig, what string, undo []rawRow, rows ...rawRow) string {
	t.Helper()
	tamper(t, r.record, rows...)
	_, err := r.Verify(t.Context(), nil)
	if err == nil {
		t.Errorf("%s: not noticed", what)
	}
	tamper(t, r.record, undo...)
	return fmt.Sprint(err)
}

func name(row rawRow) string { return fmt.Sprintf("%s, row %x", tableName(row.table), row.key) }

// Every byte of every short row, and some of every long one.
func TestAnyFlippedByteIsNoticed(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	r.verify()
	tables := map[Table]bool{}
	for _, table := range recordTables() {
		for _, row := range rawRows(t, r.record, table) {
			tables[table] = true
			step := max(1, len(row.value)/16)
			for i := 0; i < len(row.value); i += step {
				bad := rawRow{table, row.key, bytes.Clone(row.value)}
				bad.value[i] ^= 1 << (i % 8)
				caught(t, r, fmt.Sprintf("%s, byte %d of %d", name(row), i, len(row.value)), []rawRow{row}, bad)
			}
		}
	}
	if len(tables) != len(recordTables()) {
		t.Errorf("only %d of %d tables have rows: the test lost its grip", len(tables), len(recordTables()))
	}
	r.verify()
}

// Every byte of one entry, so that no part of a log row escapes the chain.
func TestEveryByteOfAnEntryIsChained(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	row := rawRows(t, r.record, tableLog)[1]
	for i := range row.value {
		bad := rawRow{tableLog, row.key, bytes.Clone(row.value)}
		bad.value[i] ^= 0x55
		if said := caught(t, r, fmt.Sprint("byte ", i), []rawRow{row}, bad); !strings.Contains(said, "entry 2") {
			t.Errorf("byte %d: Verify does not name the entry: %s", i, said)
		}
	}
}

func TestDroppedRowIsNoticed(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	for _, table := range recordTables() {
		for _, row := range rawRows(t, r.record, table) {
			caught(t, r, name(row), []rawRow{row}, rawRow{table, row.key, nil})
		}
	}
	r.verify()
}

func TestSwappedRowsAreNoticed(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	for _, table := range recordTables() {
		rows := rawRows(t, r.record, table)
		for i := 1; i < len(rows); i++ {
			a, b := rows[i-1], rows[i]
			if bytes.Equal(a.value, b.value) {
				continue // what matters is in the key
			}
			caught(t, r, name(a)+" and the next", []rawRow{a, b}, rawRow{table, a.key, b.value}, rawRow{table, b.key, a.value})
		}
	}
	r.verify()
}

func TestForeignRowIsNoticed(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	for _, table := range recordTables() {
		if table == tableMeta || table == tableEnded {
			continue // an unknown name there, or an ended mail too many, does nothing
		}
		rows := rawRows(t, r.record, table)
		last := rows[len(rows)-1]
		key := bytes.Clone(last.key)
		key[len(key)-1]++
		caught(t, r, name(rawRow{table, key, nil}), []rawRow{{table, key, nil}}, rawRow{table, key, last.value})
	}
	r.verify()
}

// copyOf is a record as it stood, for whoever keeps an old file.
func (r *rig) copyOf() *rig {
	r.t.Helper()
	old := r.record.(*memoryEngine)
	tables, err := old.snapshot()
	if err != nil {
		r.t.Fatal(err)
	}
	c := *r
	c.record = &memoryEngine{tables: maps.Clone(tables)}
	if c.Store, err = New(c.record, r.keys, r.master, r.cfg); err != nil {
		r.t.Fatal(err)
	}
	return &c
}

// Somebody who holds the keys can rewrite the end so that everything fits.
// Against a head that left the record it does not.
func TestRewrittenEndIsCaughtByAHeadThatLeft(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	before, err := r.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	older := r.copyOf()
	report(t, r.service(), mailText(50, "dit moet verdwijnen"))
	after, err := r.Verify(t.Context(), &before.Head)
	if err != nil {
		t.Fatal(err)
	}
	left := after.Head
	left.Seq--
	for _, row := range []struct {
		why  string
		head *incident.Head
		want string
	}{
		{"without a head an older file looks whole", nil, ""},
		{"a head from before the cut still fits", &before.Head, ""},
		{"a head from behind the cut does not", &after.Head, "the end was cut off"},
	} {
		if _, err := older.Verify(t.Context(), row.head); (err == nil) != (row.want == "") || (err != nil && !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
	for n := range 3 {
		report(t, older.service(), mailText(60+n, "iets anders"))
	}
	older.verify()
	if _, err := older.Verify(t.Context(), &after.Head); err == nil || !strings.Contains(err.Error(), "the chain was rewritten") {
		t.Errorf("another story after the cut: %v", err)
	}
}

func TestCutTailIsNoticedInsideTheFile(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	log := rawRows(t, r.record, tableLog)
	last := log[len(log)-1]
	entry, _, err := parseRow(last.value)
	if err != nil {
		t.Fatal(err)
	}
	place := rawRow{tableStream, entryKey(entry.stream, entry.n), nil}
	said := caught(t, r, "the last entry", []rawRow{last, {tableStream, place.key, key8(number(last.key))}}, rawRow{tableLog, last.key, nil}, place)
	if !strings.Contains(said, "the end was cut off") {
		t.Errorf("Verify says: %s", said)
	}
}

// A damaged row of what is known, or of a mailbox's place, answers as if it
// were missing: that costs a duplicate, never a report.
func TestDamagedKnownRowCostsADuplicateAtWorst(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	first := report(t, svc, mailText(1, "zelfde bytes"))
	if again := report(t, svc, mailText(1, "zelfde bytes")); !again.Duplicate || again.Ref != first.Ref {
		t.Fatalf("the same bytes gave %+v", again)
	}
	for _, row := range rawRows(t, r.record, tableKnown) {
		bad := rawRow{tableKnown, row.key, bytes.Clone(row.value)}
		bad.value[5] ^= 1 // another incident
		tamper(t, r.record, bad)
	}
	if again := report(t, svc, mailText(1, "zelfde bytes")); again.Duplicate || again.Ref == first.Ref {
		t.Errorf("a damaged row was believed: %+v", again)
	}
}

// A damaged row of counters stops the record instead of misleading it.
func TestDamagedCountersStopTheRecord(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	rows := rawRows(t, r.record, tableMeta)
	i := slices.IndexFunc(rows, func(row rawRow) bool { return string(row.key) == "counters" })
	bad := rawRow{tableMeta, rows[i].key, bytes.Replace(rows[i].value, []byte(`"open":`), []byte(`"opem":`), 1)}
	tamper(t, r.record, bad)
	if err := r.Update(t.Context(), remember("x", nil)); err == nil || !strings.Contains(err.Error(), "counters") {
		t.Errorf("a writer went on over damaged counters: %v", err)
	}
}
