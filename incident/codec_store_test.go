package incident

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fill gives every exported field of a value something drawn, so that a field
// that the stored form forgets is noticed.
func fill(t *rapid.T, v reflect.Value, name string) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name)).UTC()
		v.Set(reflect.ValueOf(at))
		return
	case reflect.TypeFor[Ref]():
		v.Set(reflect.ValueOf(Ref{Year: rapid.Uint16Range(1, 9999).Draw(t, name), Number: rapid.Uint32Range(1, 1e6).Draw(t, name)}))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"a":1}`))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(t, v.Field(i), f.Name)
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), name)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, name)
		if n == 0 {
			return // nil: an empty list and none are the same
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), name)
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1e9, 1e9).Draw(t, name) % 100)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64Range(0, 200).Draw(t, name))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-10, 10).Draw(t, name))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	default:
		t.Fatalf("a field of kind %s: teach fill about it", v.Kind())
	}
}

func kinds() (all []Kind) {
	for kind := range bodies() {
		all = append(all, kind)
	}
	slices.Sort(all)
	return all
}

// TestEveryEntryComesBackAsItWasWritten: of every kind, with both of its parts.
func TestEveryEntryComesBackAsItWasWritten(t *testing.T) {
	codec := NewCodec()
	for _, kind := range kinds() {
		t.Run(string(kind), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				body := bodies()[kind]()
				fill(t, reflect.ValueOf(body).Elem(), "body")
				e := Entry{At: time.Unix(1, 2).UTC(), By: ByPerson("p7"), Body: body}
				register, personal, err := codec.Encode(e)
				if err != nil {
					t.Fatal(err)
				}
				if (personal == nil) != (body.personal() == nil) {
					t.Fatal("the personal part is not told from none")
				}
				back, err := codec.Decode(register, personal)
				if err != nil {
					t.Fatal(err)
				}
				if a, b := show(e.Body), show(back.Body); a != b || !e.At.Equal(back.At) || e.By != back.By || back.Body.Kind() != kind {
					t.Fatalf("went in as\n%s\nand came out as\n%s", a, b)
				}
			})
		})
	}
}

// show writes both parts of a body.
func show(b Body) string {
	register, _ := json.Marshal(b)
	personal, _ := json.Marshal(b.personal())
	return string(register) + string(personal)
}

// TestPersonalPartIsNotInTheRegisterPart: what is destroyed first must not
// stand where it is kept.
func TestPersonalPartIsNotInTheRegisterPart(t *testing.T) {
	const mark = "SANNE-VERMEER"
	var set func(v reflect.Value)
	set = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					set(v.Field(i))
				}
			}
		case reflect.String:
			v.SetString(mark)
		}
	}
	for _, kind := range kinds() {
		body := bodies()[kind]()
		if body.personal() == nil {
			continue
		}
		set(reflect.ValueOf(body.personal()).Elem())
		register, personal, err := NewCodec().Encode(Entry{At: time.Unix(1, 0), By: System, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(register), mark) || !strings.Contains(string(personal), mark) {
			t.Errorf("%s: register part %s, personal part %s", kind, register, personal)
		}
		bare, err := NewCodec().Decode(register, nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(show(bare.Body), mark) {
			t.Errorf("%s: the personal part came back without its text", kind)
		}
	}
}

// TestDecodeRefusesWhatIsNewer: an older program must not misread a newer log.
func TestDecodeRefusesWhatIsNewer(t *testing.T) {
	for _, row := range []struct{ why, register, says string }{
		{"a kind of tomorrow", `{"v":1,"kind":"teleported","body":{}}`, "newer program"},
		{"a version of tomorrow", `{"v":99,"kind":"seen","body":{}}`, "is newer than"},
		{"no entry at all", `[]`, "decode entry"},
		{"a body of another shape", `{"v":1,"kind":"seen","body":[]}`, "decode seen"},
	} {
		if _, err := NewCodec().Decode([]byte(row.register), nil); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// FuzzDecode: no bytes make the codec panic, and what it reads it can write.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"at":"2026-10-23T14:30:00Z","by":"system","kind":"reported","body":{"report":1}}`), []byte(`{"subject":"x"}`))
	f.Fuzz(func(t *testing.T, register, personal []byte) {
		e, err := NewCodec().Decode(register, personal)
		if err != nil {
			return
		}
		if _, _, err := NewCodec().Encode(e); err != nil {
			t.Error(err)
		}
	})
}
