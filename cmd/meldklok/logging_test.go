package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"meldklok/notify/mailer/mailertest"
)

// secrets are words that the test puts into mails, forms, addresses and paths.
// None may turn up in a log.
func secrets() []string {
	return []string{
		"reporter-walrus", "recipient-heron", "officer-otter", "stranger-badger", "visitor-lynx", "path-ferret", "refusal-marten", // addresses and names
		"api-stoat", "mailbox-vole", "Api-Sorb", "Field-Whitebeam", "Key-Hawthorn",
		"Subject-Quince", "Body-Medlar", "Attachment-Sloe", "Form-Damson", "Broken-Bullace", "Header-Rowan", "Title-Elder", "Password-Hazel",
	}
}

const secretMail = `From: Reporter-Walrus <reporter-walrus@example.org>
To: privacy@example.org
Cc: recipient-heron@example.org
Subject: Subject-Quince naar reporter-walrus@example.org
Message-ID: <Header-Rowan@example.org>
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8

Body-Medlar: de gegevens van 40 klanten.
--x
Content-Type: text/csv; name="Attachment-Sloe.csv"
Content-Disposition: attachment; filename="Attachment-Sloe.csv"

Attachment-Sloe;1
--x--
`

// TestLogsHoldNoContent drives the whole program at its most talkative: mails in,
// good and broken, alerts out, refused and accepted, pages, forms and failures.
// The log tells of each, with the reference and the request's id, and holds no
// address and no word of a report.
func TestLogsHoldNoContent(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			relay, relayURL := relayOnSocket(t)
			relay.Script(func(to string, n int) mailertest.Fault {
				switch {
				case strings.HasPrefix(to, "officer") && n == 1:
					return mailertest.Refuse(mailertest.AtRcpt, 550, "5.1.1", "refusal-marten <"+to+"> is unknown")
				case n == 2:
					return mailertest.Refuse(mailertest.AtMail, 530, "5.7.0", "refusal-marten@example.org must sign in")
				}
				return mailertest.Fault{}
			})
			dir := t.TempDir()
			s := shell{t, dir}
			s.ok("Password-Hazel in drie woorden\n", "user", "add", "--email", "officer-otter@example.org", "--name", "Officer-Otter", "--role", "officer")
			p := startProgram(t, dir, nil, nil, "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0", "--log-level", "debug", "--log-format", format,
				"--relay", relayURL, "--from", "privacy@example.org", "--recipient", "privacy@example.org",
				"--mailbox", "imap://mailbox-vole%40example.org@"+talkativeMailbox(t)+"/INBOX?name=privacy", "--mailbox-secret-file", secretIn(t, "Password-Hazel"))
			talkTo(t, s, "http://"+p.said(`pages +http://(\S+)`), p.said(`mail in +(\S+)`))
			until(t, "the end of a mail", func() bool { return strings.Contains(p.out.String(), "a mail has ended") })
			p.stop()
			lines := logLines(t, p.out.String(), format)
			for _, want := range []string{"a delivery has its outcome", "a rung was fired", "a mail has ended", "recorded", "request", "2026-0001", "route=/incidents/:ref ", "route=/api/v1/incidents/:ref ", "mailbox"} {
				if route, ok := strings.CutPrefix(want, "route="); ok && format == "json" {
					want = `"route":"` + strings.TrimSpace(route) + `"`
				}
				if !strings.Contains(lines, strings.Replace(want, "2026-0001", firstOf(t, s), 1)) {
					t.Errorf("the log says nothing of %q", want)
				}
			}
			for _, word := range secrets() {
				if i := strings.Index(strings.ToLower(lines), strings.ToLower(word)); i >= 0 {
					t.Errorf("the log holds %q: …%s…", word, lines[max(0, i-200):min(len(lines), i+100)])
				}
			}
			if found := regexp.MustCompile(`[\w.]+@example\.org`).FindString(lines); found != "" {
				t.Errorf("the log holds the address %s", found)
			}
		})
	}
}

// firstOf is the reference of the first incident.
func firstOf(t *testing.T, s shell) string {
	t.Helper()
	list := s.list()
	return list[len(list)-1].Reference
}

