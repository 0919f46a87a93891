package mailbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// testNow is when the tests read their mail.
var testNow = time.Date(2026, time.October, 20, 8, 0, 0, 0, time.UTC)

// testOptions are the organisation of the corpus.
func testOptions() incident.ReadOptions {
	return incident.ReadOptions{
		OwnHosts: []string{"mx.gemeente.example"},
		OwnMail:  []string{"meldklok@gemeente.example"},
		Now:      testNow,
	}
}

// fromMailbox is a delivery as the IMAP watcher hands it over.
func fromMailbox() incident.Incoming {
	return incident.Incoming{Channel: incident.ChannelIMAP, Arrived: testNow.Add(-47 * time.Minute)}
}

// corpusFiles lists one class of the corpus.
func corpusFiles(t testing.TB, class string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "corpus", class, "*.eml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("corpus class %s: %d files, %v", class, len(names), err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(name), ".eml")] = raw
	}
	return files
}

// lineEndings gives a message as it is on the wire and as it lies in a file.
func lineEndings(raw []byte) map[string][]byte {
	return map[string][]byte{"LF": raw, "CRLF": bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))}
}

// TestCorpusHumanMailIsNeverParked is the promise of issue 3, point 5: at
// least 60 messages by people or by machines that report, half of them near
// misses, and none is parked.
func TestCorpusHumanMailIsNeverParked(t *testing.T) {
	total, near := 0, 0
	for _, class := range []string{"human", "near", "machine"} {
		for name, file := range corpusFiles(t, class) {
			total++
			if class == "near" {
				near++
			}
			for ending, raw := range lineEndings(file) {
				r := Read(raw, fromMailbox(), testOptions())
				if r.Park != "" {
					t.Errorf("%s/%s (%s): parked as %q", class, name, ending, r.Park)
				}
				if r.Unreadable || r.From.Email == "" || r.Text == "" {
					t.Errorf("%s/%s (%s): lost its sender or text: %+v", class, name, ending, r)
				}
				if class == "human" && r.Machine != "" && !strings.HasPrefix(name, "auto") {
					t.Errorf("human/%s (%s): no receipt because of %q", name, ending, r.Machine)
				}
				if class == "machine" && r.Machine == "" {
					t.Errorf("machine/%s (%s): would be answered", name, ending)
				}
			}
		}
	}
	if total < 60 || near*2 < total {
		t.Errorf("the corpus has %d messages and %d near misses; the promise is 60 and half", total, near)
	}
}

// TestLesson15CorpusParked: delivery reports, answering machines, calendar
// answers, read receipts and our own mail are parked under their own reason.
func TestLesson15CorpusParked(t *testing.T) {
	reasons := map[string]incident.ParkReason{
		"bounce": incident.ParkBounce, "auto-reply": incident.ParkAutoReply, "calendar": incident.ParkCalendar,
		"read-receipt": incident.ParkReadReceipt, "own-mail": incident.ParkOwnMail,
	}
	for name, file := range corpusFiles(t, "parked") {
		var want incident.ParkReason
		for prefix, reason := range reasons {
			if strings.HasPrefix(name, prefix) {
				want = reason
			}
		}
		for ending, raw := range lineEndings(file) {
			if r := Read(raw, fromMailbox(), testOptions()); r.Park != want {
				t.Errorf("%s (%s): parked as %q, want %q", name, ending, r.Park, want)
			}
		}
	}
}

// TestLesson14NothingAutomaticIsAnswered: no machine's mail and nothing that
// is parked may get a receipt, or two machines would answer one another for
// ever. Only a calendar answer comes from a person's own address.
func TestLesson14NothingAutomaticIsAnswered(t *testing.T) {
	for _, class := range []string{"machine", "parked"} {
		for name, raw := range corpusFiles(t, class) {
			r := Read(raw, fromMailbox(), testOptions())
			if r.Machine == "" && r.Park != incident.ParkCalendar {
				t.Errorf("%s/%s: would be answered", class, name)
			}
		}
	}
}

// TestEnvelopeDecidesOverHeaders: where a door saw the envelope, a Return-Path
// line inside the mail proves nothing.
func TestEnvelopeDecidesOverHeaders(t *testing.T) {
	raw := corpusFiles(t, "parked")["bounce-postfix"]
	in := incident.Incoming{Channel: incident.ChannelSMTP, Sender: "medewerker@gemeente.example", Arrived: testNow}
	if r := Read(raw, in, testOptions()); r.Park != "" {
		t.Errorf("a delivery report handed in by a person was parked as %q", r.Park)
	}
	in.Sender = ""
	if r := Read(raw, in, testOptions()); r.Park != incident.ParkBounce {
		t.Errorf("a delivery report with an empty envelope sender: %q", r.Park)
	}
}

// TestLesson12ProbeIsRecognised: a probe mail of our own comes in as our own,
// with everything that its sender needs to know it by, and starts nothing.
func TestLesson12ProbeIsRecognised(t *testing.T) {
	raw := "Received: from mx.gemeente.example by mx.gemeente.example; Tue, 20 Oct 2026 09:12:00 +0200\nFrom: meldklok+Pr0be@gemeente.example\nTo: privacy@gemeente.example\nMessage-ID: <Pr0be@meldklok.example>\nX-Meldklok: 1\nAuto-Submitted: auto-generated\nSubject: probe\n\nprobe\n"
	r := Read([]byte(raw), fromMailbox(), testOptions())
	if r.Park != incident.ParkOwnMail || r.Machine == "" || r.From.Email != "meldklok+Pr0be@gemeente.example" || r.MessageID != "Pr0be@meldklok.example" {
		t.Errorf("probe: %+v", r)
	}
}
