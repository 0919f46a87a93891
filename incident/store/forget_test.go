package store

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"errors"

	"meldklok/incident"
	"meldklok/incident/people"
)

// The schedule at work: nothing goes before its term, what is due goes by itself,
// an open incident and a held one keep everything, and the record stays whole.
func TestForgettingOnSchedule(t *testing.T) {
	r := inMemory(t)
	at := start
	r.cfg.Now = func() time.Time { return at }
	svc, ctx := r.service(), context.Background()
	gone, held := ended(t, r, 1), ended(t, r, 2)
	open := report(t, svc, mailText(3, "nog open")).Ref
	parked := report(t, svc, strings.Replace(mailText(4, "weg"), "Subject: ", "Subject: Automatisch antwoord ", 1)).Parked
	if err := svc.Reviewed(ctx, parked, incident.System); err != nil {
		t.Fatal(err)
	}
	person := people.Person{Name: "Anna Prins", Email: "anna@ziekenhuis.example", Roles: []people.Role{people.Officer}}
	id, err := svc.SetPerson(ctx, incident.System, person)
	if err != nil {
		t.Fatal(err)
	}
	person.ID, person.Inactive = id, true
	if _, err := svc.SetPerson(ctx, incident.System, person); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Do(ctx, held.Ref, incident.System, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"}); err != nil {
		t.Fatal(err)
	}
	f := &incident.Forgetter{Service: svc}
	turn := func() {
		t.Helper()
		for range 10 {
			if err := f.Turn(ctx); err != nil {
				t.Fatal(err)
			}
		}
		r.verify()
	}
	readable := func(item uint64) bool {
		raw, err := svc.Raw(ctx, item)
		if err == nil {
			_, err = io.ReadAll(raw)
		}
		if err != nil && !errors.Is(err, incident.ErrDestroyed) {
			t.Fatal(err)
		}
		return err == nil
	}
	items := func(ref incident.Ref) uint64 {
		inc, err := svc.Incident(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		return inc.Reports[0].Item
	}
	for _, step := range []struct {
		why                           string
		at                            time.Time
		gone, parked, held, open, who bool // readable, known
	}{
		{"the day before three months are over", start.AddDate(0, 3, -1), true, true, true, true, true},
		{"the day after", start.AddDate(0, 3, 1), false, false, true, true, true},
		{"a year later the person who left is forgotten too", start.AddDate(1, 0, 1), false, false, true, true, false},
		{"ten years later the open and the held are still there", start.AddDate(10, 0, 1), false, false, true, true, false},
	} {
		at = step.at
		turn()
		org, err := svc.Org(ctx)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := org.People.Find(id)
		for what, x := range map[string][2]bool{
			"the report that was none": {readable(items(gone.Ref)), step.gone}, "the parked message": {readable(parked), step.parked},
			"the held report": {readable(items(held.Ref)), step.held}, "the open report": {readable(items(open)), step.open},
			"the person": {p.Name != "", step.who},
		} {
			if x[0] != x[1] {
				t.Errorf("%s: %s can be read: %v, want %v", step.why, what, x[0], x[1])
			}
		}
	}
	inc, err := svc.Incident(ctx, gone.Ref)
	if err != nil || inc.Reports[0].Gone == nil || inc.Reports[0].Gone.Under != "no-report 3m" {
		t.Errorf("the incident says of what is gone: %+v, %v", inc.Reports[0].Gone, err)
	}
	r = r.again()
	r.verify()
	org, err := r.service().Org(ctx)
	if p, _ := org.People.Find(id); err != nil || p.Name != "" || p.Email != "" || !p.Inactive {
		t.Errorf("read again, the person is %+v, %v", p, err)
	}
	if mark := readMeta(t, r.keys, metaShred); string(mark) != "\x00" {
		t.Errorf("remains of keys may be left: %v", mark)
	}
}
