package store

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// goOnFor changes every table of a busy record, some rows in place.
func goOnFor(t *testing.T, r *rig) {
	t.Helper()
	svc, ctx := r.service(), t.Context()
	anna := incident.ByPerson("p1")
	ref := report(t, svc, mailText(30, "nog een lek")).Ref
	do(t, svc, ref, incident.ConfirmAwareness{At: start})
	_, err := svc.SetPerson(ctx, anna, people.Person{ID: "p1", Email: "anna@ziekenhuis.example", Name: "Anna Prins", Roles: []people.Role{people.Management}})
	if err != nil {
		t.Fatal(err)
	}
	processPending(t, svc)
	_, err = svc.Accept(ctx, incident.Incoming{
		Channel: incident.ChannelIMAP, Arrived: start, Body: strings.NewReader(mailText(31, "wacht ook")),
		Cursor: &incident.Cursor{Mailbox: "privacy@ziekenhuis.example/INBOX", Validity: 7, UID: 43},
	})
	if err != nil {
		t.Fatal(err)
	}
	parked, err := svc.Parked(ctx, 0)
	if err != nil || len(parked) != 1 {
		t.Fatal(err, len(parked))
	}
	if err := svc.Reviewed(ctx, parked[0].Item, anna); err != nil {
		t.Fatal(err)
	}
	report(t, svc, strings.Replace(mailText(32, "weer weg"), "Subject: Brief", "Subject: Automatisch antwoord", 1))
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(ctx, func(tx incident.Tx) error {
		for id := range uint64(2) { // one of what can go and one of what waits has ended
			m, err := tx.Message(id + 1)
			if err != nil {
				return err
			}
			m.State, m.Ended = incident.Accepted, start
			if err := tx.SetMessage(m); err != nil {
				return err
			}
		}
		for _, m := range []incident.Message{{State: incident.Queued}, {State: incident.Retrying, Next: start}} {
			m.Owner, m.Class, m.Deadline, m.Queued = incident.Stream{Ref: ref}, incident.ClassAlert, start, start
			if err := tx.Queue(m, []byte("Nog 24 uur.")); err != nil {
				return err
			}
		}
		staged := rawRows(t, r.record, tableStaging)[0]
		return joined(
			tx.SetCredential("anna", []byte("argon2id$nieuw")),
			tx.PutAccess(incident.Access{Ref: ref, At: start, By: "person:p1", What: incident.AccessRaw, Report: 1}),
			second(tx.ForgetAccess(start.Add(1), 1, func(incident.Ref) bool { return false })),
			tx.Drop(number(staged.key), 0, 1), tx.Stage(item), tx.PutChunk(item, 0, []byte("andere helft"), false),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func second(_ int, err error) error { return err }

// TestATablePutBackIsNoticed: somebody without any key puts the rows of one table
// back as they stood in an older copy of the file: an old password, a delivery that
// has its outcome, a chain that ends earlier. Every one of them opens. It is
// noticed when the record is opened, or else by Verify; a table that is added later
// is tried by itself.
func TestATablePutBackIsNoticed(t *testing.T) {
	atOpening := map[Table]string{
		tableMeta: "copies of several days", tableLog: "or are damaged", tableStream: "the organisation's log has",
		tableStaging: "doubtful", tablePending: "doubtful", tableParked: "doubtful", tableCursor: "doubtful", tableCredential: "doubtful",
	}
	for _, table := range recordTables() {
		r := inMemory(t)
		busy(t, r)
		old := rawRows(t, r.record, table)
		goOnFor(t, r)
		now := rawRows(t, r.record, table)
		if slices.EqualFunc(old, now, func(a, b rawRow) bool { return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value) }) {
			t.Errorf("%s: nothing changed: the test lost its grip", tableName(table))
		}
		r.verify()
		put := make([]rawRow, 0, len(now)+len(old))
		for _, row := range now {
			put = append(put, rawRow{table, row.key, nil})
		}
		tamper(t, r.record, append(put, old...)...)
		if _, err := r.Verify(t.Context(), nil); err == nil {
			t.Errorf("%s: Verify does not notice", tableName(table))
		}
		s, err := New(r.record, r.keys, r.master, r.cfg)
		switch want := atOpening[table]; {
		case want == "doubtful":
			if err != nil || !slices.Equal(s.Doubtful(), []string{tableName(table)}) {
				t.Errorf("%s: opened with %v", tableName(table), err)
			}
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: opened with %v, want %q", tableName(table), err, want)
		case want == "" && err != nil:
			t.Errorf("%s: %v", tableName(table), err)
		}
	}
}

// TestADamagedLastEntryIsNamed: a bad sector under the last entry keeps nothing
// from going on, and is told at once.
func TestADamagedLastEntryIsNamed(t *testing.T) {
	r := inMemory(t)
	report(t, r.service(), mailText(1, "een brief"))
	rows := rawRows(t, r.record, tableLog)
	last := rows[len(rows)-1]
	tamper(t, r.record, rawRow{tableLog, last.key, flip(last.value, len(last.value)-1)})
	r = r.again()
	if !slices.Equal(r.Doubtful(), []string{tableName(tableLog)}) {
		t.Errorf("doubtful: %v", r.Doubtful())
	}
	report(t, r.service(), mailText(2, "nog een brief"))
	tamper(t, r.record, last)
	r.verify()
}

// TestNothingIsDestroyedForAStranger: what the table of staging says is carried
// out at the next start and cannot be undone. A mark that somebody put there from
// outside is not.
func TestNothingIsDestroyedForAStranger(t *testing.T) {
	for what, mark := range map[string][]byte{"never accepted": {}, "to be destroyed": {byte(allParts)}} {
		r := inMemory(t)
		ref := report(t, r.service(), mailText(1, "een brief")).Ref
		inc, err := r.service().Incident(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		item := inc.Reports[0].Item
		forged := rawRow{tableStaging, key8(item), mark}
		tamper(t, r.record, forged)
		if err := r.Dispose(t.Context()); err == nil {
			t.Errorf("%s: a destruction went on", what)
		}
		r = r.again()
		if len(r.Doubtful()) != 1 {
			t.Errorf("%s: nobody is told", what)
		}
		tamper(t, r.record, rawRow{tableStaging, forged.key, nil})
		r = r.again()
		r.verify()
		raw, err := r.service().Raw(t.Context(), item)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(raw); err != nil || len(b) == 0 {
			t.Errorf("%s: the report is gone: %v", what, err)
		}
	}
}

// keysOf is the file of keys as a copy of this moment has it.
func keysOf(t *testing.T, r *rig) []byte {
	t.Helper()
	var copied bytes.Buffer
	if err := r.keys.Snapshot(func(Reader, int64) (io.Writer, error) { return &copied, nil }); err != nil {
		t.Fatal(err)
	}
	return copied.Bytes()
}

// TestAnOlderFileOfKeysIsRefused: put beside a newer record it would bring back
// what was destroyed, and give numbers out again that are in use.
func TestAnOlderFileOfKeysIsRefused(t *testing.T) {
	for what, change := range map[string]func(t *testing.T, r *rig, ref incident.Ref){
		"something was destroyed since": func(t *testing.T, r *rig, ref incident.Ref) {
			if err := r.service().Erase(t.Context(), incident.ByPerson("p1"), incident.Erase{Ref: ref, Reasons: "verzoek"}); err != nil {
				t.Fatal(err)
			}
		},
		"more keys are in use since": func(t *testing.T, r *rig, _ incident.Ref) {
			for range 3 * poolBatch {
				if _, err := r.NewItem(); err != nil {
					t.Fatal(err)
				}
			}
			report(t, r.service(), mailText(2, "later"))
		},
	} {
		dir := t.TempDir()
		r := onDisk(t, dir)
		ref := ended(t, r, 1).Ref
		old := keysOf(t, r)
		change(t, r, ref)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, KeyFile), old)
		if s, err := Open(dir, r.master, false, r.cfg); err == nil {
			s.Close()
			t.Errorf("%s: opened", what)
		} else if !strings.Contains(err.Error(), "keys.db is older than record.db") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestKeysThatComeBackAreNoticed: the same by somebody who takes the rows of
// destroyed keys out of an older copy and leaves the rest.
func TestKeysThatComeBackAreNoticed(t *testing.T) {
	for what, destroy := range map[string]func(t *testing.T, r *rig) (item uint64){
		"a report": func(t *testing.T, r *rig) uint64 {
			inc := ended(t, r, 1)
			if err := r.service().Erase(t.Context(), incident.ByPerson("p1"), incident.Erase{Ref: inc.Ref, Reasons: "verzoek"}); err != nil {
				t.Fatal(err)
			}
			return inc.Reports[0].Item
		},
		"a person": func(t *testing.T, r *rig) uint64 {
			svc := r.service()
			p := people.Person{Email: "weg@ziekenhuis.example", Roles: []people.Role{people.Officer}}
			id, err := svc.SetPerson(t.Context(), incident.System, p)
			if err != nil {
				t.Fatal(err)
			}
			org, err := svc.Org(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			item := org.Keys[id]
			p.ID, p.Inactive = id, true
			if _, err = svc.SetPerson(t.Context(), incident.System, p); err == nil {
				err = svc.ForgetPerson(t.Context(), incident.System, incident.ErasePerson{Person: id, Reasons: "verzoek"})
			}
			if err != nil {
				t.Fatal(err)
			}
			return item
		},
		"a line": func(t *testing.T, r *rig) uint64 {
			inc := ended(t, r, 1)
			out, err := later(t, r, 6).DestroyLines(t.Context(), incident.ByPerson("p1"), []incident.Ref{inc.Ref}, "termijn")
			if err != nil || out[0].Refused != nil {
				t.Fatal(out, err)
			}
			return inc.Reports[0].Item
		},
		"a parked message": func(t *testing.T, r *rig) uint64 {
			svc := r.service()
			report(t, svc, strings.Replace(mailText(9, "weg"), "Subject: Brief", "Subject: Automatisch antwoord", 1))
			parked, err := svc.Parked(t.Context(), 0)
			if err != nil || len(parked) != 1 {
				t.Fatal(err, len(parked))
			}
			item := parked[0].Item
			if err := svc.Reviewed(t.Context(), item, incident.ByPerson("p1")); err != nil {
				t.Fatal(err)
			}
			f := &incident.Forgetter{Service: serviceOver(r.Store, func() time.Time { return start.AddDate(1, 0, 0) })}
			for range 3 {
				if err := f.Turn(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			return item
		},
	} {
		r := inMemory(t)
		before := map[uint64][]byte{}
		for _, row := range rawRows(t, r.keys, tableKeys) {
			before[number(row.key)] = row.value
		}
		item := destroy(t, r)
		r.verify()
		tamper(t, r.keys, rawRow{tableKeys, key8(item), before[item]})
		if _, err := r.Verify(t.Context(), nil); err == nil {
			t.Errorf("%s: not noticed", what)
		}
	}
}

// TestEveryByteOfTheKeysIsTried: also of keys that nothing was sealed with yet.
func TestEveryByteOfTheKeysIsTried(t *testing.T) {
	r := inMemory(t)
	busy(t, r)
	rows := rawRows(t, r.keys, tableKeys)
	if len(rows) == 0 {
		t.Fatal("there are no keys")
	}
	for _, row := range slices.Concat(rows[:3], rows[len(rows)-2:]) {
		for i := range row.value {
			bad := rawRow{row.table, row.key, flip(row.value, i)}
			tamper(t, r.keys, bad)
			if _, err := r.Verify(t.Context(), nil); err == nil {
				t.Errorf("byte %d of the keys of item %d: not noticed", i, number(row.key))
			}
			tamper(t, r.keys, row)
		}
	}
	for _, row := range rawRows(t, r.keys, tableMeta) {
		if string(row.key) != string(keyCheck) {
			continue
		}
		for i := range row.value {
			tamper(t, r.keys, rawRow{row.table, row.key, flip(row.value, i)})
			if _, err := New(r.record, r.keys, r.master, r.cfg); err == nil {
				t.Errorf("byte %d of the first row: opened", i)
			}
		}
		tamper(t, r.keys, row)
	}
	r.verify()
}

// TestACutLogIsNotMended: the log is the truth about a state, but not when it
// ends before the state was made: then its end was taken away, and the state is all
// that still knows of it.
func TestACutLogIsNotMended(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	ref := report(t, svc, mailText(1, "een brief")).Ref
	do(t, svc, ref, incident.ConfirmAwareness{At: start})
	was, err := svc.Incident(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	tamper(t, r.record, rawRow{tableStream, entryKey(incident.Stream{Ref: ref}, was.Entries), nil})
	sweep, err := r.RederiveSlice(t.Context(), incident.Ref{}, 10)
	if err != nil || !slices.Equal(sweep.Damaged, []incident.Ref{ref}) || len(sweep.Unsound) > 0 {
		t.Errorf("the sweep says %+v, %v", sweep, err)
	}
	if inc, err := svc.Incident(t.Context(), ref); err != nil || !sameJSON(inc, was) {
		t.Errorf("the incident went back in time: %+v, %v", inc, err)
	}
}
