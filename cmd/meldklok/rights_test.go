package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer/mailertest"
)

// only lets some addresses be refused or put off by the relay.
func only(fault mailertest.Fault, addresses ...string) func(string, int) mailertest.Fault {
	return func(to string, _ int) mailertest.Fault {
		if slices.Contains(addresses, to) {
			return fault
		}
		return mailertest.Fault{}
	}
}

func putOff() mailertest.Fault {
	return mailertest.Refuse(mailertest.AtRcpt, 450, "4.2.2", "mailbox full")
}

// correct puts the address of the reporter of the first incident right.
func (h *house) correct(email string) *incident.Incident {
	h.t.Helper()
	inc, err := h.app.service.Correct(h.t.Context(), incident.ByPerson("p1"), incident.Correct{Ref: firstRef, Report: 1, Email: &email, Reasons: "belde"})
	if err != nil {
		h.t.Fatal(err)
	}
	return inc
}

// lastOf is how the last mail of a rung stands, by the log.
func (h *house) lastOf(rung string) (p incident.Proof) {
	h.t.Helper()
	proofs, err := h.app.service.Alerts(h.t.Context(), firstRef)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, x := range proofs {
		if x.Rung == rung {
			p = x
		}
	}
	return p
}

// TestMailGoesToTheCorrectedAddress: a receipt and a question that have not reached
// the old address go to the new one and never to the old; what arrived is not sent
// twice; what comes later goes to the new one.
func TestMailGoesToTheCorrectedAddress(t *testing.T) {
	const old, fresh = "colleague@example.org", "collega@example.org"
	for _, row := range []struct {
		why   string
		fault mailertest.Fault
		again bool
	}{
		{"it arrived", mailertest.Fault{}, false},
		{"it is put off", putOff(), true},
		{"the address does not exist", mailertest.Refuse(mailertest.AtRcpt, 550, "5.1.1", "no such user"), true},
	} {
		t.Run(row.why, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.relay.Script(only(row.fault, old))
				h.deliver(report)
				h.do(firstRef, incident.Ask{Text: question})
				time.Sleep(20 * time.Minute)
				before := len(h.mails(old))
				h.correct(fresh)
				h.relay.Script(nil)
				time.Sleep(hour)
				if n := len(h.mails(old)); n != before {
					t.Errorf("the old address has %d mails, before the correction %d", n, before)
				}
				if got, want := len(h.mails(fresh)), map[bool]int{true: 2, false: 0}[row.again]; got != want {
					t.Errorf("the new address has %d mails, want %d", got, want)
				}
				for _, rung := range []string{incident.RungReceipt, incident.RungQuestion} {
					if p := h.lastOf(rung); p.State != incident.Accepted {
						t.Errorf("the last %s is %s", rung, p.State)
					}
				}
				h.do(firstRef, incident.Ask{Text: "En waar is de lijst nu?"})
				time.Sleep(hour)
				if list := h.mails(fresh); len(list) == 0 || !strings.Contains(list[len(list)-1].text, "waar is de lijst nu") {
					t.Errorf("the next question is not at the new address: %d mails", len(list))
				}
				for _, m := range h.mails("officer@example.org") {
					if strings.Contains(string(m.raw), "collega@") || strings.Contains(string(m.raw), "colleague@") {
						t.Error("an alert names the reporter")
					}
				}
				h.accounted()
			})
		})
	}
}

// TestAnAddressTakenAway: nothing more is mailed, and the log says why.
func TestAnAddressTakenAway(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.relay.Script(only(putOff(), "colleague@example.org"))
		h.deliver(report)
		time.Sleep(10 * time.Minute)
		if inc := h.correct(""); inc.CanAsk() || len(inc.Receipts) > 0 {
			t.Errorf("whoever has no address can be asked: %+v", inc.Reports)
		}
		h.relay.Script(nil)
		time.Sleep(hour)
		if n := len(h.mails("colleague@example.org")); n != 0 {
			t.Errorf("the address that was taken away has %d mails", n)
		}
		if p := h.lastOf(incident.RungReceipt); p.State != incident.Cancelled || p.Reply != "corrected" {
			t.Errorf("the receipt: %s, %s", p.State, p.Reply)
		}
	})
}

