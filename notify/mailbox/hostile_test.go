package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"meldklok/incident"
)

// hostile are messages made to stall, fill or break a parser. Each names the
// problem that Read must report, if any.
func hostile() map[string]struct{ raw, problem string } {
	deep := func(n int) string {
		var b strings.Builder
		b.WriteString(from)
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return b.String() + "\nbinnenin\n"
	}
	matryoshka := func(n int) string {
		return strings.Repeat("From: a@b.example\nContent-Type: message/rfc822\n\n", n) + "From: a@b.example\n\nx"
	}
	encoded := "From: a@b.example\n\nx"
	for range 12 {
		encoded = "From: a@b.example\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(encoded))
	}
	return map[string]struct{ raw, problem string }{
		"5,000 nested multiparts":          {deep(5000), ProblemTooDeep},
		"300 messages inside one another":  {matryoshka(300), ProblemTooDeep},
		"12 encoded messages":              {encoded, ProblemTooDeep},
		"100,000 tiny parts":               {from + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\n", 100_000), ProblemTooManyParts},
		"parts in a tree":                  {from + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c\n\ny\n--c--\n", 5000), ProblemTooManyParts},
		"one boundary for all levels":      {from + strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 3000), ""},
		"a header of 5 MiB in one line":    {from + "X-Long: " + strings.Repeat("y", 5<<20) + "\n\ntekst", ProblemHeaderLong},
		"500,000 header fields":            {from + strings.Repeat("X-A: b\n", 500_000) + "\ntekst", ProblemHeaderLong},
		"a header that never ends":         {from + strings.Repeat(" fold\n", 500_000), ProblemHeaderLong},
		"a megabyte of encoded words":      {"From: a@b.example\nSubject: " + strings.Repeat("=?utf-8?q?=C3=A9?= ", 50_000) + "\n\nx", ""},
		"100,000 addresses":                {"From: a@b.example\nTo: " + strings.Repeat("a@b.example, ", 100_000) + "\n\nx", ""},
		"a thousand open brackets":         {"From: " + strings.Repeat("(", 10_000) + "a@b.example\nTo: " + strings.Repeat("<\"", 10_000) + "\n\nx", ""},
		"a Content-Type of semicolons":     {from + "Content-Type: text/plain" + strings.Repeat(";a=b", 50_000) + "\n\nx", ""},
		"a Content-Type of quotes":         {from + "Content-Type: text/plain; x=" + strings.Repeat("\"", 50_000) + "\n\nx", ""},
		"HTML nested 300,000 deep":         {from + "Content-Type: text/html\n\n" + strings.Repeat("<div><table><tr><td>", 75_000) + "x", ""},
		"HTML of open links":               {from + "Content-Type: text/html\n\n" + strings.Repeat("<a href=x>y", 100_000), ""},
		"HTML comment that never ends":     {from + "Content-Type: text/html\n\n<p>x</p><!--" + strings.Repeat("-", 1<<20), ""},
		"delimiters that are none":         {from + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("x--b ", 500_000), ""},
		"blank lines":                      {from + "\n" + strings.Repeat("\n", 3<<20), ""},
		"text of 5 MiB":                    {from + "\n" + strings.Repeat("woord ", 900_000), ProblemTextCut},
		"30 MiB, cut in a file":            {from + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nde tekst\n--b\nContent-Type: application/zip\n\n" + strings.Repeat("z", 30<<20), ProblemTooLarge},
		"a calendar of a megabyte":         {from + "Content-Type: text/calendar; method=REPLY\n\n" + strings.Repeat("SUMMARY:x\n", 100_000), ""},
		"a delivery report of many blocks": {"From: MAILER-DAEMON@a.example\nReturn-Path: <>\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Action: delayed\n\n", 200_000), ""},
		"Received lines without end":       {strings.Repeat("Received: from a by mx.gemeente.example ("+strings.Repeat("(", 50)+"; Tue, 20 Oct 2026 09:12:00 +0200\n", 5000) + from + "\nx", ProblemHeaderBroken},
		"quoted From lines":                {"Subject: FW: x\nFrom: a@b.example\n\n" + strings.Repeat("From:      "+strings.Repeat(">", 100)+"\n", 20_000), ""},
		"base64 that decodes to nothing":   {from + "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("!", 1<<20), ProblemPart},
		"quoted-printable of equals signs": {from + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", 1<<20), ""},
	}
}

// TestHostileMail: no stranger's mail stalls a core or takes memory out of
// proportion. The bounds are wide for a busy machine; without the limits of
// structure.go the first case alone takes half a minute.
func TestHostileMail(t *testing.T) {
	for name, c := range hostile() {
		raw := []byte(c.raw)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		r := Read(raw, fromMailbox(), testOptions())
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if took > 5*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		if limit := uint64(16<<20 + 30*len(raw)); allocated > limit {
			t.Errorf("%s: %d bytes allocated for %d", name, allocated, len(raw))
		}
		if c.problem != "" && !slices.Contains(r.Problems, c.problem) {
			t.Errorf("%s: problems %q, want %q", name, r.Problems, c.problem)
		}
		if r.Unreadable || r.From.Email == "" || slices.Contains(r.Problems, ProblemInternal) {
			t.Errorf("%s: unreadable %t, from %+v, problems %q", name, r.Unreadable, r.From, r.Problems)
		}
		checkReading(t, r)
		HTML(raw)
		t.Logf("%-34s %8d bytes %8.1f ms %8d KiB allocated", name, len(raw), float64(took.Microseconds())/1000, allocated>>10)
	}
}

// TestTooLargeKeepsTheText: of a mail above the cap the text is read, and the
// half file is not offered as a whole one.
func TestTooLargeKeepsTheText(t *testing.T) {
	r := Read([]byte(hostile()["30 MiB, cut in a file"].raw), fromMailbox(), testOptions())
	if r.Text != "de tekst" || len(r.Attachments) != 0 {
		t.Errorf("text %q, %d files", r.Text, len(r.Attachments))
	}
}

// checkReading holds what a page may rely on, for any bytes.
func checkReading(t testing.TB, r incident.Reading) {
	t.Helper()
	for what, s := range map[string]string{"text": r.Text, "subject": r.Subject, "name": r.From.Name, "email": r.From.Email, "id": r.MessageID, "authentication": r.Authentication} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\x1b") {
			t.Errorf("%s is not fit for a page: %q", what, head(s, 200))
		}
	}
	if strings.ContainsAny(r.Subject+r.From.Name+r.From.Email+r.MessageID, "\n") {
		t.Errorf("a line with a line feed: %q %q", r.Subject, r.From)
	}
	if len(r.Text) > maxText || len(r.Attachments) > maxParts || len(r.Addressees) > maxAddressees {
		t.Errorf("out of bounds: %d bytes of text, %d files, %d addressees", len(r.Text), len(r.Attachments), len(r.Addressees))
	}
	for _, a := range r.Attachments {
		if a.Name == "" || strings.ContainsAny(a.Name, "/\\\x00\n") || a.Name[0] == '.' || a.Size != len(a.Data) {
			t.Errorf("attachment %q of %d bytes", a.Name, a.Size)
		}
	}
	if r.ReceivedBasis == "" || r.Received.IsZero() {
		t.Errorf("no received time: %s by %q", r.Received, r.ReceivedBasis)
	}
}

// FuzzRead: any bytes at any door give a reading that a page can show, the
// same one twice, and a page that loads nothing.
func FuzzRead(f *testing.F) {
	for _, class := range []string{"human", "near", "machine", "parked"} {
		for _, raw := range corpusFiles(f, class) {
			f.Add(raw)
		}
	}
	for _, c := range hostile() {
		if len(c.raw) < 4096 {
			f.Add([]byte(c.raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := fromMailbox()
		r := Read(raw, in, testOptions())
		checkReading(t, r)
		if slices.Contains(r.Problems, ProblemInternal) {
			t.Error("the parser panicked")
		}
		if again := Read(bytes.Clone(raw), in, testOptions()); again.Text != r.Text || again.Park != r.Park || len(again.Attachments) != len(r.Attachments) {
			t.Error("read differently the second time")
		}
		if page := strings.ToLower(HTML(raw)); strings.Contains(page, "<script") || strings.Contains(page, "src=") || strings.Contains(page, "href=") {
			t.Errorf("page: %s", page)
		}
	})
}

// BenchmarkRead measures parse throughput for each class of the corpus.
func BenchmarkRead(b *testing.B) {
	for _, class := range []string{"human", "near", "machine", "parked"} {
		b.Run(class, func(b *testing.B) {
			var all [][]byte
			size := 0
			for _, raw := range corpusFiles(b, class) {
				all = append(all, raw)
				size += len(raw)
			}
			b.SetBytes(int64(size / len(all)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				Read(all[i%len(all)], fromMailbox(), testOptions())
			}
		})
	}
	file := strings.Repeat(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 57))+"\r\n", 10<<20/78)
	raw := []byte(from + multi("mixed", "m", "\n\nzie bijlage", "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"+file))
	b.Run("10 MiB attachment", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			Read(raw, fromMailbox(), testOptions())
		}
	})
}
