package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// later returns the service of a record, years on.
func later(t *testing.T, r *rig, years int) *incident.Service {
	t.Helper()
	svc := serviceOver(r.Store, func() time.Time { return start.AddDate(years, 0, 0) })
	anOfficer(t, r, "p1")
	return svc
}

func anOfficer(t *testing.T, r *rig, id people.ID) {
	t.Helper()
	p := people.Person{ID: id, Name: "Officier", Email: string(id) + "@ziekenhuis.example", Roles: []people.Role{people.Officer}}
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		_, err := tx.Append(incident.OrgStream(), incident.Act{By: incident.System, Now: start}, &incident.PersonSet{ID: id, Private: p})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestADestroyedLineIsGoneAndTheChainWhole: an officer has a line destroyed
// after its term. Its words are nowhere, its keys are in no page of the file of
// keys, its entries stay in the chain, the log says who and why, the number is
// not given out again, and a later process, a sweep and a new fold leave it so.
func TestADestroyedLineIsGoneAndTheChainWhole(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	ctx := context.Background()
	gone, kept := ended(t, r, 1), ended(t, r, 2)
	row := wrappedKeys(t, r.keys, gone.Reports[0].Item)
	entries := uint64(0)
	if v, err := r.Verify(ctx, nil); err != nil {
		t.Fatal(err)
	} else {
		entries = v.Entries
	}
	svc := later(t, r, 6)
	by := incident.ByPerson("p1")
	lines, _, err := svc.PastLines(ctx, func(*incident.Incident) bool { return true })
	if err != nil || len(lines) != 2 {
		t.Fatalf("past their term: %+v, %v; want two", lines, err)
	}
	out, err := svc.DestroyLines(ctx, by, []incident.Ref{gone.Ref}, "termijn voorbij")
	if err != nil || len(out) != 1 || out[0].Refused != nil {
		t.Fatalf("%+v, %v", out, err)
	}

	check := func(r *rig, svc *incident.Service) {
		t.Helper()
		v, err := r.Verify(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v.Entries <= entries || v.Incidents != 1 {
			t.Errorf("%d entries (before %d), %d incidents", v.Entries, entries, v.Incidents)
		}
		_, err = svc.Incident(ctx, gone.Ref)
		if !errors.Is(err, incident.ErrDestroyed) || !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("the incident: %v, want destroyed and not found", err)
		}
		if _, err := svc.Entries(ctx, gone.Ref); !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("its log: %v, want destroyed", err)
		}
		if _, err := svc.Incident(ctx, kept.Ref); err != nil {
			t.Errorf("the other incident: %v", err)
		}
		line, err := svc.GoneLine(ctx, gone.Ref)
		if err != nil || line.By != by || line.Reasons != "termijn voorbij" || line.Under != "register 5y" {
			t.Errorf("the log says %+v, %v", line, err)
		}
		if s, err := r.RederiveSlice(ctx, incident.Ref{}, 100); err != nil || len(s.Unsound) > 0 {
			t.Errorf("the sweep found %+v, %v", s, err)
		}
		if sound, err := r.Rederive(ctx, gone.Ref); !sound || err != nil {
			t.Errorf("rederiving what is gone: %v, %v", sound, err)
		}
	}
	check(r, svc)
	again := report(t, svc, mailText(1, "de brief over cardiologie"))
	if !again.Duplicate || again.Ref != gone.Ref {
		t.Errorf("the same bytes again: %+v, want a duplicate of what was destroyed", again)
	}
	if next := report(t, svc, mailText(3, "iets nieuws")); next.Ref == gone.Ref {
		t.Error("the number was given out again")
	} else if _, err := svc.Do(ctx, next.Ref, by, incident.NoReport{Code: incident.NoReportQuestion}); err != nil {
		t.Error(err)
	}
	if err := r.Update(ctx, func(x incident.Tx) error { // a program that folds otherwise
		return x.(*tx).w.Put(tableMeta, metaFold, key8(1))
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := Open(dir, r.master, false, r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := next.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
	if _, err := serviceOver(next, r.cfg.Now).Incident(ctx, gone.Ref); !errors.Is(err, incident.ErrDestroyed) {
		t.Errorf("after another fold: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{KeyFile, RecordFile} {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		err = eachWrapped(row, func(c int, wrapped []byte) error {
			if bytes.Contains(file, wrapped) {
				t.Errorf("%s still holds the wrapped key of compartment %d", name, c)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestALineStays: each row is something that keeps a line.
func TestALineStays(t *testing.T) {
	for _, c := range []struct {
		name, code string
		years      int
		set        func(t *testing.T, r *rig, svc *incident.Service, inc *incident.Incident)
		by         incident.Actor
	}{
		{name: "its term is not over", code: "line-not-due", years: 4},
		{name: "no person asks", code: "line-nobody", years: 6, by: incident.System},
		{name: "somebody without the role asks", code: "line-nobody", years: 6, by: incident.ByPerson("p9")},
		{name: "a hold is on it", code: "line-held", years: 6, set: func(t *testing.T, _ *rig, svc *incident.Service, inc *incident.Incident) {
			do(t, svc, inc.Ref, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"})
		}},
		{name: "its use is restricted", code: "line-held", years: 6, set: func(t *testing.T, _ *rig, svc *incident.Service, inc *incident.Incident) {
			do(t, svc, inc.Ref, incident.SetBrake{Brake: incident.BrakeFreeze, On: true, Reasons: "verzoek"})
		}},
		{name: "a hold is on everything", code: "line-held", years: 6, set: func(t *testing.T, _ *rig, svc *incident.Service, _ *incident.Incident) {
			if err := svc.HoldRecord(t.Context(), incident.System, true, "onderzoek"); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "it was opened again", code: "line-open", years: 6, set: func(t *testing.T, _ *rig, svc *incident.Service, inc *incident.Incident) {
			do(t, svc, inc.Ref, incident.Reopen{Reasons: "toch een lek"})
		}},
		{name: "a request that concerns it is open", code: "line-request", years: 6, set: func(t *testing.T, _ *rig, svc *incident.Service, inc *incident.Incident) {
			now := start.AddDate(6, 0, 0)
			ref, err := svc.OpenRequest(t.Context(), incident.ByPerson("p1"), incident.Form{What: "inzage in mijn gegevens", Right: incident.RightAccess, Received: now.Add(-time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if err := svc.Link(t.Context(), inc.Ref, ref, incident.ByPerson("p1"), "gaat hierover", false); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "lines are kept without an end", code: "line-kept", years: 60, set: func(t *testing.T, _ *rig, svc *incident.Service, _ *incident.Incident) {
			if err := svc.SetRetention(t.Context(), incident.System, []byte(`{"register":"keep"}`)); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "others may see it, the officer may not", code: "no-such-incident", years: 6, set: func(t *testing.T, r *rig, svc *incident.Service, inc *incident.Incident) {
			anOfficer(t, r, "p2")
			if _, err := svc.Do(t.Context(), inc.Ref, incident.System, incident.Restrict{May: []people.ID{"p2"}, Reasons: "gevoelig"}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inMemory(t)
			inc := ended(t, r, 1)
			svc := later(t, r, c.years)
			if c.set != nil {
				c.set(t, r, svc, inc)
			}
			by := c.by
			if by == "" {
				by = incident.ByPerson("p1")
			}
			out, err := svc.DestroyLines(t.Context(), by, []incident.Ref{inc.Ref}, "termijn voorbij")
			if err != nil || len(out) != 1 || out[0].Refused == nil || out[0].Refused.Code != c.code {
				t.Fatalf("%+v, %v; want it refused with %s", out, err, c.code)
			}
			if _, err := svc.Incident(t.Context(), inc.Ref); err != nil {
				t.Errorf("refused, and gone: %v", err)
			}
			r.verify()
		})
	}
}

func do(t *testing.T, svc *incident.Service, ref incident.Ref, c incident.Command) {
	t.Helper()
	if _, err := svc.Do(t.Context(), ref, incident.ByPerson("p1"), c); err != nil {
		t.Fatal(err)
	}
}

// TestWhatWasMergedGoesWithIt: a duplicate goes with the incident that it was
// merged into, never alone, and a hold on it keeps both. A reply to either that
// comes years later opens a new incident.
func TestWhatWasMergedGoesWithIt(t *testing.T) {
	r := inMemory(t)
	ctx, now := t.Context(), r.service()
	keep := report(t, now, mailText(1, "het lek")).Ref
	dup := report(t, now, mailText(2, "hetzelfde lek")).Ref
	if err := now.Merge(ctx, dup, keep, incident.ByPerson("p1"), "dubbel"); err != nil {
		t.Fatal(err)
	}
	do(t, now, keep, incident.NoReport{Code: incident.NoReportQuestion})
	endMails(t, r, keep)
	endMails(t, r, dup)
	svc := later(t, r, 6)
	by := incident.ByPerson("p1")
	destroy := func(ref incident.Ref) incident.LineOutcome {
		t.Helper()
		out, err := svc.DestroyLines(ctx, by, []incident.Ref{ref}, "termijn voorbij")
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	if out := destroy(dup); out.Refused == nil || out.Refused.Code != "line-merged" {
		t.Errorf("the duplicate alone: %+v", out)
	}
	do(t, svc, dup, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"})
	if out := destroy(keep); out.Refused == nil || out.Refused.Code != "line-merged-stays" {
		t.Errorf("a held duplicate: %+v", out)
	}
	do(t, svc, dup, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "voorbij"})
	lines, _, err := svc.PastLines(ctx, func(*incident.Incident) bool { return true })
	if err != nil || len(lines) != 1 || !slices.Equal(lines[0].Merged, []incident.Ref{dup}) {
		t.Errorf("the preview: %+v, %v", lines, err)
	}
	if out := destroy(keep); out.Refused != nil || !slices.Equal(out.With, []incident.Ref{dup}) {
		t.Errorf("both: %+v", out)
	}
	r.verify()
	for i, ref := range []incident.Ref{keep, dup} {
		id := svc.Tokens.ThreadID(ref)
		svc.Read = func(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
			reading := readMail(raw, in, o)
			reading.InReplyTo = []string{id}
			return reading
		}
		if out := report(t, svc, mailText(7+i, "nog een vraag")); out.Joined || out.Ref == ref {
			t.Errorf("a late reply to %s: %+v", ref, out)
		}
	}
	r.again().verify()
}

// TestACrashWhileALineGoes: whatever of the destruction a crash took, the next
// process finishes it, and to readers the line is gone from the first moment.
func TestACrashWhileALineGoes(t *testing.T) {
	r := inMemory(t)
	inc := ended(t, r, 1)
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		if err := tx.DestroyLine(inc.Ref); err != nil {
			return err
		}
		_, err := tx.Append(incident.OrgStream(), incident.Act{By: incident.System, Now: start}, &incident.Destroyed{What: incident.KeepRegister, Line: inc.Ref})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.service().Entries(t.Context(), inc.Ref); !errors.Is(err, incident.ErrDestroyed) {
		t.Errorf("before its keys are gone: %v", err)
	}
	r.verify()
	next := r.again()
	next.verify()
	if _, err := next.Store.keys.primitive(inc.Reports[0].Item, Register); !errors.Is(err, ErrDestroyed) {
		t.Errorf("the key after the next start: %v", err)
	}
}

// TestAnEmptiedStateIsNoDestruction: a state that is cut to the length of an
// emptied one, with its keys still there, is damage and mended.
func TestAnEmptiedStateIsNoDestruction(t *testing.T) {
	r := inMemory(t)
	inc := ended(t, r, 1)
	err := r.record.Update(func(w Writer) error {
		return w.Put(tableState, refKey(inc.Ref), bytes.Clone(w.Get(tableState, refKey(inc.Ref))[:stateHead]))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(t.Context(), nil); err == nil {
		t.Error("verify does not see it")
	}
	if sound, err := r.Rederive(t.Context(), inc.Ref); sound || err != nil {
		t.Errorf("rederive: %v, %v; want unsound and mended", sound, err)
	}
	r.verify()
}

// endMails lets what has to be mailed about an incident be mailed.
func endMails(t *testing.T, r *rig, ref incident.Ref) {
	t.Helper()
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		inc, err := tx.Incident(ref)
		if err != nil {
			return err
		}
		for _, n := range inc.Receipts {
			_, err := tx.Append(incident.Stream{Ref: ref}, incident.Act{By: incident.System, Now: start},
				&incident.Alerted{Rung: incident.RungReceipt, Report: n, Due: start, Note: "capped"})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
