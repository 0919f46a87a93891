package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"meldklok/incident"
)

// marker stands in every text of every kind of entry.
const marker = "Vlinderbloem"

// imprint puts the marker into every text that a value can hold.
func imprint(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				imprint(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		imprint(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(`"` + marker + `"`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		imprint(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		imprint(key)
		imprint(value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(marker)
	}
}

// TestNoContentOfAnyKindInAnyFile: an entry of every kind there is, a credential,
// a look, a mail and a delivery, each with a marker in every text it can hold. No
// file in the folder, nor what goes into a backup, holds the marker; a kind that
// is added later is tried by itself.
func TestNoContentOfAnyKindInAnyFile(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	ref := report(t, r.service(), mailText(1, marker)).Ref
	items := make([]uint64, 2)
	for i := range items {
		var err error
		if items[i], err = r.NewItem(); err != nil {
			t.Fatal(err)
		}
	}
	opened := 0
	err := r.Update(t.Context(), func(x incident.Tx) error {
		w := x.(*tx)
		for i, kind := range incident.Kinds() {
			e, err := r.codec.Decode(fmt.Appendf(nil, `{"v":1,"kind":%q,"body":{}}`, kind), nil)
			if err != nil {
				return err
			}
			imprint(reflect.ValueOf(e.Body).Elem())
			switch b := e.Body.(type) {
			case *incident.Reported:
				b.Item = 0
			case *incident.PersonSet:
				b.Key = 0
			}
			e.Stream, e.N, e.At, e.By = incident.Stream{Ref: ref}, uint32(1000+i), start, marker
			if err := w.write(e, items[0], items[1]); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			again, err := w.entry(w.g.counters.Seq)
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			if again.By == marker {
				opened++
			}
		}
		id := w.NextMessage()
		return joined(
			w.SetCredential(marker, []byte(`{"subject":"`+marker+`"}`)),
			w.PutAccess(incident.Access{Ref: ref, At: start, By: marker, What: incident.AccessRaw, Report: 1}),
			w.Queue(incident.Message{ID: id, Owner: incident.Stream{Ref: ref}, To: marker, Subject: marker, MessageID: marker, State: incident.Queued, Class: incident.ClassAlert, Queued: start, Deadline: start}, []byte(marker)),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	if opened != len(incident.Kinds()) {
		t.Errorf("%d of %d kinds came back with the marker: the test lost its grip", opened, len(incident.Kinds()))
	}
	files := archived(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range files {
		if bytes.Contains(bytes.ToLower(raw), bytes.ToLower([]byte(marker))) {
			t.Errorf("%s holds the marker", name)
		}
	}
}
