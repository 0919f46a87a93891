package mailbox

import (
	"bytes"
	"context"
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

// needReal skips unless real servers are asked for and there.
func needReal(t testing.TB, programs ...string) {
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

// freePort asks the system for a port on loopback.
func freePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// awaitPort waits until somebody listens.
func awaitPort(t testing.TB, port int) {
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

// await waits for a condition, or fails.
func await(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > within {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}

// openDir makes a directory that the mail servers' own users may enter.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "meldklok-real-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// dovecot is a Dovecot of our own, on loopback.
type dovecot struct {
	t          testing.TB
	dir        string
	imap, lmtp int
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
  args = password=` + testPassword + `
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

// newDovecot starts one with room for a number of messages.
func newDovecot(t testing.TB, messages int) *dovecot {
	t.Helper()
	needReal(t, "/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp")
	d := &dovecot{t: t, dir: openDir(t), imap: freePort(t), lmtp: freePort(t)}
	for _, sub := range []string{"run", "state", "mail"} {
		must(t, os.Mkdir(filepath.Join(d.dir, sub), 0o755))
	}
	owner, err := user.Lookup("mail")
	must(t, err)
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	must(t, os.Chown(filepath.Join(d.dir, "mail"), uid, gid))
	introspection := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good := strings.Contains(r.Header.Get("Authorization")+r.URL.RawQuery, "token-1")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active":%t,"username":%q}`, good, testUser)
	}))
	t.Cleanup(introspection.Close)
	must(t, os.WriteFile(filepath.Join(d.dir, "oauth2"), []byte("introspection_url = "+introspection.URL+"/?t=\nintrospection_mode = get\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(d.dir, "conf"), fmt.Appendf(nil, dovecotConfig, d.dir, d.imap, d.lmtp, messages), 0o644))
	d.start()
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Logf("dovecot says:\n%s\n%s", d.log.String(), said[max(0, len(said)-3000):])
		}
	})
	return d
}

func (d *dovecot) start() {
	d.t.Helper()
	d.run()
	if !listening(d.imap) || !listening(d.lmtp) { // the one before it may still have held the ports
		d.stop()
		d.run()
	}
	awaitPort(d.t, d.imap)
	awaitPort(d.t, d.lmtp)
}

func (d *dovecot) run() {
	d.t.Helper()
	d.cmd = exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(d.dir, "conf"))
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that it ends with its children, and nobody else
	must(d.t, d.cmd.Start())
}

// stop ends it and everything it started.
func (d *dovecot) stop() {
	if d.cmd != nil {
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
		_ = d.cmd.Wait()
		d.cmd = nil
		_ = os.Remove(filepath.Join(d.dir, "run", "master.pid"))
	}
}

// deliver hands messages over by LMTP and returns the first refusal.
func (d *dovecot) deliver(raws ...string) error {
	d.t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", d.lmtp))
	must(d.t, err)
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	for _, raw := range raws {
		must(d.t, c.Mail("balie@gemeente.example", nil))
		must(d.t, c.Rcpt(testUser, nil))
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

// mailbox describes it for a watcher.
func (d *dovecot) mailbox() Mailbox {
	return Mailbox{
		Name: "privacy", Address: fmt.Sprint("127.0.0.1:", d.imap), Security: SecurityNone, User: testUser,
		Password: secretOf(testPassword), Since: testNow, Timeout: 10 * time.Second,
	}
}

// TestRealDovecotIdle: a mail that Dovecot delivers is taken at once by IDLE,
// by password and by both token mechanisms, and its flags stay.
func TestRealDovecotIdle(t *testing.T) {
	d := newDovecot(t, 100)
	for _, how := range []string{"password", "token"} {
		r, m := newRecord(), d.mailbox()
		if how == "token" {
			m.Password, m.Token = nil, func(context.Context, bool) (string, error) { return "token-1", nil }
		}
		w, stop := r.watch(t, m)
		await(t, "first look", 10*time.Second, func() bool { return !w.Status().LastGood.IsZero() })
		before := len(r.subjects())
		time.Sleep(200 * time.Millisecond) // IDLE begins
		began := time.Now()
		must(t, d.deliver(mailText("nu met "+how)))
		await(t, "a new mail", 10*time.Second, func() bool { return len(r.subjects()) > before })
		t.Logf("%s: taken %s after delivery; status %+v", how, time.Since(began).Round(time.Millisecond), w.Status())
		stop()
		if in := r.incoming[len(r.incoming)-1]; in.History || time.Since(in.Arrived).Abs() > time.Minute {
			t.Errorf("incoming %+v", in)
		}
	}
	c, err := connect(t.Context(), d.mailbox().withDefaults(), false)
	must(t, err)
	defer c.close()
	state, err := c.open(t.Context())
	must(t, err)
	uids, err := c.after(t.Context(), 0)
	must(t, err)
	if state.messages != 2 || len(uids) != 2 || state.next != 3 {
		t.Errorf("folder %+v, UIDs %v", state, uids)
	}
	entries, err := filepath.Glob(filepath.Join(d.dir, "mail", testUser, "*", "*"))
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(filepath.Base(e), ":2,S") {
			t.Errorf("%s was marked as read", e)
		}
	}
}

// TestRealDovecotBadToken: what Dovecot says to a refused token is understood.
func TestRealDovecotBadToken(t *testing.T) {
	d := newDovecot(t, 100)
	m := d.mailbox()
	m.Password, m.Token = nil, func(context.Context, bool) (string, error) { return "withdrawn", nil }
	w, _ := newRecord().watch(t, m)
	await(t, "trouble", 20*time.Second, func() bool { return w.Status().Trouble != nil })
	if st := w.Status(); st.Trouble.Code != TroubleSignIn {
		t.Errorf("%+v", st.Trouble)
	}
}

// TestRealDovecotRestart: the server goes away in the middle of a large fetch
// and comes back; every message arrives once.
func TestRealDovecotRestart(t *testing.T) {
	d := newDovecot(t, 100)
	large := mailText("groot") + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 600_000)
	must(t, d.deliver(mailText("klein"), large, mailText("na")))
	r, halfway, killed := newRecord(), make(chan struct{}), make(chan struct{})
	m := d.mailbox()
	m.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &counted{conn, 10 << 20, halfway, killed}, nil
	}
	w, _ := r.watch(t, m)
	<-halfway
	d.stop()
	close(killed)
	await(t, "trouble", 20*time.Second, func() bool { return w.Status().Trouble != nil })
	d.start()
	await(t, "all mail", 30*time.Second, func() bool { return len(r.subjects()) == 3 })
	checkSubjects(t, r, "klein", "groot", "na")
	if r.raw[1] != large && !strings.HasSuffix(r.raw[1], large) {
		t.Errorf("the large message has %d bytes of %d", len(r.raw[1]), len(large))
	}
}

