package store

import (
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
)

// TestTheAccessLog: each look is a row, the same look again within a quarter of
// an hour is not, and rows beyond their time go as new ones come.
func TestTheAccessLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t)
		svc := r.service()
		svc.Now = time.Now
		one, two := report(t, svc, mailText(1, "tekst")).Ref, report(t, svc, mailText(2, "tekst")).Ref
		saw := func(ref incident.Ref, by incident.Actor, what incident.AccessKind) {
			t.Helper()
			if err := svc.Saw(t.Context(), incident.Access{Ref: ref, By: by, What: what}); err != nil {
				t.Fatal(err)
			}
		}
		count := func(ref incident.Ref) int {
			t.Helper()
			list, err := svc.Accesses(t.Context(), ref, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		seq := func() (n uint64) {
			_ = r.View(t.Context(), func(v incident.View) error { n = v.Counters().Head.Seq; return nil })
			return n
		}
		before := seq()
		saw(one, "person:p1", incident.AccessOpened)
		saw(one, "person:p1", incident.AccessOpened)
		saw(one, "person:p2", incident.AccessOpened) // at the same instant
		saw(two, "person:p1", incident.AccessRaw)
		if a, b := count(one), count(two); a != 2 || b != 1 || seq() != before {
			t.Fatalf("%d and %d looks, the log grew by %d", a, b, seq()-before)
		}
		time.Sleep(accessAgainInTest)
		saw(one, "person:p1", incident.AccessOpened)
		list, err := svc.Accesses(t.Context(), one, 2)
		if err != nil || len(list) != 2 || list[0].By != "person:p1" || !list[0].At.Equal(time.Now()) || list[1].By != "person:p2" {
			t.Fatalf("newest first: %+v, %v", list, err)
		}
		r.verify()
		time.Sleep(incident.AccessKept + time.Second)
		saw(two, "person:p3", incident.AccessFile)
		if a, b := count(one), count(two); a+b != 1 {
			t.Errorf("after two years %d and %d looks are left", a, b)
		}
		r.verify()
	})
}

const accessAgainInTest = 15 * time.Minute

// TestChanged: who follows the record learns which incidents grew.
func TestChanged(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	one := report(t, svc, mailText(1, "tekst")).Ref
	var after uint64
	changed := func() (refs []incident.Ref) {
		err := r.View(t.Context(), func(v incident.View) error {
			for ref, err := range v.Changed(after) {
				if err != nil {
					return err
				}
				refs = append(refs, ref)
			}
			after = v.Counters().Head.Seq
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return refs
	}
	if refs := changed(); len(refs) == 0 || refs[0] != one {
		t.Errorf("the report: %v", refs)
	}
	two := report(t, svc, mailText(2, "tekst")).Ref
	if refs := changed(); len(refs) == 0 || refs[0] != two || refs[len(refs)-1] != two {
		t.Errorf("the next one: %v", refs)
	}
	if refs := changed(); len(refs) != 0 {
		t.Errorf("nothing happened, and yet %v", refs)
	}
}
