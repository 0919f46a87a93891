package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// TestHelpNamesEveryKindOfEntry of an incident's log, so that whoever scripts it
// knows what to expect.
func TestHelpNamesEveryKindOfEntry(t *testing.T) {
	elsewhere := []incident.Kind{ // in the organisation's own log
		"record-created", "person-set", "setting-set", "parked", "unparked", "trouble-alerted", "probe-sent", "probe-seen", "account",
		"access-reviewed", "token-set", "backups-pruned", "backup-made", "backup-tested", "restored", "released", "key-rotated",
	}
	_, told, _ := strings.Cut(helpJSON, "    kind                reported,")
	told, _, _ = strings.Cut(told, "\n  alerts ")
	known := strings.FieldsFunc("reported,"+told, func(r rune) bool { return strings.ContainsRune(" ,\n", r) })
	for _, kind := range incident.Kinds() {
		if named := slices.Contains(known, string(kind)); named == slices.Contains(elsewhere, kind) {
			t.Errorf("help json names %s among the entries of an incident: %v", kind, named)
		}
	}
}

// TestHelpNamesTheRegister: `help json` names every field that the JSON of the
// register and of its figures may hold.
func TestHelpNamesTheRegister(t *testing.T) {
	_, told, found := strings.Cut(helpJSON, "\nexport -o FILE.json")
	told, _, ended := strings.Cut(told, "\nforms ")
	if !found || !ended {
		t.Fatal("the register has no part of its own")
	}
	words := strings.FieldsFunc(told, func(r rune) bool { return strings.ContainsRune(" ,:;{}()\n", r) })
	known := map[string]bool{}
	for _, w := range words {
		known[w] = true
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[register.Row](), reflect.TypeFor[register.Duty](), reflect.TypeFor[register.Action](),
		reflect.TypeFor[register.Outside](), reflect.TypeFor[register.Year](),
	} {
		for i := range of.NumField() {
			if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); !known[name] {
				t.Errorf("help json does not name %s of %s", name, of)
			}
		}
	}
}
