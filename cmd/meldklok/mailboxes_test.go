package main

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"meldklok/incident"
	"meldklok/notify/mailbox"
	"meldklok/ui/locale"
)

// secretIn writes a secret's file and returns its path.
func secretIn(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMailboxAddresses(t *testing.T) {
	google := `{"client_id":"c","client_secret":"s","refresh_token":"r"}`
	for _, row := range []struct {
		why, url, secret string
		check            func(watched) bool
		wrong            string
	}{
		{why: "the least that is needed", url: "imaps://privacy@example.org@imap.example.org", check: func(w watched) bool {
			return w.Name == "privacy" && w.Address == "imap.example.org:993" && w.Security == mailbox.SecurityTLS && w.User == "privacy@example.org" &&
				w.Folder == "" && w.address == "privacy@example.org" && w.Poll == time.Minute && w.alarm == 5*time.Minute && w.Password != nil && w.from.IsZero()
		}},
		{why: "everything", url: "imap+starttls://user@imap.example.org:1143/Privacy%20in?name=pb&move=Archief&poll=2m&alarm=15m&timeout=30s&address=p@example.org&also=meldklok@example.org&also=q+r@example.org&since=2026-10-01T09:00:00+02:00&secret-expires=2027-01-31", check: func(w watched) bool {
			return w.Name == "pb" && w.Security == mailbox.SecurityStartTLS && w.Address == "imap.example.org:1143" && w.Folder == "Privacy in" && w.MoveTo == "Archief" &&
				w.Poll == 2*time.Minute && w.alarm == 15*time.Minute && w.Timeout == 30*time.Second && slices.Equal(w.also, []string{"meldklok@example.org", "q+r@example.org"}) &&
				w.from.Equal(time.Date(2026, 10, 1, 7, 0, 0, 0, time.UTC)) && w.ends.Equal(time.Date(2027, 1, 30, 23, 0, 0, 0, time.UTC))
		}},
		{why: "a slow poll alarms later", url: "imaps://u@h.example?poll=10m", check: func(w watched) bool { return w.alarm == 21*time.Minute && w.address == "" }},
		{why: "another folder has a name of its own", url: "imaps://u@h.example/Meldingen", check: func(w watched) bool { return w.Name == "u/Meldingen" }},
		{why: "Microsoft 365", url: "imaps://p@example.org@outlook.office365.com/INBOX?auth=microsoft&tenant=t&client=c", check: func(w watched) bool { return w.Token != nil && w.Password == nil }},
		{why: "Google", url: "imaps://p@example.org@imap.gmail.com?auth=google", secret: google, check: func(w watched) bool { return w.Token != nil }},
		{why: "a token that another program renews", url: "imaps://p@h.example?auth=token", check: func(w watched) bool {
			got, err := w.Token(context.Background(), true)
			return err == nil && got == "geheim"
		}},
		{why: "this machine itself needs no encryption", url: "imap://u@localhost", check: func(w watched) bool { return w.Security == mailbox.SecurityNone }},

		{why: "no encryption over the network", url: "imap://u@imap.example.org", wrong: "only for this machine itself"},
		{why: "a password in the address", url: "imaps://u:hunter2@h.example", wrong: "does not belong in the address"},
		{why: "another protocol", url: "pop3://u@h.example", wrong: "is none of imaps://"},
		{why: "no user", url: "imaps://h.example", wrong: "the user is missing"},
		{why: "nothing that resembles an address", url: "privacy@example.org", wrong: "not an address like imaps://"},
		{why: "a mistyped setting", url: "imaps://u@h.example?mvoe=Archief", wrong: "mvoe= is no setting"},
		{why: "a poll that is too fast", url: "imaps://u@h.example?poll=1s", wrong: "poll= is not a span from 10s to 10m0s"},
		{why: "an alarm before the next poll", url: "imaps://u@h.example?poll=5m&alarm=2m", wrong: "alarm= must be longer"},
		{why: "a day that is none", url: "imaps://u@h.example?secret-expires=31-01-2027", wrong: "secret-expires= is not a day"},
		{why: "a moment that does not exist", url: "imaps://u@h.example?since=2027-03-28T02:30", wrong: "since= is not a moment"},
		{why: "a way of signing in that nobody knows", url: "imaps://u@h.example?auth=magic", wrong: "auth= is none of"},
		{why: "Microsoft without a tenant", url: "imaps://u@h.example?auth=microsoft&client=c", wrong: "tenant= is missing"},
		{why: "Google with another file", url: "imaps://u@h.example?auth=google", wrong: "not a JSON file with client_id"},
		{why: "an address that is none", url: "imaps://u@h.example?address=privacy", wrong: "address= is not a mail address"},
	} {
		if row.secret == "" {
			row.secret = "geheim\n"
		}
		list, err := MailboxConfig{Mailboxes: []string{row.url}, MailboxSecrets: []string{secretIn(t, row.secret)}}.mailboxes(time.Now)
		switch {
		case row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong)):
			t.Errorf("%s: %v, want %q", row.why, err, row.wrong)
		case row.wrong != "" && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the sentence repeats the password: %v", row.why, err)
		case row.wrong == "" && (err != nil || !row.check(list[0])):
			t.Errorf("%s: %+v, %v", row.why, list, err)
		}
	}
}