// counted stops at a number of bytes, says so, and waits until it may go on.
type counted struct {
	net.Conn
	left     int
	at, then chan struct{}
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if before := c.left; before > 0 {
		if c.left -= n; c.left <= 0 {
			select {
			case <-c.then: // a later connection
			default:
				close(c.at)
				<-c.then
			}
		}
	}
	return n, err
}

// TestRealDovecotLosesValidity: the server's index and list of UIDs are lost,
// as after a restore; all is read again and nothing is doubled.
func TestRealDovecotLosesValidity(t *testing.T) {
	d := newDovecot(t, 100)
	must(t, d.deliver(mailText("een"), mailText("twee")))
	r := newRecord()
	w, stop := r.watch(t, d.mailbox())
	await(t, "two mails", 10*time.Second, func() bool { return len(r.subjects()) == 2 && w.Status().Known == 2 })
	first := *r.cursor
	stop()
	d.stop()
	lists, _ := filepath.Glob(filepath.Join(d.dir, "mail", testUser, "dovecot*"))
	for _, l := range lists {
		must(t, os.RemoveAll(l))
	}
	time.Sleep(1100 * time.Millisecond) // the new validity is a time in seconds
	d.start()
	must(t, d.deliver(mailText("drie")))
	r.watch(t, d.mailbox())
	await(t, "the third", 10*time.Second, func() bool { return len(r.subjects()) == 3 })
	if r.cursor.Validity == first.Validity || r.twice != 2 {
		t.Errorf("validity %d then %d, recognised %d", first.Validity, r.cursor.Validity, r.twice)
	}
}

// TestRealDovecotQuota: a full mailbox is read all the same, and moving what
// was read makes room again only where the quota counts the folder.
func TestRealDovecotQuota(t *testing.T) {
	d := newDovecot(t, 2)
	must(t, d.deliver(mailText("een"), mailText("twee")))
	if err := d.deliver(mailText("drie")); err == nil {
		t.Error("the mailbox is not full")
	}
	r, m := newRecord(), d.mailbox()
	m.MoveTo = "Meldklok"
	w, _ := r.watch(t, m)
	await(t, "both", 10*time.Second, func() bool { return len(r.subjects()) == 2 && !w.Status().LastGood.IsZero() })
	st := w.Status()
	t.Logf("trouble with a full mailbox: %+v", st.Trouble)
	if st.Trouble != nil && st.Trouble.Code != TroubleMoveFolder {
		t.Errorf("%+v", st.Trouble)
	}
}

// BenchmarkRealBacklog: 10,000 mails of 2 KiB from Dovecot through the watcher,
// against a bare fetch of the same mailbox in the same run.
func BenchmarkRealBacklog(b *testing.B) {
	const n = 10_000
	d := newDovecot(b, 2*n)
	raws := make([]string, n)
	for i := range raws {
		raws[i] = mailText(fmt.Sprint(i)) + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 27)
	}
	for i := 0; i < n; i += 1000 { // Dovecot's LMTP ends a connection after some thousands
		must(b, d.deliver(raws[i:i+1000]...))
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if got := bareFetch(b, d.mailbox()); got != n {
				b.Fatalf("%d messages", got)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
	})
	b.Run("watcher", func(b *testing.B) {
		for b.Loop() {
			r := newRecord()
			w, stop := r.watch(b, d.mailbox())
			await(b, "the backlog", 5*time.Minute, func() bool { return !w.Status().LastGood.IsZero() })
			stop()
			if got := len(r.subjects()); got != n {
				b.Fatalf("%d messages", got)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
	})
}

// bareFetch reads a folder with one FETCH and throws it away.
func bareFetch(b *testing.B, m Mailbox) (n int) {
	c, err := connect(b.Context(), m.withDefaults(), false)
	must(b, err)
	defer c.close()
	_, err = c.open(b.Context())
	must(b, err)
	return c.bare(b)
}