// talkTo does everything that could make the program say something.
func talkTo(t *testing.T, s shell, pages, mail string) {
	t.Helper()
	send := func(from, to, text string) {
		_ = smtp.SendMail(mail, nil, from, []string{to}, []byte(strings.ReplaceAll(text, "\n", "\r\n"))) // some are refused, and shall be
	}
	send("reporter-walrus@example.org", "privacy@example.org", secretMail)
	send("reporter-walrus@example.org", "recipient-heron@example.org", secretMail)
	send("reporter-walrus@example.org", "privacy@example.org", "Broken-Bullace\x00\xff <stranger-badger@example.org>\n=?\n")
	send("reporter-walrus@example.org", "privacy@example.org", "Subject: Broken-Bullace\n\n"+strings.Repeat("Body-Medlar\n", 5<<20/11))
	until(t, "an incident", func() bool { return len(s.list()) > 0 })

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	read := func(resp *http.Response, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return string(raw)
	}
	post := func(path string, kv ...string) string {
		values := url.Values{}
		for i := 0; i+1 < len(kv); i += 2 {
			values.Set(kv[i], kv[i+1])
		}
		return read(browser.PostForm(pages+path, values))
	}
	read(browser.Get(pages + "/path-ferret@example.org?q=Form-Damson"))
	read(browser.Get(pages + "/link/path-ferret"))
	read(browser.Get(pages + "/incidents/path-ferret@example.org"))
	post("/sign-in", "email", "visitor-lynx@example.org", "password", "Password-Hazel")
	form := read(browser.Get(pages + "/melden"))
	once := regexp.MustCompile(`name="once" value="([^"]+)"`).FindStringSubmatch(form)
	if once == nil {
		t.Fatal("the form has no number of its own")
	}
	post("/melden", "once", once[1], "what", "Form-Damson "+strings.Repeat("x", 30), "name", "Visitor-Lynx", "email", "visitor-lynx@example.org")
	post("/melden", "email", "not an address Form-Damson")
	read(browser.Post(pages+"/melden", "multipart/form-data; boundary=Form-Damson", strings.NewReader("Form-Damson visitor-lynx@example.org")))
	post("/sign-in", "email", "officer-otter@example.org", "password", "Password-Hazel in drie woorden")
	first := firstOf(t, s)
	if page := read(browser.Get(pages + "/incidents/" + first)); !strings.Contains(page, first) {
		t.Errorf("the officer does not see the incident: %.300s", page)
	}
	post("/incidents/"+first+"/describe", "title", "Title-Elder", "summary", "Title-Elder")
	post("/incidents/"+first+"/waive", "reasons", "")
	post("/incidents/" + first + "/seen")
	for _, path := range []string{"/board", "/outbox", "/health", "/healthz", "/metrics", "/incidents/" + first + "/proof", "/incidents/" + first + "/reports/1/raw", "/incidents?q=Subject-Quince"} {
		read(browser.Get(pages + path))
	}
	talkByAPI(t, s, pages)
	s.ok(secretMail+"again", "report")
	s.ok("", "show", first)
	_, _, _ = s.run("", "user", "add", "--email", "visitor-lynx@example.org", "--role", "boss")
}

// talkByAPI is a program that does things right and wrong.
func talkByAPI(t *testing.T, s shell, pages string) {
	t.Helper()
	token := strings.TrimSpace(s.ok("", "token", "add", "--name", "soc", "--scope", "report", "--scope", "read", "--scope", "file", "--scope", "export"))
	ask := func(method, path, body string) {
		req, err := http.NewRequest(method, pages+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "Key-Hawthorn")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	first := firstOf(t, s)
	ask(http.MethodPost, "/reports", `{"text":"Api-Sorb","reporter":{"name":"Api-Sorb","email":"api-stoat@example.org"},"attachments":[{"name":"Api-Sorb.txt","data":"QXBpLVNvcmI="}]}`)
	ask(http.MethodPost, "/reports", `{"Field-Whitebeam":"api-stoat@example.org"}`)
	ask(http.MethodPost, "/reports", `{"text":"Api-Sorb","known_at":"Api-Sorb"}`)
	ask(http.MethodPost, "/reports", `{"text":`)
	ask(http.MethodPost, "/incidents/"+first+"/filings", `{"kind":"Api-Sorb","number":"Api-Sorb","text":"Api-Sorb"}`)
	for _, path := range []string{"/incidents/" + first, "/incidents/" + first + "/log", "/incidents/path-ferret@example.org", "/clocks?limit=Field-Whitebeam", "/register?from=Field-Whitebeam", "/path-ferret@example.org"} {
		ask(http.MethodGet, path, "")
	}
}

// talkativeMailbox is a mail server that repeats, in every refusal, who asked and
// what for.
func talkativeMailbox(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] mailbox-vole@example.org is welcome\r\n")
				for lines := bufio.NewScanner(c); lines.Scan(); {
					tag, command, _ := strings.Cut(lines.Text(), " ")
					fmt.Fprintf(c, "%s NO [AUTHENTICATIONFAILED] mailbox-vole@example.org said %s about Subject-Quince\r\n", tag, command)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// logLines keeps what was logged; what a start prints for the person at the
// keyboard, with the addresses of the settings, is no log.
func logLines(t *testing.T, all, format string) string {
	t.Helper()
	var kept []string
	for line := range strings.Lines(all) {
		switch {
		case format == "json" && strings.HasPrefix(line, "{"):
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["level"] == nil || fields["msg"] == nil {
				t.Errorf("no line of a log: %s", line)
			}
		case format == "text" && strings.HasPrefix(line, "time="):
		default:
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}

// TestStrikeOut: an address that slips into a line is struck out; a stack keeps
// its modules, and a list stays a list.
func TestStrikeOut(t *testing.T) {
	tests := []struct {
		why   string
		value any
		want  string
	}{
		{"words of a server", errors.New("550 <a.b+c@example.org>: unknown"), `550 <(address)>: unknown`},
		{"without brackets", "mail from piet@voorbeeld.nl refused", "mail from (address) refused"},
		{"a user without a domain", "login of root@localhost", "login of (address)"},
		{"a module of a stack", "github.com/labstack/echo/v4@v4.16.0/echo.go:1", "github.com/labstack/echo/v4@v4.16.0/echo.go:1"},
		{"references", []string{"2026-0001", "2026-0002"}, `["2026-0001","2026-0002"]`},
		{"a number", 42, "42"},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		newLog(&out, "json", "info").Info("x", "v", tt.value)
		var line struct{ V json.RawMessage }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if got := strings.Trim(string(line.V), `"`); got != strings.Trim(jsonText(tt.want), `"`) && got != tt.want {
			t.Errorf("%s: %s, want %s", tt.why, got, tt.want)
		}
	}
}

func jsonText(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(raw)
}