// TestMailboxLists: files belong to mailboxes by their place, and names are
// unique.
func TestMailboxLists(t *testing.T) {
	secret := secretIn(t, "geheim")
	for _, row := range []struct {
		why            string
		boxes, secrets []string
		wrong          string
	}{
		{"two with names of their own", []string{"imaps://a@h.example", "imaps://b@h.example"}, []string{secret, secret}, ""},
		{"two with one name", []string{"imaps://a@h.example", "imaps://a@i.example"}, []string{secret, secret}, `number 2: another one is called "a"`},
		{"the second has no secret", []string{"imaps://a@h.example", "imaps://b@h.example"}, []string{secret}, "number 2: the file with its secret is missing"},
		{"more secrets than mailboxes", nil, []string{secret}, "more files than mailboxes"},
		{"a file that is not there", []string{"imaps://a@h.example"}, []string{secret + "x"}, "its secret cannot be read"},
	} {
		_, err := MailboxConfig{Mailboxes: row.boxes, MailboxSecrets: row.secrets}.mailboxes(time.Now)
		if (row.wrong == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), row.wrong)) {
			t.Errorf("%s: %v, want %q", row.why, err, row.wrong)
		}
	}
}

// mailboxOnSocket is a mail server with an empty mailbox that another process can
// reach: its address without the folder, and the file of its password.
func mailboxOnSocket(t *testing.T) (address, secret string) {
	t.Helper()
	user := imapmemserver.NewUser("privacy", "geheim")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return "imap://privacy@" + l.Addr().String() + "/", secretIn(t, "geheim\n")
}

// TestLesson13MailboxTestCommand tries real mailboxes on this machine: each step is
// printed, and the status is 0 only when nothing is missing.
func TestLesson13MailboxTestCommand(t *testing.T) {
	address, good := mailboxOnSocket(t)
	bad := secretIn(t, "verkeerd\n")
	s := newShell(t)
	for _, row := range []struct {
		why  string
		args []string
		code int
		want []string
	}{
		{"all is well; IDLE is not needed", []string{"--mailbox", address + "INBOX?secret-expires=2020-01-01", "--mailbox-secret-file", good}, 0,
			[]string{"privacy: privacy at 127.0.0.1", "ok        Sign in", "ok        Fetch a message", "note      The secret for the mailbox privacy has expired"}},
		{"the password is wrong", []string{"--mailbox", address, "--mailbox-secret-file", bad}, exitFailed,
			[]string{"FAILED    Sign in", "Check the user and the password", "not tried Open the folder", "1 of 1 mailboxes cannot be watched"}},
		{"one of two lacks its folder", []string{"--mailbox", address + "," + address + "Weg?name=tweede", "--mailbox-secret-file", good + "," + good}, exitFailed,
			[]string{"tweede: privacy", "FAILED    Open the folder", "The folder does not exist", "1 of 2"}},
		{"none is configured", nil, exitUsage, []string{"no mailbox is configured"}},
	} {
		out, errs, code := s.run("", append([]string{"mailbox", "test"}, row.args...)...)
		for _, want := range row.want {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: %q is missing:\n%s%s", row.why, want, out, errs)
			}
		}
		if code != row.code || strings.Contains(out+errs, "verkeerd") {
			t.Errorf("%s: status %d, want %d:\n%s%s", row.why, code, row.code, out, errs)
		}
	}
}

// TestEveryCodeOfTheMailboxHasASentence finds the words that the mailbox room
// exports, and their sentences in the catalogue.
func TestEveryCodeOfTheMailboxHasASentence(t *testing.T) {
	paths, err := filepath.Glob("../../notify/mailbox/*.go")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]string{"Problem": "parse", "Flag": "received-flag", "Machine": "machine"}
	constant := regexp.MustCompile(`(?m)^\s+(Problem|Flag|Machine)\w+\s+= "([a-z-]+)"`)
	found := map[string]int{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range constant.FindAllStringSubmatch(string(raw), -1) {
			found[m[1]]++
			if !locale.Has(groups[m[1]] + "." + m[2]) {
				t.Errorf("the catalogue lacks %s.%s", groups[m[1]], m[2])
			}
		}
	}
	for name := range groups {
		if found[name] < 3 {
			t.Errorf("only %d words begin with %s: does the pattern still fit?", found[name], name)
		}
	}
	for _, step := range mailbox.Steps() {
		if !locale.Has("mailbox-step." + step) {
			t.Errorf("the catalogue lacks mailbox-step.%s", step)
		}
	}
}

// TestMailboxStatusCommand: what the service knows is printed; without it the
// command says so.
func TestMailboxStatusCommand(t *testing.T) {
	now := time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	var out strings.Builder
	d := &desk{stdout: &out, now: func() time.Time { return now }}
	if err := new(mailboxStatusCommand).do(t.Context(), d); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("without the service: %v", err)
	}
	d.mailboxes = func(string) []incident.WatchedMailbox {
		return []incident.WatchedMailbox{{
			Name: "privacy", Alarm: 5 * time.Minute, Started: now.Add(-time.Hour), LastGood: now.Add(-20 * time.Minute), InFolder: 128, Known: 128,
			Trouble: mailbox.TroubleSignIn, Why: "The mail server refuses the sign-in.", Detail: "no",
		}}
	}
	if err := new(mailboxStatusCommand).do(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"privacy: mailbox 128, known 128, missing 0", "red   The mailbox privacy has not been read for 20 minutes.", "refuses the sign-in", "The server said: no"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing:\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := (&mailboxStatusCommand{JSON: true}).do(t.Context(), d); err != nil || !strings.Contains(out.String(), `"in_folder": 128`) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
