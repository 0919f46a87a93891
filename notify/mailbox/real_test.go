package mailbox

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/notify/mailbox/realtest"
)

// await waits for a condition, or fails.
func await(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > within {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}

// dovecotMailbox describes it for a watcher.
func dovecotMailbox(d *realtest.Dovecot) Mailbox {
	return Mailbox{
		Name: "privacy", Address: fmt.Sprint("127.0.0.1:", d.IMAP), Security: SecurityNone, User: testUser,
		Password: secretOf(testPassword), Since: testNow, Timeout: 10 * time.Second,
	}
}

// TestRealDovecotIdle: a mail that Dovecot delivers is taken at once by IDLE,
// by password and by both token mechanisms, and its flags stay.
func TestRealDovecotIdle(t *testing.T) {
	d := realtest.NewDovecot(t, 100)
	for _, how := range []string{"password", "token"} {
		r, m := newRecord(), dovecotMailbox(d)
		if how == "token" {
			m.Password, m.Token = nil, func(context.Context, bool) (string, error) { return "token-1", nil }
		}
		w, stop := r.watch(t, m)
		await(t, "first look", 10*time.Second, func() bool { return !w.Status().LastGood.IsZero() })
		before := len(r.subjects())
		time.Sleep(200 * time.Millisecond) // IDLE begins
		began := time.Now()
		must(t, d.Deliver(mailText("nu met "+how)))
		await(t, "a new mail", 10*time.Second, func() bool { return len(r.subjects()) > before })
		t.Logf("%s: taken %s after delivery; status %+v", how, time.Since(began).Round(time.Millisecond), w.Status())
		stop()
		if in := r.incoming[len(r.incoming)-1]; in.History || time.Since(in.Arrived).Abs() > time.Minute {
			t.Errorf("incoming %+v", in)
		}
	}
	c, err := connect(t.Context(), dovecotMailbox(d).withDefaults(), false)
	must(t, err)
	defer c.close()
	state, err := c.open(t.Context())
	must(t, err)
	uids, err := c.after(t.Context(), 0)
	must(t, err)
	if state.messages != 2 || len(uids) != 2 || state.next != 3 {
		t.Errorf("folder %+v, UIDs %v", state, uids)
	}
	entries, err := filepath.Glob(filepath.Join(d.Dir, "mail", testUser, "*", "*"))
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(filepath.Base(e), ":2,S") {
			t.Errorf("%s was marked as read", e)
		}
	}
}

// TestRealDovecotBadToken: what Dovecot says to a refused token is understood.
func TestRealDovecotBadToken(t *testing.T) {
	d := realtest.NewDovecot(t, 100)
	m := dovecotMailbox(d)
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
	d := realtest.NewDovecot(t, 100)
	large := mailText("groot") + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 600_000)
	must(t, d.Deliver(mailText("klein"), large, mailText("na")))
	r, halfway, killed := newRecord(), make(chan struct{}), make(chan struct{})
	m := dovecotMailbox(d)
	m.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &counted{conn, 10 << 20, halfway, killed}, nil
	}
	w, _ := r.watch(t, m)
	<-halfway
	d.Stop()
	close(killed)
	await(t, "trouble", 20*time.Second, func() bool { return w.Status().Trouble != nil })
	d.Start()
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
	d := realtest.NewDovecot(t, 100)
	must(t, d.Deliver(mailText("een"), mailText("twee")))
	r := newRecord()
	w, stop := r.watch(t, dovecotMailbox(d))
	await(t, "two mails", 10*time.Second, func() bool { return len(r.subjects()) == 2 && w.Status().Known == 2 })
	first := *r.cursor
	stop()
	d.Stop()
	lists, _ := filepath.Glob(filepath.Join(d.Dir, "mail", testUser, "dovecot*"))
	for _, l := range lists {
		must(t, os.RemoveAll(l))
	}
	time.Sleep(1100 * time.Millisecond) // the new validity is a time in seconds
	d.Start()
	must(t, d.Deliver(mailText("drie")))
	r.watch(t, dovecotMailbox(d))
	await(t, "the third", 10*time.Second, func() bool { return len(r.subjects()) == 3 })
	if r.cursor.Validity == first.Validity || r.twice != 2 {
		t.Errorf("validity %d then %d, recognised %d", first.Validity, r.cursor.Validity, r.twice)
	}
}

// TestRealDovecotQuota: a full mailbox is read all the same, and moving what
// was read makes room again only where the quota counts the folder.
func TestRealDovecotQuota(t *testing.T) {
	d := realtest.NewDovecot(t, 2)
	must(t, d.Deliver(mailText("een"), mailText("twee")))
	if err := d.Deliver(mailText("drie")); err == nil {
		t.Error("the mailbox is not full")
	}
	r, m := newRecord(), dovecotMailbox(d)
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
	d := realtest.NewDovecot(b, 2*n)
	raws := make([]string, n)
	for i := range raws {
		raws[i] = mailText(fmt.Sprint(i)) + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 27)
	}
	for i := 0; i < n; i += 1000 { // Dovecot's LMTP ends a connection after some thousands
		must(b, d.Deliver(raws[i:i+1000]...))
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if got := bareFetch(b, dovecotMailbox(d)); got != n {
				b.Fatalf("%d messages", got)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
	})
	b.Run("watcher", func(b *testing.B) {
		for b.Loop() {
			r := newRecord()
			w, stop := r.watch(b, dovecotMailbox(d))
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
