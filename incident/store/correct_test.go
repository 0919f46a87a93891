package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

func text(s string) *string { return &s }

// putRight corrects name and address of the reporter of an incident.
func putRight(t testing.TB, r *rig, ref incident.Ref, name, email string) {
	t.Helper()
	c := incident.Correct{Ref: ref, Report: 1, Name: &name, Email: &email, Reasons: "telefonisch doorgegeven door " + name}
	if _, err := r.service().Correct(t.Context(), incident.ByPerson("p1"), c); err != nil {
		t.Fatal(err)
	}
}

// request records a request of a person.
func request(t testing.TB, r *rig, right incident.Right) incident.Ref {
	t.Helper()
	ref, err := r.service().OpenRequest(t.Context(), incident.ByPerson("p1"), incident.Form{What: "Mijn gegevens", Right: right, Received: start})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// writerOf is who wrote the first report of an incident, by its log.
func writerOf(t testing.TB, r *rig, ref incident.Ref) *incident.Writer {
	t.Helper()
	entries, err := r.service().Entries(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return incident.Writers(entries)[1]
}

// TestACorrectionIsRecorded: the log says that, when, by whom and on which request
// something was put right; the old value stays in it; the request says what was
// done; what came in is as it came in; and a new process knows the same.
func TestACorrectionIsRecorded(t *testing.T) {
	r := inMemory(t)
	at := start
	r.cfg.Now = func() time.Time { return at }
	ctx := context.Background()
	ref, asked := report(t, r.service(), mailText(1, "de brief")).Ref, request(t, r, incident.RightRectification)
	at = start.Add(time.Hour)
	c := incident.Correct{Ref: ref, Report: 1, Name: text("Sanne de Boer"), Request: asked, Reasons: "getrouwd"}
	inc, err := r.service().Correct(ctx, incident.ByPerson("p1"), c)
	if err != nil {
		t.Fatal(err)
	}
	r.verify()
	r = r.again()
	r.verify()
	w := writerOf(t, r, ref)
	if w.From != (incident.Address{Name: "Sanne de Boer", Email: "s.vermeer@ziekenhuis.example"}) || len(w.Corrections) != 1 {
		t.Fatalf("known is %+v", w)
	}
	got := w.Corrections[0]
	want := incident.Change{Detail: incident.DetailName, Was: "Sanne Vermeer", Now: "Sanne de Boer"}
	if !got.At.Equal(at) || got.By != incident.ByPerson("p1") || got.Request != asked || got.Reasons != "getrouwd" || !slices.Equal(got.Changes, []incident.Change{want}) {
		t.Errorf("the correction: %+v", got)
	}
	entries, err := r.service().Entries(ctx, ref)
	if err != nil || len(entries) != int(inc.Entries) {
		t.Fatal(len(entries), inc.Entries, err)
	}
	if then := incident.Writers(entries[:inc.Entries-1])[1]; then.From.Name != "Sanne Vermeer" {
		t.Errorf("before the correction it was known as %+v", then.From)
	}
	if reading, err := r.service().Reading(ctx, inc, 1); err != nil || reading.From.Name != "Sanne Vermeer" {
		t.Errorf("what came in says %+v, %v", reading.From, err)
	}
	entries, err = r.service().Entries(ctx, asked)
	if err != nil {
		t.Fatal(err)
	}
	steps := incident.StepsOf(entries)
	if len(steps) != 1 || steps[0].Right != incident.RightRectification || len(steps[0].Steps) != 1 || steps[0].Steps[0].Ref != ref || !slices.Equal(steps[0].Steps[0].Details, []incident.Detail{incident.DetailName}) {
		t.Errorf("the request says that %+v was done", steps)
	}
}

// TestCorrectionsThatAreRefused, each with its code; nothing is recorded.
func TestCorrectionsThatAreRefused(t *testing.T) {
	r := inMemory(t)
	ctx, svc := context.Background(), r.service()
	ref, gone := report(t, svc, mailText(1, "de brief")).Ref, ended(t, r, 2).Ref
	if err := svc.Erase(ctx, incident.System, incident.Erase{Ref: gone, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	head := headOf(t, r)
	for _, row := range []struct {
		why  string
		c    incident.Correct
		want string
	}{
		{"a report that is not there", incident.Correct{Ref: ref, Report: 2, Name: text("A"), Reasons: "x"}, "no-such-report"},
		{"somebody who was forgotten", incident.Correct{Ref: gone, Report: 1, Name: text("A"), Reasons: "x"}, "correct-destroyed"},
		{"what stands there already", incident.Correct{Ref: ref, Report: 1, Name: text("Sanne  Vermeer"), Reasons: "x"}, "nothing-changed"},
		{"a mail that quotes nobody", incident.Correct{Ref: ref, Report: 1, Whose: incident.WhoseOriginal, Name: text("A"), Reasons: "x"}, "no-original"},
		{"a person that there is none of", incident.Correct{Ref: ref, Report: 1, Whose: "neighbour", Name: text("A"), Reasons: "x"}, "choose-one"},
		{"a request that there is none of", incident.Correct{Ref: ref, Report: 1, Name: text("A"), Request: incident.Ref{Year: 2026, Number: 99}, Reasons: "x"}, "no-such-incident"},
		{"a request that is a report", incident.Correct{Ref: ref, Report: 1, Name: text("A"), Request: ref, Reasons: "x"}, "not-a-request"},
	} {
		if _, err := svc.Correct(ctx, incident.System, row.c); !isRefusal(err, row.want) {
			t.Errorf("%s: %v, want %s", row.why, err, row.want)
		}
	}
	if _, err := svc.Correct(ctx, incident.System, incident.Correct{Ref: incident.Ref{Year: 2026, Number: 99}, Report: 1, Name: text("A"), Reasons: "x"}); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("an incident that there is none of: %v", err)
	}
	if headOf(t, r) != head {
		t.Error("a refusal was recorded")
	}
}

func headOf(t testing.TB, r *rig) (head incident.Head) {
	t.Helper()
	if err := r.View(t.Context(), func(v incident.View) error { head = v.Counters().Head; return nil }); err != nil {
		t.Fatal(err)
	}
	return head
}

// TestASubjectIsFoundAsPutRight: by the new values as the reporter; by the old
// ones as somebody who stood there, without the report.
func TestASubjectIsFoundAsPutRight(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	ref := report(t, svc, mailText(1, "de brief")).Ref
	putRight(t, r, ref, "Anna Prins", "a.prins@ziekenhuis.example")
	for _, row := range []struct {
		who  string
		want incident.FoundIn
	}{
		{"a.prins@ziekenhuis.example", incident.FoundReporter}, {"anna prins", incident.FoundReporter},
		{"Sanne Vermeer", incident.FoundFormer},
	} {
		found, err := svc.FindSubject(t.Context(), incident.Subject{row.who}, anybody, nil)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %+v, %v", row.who, found, err)
		}
		f := found[0]
		if own := row.want == incident.FoundReporter; f.Where[0] != row.want || (f.Text != "") != own || len(f.Right) != 1 {
			t.Errorf("%s: found %+v", row.who, f)
		}
		if f.From.Name != "Anna Prins" {
			t.Errorf("%s: known as %+v", row.who, f.From)
		}
	}
	found, err := svc.FindSubject(t.Context(), incident.Subject{"s.vermeer@ziekenhuis.example"}, anybody, nil)
	if err != nil || len(found) != 1 || found[0].Where[0] != incident.FoundReporter {
		t.Errorf("the envelope says who sent it: %+v, %v", found, err)
	}
	out, err := svc.EraseSubject(t.Context(), incident.System, []incident.SubjectFind{{Ref: ref, Report: 1, Where: []incident.FoundIn{incident.FoundFormer}}}, incident.Ref{}, "verzoek")
	if err != nil || len(out) != 1 || out[0].Refused == nil || out[0].Refused.Code != "erase-former" {
		t.Errorf("somebody who stood there by mistake has the report erased: %+v, %v", out, err)
	}
}

func anybody(*incident.Incident) bool { return true }

// TestEveryReportOfAPersonIsPutRight at once; two persons never become one.
func TestEveryReportOfAPersonIsPutRight(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	one, two := report(t, svc, mailText(1, "de brief")).Ref, report(t, svc, mailText(2, "de lijst")).Ref
	other := report(t, svc, strings.Replace(mailText(3, "de laptop"), "Sanne Vermeer <s.", "Joost Vermeer <j.", 1)).Ref
	find := func(who string) []incident.SubjectFind {
		t.Helper()
		found, err := svc.FindSubject(ctx, incident.Subject{who}, anybody, nil)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	c := incident.Correct{Name: text("S. de Boer"), Reasons: "getrouwd"}
	if _, err := svc.CorrectSubject(ctx, incident.System, find("vermeer"), c); !isRefusal(err, "several-people") {
		t.Errorf("two people: %v", err)
	}
	if _, err := svc.CorrectSubject(ctx, incident.System, find("nergens"), c); !isRefusal(err, "nobody-to-correct") {
		t.Errorf("nobody: %v", err)
	}
	if _, err := svc.CorrectSubject(ctx, incident.System, find("sanne vermeer"), incident.Correct{Reasons: "x"}); !isRefusal(err, "nothing-to-correct") {
		t.Errorf("nothing: %v", err)
	}
	out, err := svc.CorrectSubject(ctx, incident.System, find("sanne vermeer"), c)
	if err != nil || len(out) != 2 || !out[0].Done || !out[1].Done {
		t.Fatalf("%+v, %v", out, err)
	}
	for ref, want := range map[incident.Ref]string{one: "S. de Boer", two: "S. de Boer", other: "Joost Vermeer"} {
		if got := writerOf(t, r, ref).From.Name; got != want {
			t.Errorf("%s is known as %q, want %q", ref, got, want)
		}
	}
	r.verify()
}

// TestAQuotedSenderIsPutRightAlone: the forwarder stays who they are.
func TestAQuotedSenderIsPutRightAlone(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	ref := report(t, svc, mailText(1, "de brief")).Ref
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(t.Context(), func(tx incident.Tx) error {
		b := &incident.Reported{Report: 2, Item: item, Channel: incident.ChannelSMTP, Received: start, Reply: true, Machine: "reply"}
		b.Private.From, b.Private.Original = incident.Address{Name: "Wie Doorstuurt"}, &incident.Address{Name: "Wie Schreef"}
		if err := tx.PutChunk(item, 0, []byte("x"), true); err != nil {
			return err
		}
		_, err := tx.Append(incident.Stream{Ref: ref}, incident.Act{By: incident.System, Now: start}, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := svc.FindSubject(t.Context(), incident.Subject{"wie schreef"}, anybody, nil)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if out, err := svc.CorrectSubject(t.Context(), incident.System, found, incident.Correct{Name: text("Wie Echt Schreef"), Reasons: "x"}); err != nil || !out[0].Done {
		t.Fatal(out, err)
	}
	entries, err := svc.Entries(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if w := incident.Writers(entries)[2]; w.From.Name != "Wie Doorstuurt" || w.Original.Name != "Wie Echt Schreef" {
		t.Errorf("known is %+v, %+v", w.From, w.Original)
	}
}

// TestACorrectionGoesWithItsReport: what was put right, what stood there before and
// why are sealed in the report's own compartment. Once that is erased none of it
// can be opened with any key that is left, nor stands in any file, nor in a fresh
// backup, nor comes back from an older one.
func TestACorrectionGoesWithItsReport(t *testing.T) {
	dir := t.TempDir()
	r, id := onDisk(t, dir), identity(t)
	svc, ctx := r.service(), context.Background()
	ref, kept := ended(t, r, 1).Ref, ended(t, r, 2).Ref
	putRight(t, r, ref, "Roosmarijn Klaver", "roosmarijn@klaver.example")
	putRight(t, r, ref, "Roos Klavertje", "roos@klavertje.example")
	putRight(t, r, kept, "Blijvende Bever", "bever@blijft.example")
	gone := []string{"Roosmarijn", "Klavertje", "roos@klavertje.example", "Brief naar verkeerd adres 1"}
	for _, word := range gone {
		if !holds(t, r, word) {
			t.Fatalf("%q is nowhere before: the search lost its grip", word)
		}
	}
	older, _ := backUp(t, r, id, "")

	if err := svc.Erase(ctx, incident.ByPerson("p1"), incident.Erase{Ref: ref, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	list, err := r.Destroyed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _ := backUp(t, r, id, "")
	back, ancient := goOn(t, r, fresh, id), goOn(t, r, older, id)
	parts := map[uint64]incident.Parts{}
	for _, d := range list {
		parts[d.Item] = d.Parts
	}
	if _, err := ancient.service().DestroyAgain(ctx, parts); err != nil {
		t.Fatal(err)
	}
	if err := ancient.Reapply(ctx, list); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*rig{"the record": r, "a new process": r.again(), "a fresh backup": back, "an older backup": ancient} {
		r.verify()
		for _, word := range gone {
			if holds(t, r, word) {
				t.Errorf("%s still opens %q", name, word)
			}
		}
		if !holds(t, r, "Blijvende Bever") || !holds(t, r, "Sanne Vermeer") {
			t.Errorf("%s: another report was harmed", name)
		}
		w := writerOf(t, r, ref)
		if w.From != (incident.Address{}) || len(w.Corrections) != 2 || len(w.Corrections[0].Changes) != 0 || len(w.Corrections[0].Details) != 2 {
			t.Errorf("%s: the log says of what was put right %+v", name, w)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{RecordFile, KeyFile} {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range append(gone, "Bever") {
			if bytes.Contains(bytes.ToLower(file), bytes.ToLower([]byte(word))) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
}

// TestOfTwoReportsOneCorrectionGoes: each is sealed with the keys of its own report.
// Nor does a correction keep anything longer than its report would be kept.
func TestOfTwoReportsOneCorrectionGoes(t *testing.T) {
	r := inMemory(t)
	ctx, by := context.Background(), incident.ByPerson("p1")
	inc := ended(t, r, 1)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(ctx, func(tx incident.Tx) error {
		second := &incident.Reported{Report: 2, Channel: incident.ChannelSMTP, Received: start, Item: item, Reply: true, Machine: "reply"}
		second.Private.From.Name = "Tweede Melder"
		if err := tx.PutChunk(item, 0, []byte("x"), true); err != nil {
			return err
		}
		inc, err = tx.Append(incident.Stream{Ref: inc.Ref}, incident.Act{By: incident.System, Now: start}, second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before := incident.DefaultRetention().Schedule(inc, inc.Ended())
	r.cfg.Now = func() time.Time { return start.Add(48 * time.Hour) }
	for n, name := range map[int]string{1: "Eerste Verbeterd", 2: "Tweede Verbeterd"} {
		if inc, err = r.service().Correct(ctx, by, incident.Correct{Ref: inc.Ref, Report: n, Name: &name, Reasons: "omdat " + name}); err != nil {
			t.Fatal(err)
		}
	}
	if after := incident.DefaultRetention().Schedule(inc, inc.Ended()); !slices.EqualFunc(before, after, func(a, b incident.Leaving) bool { return a.At.Equal(b.At) && a.What == b.What }) {
		t.Errorf("with a correction something goes at another time: %+v, before %+v", after, before)
	}
	if err := r.service().Erase(ctx, by, incident.Erase{Ref: inc.Ref, Reports: []int{2}, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	r.verify()
	if holds(t, r, "Tweede") || !holds(t, r, "omdat Eerste Verbeterd") {
		t.Error("the wrong correction went")
	}
	if w := writerOf(t, r, inc.Ref); w.From.Name != "Eerste Verbeterd" {
		t.Errorf("the first is known as %+v", w.From)
	}
}

// TestACorrectionWhileTheUseIsRestricted: it may be just what the person asked for
// (GDPR art. 18(1)(a)). It is recorded, and shown no more than the rest.
func TestACorrectionWhileTheUseIsRestricted(t *testing.T) {
	r := inMemory(t)
	ref := report(t, r.service(), mailText(1, "de brief")).Ref
	if _, err := r.service().Do(t.Context(), ref, incident.System, incident.SetBrake{Brake: incident.BrakeFreeze, On: true, Reasons: "betwist"}); err != nil {
		t.Fatal(err)
	}
	putRight(t, r, ref, "Anna Prins", "anna@prins.example")
	if w := writerOf(t, r, ref); w.From != (incident.Address{}) || len(w.Corrections) != 1 || w.Corrections[0].Reasons != "" {
		t.Errorf("shown is %+v", w)
	}
	if _, err := r.service().Do(t.Context(), ref, incident.System, incident.SetBrake{Brake: incident.BrakeFreeze, Reasons: "hersteld"}); err != nil {
		t.Fatal(err)
	}
	if w := writerOf(t, r, ref); w.From.Name != "Anna Prins" {
		t.Errorf("after that: %+v", w.From)
	}
}
