package main

import (
	"reflect"
	"strings"
	"testing"

	"meldklok/incident/dossier/register"
)

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
