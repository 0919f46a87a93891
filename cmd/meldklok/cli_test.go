package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"meldklok/ui/api"
)

// shell runs command lines against one data folder.
type shell struct {
	t   *testing.T
	dir string
}

func newShell(t *testing.T) shell {
	t.Helper()
	return shell{t, t.TempDir()}
}

// run carries out a command line and returns what it printed and its status.
func (s shell) run(stdin string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"--data", filepath.Join(s.dir, "data"), "--key-file", filepath.Join(s.dir, "master.key")}, args...)
	code = run(s.t.Context(), args, world{strings.NewReader(stdin), &out, &errs, time.Now})
	return out.String(), errs.String(), code
}

// ok is run for a command that must succeed.
func (s shell) ok(stdin string, args ...string) string {
	s.t.Helper()
	out, errs, code := s.run(stdin, args...)
	if code != 0 {
		s.t.Fatalf("%v: status %d, %s", args, code, errs)
	}
	return out
}

func (s shell) list() (list []api.Summary) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.ok("", "list", "--json")), &list); err != nil {
		s.t.Fatal(err)
	}
	return list
}

const outOfOffice = `From: away@example.org
To: privacy@example.org
Subject: Automatisch antwoord
Auto-Submitted: auto-replied
In-Reply-To: <x@example.org>
Message-ID: <ooo@example.org>

Ik ben er niet.
`

// TestReportCommand: what goes in comes out, once, with the promised statuses.
func TestReportCommand(t *testing.T) {
	s := newShell(t)
	first := s.ok(report, "report")
	if !regexp.MustCompile(`^\d{4}-0001\n$`).MatchString(first) {
		t.Fatalf("report printed %q", first)
	}
	if again := s.ok(report, "report"); again != first {
		t.Errorf("the same bytes again gave %q", again)
	}
	if parked := s.ok(outOfOffice, "report"); !strings.HasPrefix(parked, "parked:") {
		t.Errorf("an out-of-office reply gave %q", parked)
	}
	if broken := s.ok("\x00\xff no mail at all \x00", "report"); !strings.HasSuffix(broken, "-0002\n") {
		t.Errorf("bytes that are no mail gave %q", broken)
	}
	s.ok("", "report") // an empty file is a report that cannot be read, too
	list := s.list()
	if len(list) != 3 || list[2].Outcome != "open" || list[2].DueAt.Sub(list[2].AwareAt) != 72*time.Hour {
		t.Errorf("list = %+v", list)
	}
	if _, stderr, code := s.run(report, "report", "--received-at", "25-10-2026 02:30"); code != exitRefused || !strings.Contains(stderr, "twice") {
		t.Errorf("an ambiguous time: status %d, %s", code, stderr)
	}
	if !strings.HasPrefix(s.ok("", "verify"), "whole: ") {
		t.Error("verify does not say whole")
	}
}

// TestReportReceivedAt: the caller's word for the time of receipt starts the clock.
func TestReportReceivedAt(t *testing.T) {
	s := newShell(t)
	at := time.Now().Add(-20 * time.Hour).UTC().Truncate(time.Minute)
	s.ok(report, "report", "--received-at", at.Format(time.RFC3339))
	if got := s.list()[0]; !got.ReceivedAt.Equal(at) || !got.DueAt.Equal(at.Add(72*time.Hour)) {
		t.Errorf("received %v, due %v, want %v", got.ReceivedAt, got.DueAt, at)
	}
}

// TestUserCommand adds people with a password or a link.
func TestUserCommand(t *testing.T) {
	s := newShell(t)
	if out := s.ok("", "user", "add", "--email", "fg@example.org", "--role", "fg"); !strings.Contains(out, "/link/") {
		t.Errorf("no one-time link: %q", out)
	}
	s.ok("three worn umbrellas in Delft\n", "user", "add", "--email", "officer@example.org", "--role", "officer", "--name", "Officer")
	if _, stderr, code := s.run("short\n", "user", "add", "--email", "x@example.org", "--role", "officer"); code == 0 || stderr == "" {
		t.Errorf("a short password: status %d, %q", code, stderr)
	}
	if _, stderr, code := s.run("", "user", "add", "--email", "x@example.org", "--role", "boss"); code != exitUsage || !strings.Contains(stderr, "officer") {
		t.Errorf("an unknown role: status %d, %q", code, stderr)
	}
	if out := s.ok("", "user", "list"); !strings.Contains(out, "officer@example.org") || strings.Count(out, "\n") != 2 {
		t.Errorf("user list = %q", out)
	}
	if out := s.ok("", "user", "reset", "--email", "Officer@example.org"); !strings.HasPrefix(out, "http://localhost:8072/link/") {
		t.Errorf("user reset = %q", out)
	}
	s.ok("", "user", "disable-factors", "--email", "officer@example.org")
	for _, command := range []string{"reset", "disable-factors"} {
		if _, stderr, code := s.run("", "user", command, "--email", "nobody@example.org"); code != exitRefused || !strings.Contains(stderr, "user list") {
			t.Errorf("user %s of nobody: status %d, %q", command, code, stderr)
		}
	}
}

