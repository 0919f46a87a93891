// Package realtest starts real mail servers for tests, on loopback. They need
// Debian's dovecot-imapd, dovecot-lmtpd and postfix, and root; without them, or
// without MELDKLOK_REAL=1, a test is skipped and says so.
package realtest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// The one user of the servers.
const (
	User     = "privacy@gemeente.example"
	Password = "paraplu"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Need skips unless real servers are asked for and there.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	if os.Getenv("MELDKLOK_REAL") != "1" {
		t.Skip("set MELDKLOK_REAL=1 to try real mail servers; needs Debian's dovecot-imapd, dovecot-lmtpd and postfix, and root")
	}
	if os.Geteuid() != 0 {
		t.Skip("the mail servers need root to start")
	}
	for _, p := range programs {
		if _, err := os.Stat(p); err != nil {
			t.Skipf("%s is not installed (Debian: dovecot-imapd dovecot-lmtpd postfix)", p)
		}
	}
}

// FreePort asks the system for a port on loopback.
func FreePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// AwaitPort waits until somebody listens.
func AwaitPort(t testing.TB, port int) {
	t.Helper()
	if !listening(port) {
		t.Fatalf("nobody listens on port %d", port)
	}
}

// listening waits some time for somebody to listen.
func listening(port int) bool {
	for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(25 * time.Millisecond) {
		if conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}

// OpenDir makes a directory that the mail servers' own users may enter.
func OpenDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "meldklok-real-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// Dovecot is a Dovecot of our own, on loopback.
type Dovecot struct {
	t          testing.TB
	Dir        string
	IMAP, LMTP int // ports
	cmd        *exec.Cmd
	log        bytes.Buffer
}

const dovecotConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
listen = 127.0.0.1
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
mail_location = maildir:%[1]s/mail/%%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_plugins = quota
lmtp_save_to_detail_mailbox = no
mailbox_list_index = yes
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %[1]s/oauth2
}
passdb {
  driver = static
  args = password=` + Password + `
}
userdb {
  driver = static
  args = uid=mail gid=mail home=%[1]s/mail/%%u allow_all_users=yes
}
plugin {
  quota = maildir:User quota
  quota_rule = *:messages=%[4]d
}
protocol imap {
  mail_plugins = quota imap_quota
}
service imap-login {
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = %[3]d
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

// NewDovecot starts one with room for a number of messages of its one [User],
// and ends it with the test.
func NewDovecot(t testing.TB, messages int) *Dovecot {
	t.Helper()
	Need(t, "/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp")
	d := &Dovecot{t: t, Dir: OpenDir(t), IMAP: FreePort(t), LMTP: FreePort(t)}
	for _, sub := range []string{"run", "state", "mail"} {
		must(t, os.Mkdir(filepath.Join(d.Dir, sub), 0o755))
	}
	owner, err := user.Lookup("mail")
	must(t, err)
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	must(t, os.Chown(filepath.Join(d.Dir, "mail"), uid, gid))
	introspection := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good := strings.Contains(r.Header.Get("Authorization")+r.URL.RawQuery, "token-1")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active":%t,"username":%q}`, good, User)
	}))
	t.Cleanup(introspection.Close)
	must(t, os.WriteFile(filepath.Join(d.Dir, "oauth2"), []byte("introspection_url = "+introspection.URL+"/?t=\nintrospection_mode = get\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(d.Dir, "conf"), fmt.Appendf(nil, dovecotConfig, d.Dir, d.IMAP, d.LMTP, messages), 0o644))
	d.Start()
	t.Cleanup(func() {
		d.Stop()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(d.Dir, "log"))
			t.Logf("dovecot says:\n%s\n%s", d.log.String(), said[max(0, len(said)-3000):])
		}
	})
	return d
}

// Start starts it on the ports it has.
func (d *Dovecot) Start() {
	d.t.Helper()
	d.run()
	if !listening(d.IMAP) || !listening(d.LMTP) { // the one before it may still have held the ports
		d.Stop()
		d.run()
	}
	AwaitPort(d.t, d.IMAP)
	AwaitPort(d.t, d.LMTP)
}

func (d *Dovecot) run() {
	d.t.Helper()
	d.cmd = exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(d.Dir, "conf"))
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that it ends with its children, and nobody else
	must(d.t, d.cmd.Start())
}

// Stop ends it and everything it started.
func (d *Dovecot) Stop() {
	if d.cmd != nil {
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
		_ = d.cmd.Wait()
		d.cmd = nil
		_ = os.Remove(filepath.Join(d.Dir, "run", "master.pid"))
	}
}

// Deliver hands messages over by LMTP and returns the first refusal.
func (d *Dovecot) Deliver(raws ...string) error {
	d.t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", d.LMTP))
	must(d.t, err)
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	for _, raw := range raws {
		must(d.t, c.Mail("balie@gemeente.example", nil))
		must(d.t, c.Rcpt(User, nil))
		w, err := c.Data()
		must(d.t, err)
		if _, err := w.Write([]byte(raw)); err != nil {
			return err
		}
		if _, err := w.CloseWithLMTPResponse(); err != nil {
			return err
		}
	}
	return nil
}
