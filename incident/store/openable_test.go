package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"meldklok/incident"
)

// openable returns all text that any key of a record still opens, whatever table
// it stands in: what is not in it is nowhere, not even sealed. Bytes of forms are
// JSON as they lie there.
func openable(t testing.TB, r *rig) string {
	t.Helper()
	var all strings.Builder
	say := func(plain []byte, err error) {
		t.Helper()
		if err != nil && !errors.Is(err, ErrDestroyed) {
			t.Fatal(err)
		}
		all.Write(plain)
		all.WriteByte('\n')
	}
	err := r.view(t.Context(), func(v *view) error {
		items := map[uint64]bool{}
		v.r.Ascend(tableLog, nil, func(_, value []byte) bool {
			row, _, err := parseRow(value)
			if err != nil {
				t.Fatal(err)
			}
			say(r.Store.keys.openEntry(row.item, Register, row.register, row.stream, row.n))
			if len(row.personal) > 0 {
				say(r.Store.keys.openEntry(row.item, Personal, row.personal, row.stream, row.n))
			}
			return true
		})
		v.r.Ascend(tableState, nil, func(k, value []byte) bool {
			if s, err := incident.StreamFromKey(k); err == nil && !emptied(value) {
				say(v.openState(s.Ref, value))
			}
			return true
		})
		v.r.Ascend(tableOutbox, nil, func(k, value []byte) bool {
			m, err := v.decodeMessage(number(k), value)
			say([]byte(fmt.Sprintf("%+v", m)), err)
			if raw, err := v.Mail(m.ID); err == nil {
				say(raw, nil)
			}
			return true
		})
		v.r.Ascend(tableBlob, nil, func(k, _ []byte) bool { items[number(k)] = true; return true })
		for _, t := range []Table{tablePending, tableParked} {
			v.r.Ascend(t, nil, func(k, value []byte) bool {
				var into any
				err := v.openItem(number(k), map[Table]string{tablePending: "pending", tableParked: "parked"}[t], value, &into)
				say([]byte(fmt.Sprintf("%v", into)), err)
				items[number(k)] = true
				return true
			})
		}
		for item := range items {
			say(io.ReadAll(v.Raw(item)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// holds reports whether a text is anywhere in what can be opened, whatever its case.
func holds(t testing.TB, r *rig, text string) bool {
	t.Helper()
	return strings.Contains(strings.ToLower(openable(t, r)), strings.ToLower(text))
}