// TestClearWords: what a stranger gets wrong first is answered with what to do.
func TestClearWords(t *testing.T) {
	s := newShell(t)
	tests := []struct {
		why  string
		args []string
		code int
		say  string
	}{
		{"no record yet", []string{"list"}, exitFailed, "start the service once"},
		{"no such command", []string{"frobnicate"}, exitUsage, "--help"},
		{"not a reference", []string{"show", "42"}, exitFailed, ""},
		{"not a moment", []string{"deadline", "soon"}, exitUsage, "2026-10-23T16:30+02:00"},
		{"a time that does not exist", []string{"deadline", "29-03-2026", "02:30"}, exitRefused, "does not exist"},
		{"a bad relay", []string{"serve", "--relay", "http://x"}, exitUsage, "relay"},
		{"a bad network", []string{"serve", "--trusted-proxy", "x"}, exitUsage, "10.0.0.0/8"},
	}
	for _, tt := range tests {
		_, stderr, code := s.run("", tt.args...)
		if code != tt.code || !strings.Contains(stderr, tt.say) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%s: status %d, %q", tt.why, code, stderr)
		}
	}
}

// TestKeyInsideData: a key beside what it opens is refused.
func TestKeyInsideData(t *testing.T) {
	var errs bytes.Buffer
	dir := t.TempDir()
	code := run(t.Context(), []string{"--data", dir, "--key-file", filepath.Join(dir, "k"), "report"},
		world{strings.NewReader(report), io.Discard, &errs, time.Now})
	if code == 0 || !strings.Contains(errs.String(), "protects nothing") {
		t.Errorf("status %d, %q", code, errs.String())
	}
}

// TestMissingKey: a record without its key is refused with its place, and no
// new key is made.
func TestMissingKey(t *testing.T) {
	s := newShell(t)
	s.ok(report, "report")
	if err := os.Remove(filepath.Join(s.dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := s.run("", "list")
	if code == 0 || !strings.Contains(stderr, "master key") {
		t.Errorf("status %d, %q", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "master.key")); err == nil {
		t.Error("a new key was made")
	}
}

// TestSettingsFile: the sample that deploy prints is read, and a mistyped name
// is refused.
func TestSettingsFile(t *testing.T) {
	s := newShell(t)
	sample := s.ok("", "deploy", "config")
	on := regexp.MustCompile(`(?m)^#(MELDKLOK_(PERIOD|LOG_LEVEL|MAX_MAIL)=)`).ReplaceAllString(sample, "$1")
	path := filepath.Join(s.dir, "meldklok.env")
	for text, want := range map[string]int{on: 0, on + "\nMELDKLOK_RELAI=x\n": exitUsage, "nonsense": exitUsage} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := s.run("", "--config", path, "deadline", "2026-10-23T16:30+02:00"); code != want {
			t.Errorf("status %d, want %d: %s", code, want, stderr)
		}
	}
	flags := s.ok("", "serve", "--help")
	for _, name := range regexp.MustCompile(`MELDKLOK_[A-Z_]+`).FindAllString(sample, -1) {
		if !strings.Contains(flags, name) && name != "MELDKLOK_MAIL_LISTEN" && !strings.Contains(flags, "$"+name) {
			t.Errorf("the sample names %s, the help does not", name)
		}
	}
}

// TestDeadlineJSON holds the contract of `deadline --json`.
func TestDeadlineJSON(t *testing.T) {
	s := newShell(t)
	var got map[string]any
	if err := json.Unmarshal([]byte(s.ok("", "deadline", "--json", "2026-04-02T17:45+02:00")), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"strict": "2026-04-05T15:45:00Z", "reg_hours": "2026-04-05T16:00:00Z", "reg_2wd_a": "2026-04-07T22:00:00Z", "reg_2wd_b": "2026-04-08T22:00:00Z"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %v, want %v", name, got[name], value)
		}
	}
}

