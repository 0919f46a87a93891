package mailer

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// reminder is a mail with everything in it.
func reminder() Mail {
	return Mail{
		From: "meldklok@example.org", FromName: "Meldklok, Gemeente Voorbeeld",
		ReplyTo: "privacy@example.org",
		To:      "fg@example.org", ToName: "Functionaris \"FG\" Voorbeeldé",
		Subject:   "2026-0042: nog 6 uur tot de meldtermijn (zondag 22 november 2026, 17:30 uur +01:00): besluit nodig",
		MessageID: "<a1b2.c3@meldklok.example.org>", InReplyTo: "root@meldklok.example.org",
		References: []string{"root@meldklok.example.org", "<earlier@meldklok.example.org>"},
		Date:       time.Date(2026, 11, 22, 11, 30, 0, 0, time.FixedZone("CET", 3600)),
		Header:     [][2]string{{"X-Meldklok", "alert"}, {"X-Auto-Response-Suppress", "All"}},
		Text:       "De termijn loopt af.\n\n.Een regel met een punt.\nhttps://example.org/i/2026-0042\n",
		HTML:       "<p>De termijn loopt af.</p>\n",
		Calendar: []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n" +
			"BEGIN:VEVENT\r\nUID:2026-0042\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"),
		CalendarMethod: "REQUEST",
	}
}

// receipt is the smallest mail.
func receipt() Mail {
	return Mail{
		From: "meldklok@example.org", To: "melder@example.org", Subject: "Ontvangen: 2026-0042",
		MessageID: "r1@meldklok.example.org", Date: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		Header: [][2]string{{"Auto-Submitted", "auto-replied"}},
		Text:   "Wij hebben uw melding ontvangen.",
	}
}

func TestComposeGolden(t *testing.T) {
	for name, m := range map[string]Mail{"reminder.eml": reminder(), "receipt.eml": receipt()} {
		raw, err := Compose(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw, want) {
			t.Errorf("%s differs from the golden file:\n%s", name, raw)
		}
	}
}

