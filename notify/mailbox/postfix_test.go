package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"meldklok/incident"

	"meldklok/notify/mailbox/realtest"
)

const postfixMain = `
compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.gemeente.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = gemeente.example
virtual_mailbox_maps =
virtual_transport = lmtp:inet:127.0.0.1:%[2]d
recipient_delimiter = +
message_size_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
notify_classes =
maillog_file = %[1]s/log
maillog_file_prefixes = /tmp, /var
alias_maps =
alias_database =
local_recipient_maps =
`

const postfixMaster = `
127.0.0.1:%d inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
smtp      unix - - n - - smtp
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
proxymap  unix - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
`

// newPostfix starts a Postfix that hands mail for gemeente.example to an LMTP
// port, and returns the port on which it takes mail.
func newPostfix(t *testing.T, lmtp int) (port int) {
	t.Helper()
	realtest.Need(t, "/usr/sbin/postfix", "/usr/lib/postfix/sbin/lmtp")
	dir, port := realtest.OpenDir(t), realtest.FreePort(t)
	conf := filepath.Join(dir, "conf")
	for _, sub := range []string{"conf", "queue", "data"} {
		must(t, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(conf, "main.cf"), fmt.Appendf(nil, postfixMain, dir, lmtp), 0o644))
	must(t, os.WriteFile(filepath.Join(conf, "master.cf"), fmt.Appendf(nil, postfixMaster, port), 0o644))
	if said, err := exec.Command("chown", "postfix", filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("chown: %v %s", err, said)
	}
	if said, err := exec.Command("/usr/sbin/postfix", "-c", conf, "start").CombinedOutput(); err != nil {
		t.Fatalf("postfix: %v\n%s", err, said)
	}
	t.Cleanup(func() {
		_ = exec.Command("/usr/sbin/postfix", "-c", conf, "stop").Run()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("postfix says:\n%s", said[max(0, len(said)-4000):])
		}
	})
	realtest.AwaitPort(t, port)
	return port
}

// TestRealPostfix: Postfix hands a mail over by LMTP, keeps it on 451 and
// comes again, delivers a report from <>, bounces one that is too large, and
// copes with lines of any length.
func TestRealPostfix(t *testing.T) {
	realtest.Need(t)
	k := &keeper{fail: errors.New("disk full")}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := NewListener(ListenerConfig{Accept: k.Accept, Own: OwnRecipients("privacy@gemeente.example", "balie@gemeente.example"), Now: time.Now, Domain: "meldklok.example", LMTP: true, MaxMessage: 1 << 20})
	served := make(chan error, 1)
	go func() { served <- l.Serve(ln) }()
	port := newPostfix(t, ln.Addr().(*net.TCPAddr).Port)

	send := func(from, to, raw string) {
		t.Helper()
		c, err := smtp.Dial(fmt.Sprint("127.0.0.1:", port))
		must(t, err)
		defer c.Close()
		must(t, c.SendMail(from, []string{to}, strings.NewReader(raw)))
	}
	send("balie@gemeente.example", "privacy@gemeente.example", mailText("eerst niet"))
	time.Sleep(1500 * time.Millisecond)
	if len(k.all()) != 0 {
		t.Error("kept while the store was down")
	}
	k.mu.Lock()
	k.fail = nil
	k.mu.Unlock()
	await(t, "the retry", 20*time.Second, func() bool { return len(k.all()) == 1 })

	send("", "privacy+t0ken@gemeente.example", mailText("zonder afzender"))
	send("balie@gemeente.example", "privacy@gemeente.example", mailText("lang")+strings.Repeat("y", 300_000)+"\r\n")
	await(t, "two more", 20*time.Second, func() bool { return len(k.all()) == 3 })
	send("balie@gemeente.example", "privacy@gemeente.example", mailText("te groot")+strings.Repeat(strings.Repeat("z", 70)+"\r\n", 20_000))
	await(t, "its bounce", 20*time.Second, func() bool { return len(k.all()) == 4 })

	for i, want := range []struct{ sender, recipient, subject string }{
		{"balie@gemeente.example", "privacy@gemeente.example", "eerst niet"}, {"", "privacy+t0ken@gemeente.example", "zonder afzender"},
		{"balie@gemeente.example", "privacy@gemeente.example", "lang"}, {"", "balie@gemeente.example", "Undelivered Mail Returned to Sender"},
	} {
		got := k.all()[i]
		r := Read([]byte(got.raw), got.in, incident.ReadOptions{OwnHosts: []string{"mx.gemeente.example"}, Now: time.Now()})
		if got.in.Sender != want.sender || got.in.Recipients[0] != want.recipient || r.Subject != want.subject || r.ReceivedBasis != incident.BasisOwnHost || r.ReceivedFlag != "" {
			t.Errorf("mail %d: %q to %q, %q, received by %s %s", i, got.in.Sender, got.in.Recipients, r.Subject, r.ReceivedBasis, r.ReceivedFlag)
		}
		if bounce := i == 3; (r.Park == incident.ParkBounce) != bounce || bounce && (r.Bounce == nil || r.Bounce.Action != "failed" || r.Bounce.Status != "5.3.4") {
			t.Errorf("mail %d: parked %q, %+v", i, r.Park, r.Bounce)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	must(t, l.Shutdown(ctx))
	must(t, <-served)
}
