package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rewrite copies an archive, with one file changed; nil leaves it out.
func rewrite(t *testing.T, from, to, name string, change func([]byte) []byte) {
	t.Helper()
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(r)
		r.Close()
		if f.Name == name {
			raw = change(raw)
		}
		if raw == nil {
			continue
		}
		entry, _ := w.Create(f.Name)
		_, _ = entry.Write(raw)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestACaseFileProvesItself: one incident leaves with its proof, which holds
// without the record, and against the record's head; nothing in it can be
// changed.
func TestACaseFileProvesItself(t *testing.T) {
	s := newShell(t)
	ref := strings.TrimSpace(s.ok(report, "report"))
	file, bad := filepath.Join(s.dir, "case.zip"), filepath.Join(s.dir, "bad.zip")
	s.ok("", "export", "--incident", ref, "-o", file)
	head := regexp.MustCompile(`head (\d+:[0-9a-f]{64})`).FindStringSubmatch(s.ok("", "verify"))[1]
	elsewhere := newShell(t) // has no record and no key
	if said := elsewhere.ok("", "verify", "--file", file, "--head", head); !strings.Contains(said, "vouches for all") {
		t.Errorf("verify says %q", said)
	}
	if said := elsewhere.ok("", "verify", "--file", file); !strings.Contains(said, "fits itself") {
		t.Errorf("without a head verify says %q", said)
	}
	wrong := head[:len(head)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(head, "0")]
	if _, _, code := elsewhere.run("", "verify", "--file", file, "--head", wrong); code != exitFailed {
		t.Errorf("a head of another record: status %d", code)
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	for name, change := range map[string]func([]byte) []byte{
		caseLog: flip, caseProof: flip, caseDigests: flip, caseSums: flip, "reports/1.eml": flip,
		"alerts.html": func([]byte) []byte { return nil },
	} {
		rewrite(t, file, bad, name, change)
		if _, _, code := elsewhere.run("", "verify", "--file", bad); code != exitFailed {
			t.Errorf("%s was changed: status %d", name, code)
		}
	}
	s.ok("", "export", "--incident", ref, "--without-personal", "-o", file)
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("reports/1.eml")) {
		t.Errorf("the raw report is in the file without personal parts (%v)", err)
	}
	elsewhere.ok("", "verify", "--file", file)

	s.ok("", "subject", "restrict", "--reasons", "verzoek", reporterOf(report))
	s.ok("", "export", "--incident", ref, "-o", file)
	raw, err = os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("reports/1.eml")) {
		t.Errorf("the raw report leaves while its use is restricted (%v)", err)
	}
	elsewhere.ok("", "verify", "--file", file)
}

// reporterOf is the address in the From line of a mail.
func reporterOf(mail string) string {
	return regexp.MustCompile(`(?m)^From:.*?([^\s<]+@[^\s>]+)`).FindStringSubmatch(mail)[1]
}

// TestExportAndImport: the register goes out in every format, and a spreadsheet
// comes in once.
func TestExportAndImport(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	old := filepath.Join(s.dir, "old.csv")
	rows := "Nr;Datum;Titel;Gemeld AP;Status\n1;03/04/2019;Brief verkeerd;nee;gesloten\n"
	if err := os.WriteFile(old, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code := s.run("", "import", old)
	if code != exitRefused || !strings.Contains(out, "--dates dmy") {
		t.Errorf("an ambiguous day: status %d, %s", code, out)
	}
	s.ok("", "import", old, "--dates", "dmy", "--dry-run")
	if n := len(s.list()); n != 1 {
		t.Errorf("a dry run made %d incidents", n-1)
	}
	s.ok("", "import", old, "--dates", "dmy", "--map", "Titel=summary")
	s.ok("", "import", old, "--dates", "dmy")
	if n := len(s.list()); n != 2 {
		t.Errorf("%d incidents after two imports of one row", n)
	}
	for _, format := range []string{"xlsx", "csv", "json", "pdf"} {
		file := filepath.Join(s.dir, "register."+format)
		s.ok("", "export", "-o", file)
		if raw, err := os.ReadFile(file); err != nil || len(raw) < 500 {
			t.Errorf("%s: %d bytes (%v)", format, len(raw), err)
		}
	}
	file := filepath.Join(s.dir, "register.csv")
	if _, _, code := s.run("", "export", "-o", file, "--from", "gisteren"); code != exitUsage {
		t.Errorf("a day that is none: status %d", code)
	}
	if raw, _ := os.ReadFile(file); len(raw) < 500 {
		t.Error("a refused export destroyed the file that was there")
	}
	s.ok("", "export", "-o", file, "--statistics", "--year", "2019")
	if raw, _ := os.ReadFile(file); !strings.Contains(string(raw), "2019;Totaal;Incidenten;1") {
		t.Errorf("figures: %s", raw)
	}
}

// TestAForgedReportInACaseFile: somebody exchanges the raw mail, or puts another
// one in, and makes the list of hashes fit. The proof says what came in.
func TestAForgedReportInACaseFile(t *testing.T) {
	s := newShell(t)
	ref := strings.TrimSpace(s.ok(report, "report"))
	file, bad := filepath.Join(s.dir, "case.zip"), filepath.Join(s.dir, "bad.zip")
	s.ok("", "export", "--incident", ref, "-o", file)
	s.ok("", "verify", "--file", file)
	forged := []byte("From: somebody@example.org\r\nSubject: nothing happened\r\n\r\nNothing at all.\r\n")
	sum := sha256.Sum256(forged)
	line := hex.EncodeToString(sum[:]) + "  "
	for why, change := range map[string]struct {
		name string // of the forged file in the archive
		sums func(string) string
	}{
		"exchanged": {"reports/1.eml", func(list string) string {
			return regexp.MustCompile(`(?m)^[0-9a-f]{64}  reports/1\.eml$`).ReplaceAllString(list, line+"reports/1.eml")
		}},
		"put in": {"reports/2.eml", func(list string) string { return list + line + "reports/2.eml\n" }},
	} {
		forge(t, file, bad, change.name, forged, change.sums)
		if _, said, code := s.run("", "verify", "--file", bad); code != exitFailed || !strings.Contains(said, change.name) {
			t.Errorf("%s: status %d, %s", why, code, said)
		}
	}
}

// forge copies an archive with one file as it is given, and the list of hashes
// changed.
func forge(t *testing.T, from, to, name string, content []byte, sums func(string) string) {
	t.Helper()
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, raw []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(name, content)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		switch f.Name {
		case name:
			continue
		case caseSums:
			raw = []byte(sums(string(raw)))
		}
		put(f.Name, raw)
	}
	if err := errors.Join(w.Close(), os.WriteFile(to, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}