func TestComposeReadsBack(t *testing.T) {
	raw, err := Compose(reminder())
	if err != nil {
		t.Fatal(err)
	}
	msg, parts := readBack(t, raw)
	want := map[string]string{
		"From": `"Meldklok, Gemeente Voorbeeld" <meldklok@example.org>`, "Reply-To": "<privacy@example.org>",
		"Message-Id": "<a1b2.c3@meldklok.example.org>", "In-Reply-To": "<root@meldklok.example.org>",
		"References": "<root@meldklok.example.org> <earlier@meldklok.example.org>",
		"Date":       "Sun, 22 Nov 2026 11:30:00 +0100", "Auto-Submitted": "auto-generated",
		"X-Meldklok": "alert", "User-Agent": "", "X-Mailer": "",
	}
	for name, value := range want {
		if got := msg.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	to, err := msg.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != reminder().ToName || to[0].Address != "fg@example.org" {
		t.Errorf("To: %v %v", to, err)
	}
	if got := decodeWord(t, msg.Header.Get("Subject")); got != reminder().Subject {
		t.Errorf("Subject %q", got)
	}
	crlf := strings.NewReplacer("\n", "\r\n")
	if got := string(parts["text/plain; charset=UTF-8"]); got != crlf.Replace(reminder().Text) {
		t.Errorf("text %q", got)
	}
	if got := string(parts["text/html; charset=UTF-8"]); got != crlf.Replace(reminder().HTML) {
		t.Errorf("html %q", got)
	}
	if got := parts["text/calendar; method=REQUEST; charset=UTF-8"]; !bytes.Equal(got, reminder().Calendar) {
		t.Errorf("calendar %q of %v", got, parts)
	}
}

func TestComposeRefuses(t *testing.T) {
	tests := []struct {
		sentence string
		change   func(*Mail)
		address  bool
	}{
		{"no recipient", func(m *Mail) { m.To = "" }, true},
		{"a list of recipients", func(m *Mail) { m.To = "a@example.org, b@example.org" }, true},
		{"a recipient with a name in it", func(m *Mail) { m.To = "A <a@example.org>" }, true},
		{"a line break in the recipient", func(m *Mail) { m.To = "a@example.org\r\nBcc: b@example.org" }, true},
		{"a quoted space in the recipient", func(m *Mail) { m.To = `"a b"@example.org` }, true},
		{"a recipient beyond ASCII", func(m *Mail) { m.To = "frits@voorbeeldé.nl" }, true},
		{"a sender that is none", func(m *Mail) { m.From = "meldklok" }, true},
		{"a reply address that is none", func(m *Mail) { m.ReplyTo = "x" }, true},
		{"no identifier", func(m *Mail) { m.MessageID = "" }, false},
		{"a line break in the identifier", func(m *Mail) { m.MessageID = "a\r\nBcc: x@example.org" }, false},
		{"a space in a reference", func(m *Mail) { m.References = []string{"a b@c"} }, false},
		{"brackets inside an identifier", func(m *Mail) { m.InReplyTo = "<a@b> <c@d>" }, false},
		{"no date", func(m *Mail) { m.Date = time.Time{} }, false},
		{"no text", func(m *Mail) { m.Text = "" }, false},
		{"a line break in a header name", func(m *Mail) { m.Header = [][2]string{{"X-A: 1\r\nBcc", "x@example.org"}} }, false},
		{"an empty header name", func(m *Mail) { m.Header = [][2]string{{"", "x"}} }, false},
		{"a second recipient by header", func(m *Mail) { m.Header = [][2]string{{"bcc", "x@example.org"}} }, false},
		{"a content type by header", func(m *Mail) { m.Header = [][2]string{{"content-type", "text/html"}} }, false},
		{"a header twice", func(m *Mail) { m.Header = [][2]string{{"X-A", "1"}, {"x-a", "2"}} }, false},
		{"an endless word in a header", func(m *Mail) { m.Header = [][2]string{{"X-A", strings.Repeat("a", 1200)}} }, false},
		{"a calendar without a method", func(m *Mail) { m.CalendarMethod = "" }, false},
		{"a calendar with another method", func(m *Mail) { m.CalendarMethod = "CANCEL" }, false},
		{"a method with a parameter in it", func(m *Mail) { m.CalendarMethod = "REQUEST; name=x" }, false},
	}
	for _, tt := range tests {
		m := reminder()
		tt.change(&m)
		raw, err := Compose(m)
		if err == nil || raw != nil {
			t.Errorf("%s: composed", tt.sentence)
		}
		if errors.Is(err, ErrAddress) != tt.address {
			t.Errorf("%s: %v", tt.sentence, err)
		}
	}
}

// TestComposeInjection puts hostile text into every free field, and wants the
// same headers as without, and the hostile text harmless in its own place.
func TestComposeInjection(t *testing.T) {
	hostile := []string{
		"x\r\nBcc: victim@example.org", "x\nBcc: victim@example.org", "x\rBcc: victim@example.org",
		"x\r\n\r\nA body of their own", "x\u2028Bcc: victim@example.org", "x\x00y", "\"<victim@example.org>,",
		"=?utf-8?q?=0D=0ABcc:_victim@example.org?=", "x\u202eyz", strings.Repeat("lang ", 400), strings.Repeat("a", 3000),
		"\xff\xfe", "x>\r\n.\r\nMAIL FROM:<a@example.org>\r\n",
	}
	plain, err := Compose(reminder())
	if err != nil {
		t.Fatal(err)
	}
	calm, _ := readBack(t, plain)
	for _, evil := range hostile {
		m := reminder()
		m.Subject, m.FromName, m.ToName, m.Text, m.HTML = evil, evil, evil, evil, evil
		m.Header = [][2]string{{"X-Meldklok", clip(evil, 900)}, {"X-Auto-Response-Suppress", "All"}}
		raw, err := Compose(m)
		if err != nil {
			t.Errorf("%.40q: %v", evil, err)
			continue
		}
		msg, parts := readBack(t, raw)
		if len(msg.Header) != len(calm.Header) || len(parts) != 3 {
			t.Errorf("%.40q: %d headers, %d parts:\n%s", evil, len(msg.Header), len(parts), raw)
		}
		for _, name := range []string{"From", "To"} {
			list, err := msg.Header.AddressList(name)
			if err != nil || len(list) != 1 || strings.Contains(list[0].Address, "victim") {
				t.Errorf("%.40q: %s: %v %v", evil, name, list, err)
			}
		}
		if strings.ContainsAny(decodeWord(t, msg.Header.Get("Subject")), "\r\n\x00\u202e") {
			t.Errorf("%.40q: subject %q", evil, msg.Header.Get("Subject"))
		}
	}
}

// TestComposeProperty: any words give bytes that every server carries, twice
// the same, and the words come back out.
func TestComposeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := reminder()
		m.Subject = rapid.String().Draw(t, "subject")
		m.ToName = rapid.String().Draw(t, "name")
		m.Text = rapid.StringN(1, -1, -1).Draw(t, "text")
		m.HTML = rapid.String().Draw(t, "html")
		raw, err := Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := Compose(m); !bytes.Equal(raw, again) {
			t.Fatal("twice is not the same")
		}
		if err := checkWire(raw); err != nil {
			t.Fatal(err)
		}
		msg, parts := readBack(t, raw)
		if got, want := decodeWord(t, msg.Header.Get("Subject")), clip(clean(m.Subject), maxSubject); got != want {
			t.Fatalf("subject %q, want %q", got, want)
		}
		if got, want := string(parts["text/plain; charset=UTF-8"]), plainLines(m.Text); got != want {
			t.Fatalf("text %q, want %q", got, want)
		}
	})
}

// plainLines is text as it must come out: every kind of line end is a CRLF and
// the last line has one.
func plainLines(s string) string {
	s = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(s)
	if !strings.HasSuffix(s, "\r\n") {
		s += "\r\n"
	}
	return s
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// readBack parses a composed mail with other code than what composed it.
func readBack(t fataler, raw []byte) (*netmail.Message, map[string][]byte) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/alternative" {
		t.Fatal(kind)
	}
	parts := map[string][]byte{}
	reader := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return msg, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(decoded(part))
		if err != nil {
			t.Fatal(err)
		}
		parts[part.Header.Get("Content-Type")] = body
	}
}

func decodeWord(t fataler, s string) string {
	t.Helper()
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
