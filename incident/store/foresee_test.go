package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
)

// fates are what can have become of an incident before its terms are looked at.
func fates() map[string]func(t *testing.T, r *rig, svc *incident.Service, ref, other incident.Ref) {
	set := func(cmds ...incident.Command) func(*testing.T, *rig, *incident.Service, incident.Ref, incident.Ref) {
		return func(t *testing.T, r *rig, svc *incident.Service, ref, _ incident.Ref) {
			for _, c := range cmds {
				do(t, svc, ref, c)
			}
			endMails(t, r, ref)
		}
	}
	question := incident.NoReport{Code: incident.NoReportQuestion}
	hold := incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"}
	return map[string]func(*testing.T, *rig, *incident.Service, incident.Ref, incident.Ref){
		"open":               set(),
		"a question":         set(question),
		"held":               set(question, hold),
		"held and released":  set(question, hold, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "voorbij"}),
		"frozen":             set(question, incident.SetBrake{Brake: incident.BrakeFreeze, On: true, Reasons: "verzoek"}),
		"opened again":       set(question, incident.Reopen{Reasons: "toch een lek"}),
		"waived, not closed": set(incident.Waive{Reasons: "retour"}),
		"waived and closed": func(t *testing.T, r *rig, svc *incident.Service, ref, _ incident.Ref) {
			do(t, svc, ref, incident.Waive{Reasons: "retour"})
			overAndClosed(t, r, ref)
		},
		"with a file, closed": func(t *testing.T, r *rig, svc *incident.Service, ref, _ incident.Ref) {
			if _, err := svc.Attach(t.Context(), ref, incident.ByPerson("p1"), incident.Upload{Name: "brief.txt", Body: strings.NewReader("een brief")}); err != nil {
				t.Fatal(err)
			}
			do(t, svc, ref, incident.Waive{Reasons: "retour"})
			overAndClosed(t, r, ref)
		},
		"merged": func(t *testing.T, r *rig, svc *incident.Service, ref, other incident.Ref) {
			err := svc.Merge(t.Context(), ref, other, incident.ByPerson("p1"), "dubbel")
			if err != nil && !isRefusal(err, "merged") && !isRefusal(err, "merged-into") {
				t.Log(err)
			}
			endMails(t, r, ref)
		},
	}
}

// append1 adds an entry of the tool itself.
func append1(t *testing.T, r *rig, ref incident.Ref, b incident.Body) {
	t.Helper()
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		_, err := tx.Append(incident.Stream{Ref: ref}, incident.Act{By: incident.System, Now: r.cfg.Now()}, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// overAndClosed ends the mails about an incident and closes it.
func overAndClosed(t *testing.T, r *rig, ref incident.Ref) {
	t.Helper()
	svc := r.service()
	inc, err := svc.Incident(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range inc.Duties {
		if d.Closing {
			append1(t, r, ref, &incident.Alerted{Duty: d.ID(), Version: d.Clock.Version, Rung: incident.RungClosed, Due: r.cfg.Now()})
		}
	}
	endMails(t, r, ref)
	do(t, svc, ref, incident.Close{Reasons: "klaar"})
}

// left lists what of an incident is destroyed by now, a line for each thing.
func left(t *testing.T, svc *incident.Service, ref incident.Ref) map[string]time.Time {
	t.Helper()
	inc, err := svc.Incident(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	gone := map[string]time.Time{}
	for _, x := range inc.Reports {
		if x.Gone != nil {
			gone[fmt.Sprintf("%s originals of report %d", ref, x.N)] = x.Gone.At
		}
		if x.Forgotten != nil {
			gone[fmt.Sprintf("%s reporter of report %d", ref, x.N)] = x.Forgotten.At
		}
	}
	for _, f := range inc.Files {
		if f.Gone != nil {
			gone[fmt.Sprintf("%s file %d", ref, f.N)] = f.Gone.At
		}
	}
	return gone
}

// foreseen lists the same of a forecast.
func foreseen(f incident.Forecast) map[string]time.Time {
	goes := map[string]time.Time{}
	for _, row := range f.Rows {
		for _, n := range row.Reports {
			if row.Parts.Has(incident.PartOriginals) {
				goes[fmt.Sprintf("%s originals of report %d", row.Ref, n)] = row.At
			}
			if row.Parts.Has(incident.PartPersonal) {
				goes[fmt.Sprintf("%s reporter of report %d", row.Ref, n)] = row.At
			}
		}
		for _, n := range row.Files {
			goes[fmt.Sprintf("%s file %d", row.Ref, n)] = row.At
		}
	}
	return goes
}

// TestWhatIsForeseenGoes: what a forecast names goes, within a day after the moment
// it names and never before; nothing else goes.
func TestWhatIsForeseenGoes(t *testing.T) {
	all := fates()
	names := slices.Sorted(maps.Keys(all))
	met := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		r := inMemory(t)
		at := start
		r.cfg.Now = func() time.Time { return at }
		svc := r.service()
		var refs []incident.Ref
		drawn := rapid.SliceOfN(rapid.SampledFrom(names), 2, 5).Draw(rt, "fates")
		for n := range drawn {
			refs = append(refs, report(t, svc, mailText(n, "de brief over cardiologie")).Ref)
			at = at.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "days")) * 24 * time.Hour)
		}
		for n, fate := range drawn {
			all[fate](t, r, svc, refs[n], refs[(n+1)%len(refs)])
			met[fate] = true
			at = at.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "days")) * 24 * time.Hour)
		}
		org, err := svc.Org(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		periods, err := incident.RetentionOf(org)
		if err != nil {
			rt.Fatal(err)
		}
		everything := func(*incident.Incident) bool { return true }
		asked, until := at, at.AddDate(3, 0, 0)
		f, err := svc.Forecast(t.Context(), periods, until, everything)
		if err != nil || f.More {
			rt.Fatal(err, f.More)
		}
		goes := foreseen(f)
		for _, moment := range slices.SortedFunc(maps.Values(goes), time.Time.Compare) {
			for _, near := range []time.Duration{-time.Second, 24 * time.Hour} {
				at = notBefore(at, moment.Add(near))
				forgetAll(rt, t, svc)
			}
		}
		at = until
		forgetAll(rt, t, svc)
		gone := map[string]time.Time{}
		for _, ref := range refs {
			maps.Copy(gone, left(t, svc, ref))
		}
		for what, when := range goes {
			if is, ok := gone[what]; !ok {
				rt.Errorf("%v: %s was foreseen for %s, and is there", drawn, what, when)
			} else if is.Before(when) || is.Sub(notBefore(when, asked)) > 24*time.Hour {
				rt.Errorf("%v: %s was foreseen for %s, and went at %s", drawn, what, when, is)
			}
		}
		for what, is := range gone {
			if _, ok := goes[what]; !ok {
				rt.Errorf("%v: %s went at %s, and nobody had foreseen it", drawn, what, is)
			}
		}
		r.verify()
	})
	if len(met) < len(names) {
		t.Errorf("only %d of %d fates were met", len(met), len(names))
	}
}