// TestAnErasureWhileMailWaits: a receipt that was queued and not sent is taken back
// and never goes; one that is not queued yet is not made; the closing mail to an
// officer whose mailbox is full goes all the same, and health stays calm.
func TestAnErasureWhileMailWaits(t *testing.T) {
	for _, row := range []struct {
		why    string
		before time.Duration // between the report and the erasure
		last   string        // what the log says of the receipt
	}{
		{"a receipt that waits", 10 * time.Minute, "cancelled erased "},
		{"a receipt that is not queued yet", 0, "cancelled  destroyed"},
	} {
		t.Run(row.why, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.relay.Script(only(putOff(), "colleague@example.org", "officer@example.org"))
				if row.before == 0 {
					h.cancelEngine()
				}
				h.deliver(report)
				time.Sleep(row.before)
				h.do(firstRef, incident.NoReport{Code: incident.NoReportQuestion})
				if row.before > 0 {
					time.Sleep(5 * time.Minute) // the closing mail is queued, and put off too
				}
				if err := h.app.service.Erase(t.Context(), incident.ByPerson("p1"), incident.Erase{Ref: firstRef, Reasons: "verzoek"}); err != nil {
					t.Fatal(err)
				}
				h.relay.Script(nil)
				if row.before == 0 {
					h.stop()
					h.start()
				}
				time.Sleep(hour)
				if n := len(h.mails("colleague@example.org")); n != 0 {
					t.Errorf("the reporter who was forgotten has %d mails", n)
				}
				if p := h.lastOf(incident.RungReceipt); string(p.State)+" "+p.Reply+" "+p.Note != row.last {
					t.Errorf("the receipt is %s %q %q", p.State, p.Reply, p.Note)
				}
				if list := h.mails("officer@example.org"); row.before > 0 && (len(list) == 0 || !strings.Contains(list[len(list)-1].subject, "afgerond")) {
					t.Errorf("the officer was not told that it is over: %d mails", len(list))
				}
				if h.app.engine.Health().Red() {
					t.Errorf("health is red: %v", h.app.engine.Health().Findings)
				}
				h.accounted()
				h.sameBytes()
			})
		})
	}
}

// cancelEngine stops what queues and sends, and leaves the rest at work.
func (h *house) cancelEngine() {
	h.stop()
	h.step = func(string) error { return errKilled }
	h.start()
	h.step = nil
}

// TestAMailThatGoesWhileItIsTakenBack: between the server's yes and our record of it
// the log still says that it went; one that is next in line goes no more.
func TestAMailThatGoesWhileItIsTakenBack(t *testing.T) {
	for _, row := range []struct {
		why     string
		already int  // of its mails the reporter has when it happens
		erased  bool // or corrected
		arrived int
		said    int // accepted receipts, by the log
	}{
		{"corrected while it went", 1, false, 1, 2},
		{"erased while it went", 1, true, 1, 1},
		{"erased when it was next in line", 0, true, 0, 0},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			h.relay.Script(only(putOff(), "officer@example.org", "colleague@example.org"))
			h.deliver(report)
			time.Sleep(time.Minute)
			h.do(firstRef, incident.NoReport{Code: incident.NoReportQuestion})
			h.stop()
			h.relay.Script(nil)
			done := false
			h.step = func(name string) error {
				if name != "after-send" || done || len(h.mails("colleague@example.org")) != row.already {
					return nil
				}
				done = true
				if !row.erased {
					h.correct("collega@example.org")
				} else if err := h.app.service.Erase(t.Context(), incident.System, incident.Erase{Ref: firstRef, Reasons: "verzoek"}); err != nil {
					t.Error(err)
				}
				return nil
			}
			h.start()
			time.Sleep(2 * time.Minute)
			if h.app.engine.Health().Red() {
				t.Errorf("%s: health is red: %v", row.why, h.app.engine.Health().Findings)
			}
			time.Sleep(20 * time.Minute)
			said := 0
			proofs, err := h.app.service.Alerts(t.Context(), firstRef)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range proofs {
				if p.Rung == incident.RungReceipt && p.State == incident.Accepted {
					said++
				}
			}
			if arrived := len(h.mails("colleague@example.org")); !done || arrived != row.arrived || said != row.said {
				t.Errorf("%s: %v, %d arrived at the old address, the log says so %d times: %+v", row.why, done, arrived, said, proofs)
			}
			h.accounted()
		})
	}
}

