package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"meldklok/incident"
	"meldklok/notify/mailbox"
	"meldklok/ui/locale"
)

// triedBy names, for every finding of health, the test that breaks what it
// watches.
func triedBy() map[string]string {
	return map[string]string{
		"audit-old":              "TestLivezNoticesAStuckEngine",
		"backup-failing":         "TestScheduledBackups",
		"backup-no-room":         "TestFindings",
		"backup-none":            "TestBackupsWithoutTheKey",
		"backup-old":             "TestScheduledBackups",
		"backup-test-failed":     "TestBackupsWithoutTheKey",
		"backup-unopened":        "TestBackupsWithoutTheKey",
		"backup-untested":        "TestFindings",
		"bounces-unread":         "TestBouncesUnread",
		"certificate-ended":      "TestCertificateFindings",
		"certificate-ends":       "TestCertificateFindings",
		"certificate-unreadable": "TestBuiltInTLS",
		"clock-wrong":            "TestProbeTellsOfAWrongClock",
		"duties-without-alert":   "TestAuditLimits",
		"engine-late":            "TestAuditLimits",
		"inbox-stuck":            "TestFindings",
		"incident-damaged":       "TestOneDamagedCaseKeepsNoOtherWaiting",
		"index-repaired":         "TestFindings",
		"key-export-unproved":    "TestFindings",
		"mail-waiting":           "TestSecondRoadWhenMailIsDown",
		"mailbox-aside":          "TestMailboxFindings",
		"mailbox-found":          "TestMailboxFindings",
		"mailbox-missing":        "TestMailboxFindings",
		"mailbox-move":           "TestMailboxFindings",
		"mailbox-old":            "TestLesson6MailboxStops",
		"mailbox-secret":         "TestMailboxFindings",
		"mailbox-secret-expired": "TestMailboxFindings",
		"no-relay":               "TestService",
		"nobody-behind":          "TestNobodyBehind",
		"nobody-to-alert":        "TestWhatWasMendedIsNotFoundAnyMore",
		"parked-unreviewed":      "TestWhatWasMendedIsNotFoundAnyMore",
		"person-unreachable":     "TestNextPerson",
		"probe-missing":          "TestLesson12Probe",
		"relay-trouble":          "TestSecondRoadWhenMailIsDown",
		"replies-unread":         "TestFindings",
		"record-doubtful":        "TestAForeignRowIsTold",
		"record-put-back":        "TestAFolderThatWasPutBack",
		"reports-refused":        "TestReadyzNoticesAFullDisk",
		"review-due":             "TestAReviewOfAccessIsAskedFor",
		"sending-held":           "TestRestoredHoldsItsSending",
		"starting":               "TestSilenceIsAFinding",
		"sweep-old":              "TestAuditLimits",
		"url-local":              "TestFindings",
		"webhook-trouble":        "TestHangingWebhook",
	}
}

// TestEveryFindingIsTried: no finding is worded, and so promised, that no test
// has brought about.
func TestEveryFindingIsTried(t *testing.T) {
	tests, tried := allTests(t), triedBy()
	for _, id := range locale.IDs() {
		code, ok := strings.CutPrefix(id, "health.")
		if !ok || code == "unknown" || strings.Contains(code, ".") || !locale.Has(id+".todo") {
			continue
		}
		if !tests[tried[code]] {
			t.Errorf("no test brings %s about (%q)", code, tried[code])
		}
		delete(tried, code)
	}
	for code := range tried {
		t.Errorf("%s is no finding", code)
	}
}

// allTests are the names of every test of the repository.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(filepath.Join("../..", path))
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(raw, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// has reports whether health has a finding, as "code level".
func (h *house) has(finding string) bool { return slices.Contains(h.found(), finding) }

// TestFindings breaks what a finding watches, and mends it again: it is there,
// red where a promise is at risk, and then it is gone.
func TestFindings(t *testing.T) {
	for _, row := range []struct {
		finding string
		brk     func(t *testing.T, h *house) (mend func())
	}{
		{"replies-unread red", func(_ *testing.T, h *house) func() {
			return h.with(func(c *ServeConfig) { c.ReplyTo = "elsewhere@example.net" })
		}},
		{"url-local red", func(_ *testing.T, h *house) func() {
			return h.with(func(c *ServeConfig) { c.URL = "http://localhost:8072" })
		}},
		{"key-export-unproved amber", func(t *testing.T, h *house) func() {
			return func() {
				if err := h.app.service.PutSetting(t.Context(), incident.System, settingKeyProved, []byte(`"yes"`)); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"inbox-stuck red", stuckInbox},
		{"index-repaired red", movedIndex},
		{"backup-untested amber", func(t *testing.T, h *house) func() {
			dir, _ := h.backUpDaily(t, true)
			if _, err := h.app.backups.make(t.Context(), filepath.Join(dir, "by-hand.age"), h.app.backups.to, false, false); err != nil {
				t.Fatal(err)
			}
			return func() { h.app.backups.turn(t.Context()) }
		}},
		{"backup-no-room amber", func(t *testing.T, h *house) func() {
			h.backUpDaily(t, true)
			daily := h.adapt
			full, _ := volume(t, 16)
			h.with(func(c *ServeConfig) { daily(c); c.BackupTo = full })
			h.app.backups.turn(t.Context())
			return func() { h.with(daily); h.app.backups.turn(t.Context()) }
		}},
	} {
		t.Run(strings.Fields(row.finding)[0], func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				mend := row.brk(t, h)
				time.Sleep(6 * time.Minute)
				if !h.has(row.finding) || strings.HasSuffix(row.finding, "red") != (h.found()[0] == "503") {
					t.Errorf("broken: %v", h.found())
				}
				mend()
				time.Sleep(11 * time.Minute)
				if h.has(row.finding) {
					t.Errorf("mended: %v", h.found())
				}
			})
		})
	}
}

// with starts the program with another setting; the result takes it back.
func (h *house) with(adapt func(*ServeConfig)) (back func()) {
	h.stop()
	h.adapt = adapt
	h.start()
	return func() {
		h.stop()
		h.adapt = nil
		h.start()
	}
}

// stuckInbox makes the parser hang over a report.
func stuckInbox(_ *testing.T, h *house) func() {
	gate := make(chan struct{})
	h.app.service.Read = func(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
		<-gate
		return mailbox.Read(raw, in, o)
	}
	h.deliver(report)
	return func() { close(gate) }
}

// movedIndex changes the instant of a next alert behind the program's back.
func movedIndex(t *testing.T, h *house) func() {
	h.deliver(report)
	h.stop()
	db, err := bolt.Open(filepath.Join(h.dir, "data", "record.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("D"))
		k, v := b.Cursor().First()
		moved := slices.Clone(v)
		moved[len(moved)-1] ^= 1
		return b.Put(slices.Clone(k), moved)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	h.start()
	return func() { time.Sleep(25 * hour) }
}