// TestService starts the service on real sockets, sends it a real mail, uses
// the commands beside it, and stops it.
func TestService(t *testing.T) {
	s := newShell(t)
	cfg, err := ServeConfig{
		URL: "http://localhost:8072", From: "meldklok@localhost", Recipients: []string{"privacy@localhost"},
		Listen: "127.0.0.1:0", MailListen: "127.0.0.1:0", MaxMail: 1, Period: time.Second,
	}.check()
	if err != nil {
		t.Fatal(err)
	}
	a, err := open(Place{filepath.Join(s.dir, "data"), filepath.Join(s.dir, "master.key")}, cfg, seams{log: slog.New(slog.DiscardHandler), now: time.Now, work: 2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	said := &announcement{heard: make(chan string, 20)}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, said) }()
	pages := said.wait(t, `http://(\S+)  `)
	mailIn := said.wait(t, `mail in\s+(\S+) for`)
	link := said.wait(t, `(/link/\S+)`)

	if err := smtp.SendMail(mailIn, nil, "colleague@localhost", []string{"privacy@localhost"}, []byte(strings.ReplaceAll(report, "\n", "\r\n"))); err != nil {
		t.Fatalf("send: %v", err)
	}
	if err := smtp.SendMail(mailIn, nil, "x@localhost", []string{"somebody@else.example"}, []byte("x")); err == nil {
		t.Error("a mail for somebody else was taken")
	}
	big := "Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 16<<10)
	if err := smtp.SendMail(mailIn, nil, "x@localhost", []string{"privacy@localhost"}, []byte(big)); err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("a mail over the limit: %v", err)
	}
	ref := strings.TrimSpace(s.ok(report+"other", "report")) // through the socket: the service holds the record
	if len(s.list()) < 1 {
		t.Error("list beside the running service shows nothing")
	}
	if out := s.ok("", "show", ref); !strings.Contains(out, "duty-opened") {
		t.Errorf("show = %q", out)
	}
	if !strings.HasPrefix(s.ok("", "verify"), "whole: ") {
		t.Error("verify beside the running service does not say whole")
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/healthz": 503, "/melden": 200, link: 200} {
		resp, err := http.Get("http://" + pages + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", path, resp.StatusCode, want)
		}
	}
	if text := fetch(t, "http://"+pages+"/metrics"); !strings.Contains(text, `meldklok_duties_open{state="running"} 2`) || !strings.Contains(text, `meldklok_finding{code="no-relay",level="red"} 1`) {
		t.Errorf("metrics = %s", text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", mailIn); err == nil {
		t.Error("the listener is still open")
	}
	if len(s.list()) != 2 {
		t.Errorf("after the stop there are %d incidents, want 2", len(s.list()))
	}
}

// announcement hears what the service prints at its start.
type announcement struct {
	heard chan string
	all   strings.Builder
}

func (a *announcement) Write(p []byte) (int, error) {
	a.heard <- string(p)
	return len(p), nil
}

// wait returns the first group of the pattern once it was printed.
func (a *announcement) wait(t *testing.T, pattern string) string {
	t.Helper()
	for re := regexp.MustCompile(pattern); ; {
		if m := re.FindStringSubmatch(a.all.String()); m != nil {
			return m[1]
		}
		select {
		case text := <-a.heard:
			fmt.Fprint(&a.all, text)
		case <-time.After(20 * time.Second):
			t.Fatalf("the service did not say %q, but:\n%s", pattern, a.all.String())
		}
	}
}

// TestLadderCommand: another ladder is checked, says what will be sent, and
// plans what is open anew.
func TestLadderCommand(t *testing.T) {
	s := newShell(t)
	for _, role := range []string{"officer", "deputy", "fg", "management"} {
		s.ok("", "user", "add", "--email", role+"@example.org", "--role", role)
	}
	s.ok(report, "report")
	if _, stderr, code := s.run(`{"ap":[]}`, "ladder", "set"); code != exitRefused || !strings.Contains(stderr, "repeats until a decision") {
		t.Errorf("a ladder without an end: status %d, %s", code, stderr)
	}
	fresh := `{"ap":[{"name":"one","rank":10,"base":"before-due","offset":"1h","to":["officer"]},{"name":"overdue","rank":100,"base":"after-due","every":"1h","to":["management"]}]}`
	if out := s.ok(fresh, "ladder", "set", "--dry-run"); !strings.Contains(out, "1 of 1 open duties") {
		t.Errorf("dry run: %s", out)
	}
	if out := s.ok("", "ladder", "show"); !strings.Contains(out, "unseen") {
		t.Error("a dry run changed the ladders")
	}
	s.ok(fresh, "ladder", "set")
	if out := s.ok("", "ladder", "show"); strings.Contains(out, "unseen") {
		t.Error("the ladders are the old ones")
	}
	if !strings.HasPrefix(s.ok("", "verify"), "whole: ") {
		t.Error("verify does not say whole")
	}
	s.ok("", "ladder", "on-call", "fg@example.org", "deputy@example.org")
	if _, _, code := s.run("", "ladder", "on-call", "nobody@example.org"); code != exitRefused {
		t.Errorf("an on-call order with a stranger: status %d", code)
	}
}

// fetch reads a page.
func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
