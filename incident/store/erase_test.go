package store

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// find searches for what is kept about somebody.
func find(t testing.TB, r *rig, who ...string) []incident.SubjectFind {
	t.Helper()
	found, err := r.service().FindSubject(t.Context(), who, anybody, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// byJoost reports something from another address.
func byJoost(t testing.TB, svc *incident.Service, raw string) incident.Settled {
	t.Helper()
	out, err := svc.Record(t.Context(), incident.Incoming{
		Channel: incident.ChannelSMTP, Sender: "joost@ziekenhuis.example", Arrived: svc.Now(),
		Body: strings.NewReader(strings.Replace(raw, "Sanne Vermeer <s.vermeer", "Joost <joost", 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// outcomes says of each find what became of it.
func outcomes(handled []incident.Handled) (list []string) {
	for _, h := range handled {
		outcome := "done"
		if h.Refused != nil {
			outcome = h.Refused.Code
		}
		place := h.Ref.String()
		switch {
		case h.Person != "":
			place = "account"
		case h.Parked != 0:
			place = "parked"
		}
		list = append(list, place+" "+outcome)
	}
	slices.Sort(list)
	return list
}

// stepsIn is what the logs of incidents say was done for requests, with its code.
func stepsIn(t *testing.T, r *rig, ref incident.Ref) (list []string) {
	t.Helper()
	for e, err := range entriesOf(t, r.service(), ref) {
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(*incident.RequestStep); ok {
			for _, x := range b.Steps {
				outcome := "done"
				if x.Refused != "" {
					outcome = x.Refused
				}
				list = append(list, x.Ref.String()+" "+outcome)
			}
		}
	}
	return list
}

func is(t testing.TB, why string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", why, got, want)
	}
}

// TestAReporterOfSeveralIncidentsIsErased: what is over goes, what is open or held
// stays, each with its reason; the request and the incidents that stay say so. The
// incident that was merged away goes too. A second time there is nothing left but
// what stayed.
func TestAReporterOfSeveralIncidentsIsErased(t *testing.T) {
	r := inMemory(t)
	svc, ctx, by := r.service(), context.Background(), incident.ByPerson("p1")
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	over, held := ended(t, r, 1).Ref, ended(t, r, 2).Ref
	open := report(t, svc, mailText(3, "nog open")).Ref
	dup := report(t, svc, mailText(4, "nog eens")).Ref
	must(nil, svc.Merge(ctx, dup, open, by, "hetzelfde"))
	other := byJoost(t, svc, mailText(5, "Sanne Vermeer deed het")).Ref
	must(svc.Do(ctx, held, by, incident.SetBrake{Brake: incident.BrakeHold, On: true, Reasons: "rechtszaak"}))
	asked := request(t, r, incident.RightErasure)

	out, err := svc.EraseSubject(ctx, by, find(t, r, "Sanne Vermeer"), asked, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "the first time", outcomes(out), over.String()+" done", held.String()+" erase-held", open.String()+" erase-open", dup.String()+" done", other.String()+" erase-register")
	is(t, "the held incident says", stepsIn(t, r, held), held.String()+" erase-held")
	is(t, "the open incident says", stepsIn(t, r, open), open.String()+" erase-open")
	is(t, "the erased incident says", stepsIn(t, r, over))
	is(t, "what somebody else wrote says", stepsIn(t, r, other))
	if steps := stepsIn(t, r, asked); len(steps) != 5 {
		t.Errorf("the request says %q", steps)
	}
	r.verify()

	out, err = svc.EraseSubject(ctx, by, find(t, r, "Sanne Vermeer"), asked, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "the second time", outcomes(out), held.String()+" erase-held", open.String()+" erase-open", other.String()+" erase-register")
	must(svc.Do(ctx, held, by, incident.SetBrake{Brake: incident.BrakeHold, Reasons: "geschikt"}))
	must(svc.Do(ctx, open, by, incident.Waive{Reasons: "ongeopend terug"}))
	out, err = svc.EraseSubject(ctx, by, find(t, r, "Sanne Vermeer"), asked, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "once nothing holds it", outcomes(out), held.String()+" done", open.String()+" done", other.String()+" erase-register")
	is(t, "at the end of it", outcomes(wrapped(find(t, r, "s.vermeer@ziekenhuis.example"))))
	if holds(t, r, "s.vermeer@") || holds(t, r, "nog open") || holds(t, r, "nog eens") {
		t.Error("something of it is left")
	}
	r.again().verify()
}

func wrapped(found []incident.SubjectFind) (out []incident.Handled) {
	for _, f := range found {
		out = append(out, incident.Handled{SubjectFind: f})
	}
	return out
}

// TestAnErasureWithoutARequestIsRecordedWhereItIsRefused.
func TestAnErasureWithoutARequestIsRecordedWhereItIsRefused(t *testing.T) {
	r := inMemory(t)
	ref := ended(t, r, 1).Ref
	if err := r.service().HoldRecord(t.Context(), incident.ByPerson("p1"), true, "onderzoek"); err != nil {
		t.Fatal(err)
	}
	out, err := r.service().EraseSubject(t.Context(), incident.ByPerson("p1"), find(t, r, "vermeer"), incident.Ref{}, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "under a hold on everything", outcomes(out), ref.String()+" erase-held")
	is(t, "its log says", stepsIn(t, r, ref), ref.String()+" erase-held")
	if _, err := r.service().EraseSubject(t.Context(), incident.System, find(t, r, "vermeer"), ref, "verzoek"); !isRefusal(err, "not-a-request") {
		t.Errorf("on a request that is none: %v", err)
	}
	if _, err := r.service().EraseSubject(t.Context(), incident.System, find(t, r, "vermeer"), incident.Ref{}, " "); !isRefusal(err, "required") {
		t.Errorf("without reasons: %v", err)
	}
}

// TestAReporterWhoIsAlsoAnOfficer: the report goes, the account stays until the
// person has left, and what they did stays under their number.
func TestAReporterWhoIsAlsoAnOfficer(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	p := people.Person{Name: "Sanne Vermeer", Email: "s.vermeer@ziekenhuis.example", Roles: []people.Role{people.Officer}}
	id, err := svc.SetPerson(ctx, incident.System, p)
	if err != nil {
		t.Fatal(err)
	}
	ref := ended(t, r, 1).Ref // decided by p1: herself
	out, err := svc.EraseSubject(ctx, incident.System, find(t, r, "vermeer"), incident.Ref{}, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "while she works here", outcomes(out), ref.String()+" done", "account person-active")
	if p.ID, p.Inactive = id, true; true {
		if _, err := svc.SetPerson(ctx, incident.System, p); err != nil {
			t.Fatal(err)
		}
	}
	out, err = svc.EraseSubject(ctx, incident.System, find(t, r, "vermeer"), incident.Ref{}, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "after she left", outcomes(out), "account done")
	is(t, "nothing is found", outcomes(wrapped(find(t, r, "vermeer"))))
	if holds(t, r, "vermeer") {
		t.Error("her name or address is left")
	}
	inc, err := svc.Incident(ctx, ref)
	if err != nil || inc.Decisions[0].Decision != incident.DecideNoReport {
		t.Errorf("what she decided: %+v, %v", inc.Decisions, err)
	}
	r.verify()
	r.again().verify()
}

// TestParkedMailOfAPerson: unreviewed it stays, because it may be a report; once
// somebody looked it is still found, and goes on request before its period is over.
func TestParkedMailOfAPerson(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	away := func(n int) string {
		return strings.Replace(mailText(n, "met verlof in Vlieland"), "Subject: ", "Subject: Automatisch antwoord ", 1)
	}
	item, promoted := report(t, svc, away(1)).Parked, report(t, svc, away(2)).Parked
	other := byJoost(t, svc, strings.Replace(away(3), "met verlof", "Sanne Vermeer is ziek", 1)).Parked
	asked := request(t, r, incident.RightErasure)
	out, err := svc.EraseSubject(ctx, incident.System, find(t, r, "vermeer"), asked, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "unreviewed", outcomes(out), "parked erase-parked", "parked erase-parked") // of the third only the text names her
	for _, i := range []uint64{item, other} {
		if err := svc.Reviewed(ctx, i, incident.System); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := svc.Promote(ctx, promoted, incident.System)
	if err != nil {
		t.Fatal(err)
	}
	out, err = svc.EraseSubject(ctx, incident.System, find(t, r, "sanne vermeer"), asked, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	is(t, "reviewed", outcomes(out), ref.String()+" erase-open", "parked done", "parked erase-reviewed")
	is(t, "afterwards", outcomes(wrapped(find(t, r, "s.vermeer@"))), ref.String()+" done")
	is(t, "once more", outcomes(mustErase(t, r, []incident.SubjectFind{{Parked: item, Seen: true, Where: []incident.FoundIn{incident.FoundReporter}}})), "parked done")
	r.verify()
	if out := openable(t, r); strings.Count(out, "met verlof in Vlieland") != 1 {
		t.Error("the message that was erased can be opened, or the promoted one cannot")
	}
	for range 3 { // its period is over: what is gone already is no trouble
		f := &incident.Forgetter{Service: svc}
		r.cfg.Now = func() time.Time { return start.AddDate(1, 0, 0) }
		svc.Now = r.cfg.Now
		if err := f.Turn(ctx); err != nil {
			t.Fatal(err)
		}
	}
	r.verify()
}

func mustErase(t testing.TB, r *rig, found []incident.SubjectFind) []incident.Handled {
	t.Helper()
	out, err := r.service().EraseSubject(t.Context(), incident.System, found, incident.Ref{}, "verzoek")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWhatCameInAMomentAgoIsFound: a delivery without an outcome gets one first.
func TestWhatCameInAMomentAgoIsFound(t *testing.T) {
	r := inMemory(t)
	_, err := r.service().Accept(t.Context(), incident.Incoming{Channel: incident.ChannelSMTP, Arrived: start, Body: strings.NewReader(mailText(1, "net binnen"))})
	if err != nil {
		t.Fatal(err)
	}
	found := find(t, r, "vermeer")
	if len(found) != 1 || found[0].Ref.IsZero() || found[0].Where[0] != incident.FoundReporter {
		t.Errorf("found %+v", found)
	}
	is(t, "erased while it is open", outcomes(mustErase(t, r, found)), found[0].Ref.String()+" erase-open")
}

// TestMailsUnderWayAtAnErasure: one to the reporter is taken back and its bytes are
// gone; one to an officer goes on, byte for byte, and is found by the schedule when
// its time has come.
func TestMailsUnderWayAtAnErasure(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	inc := ended(t, r, 1)
	queue := func(m incident.Message, raw string) (id uint64) {
		t.Helper()
		err := r.Update(ctx, func(tx incident.Tx) error {
			id = tx.NextMessage()
			m.ID, m.Owner, m.State, m.Deadline, m.Queued = id, incident.Stream{Ref: inc.Ref}, incident.Queued, start, start
			m.Alerts = []incident.Alert{{Ref: inc.Ref, Rung: incident.RungClosed}}
			return tx.Queue(m, []byte(raw))
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	alert := queue(incident.Message{Class: incident.ClassClosing, Person: "p1", To: "anna@ziekenhuis.example"}, "afgerond")
	waits := queue(incident.Message{Class: incident.ClassAlert, Person: "p2", To: "bo@ziekenhuis.example", Next: start.Add(time.Minute)}, "later")
	receipt := queue(incident.Message{Class: incident.ClassReceipt, To: "s.vermeer@ziekenhuis.example"}, "ontvangen")

	if err := svc.Erase(ctx, incident.System, incident.Erase{Ref: inc.Ref, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	r.verify()
	r = r.again()
	r.verify()
	svc = r.service()
	for id, want := range map[uint64]string{alert: "afgerond", waits: "later"} {
		m, raw, err := svc.Mail(ctx, id)
		if err != nil || m.State != incident.Queued || !bytes.Equal(raw, []byte(want)) {
			t.Errorf("mail %d to one of ours: %s, %q, %v", id, m.State, raw, err)
		}
	}
	if _, _, err := svc.Mail(ctx, receipt); !errors.Is(err, incident.ErrDestroyed) {
		t.Errorf("the mail to the reporter: %v", err)
	}
	cancelled := ""
	for e, err := range entriesOf(t, svc, inc.Ref) {
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(*incident.Delivery); ok {
			cancelled += string(b.State) + " " + b.Reply
		}
	}
	if cancelled != "cancelled erased" || holds(t, r, "s.vermeer@") {
		t.Errorf("the log says of the mails: %q", cancelled)
	}
	now, err := svc.Incident(ctx, inc.Ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []uint64{alert, waits} {
		err = r.Update(ctx, func(tx incident.Tx) error {
			m, err := tx.Message(id)
			if err != nil {
				return err
			}
			m.State, m.Ended, m.Next = incident.Accepted, start, time.Time{}
			return tx.SetMessage(m)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	schedule := incident.DefaultRetention().Schedule(now, now.Ended())
	if !slices.ContainsFunc(schedule, func(l incident.Leaving) bool { return l.Parts.Has(incident.PartPersonal) }) {
		t.Errorf("nothing says when these mails go: %+v", schedule)
	}
	r.cfg.Now = func() time.Time { return start.AddDate(2, 0, 0) }
	f := &incident.Forgetter{Service: r.service()}
	for range 5 {
		if err := f.Turn(ctx); err != nil {
			t.Fatal(err)
		}
	}
	r.verify()
	if holds(t, r, "anna@ziekenhuis.example") || holds(t, r, "afgerond") {
		t.Error("the schedule leaves them")
	}
}

// TestABurstOfMailsIsWaitedFor: an erasure is a small transaction.
func TestABurstOfMailsIsWaitedFor(t *testing.T) {
	r := inMemory(t)
	inc := ended(t, r, 1)
	for range 11 {
		err := r.Update(t.Context(), func(tx incident.Tx) error {
			return tx.Queue(incident.Message{Owner: incident.Stream{Ref: inc.Ref}, State: incident.Queued, Class: incident.ClassClosing, Person: "p1"}, []byte("mail"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := r.service().Erase(t.Context(), incident.System, incident.Erase{Ref: inc.Ref, Reasons: "verzoek"})
	if !isRefusal(err, "erase-mail-under-way") {
		t.Errorf("got %v", err)
	}
	r.verify()
}

// TestLettersGoWithAnErasure: an edited letter is correspondence.
func TestLettersGoWithAnErasure(t *testing.T) {
	r := onDisk(t, filepath.Join(t.TempDir(), "data"))
	svc, ctx := r.service(), context.Background()
	ref := ended(t, r, 1).Ref
	if _, err := svc.Do(ctx, ref, incident.System, incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "Over u", Text: "Beste Sanne Vermeer"}); err != nil {
		t.Fatal(err)
	}
	if err := svc.Erase(ctx, incident.System, incident.Erase{Ref: ref, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	d, err := svc.Dossier(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	if got := incident.DraftText(d.Incident, d.Entries, incident.LetterPeople, "nl"); got != (incident.DraftedPrivate{}) {
		t.Errorf("the letter says %+v", got)
	}
	if holds(t, r, "Sanne Vermeer") {
		t.Error("the letter can be opened")
	}
	r.verify()
}
