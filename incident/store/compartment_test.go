package store

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"meldklok/incident"
)

// furnish lets every number be one and every duty the first of all, so that what
// a body says concerns something that is there.
func furnish(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[incident.DutyID]():
		v.SetString(string(incident.DutyAP))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				furnish(v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().Kind() != reflect.Uint8:
		furnish(v.Index(0))
	case v.CanInt():
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	}
}

// TestAStateFollowsFromTheRegisterPart (promise 6): an entry of every kind there
// is, with something in every field, gives the same state whether its personal part
// can be read or was destroyed; and nothing of that part gets into the state, which
// is kept as long as the register. A kind that is added later is tried by itself.
func TestAStateFollowsFromTheRegisterPart(t *testing.T) {
	r := inMemory(t)
	refs := busy(t, r)
	personal := 0
	for _, kind := range incident.Kinds() {
		made, err := r.codec.Decode(fmt.Appendf(nil, `{"v":1,"kind":%q,"body":{}}`, kind), nil)
		if err != nil {
			t.Fatal(err)
		}
		imprint(reflect.ValueOf(made.Body).Elem())
		furnish(reflect.ValueOf(made.Body).Elem())
		if private := reflect.ValueOf(made.Body).Elem().FieldByName("Private"); private.IsValid() {
			personal++
		}
		made.At, made.By = start, "person:p1"
		public, sealed, err := r.codec.Encode(made)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range refs {
			var whole, bare *incident.Incident
			for inc, private := range map[**incident.Incident][]byte{&whole: sealed, &bare: nil} {
				e, err := r.codec.Decode(public, private)
				if err != nil {
					t.Fatal(err)
				}
				if *inc, err = r.service().Incident(t.Context(), ref); err != nil {
					t.Fatal(err)
				}
				e.Stream, e.N = incident.Stream{Ref: ref}, (*inc).Entries+1
				(*inc).Apply(e)
			}
			if !sameJSON(whole, bare) {
				t.Errorf("%s: the state of %s depends on the personal part", kind, ref)
			}
		}
	}
	if personal < 5 {
		t.Errorf("only %d kinds have a personal part: the test lost its grip", personal)
	}
}

// TestEachCompartmentHoldsItsOwn (promise 9): with the personal keys of everything
// destroyed, nothing that a reporter said or that was mailed opens, and the raw
// bytes do; with those of the originals destroyed it is the other way round; in both
// cases the register is there, and the chain is whole.
func TestEachCompartmentHoldsItsOwn(t *testing.T) {
	for _, row := range []struct {
		parts            incident.Parts
		personal, origin bool // opens
	}{{incident.PartPersonal, false, true}, {incident.PartOriginals, true, false}} {
		r := inMemory(t)
		refs := busy(t, r)
		var marks []mark
		for _, k := range rawRows(t, r.keys, tableKeys) {
			if item := number(k.key); item != r.orgItem {
				marks = append(marks, mark{item, row.parts})
			}
		}
		if _, err := r.Store.keys.destroy(marks); err != nil {
			t.Fatal(err)
		}
		opens := func(what string, want bool, err error) {
			t.Helper()
			if got := err == nil; got != want || (err != nil && !errors.Is(err, ErrDestroyed)) {
				t.Errorf("without the keys of part %d, %s: %v", row.parts, what, err)
			}
		}
		err := r.view(t.Context(), func(v *view) error {
			rows := 0
			for _, table := range []Table{tablePending, tableParked} {
				v.r.Ascend(table, nil, func(k, value []byte) bool {
					rows++
					field := map[Table]string{tablePending: "pending", tableParked: "parked"}[table]
					var into map[string]any
					opens(field, row.personal, v.openItem(number(k), field, value, &into))
					return true
				})
			}
			v.r.Ascend(tableOutbox, nil, func(k, value []byte) bool {
				rows++
				_, err := v.decodeMessage(number(k), value)
				opens("the header of a mail", row.personal, err)
				_, err = v.Mail(number(k))
				opens("a mail", row.personal, err)
				return true
			})
			if rows < 4 {
				t.Errorf("only %d rows: the test lost its grip", rows)
			}
			for _, ref := range refs {
				inc, err := v.Incident(ref)
				opens("a state", true, err)
				_, err = io.ReadAll(v.Raw(inc.Reports[0].Item))
				opens("raw bytes", row.origin, err)
				e, err := v.Entry(incident.Stream{Ref: ref}, 1)
				opens("an entry", true, err)
				if said := e.Body.(*incident.Reported).Private; (said.From.Email != "") != row.personal {
					t.Errorf("without the keys of part %d, the reporter is %+v", row.parts, said.From)
				}
				if strings.Contains(fmt.Sprintf("%+v", inc), "Vermeer") {
					t.Error("the state names the reporter")
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