// notBefore returns the later of two moments.
func notBefore(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// forgetAll goes through the whole record once.
func forgetAll(rt *rapid.T, t *testing.T, svc *incident.Service) {
	f := &incident.Forgetter{Service: svc}
	for range 10 {
		if err := f.Turn(t.Context()); err != nil {
			rt.Fatal(err)
		}
	}
}

// TestAHoldCoversWhatWasMergedIn: a second report of a held case is kept with it, on
// schedule and on request.
func TestAHoldCoversWhatWasMergedIn(t *testing.T) {
	r := inMemory(t)
	at := start
	r.cfg.Now = func() time.Time { return at }
	svc := r.service()
	keep, dup := report(t, svc, mailText(1, "een brief")).Ref, report(t, svc, mailText(2, "dezelfde brief")).Ref
	if err := svc.Merge(t.Context(), dup, keep, incident.ByPerson("p1"), "dubbel"); err != nil {
		t.Fatal(err)
	}
	do(t, svc, keep, incident.Waive{Reasons: "retour"})
	endMails(t, r, dup)
	overAndClosed(t, r, keep)
	do(t, svc, keep, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"})
	at = at.AddDate(4, 0, 0)
	f := &incident.Forgetter{Service: svc}
	for range 5 {
		if err := f.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if gone := left(t, svc, dup); len(gone) > 0 {
		t.Errorf("of what was merged into the held case: %v", gone)
	}
	err := svc.Erase(t.Context(), incident.ByPerson("p1"), incident.Erase{Ref: dup, Reasons: "verzoek"})
	if !isRefusal(err, "erase-held") {
		t.Errorf("erased on request: %v", err)
	}
	forecast, err := svc.Forecast(t.Context(), incident.DefaultRetention(), at, func(*incident.Incident) bool { return true })
	if err != nil || len(forecast.Kept) != 2 || forecast.Kept[0].Why != "hold" || forecast.Kept[1].Why != "hold" {
		t.Errorf("the forecast says %+v, %v", forecast.Kept, err)
	}
	do(t, svc, keep, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "voorbij"})
	f = &incident.Forgetter{Service: svc}
	for range 5 {
		if err := f.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if gone := left(t, svc, dup); len(gone) != 2 {
		t.Errorf("once the hold is lifted: %v", gone)
	}
	r.verify()
}
