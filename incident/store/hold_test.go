package store

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
)

// TestAHoldKeepsWhoLooked: under a hold on the incident, or on everything, looks
// do not age out; those at others do, and afterwards all of them.
func TestAHoldKeepsWhoLooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t)
		svc := r.service()
		svc.Now = time.Now
		held, free, fresh := report(t, svc, mailText(1, "tekst")).Ref, report(t, svc, mailText(2, "tekst")).Ref, report(t, svc, mailText(3, "tekst")).Ref
		saw := func(ref incident.Ref) {
			t.Helper()
			if err := svc.Saw(t.Context(), incident.Access{Ref: ref, By: "person:p1", What: incident.AccessOpened}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		left := func(ref incident.Ref) int {
			t.Helper()
			list, err := svc.Accesses(t.Context(), ref, 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		saw(held)
		saw(free)
		saw(held)
		do(t, svc, held, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"})
		if err := svc.HoldRecord(t.Context(), incident.System, true, "onderzoek"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(incident.AccessKept)
		saw(fresh)
		if h, f := left(held), left(free); h != 2 || f != 1 {
			t.Errorf("everything is held: %d and %d looks are left", h, f)
		}
		if err := svc.HoldRecord(t.Context(), incident.System, false, "voorbij"); err != nil {
			t.Fatal(err)
		}
		saw(fresh)
		if h, f := left(held), left(free); h != 2 || f != 0 {
			t.Errorf("one incident is held: %d and %d looks are left", h, f)
		}
		do(t, svc, held, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "voorbij"})
		saw(fresh)
		if h := left(held); h != 0 {
			t.Errorf("nothing is held: %d looks are left", h)
		}
		r.verify()
	})
}

// TestAnAddressGoesWithAMailAboutNoIncident: a digest or an alarm names whom it
// went to, under keys that are never destroyed; so all of it goes after its time.
// Of an alert the header stays, which the destruction of its incident takes along.
func TestAnAddressGoesWithAMailAboutNoIncident(t *testing.T) {
	r := inMemory(t)
	ref := report(t, r.service(), mailText(1, "tekst")).Ref
	ids := map[string]uint64{}
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		for what, owner := range map[string]incident.Stream{"digest": {}, "alert": {Ref: ref}} {
			ids[what] = tx.NextMessage()
			m := incident.Message{ID: ids[what], Owner: owner, To: "anna@ziekenhuis.example", State: incident.Accepted, Ended: start, Class: incident.ClassTrouble}
			if err := tx.Queue(m, []byte("mail")); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = r.Update(t.Context(), func(tx incident.Tx) error {
			n, err := tx.ForgetMail(start.Add(time.Second), 10, func(incident.Message) bool { return false })
			if n != 2 {
				t.Errorf("%d mails were forgotten", n)
			}
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = r.View(t.Context(), func(v incident.View) error {
		if m, err := v.Message(ids["digest"]); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("the digest is still known: %+v, %v", m, err)
		}
		if m, err := v.Message(ids["alert"]); err != nil || m.To == "" {
			t.Errorf("of the alert: %+v, %v", m, err)
		}
		return nil
	})
	r.verify()
}
