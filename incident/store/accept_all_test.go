package store

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"meldklok/incident"
)

// waiting makes messages of a watched mailbox, from a UID on.
func waiting(uid uint32, bodies ...string) (all []incident.Incoming) {
	for i, body := range bodies {
		all = append(all, incident.Incoming{
			Channel: incident.ChannelIMAP, Arrived: start, Body: strings.NewReader(body),
			Cursor: &incident.Cursor{Mailbox: privacy, Validity: 1, UID: uid + uint32(i)},
		})
	}
	return all
}

// TestAcceptAllIsAllOrNothing (promise 1): wherever the disk fills up, either every
// message of a group is kept and the cursor stands behind the last, or nothing of
// any of them remains and the cursor stands where it stood.
func TestAcceptAllIsAllOrNothing(t *testing.T) {
	for n := int64(1); ; n++ {
		f := &faulty{Engine: NewMemory(), with: ErrFull}
		r := over(t, f, NewMemory())
		svc := r.service()
		if err := svc.AcceptAll(t.Context(), waiting(1, mailText(1, "eerder"))); err != nil {
			t.Fatal(err)
		}
		f.failWrite.Store(f.writes.Load() + n)
		was := dump(t, f)
		err := svc.AcceptAll(t.Context(), waiting(2, mailText(2, "een"), mailText(3, "twee"), mailText(4, "drie")))
		reached := f.writes.Load() >= f.failWrite.Load()
		f.failWrite.Store(0)
		missing := r.notTaken(privacy, 1, 1, 2, 3, 4)
		switch {
		case !reached:
			if err != nil || r.cursor(privacy).UID != 4 || len(missing) != 0 {
				t.Errorf("nothing failed: %v, cursor %d, missing %v", err, r.cursor(privacy).UID, missing)
			}
			processPending(t, svc)
			if c := countersOf(t, r); c.Incidents != 4 {
				t.Errorf("%d incidents of 4 messages", c.Incidents)
			}
			r.verify()
			return
		case !errors.Is(err, incident.ErrUnavailable):
			t.Errorf("write %d fails: %v, want ErrUnavailable", n, err)
		case !maps.Equal(was, dump(t, f)) || r.cursor(privacy).UID != 1 || len(missing) != 3:
			t.Errorf("write %d fails: something remained, cursor %d, missing %v", n, r.cursor(privacy).UID, missing)
		}
	}
}

// TestAcceptAllKnowsWhatItHas: bytes that come again, within a group or later, are
// kept once, and each message counts as taken.
func TestAcceptAllKnowsWhatItHas(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	for range 2 {
		if err := svc.AcceptAll(t.Context(), waiting(1, mailText(1, "een"), mailText(1, "een"), mailText(2, "twee"))); err != nil {
			t.Fatal(err)
		}
		processPending(t, svc)
	}
	if c := countersOf(t, r); c.Incidents != 2 || len(r.notTaken(privacy, 1, 1, 2, 3)) != 0 {
		t.Errorf("%d incidents", c.Incidents)
	}
	r.verify()
}

// TestAcceptAllRefusesLargeOnes: what is larger than one piece is not for a group.
func TestAcceptAllRefusesLargeOnes(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	largest := strings.Repeat("x", incident.MostTogether)
	if err := svc.AcceptAll(t.Context(), waiting(1, largest)); err != nil {
		t.Fatalf("the largest: %v", err)
	}
	if err := svc.AcceptAll(t.Context(), waiting(2, mailText(1, "een"), largest+"x")); !errors.Is(err, incident.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if missing := r.notTaken(privacy, 1, 2, 3); len(missing) != 2 {
		t.Errorf("the small one beside it was taken: %v", missing)
	}
	processPending(t, svc)
	r.verify()
}