// TestAnErasureReachesTheFolderOfMails: without a relay mails lie in a folder, in the
// clear. What was destroyed goes from there too; other mails and files stay.
func TestAnErasureReachesTheFolderOfMails(t *testing.T) {
	s := newShell(t)
	ref, err := incident.ParseRef(strings.TrimSpace(s.ok(report, "report")))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(s.dir, "data", "outbox")
	keep := func(name, messageID string) {
		t.Helper()
		text := "To: colleague@example.org\r\nMessage-ID: <" + messageID + ">\r\n\r\nDag collega\r\n"
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s.atWork(time.Now(), func(d *desk) {
		err := d.store.Update(t.Context(), func(tx incident.Tx) error {
			act, id := d.service.Act(incident.System), tx.NextMessage()
			m := incident.Message{ID: id, MessageID: d.service.Tokens.MessageID(ref, id, d.now()), State: incident.Kept, Ended: d.now(), Owner: incident.Stream{Ref: ref}, To: "colleague@example.org"}
			keep("receipt.eml", m.MessageID)
			keep("other.eml", d.service.Tokens.MessageID(ref, id+50, d.now()))
			keep("foreign.eml", "x@example.org")
			if err := tx.Queue(m, []byte("x")); err != nil {
				return err
			}
			_, err := tx.Append(m.Owner, act, &incident.Alerted{Rung: incident.RungReceipt, Report: 1, To: []incident.Told{{Message: id, MessageID: m.MessageID}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.service.Do(t.Context(), ref, incident.System, incident.NoReport{Code: incident.NoReportQuestion}); err != nil {
			t.Fatal(err)
		}
	})
	if out := s.ok("", "subject", "erase", "colleague@example.org", "--reasons", "verzoek"); !strings.Contains(out, "destroyed") {
		t.Fatalf("it says %q", out)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 || left[0].Name() != "foreign.eml" || left[1].Name() != "other.eml" {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	s.ok("", "verify")
}

// TestSubjectCorrect: the command puts right what it finds, says so, refuses with
// clear words, and every export says the new value.
func TestSubjectCorrect(t *testing.T) {
	s := newShell(t)
	ref := strings.TrimSpace(s.ok(report, "report"))
	s.ok("Subject: x\nFrom: colleague@other.example\n\nx\n", "report")
	s.refused("Please fill this in", "subject", "correct", "Colleague", "--name", "X", "--reasons", " ", "--in", ref)
	s.refused("different persons", "subject", "correct", "colleague", "--name", "X", "--reasons", "x")
	s.refused("wrote no report", "subject", "correct", "niemand", "--name", "X", "--reasons", "x")
	s.refused("a name, an address or a number", "subject", "correct", "colleague@example.org", "--reasons", "x")
	s.refused("not a valid e-mail address", "subject", "correct", "colleague@example.org", "--email", "x", "--reasons", "x")
	s.refused("nothing about this person", "subject", "correct", "other.example", "--name", "X", "--reasons", "x", "--in", ref)
	if _, say, code := s.run("", "subject", "correct", "colleague@example.org", "--name", "X", "--reasons", "x", "--request", "no ref"); code != exitUsage || say == "" {
		t.Errorf("not a reference: %d, %s", code, say)
	}
	out := s.ok("", "subject", "correct", "colleague@example.org", "--name", "Anna Prins", "--email", "a.prins@example.org", "--phone", "06-4444", "--reasons", "trouwde")
	if out != ref+" report 1  reporter  "+s.list()[1].ReceivedAt.Format(time.RFC3339)+": corrected\n" {
		t.Errorf("it says %q", out)
	}
	if out := s.ok("", "subject", "correct", "a.prins@example.org", "--name", "Anna Prins", "--reasons", "x"); !strings.Contains(out, "stays: This stands there already") {
		t.Errorf("said twice: %q", out)
	}
	if out := s.ok("", "subject", "find", "Anna Prins"); !strings.Contains(out, "reporter") {
		t.Errorf("found by the new name: %q", out)
	}
	for _, args := range [][]string{{"subject", "export", "Anna Prins"}, {"subject", "export", "Anna Prins", "--html", "--lang", "en"}} {
		if out := s.ok("", args...); !strings.Contains(out, "a.prins@example.org") || !strings.Contains(out, "06-4444") || strings.Contains(out, "colleague@") {
			t.Errorf("%v: %s", args, out)
		}
	}
	file := filepath.Join(s.dir, "case.zip")
	s.ok("", "export", "--incident", ref, "-o", file)
	var reporters []caseReporter
	if err := json.Unmarshal(fromZip(t, file, "reports/reporters.json"), &reporters); err != nil {
		t.Fatal(err)
	}
	if r := reporters[0]; r.Name != "Anna Prins" || r.Email != "a.prins@example.org" || r.Phone != "06-4444" || len(r.Corrected) != 1 || len(r.Corrected[0].Details) != 3 {
		t.Errorf("the case file says %+v", r)
	}
	s.ok("", "verify", "--file", file)
	s.ok("", "export", "--incident", ref, "--without-personal", "-o", file)
	for _, name := range []string{"log.html", "log.json", "incident.json"} {
		if strings.Contains(string(fromZip(t, file, name)), "Prins") {
			t.Errorf("%s names the reporter without the personal parts", name)
		}
	}
	s.ok("", "verify")
}

func fromZip(t *testing.T, file, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return raw
}
