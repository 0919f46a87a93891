package mailbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
)

// keeper is an Accept that keeps what it gets, or fails.
type keeper struct {
	mu   sync.Mutex
	kept []kept
	fail error
	hold chan struct{} // when set, Accept waits for it before it returns
}

type kept struct {
	in  incident.Incoming
	raw string
}

func (k *keeper) Accept(ctx context.Context, in incident.Incoming) error {
	raw, err := io.ReadAll(in.Body)
	if err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	if k.hold != nil {
		select {
		case <-k.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.kept = append(k.kept, kept{in, string(raw)})
	return nil
}

func (k *keeper) all() []kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.kept)
}

// listen starts a listener in memory; the test's end stops it.
func listen(t testing.TB, c ListenerConfig) *pipeListener {
	t.Helper()
	c.Now = func() time.Time { return testNow }
	c.Own = OwnRecipients("privacy@gemeente.example", "@lek.gemeente.example")
	c.Domain = "mx.gemeente.example"
	l, ln, done := NewListener(c), newPipeListener(), make(chan error, 1)
	go func() { done <- l.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = l.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln
}

// TestListenerTakesAMail: 250 only after Accept, the envelope as it was sent,
// the bytes as they were sent, and <> as a sender.
func TestListenerTakesAMail(t *testing.T) {
	for _, lmtp := range []bool{false, true} {
		var k keeper
		ln := listen(t, ListenerConfig{Accept: k.Accept, LMTP: lmtp})
		c := newTalk(t, ln)
		hello, channel := "EHLO relay.example", incident.ChannelSMTP
		if lmtp {
			hello, channel = "LHLO relay.example", incident.ChannelLMTP
		}
		c.hear()
		c.ask(hello, "250")
		c.ask("MAIL FROM:<>", "250")
		c.ask("RCPT TO:<iemand@elders.example>", "550 5.1.1")
		c.ask("RCPT TO:<Privacy+Tok3n@gemeente.example>", "250")
		c.ask("RCPT TO:<x@lek.gemeente.example>", "250")
		c.ask("DATA", "354")
		c.ask("From: a@b.example\r\n\r\n..punt\r\n.", "250")
		if lmtp {
			if second := c.hear(); !strings.HasPrefix(second, "250") {
				t.Errorf("LMTP: the second recipient was told %q", second)
			}
		}
		c.ask("QUIT", "221")
		all := k.all()
		if len(all) != 1 || all[0].raw != "From: a@b.example\r\n\r\n.punt\r\n" {
			t.Fatalf("kept %+v", all)
		}
		in := all[0].in
		if in.Channel != channel || in.Sender != "" || !in.Arrived.Equal(testNow) || in.Cursor != nil ||
			!slices.Equal(in.Recipients, []string{"Privacy+Tok3n@gemeente.example", "x@lek.gemeente.example"}) {
			t.Errorf("incoming %+v", in)
		}
	}
}

// TestListenerAnswersLater: every failure of Accept, a panic and a forgotten
// rest of the body included, is temporary and says nothing of the inside.
func TestListenerAnswersLater(t *testing.T) {
	for why, accept := range map[string]Accept{
		"an error": func(_ context.Context, in incident.Incoming) error {
			_, _ = io.Copy(io.Discard, in.Body)
			return errors.New("secret of the store")
		},
		"no room": func(_ context.Context, in incident.Incoming) error {
			_, _ = io.Copy(io.Discard, in.Body)
			return fmt.Errorf("%w: secret of the store", incident.ErrUnavailable)
		},
		"nothing read": func(context.Context, incident.Incoming) error { return nil },
		"half of it read": func(_ context.Context, in incident.Incoming) error {
			_, err := in.Body.Read(make([]byte, 3))
			return err
		},
		"an error before all": func(context.Context, incident.Incoming) error { return errors.New("secret of the store") },
		"a panic":             func(context.Context, incident.Incoming) error { panic("secret of the store") },
	} {
		for _, lmtp := range []bool{false, true} {
			ln := listen(t, ListenerConfig{Accept: accept, LMTP: lmtp})
			c := newTalk(t, ln)
			c.hear()
			if lmtp {
				c.ask("LHLO relay.example", "250")
			} else {
				c.ask("EHLO relay.example", "250")
			}
			c.ask("MAIL FROM:<a@b.example>", "250")
			c.ask("RCPT TO:<privacy@gemeente.example>", "250")
			c.ask("DATA", "354")
			c.say("From: a@b.example\r\n\r\ntekst\r\n.\r\n")
			if got := c.hear(); !strings.HasPrefix(got, "451 4.3.0") || strings.Contains(got, "secret") {
				t.Errorf("%s: %q", why, got)
			}
			c.ask("NOOP", "250") // the connection goes on
		}
	}
}

// TestListenerSize: a message over the limit gets 552, whether its size is
// announced or found out, by DATA and by BDAT; one with a very long line passes.
func TestListenerSize(t *testing.T) {
	var k keeper
	ln := listen(t, ListenerConfig{Accept: k.Accept, MaxMessage: 512 << 10})
	c := newTalk(t, ln)
	c.hear()
	c.ask("EHLO relay.example", "250")
	c.ask("MAIL FROM:<a@b.example> SIZE=600000", "552")
	open := func() {
		c.ask("MAIL FROM:<a@b.example>", "250")
		c.ask("RCPT TO:<privacy@gemeente.example>", "250")
	}
	open()
	c.ask("DATA", "354")
	c.ask(strings.Repeat("woord ", 200_000)+"\r\n.", "552")
	open()
	go c.say(fmt.Sprintf("BDAT %d LAST\r\n%s", 600<<10, strings.Repeat("x", 600<<10)))
	if got := c.hear(); !strings.HasPrefix(got, "552") { // said before the chunk is thrown away
		t.Errorf("BDAT: %q", got)
	}
	c.ask("", "500") // the chunk is gone and the connection goes on
	if len(k.all()) != 0 {
		t.Error("a message over the limit was kept")
	}
	open()
	c.ask("DATA", "354")
	c.ask("From: a@b.example\r\n\r\n"+strings.Repeat("y", 500_000)+"\r\n.", "250")
	open()
	c.say("BDAT 6\r\nabcdefBDAT 4 LAST\r\nghij")
	c.hear()
	if got := c.hear(); !strings.HasPrefix(got, "250") || k.all()[1].raw != "abcdefghij" {
		t.Errorf("BDAT in two chunks: %q, kept %d", got, len(k.all()))
	}
}

// TestListenerLimits: recipients and connections have a bound; who is turned
// away is told to come back.
func TestListenerLimits(t *testing.T) {
	var k keeper
	ln := listen(t, ListenerConfig{Accept: k.Accept, MaxRecipients: 2, MaxConnections: 2})
	a, b := newTalk(t, ln), newTalk(t, ln)
	a.hear()
	b.hear()
	if got := newTalk(t, ln).hear(); !strings.HasPrefix(got, "421") {
		t.Errorf("the third connection: %q", got)
	}
	b.ask("QUIT", "221")
	b.hear()
	if got := newTalk(t, ln).hear(); !strings.HasPrefix(got, "220") {
		t.Errorf("after one left: %q", got)
	}
	a.ask("EHLO relay.example", "250")
	a.ask("MAIL FROM:<a@b.example>", "250")
	for i, want := range []string{"250", "250", "452"} {
		a.ask(fmt.Sprintf("RCPT TO:<%d@lek.gemeente.example>", i), want)
	}
}

// TestListenerMakesRoom: when every place is taken, whoever has handed over
// nothing for half a minute gives way, whatever it says meanwhile; one that does
// hand over messages stays.
func TestListenerMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k keeper
		ln := listen(t, ListenerConfig{Accept: k.Accept, MaxConnections: 2})
		loris, honest := newTalk(t, ln), newTalk(t, ln)
		loris.hear()
		honest.hear()
		loris.ask("EHLO relay.example", "250")
		honest.ask("EHLO relay.example", "250")
		for range 3 {
			time.Sleep(15 * time.Second)
			loris.ask("RSET", "250")
			honest.ask("MAIL FROM:<a@b.example>", "250")
			honest.ask("RCPT TO:<x@lek.gemeente.example>", "250")
			honest.ask("DATA", "354")
			honest.say("Subject: x\r\n\r\nx\r\n.\r\n")
			if got := honest.hear(); !strings.HasPrefix(got, "250") {
				t.Fatal(got)
			}
		}
		if got := newTalk(t, ln).hear(); !strings.HasPrefix(got, "220") {
			t.Errorf("a third one: %q", got)
		}
		honest.ask("NOOP", "250")
		if got := newTalk(t, ln).hear(); !strings.HasPrefix(got, "421") {
			t.Errorf("a fourth one at once: %q", got)
		}
	})
}

// TestListenerTime: who says nothing, or sends a body too slowly, or talks
// without end, loses the connection and nothing is kept.
func TestListenerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k keeper
		ln := listen(t, ListenerConfig{Accept: k.Accept, IdleTimeout: time.Minute, MessageTimeout: 3 * time.Minute})
		silent := newTalk(t, ln)
		silent.hear()
		began := time.Now()
		if got := silent.hear(); !strings.HasPrefix(got, "421") || time.Since(began) != time.Minute {
			t.Errorf("silent: %q after %s", got, time.Since(began))
		}

		slow := newTalk(t, ln)
		slow.hear()
		slow.ask("EHLO relay.example", "250")
		slow.ask("MAIL FROM:<a@b.example>", "250")
		slow.ask("RCPT TO:<privacy@gemeente.example>", "250")
		slow.ask("DATA", "354")
		began = time.Now()
		for {
			if _, err := slow.conn.Write([]byte("x")); err != nil {
				break
			}
			time.Sleep(30 * time.Second)
			_ = slow.conn.SetWriteDeadline(time.Now().Add(time.Minute))
		}
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("slow: cut off after %s", took)
		}

		chatty := newTalk(t, ln)
		chatty.hear()
		began = time.Now()
		for chatty.conn != nil {
			if _, err := chatty.conn.Write([]byte("NOOP\r\n")); err != nil || chatty.hear() == "" {
				break
			}
			time.Sleep(50 * time.Second)
		}
		if took := time.Since(began); took > maxLifetime+time.Minute {
			t.Errorf("chatty: cut off after %s", took)
		}
		if len(k.all()) != 0 {
			t.Errorf("kept %d messages that nobody finished", len(k.all()))
		}
	})
}

// TestListenerEndlessCommand: a command without end takes a megabyte at most.
func TestListenerEndlessCommand(t *testing.T) {
	var k keeper
	c := newTalk(t, listen(t, ListenerConfig{Accept: k.Accept}))
	c.hear()
	go func() { _, _ = io.Copy(io.Discard, c.conn) }()
	sent := 0
	for sent < 64<<20 {
		n, err := c.conn.Write(bytes.Repeat([]byte("a"), 64<<10))
		if sent += n; err != nil {
			break
		}
	}
	if sent > 2*maxIdleBytes {
		t.Errorf("%d bytes of one command were read", sent)
	}
}

// TestListenerHangUp: a client that leaves in the middle of a message left
// nothing behind.
func TestListenerHangUp(t *testing.T) {
	failed := make(chan error, 1)
	ln := listen(t, ListenerConfig{Accept: func(_ context.Context, in incident.Incoming) error {
		_, err := io.Copy(io.Discard, in.Body)
		failed <- err
		return err
	}})
	c := newTalk(t, ln)
	c.hear()
	c.ask("EHLO relay.example", "250")
	c.ask("MAIL FROM:<a@b.example>", "250")
	c.ask("RCPT TO:<privacy@gemeente.example>", "250")
	c.ask("DATA", "354")
	c.say("From: a@b.example\r\n\r\nhalf")
	c.conn.Close()
	if err := <-failed; err == nil {
		t.Error("half a message looked like a whole one")
	}
}

// TestListenerShutdown: a message under way is finished, idle connections end
// at once, and a new one is refused.
func TestListenerShutdown(t *testing.T) {
	k := keeper{hold: make(chan struct{})}
	l, ln := NewListener(ListenerConfig{Accept: k.Accept, Own: OwnRecipients("@b.example"), Now: time.Now}), newPipeListener()
	served := make(chan error, 1)
	go func() { served <- l.Serve(ln) }()
	idle, busy := newTalk(t, ln), newTalk(t, ln)
	idle.hear()
	busy.hear()
	busy.ask("EHLO relay.example", "250")
	busy.ask("MAIL FROM:<a@b.example>", "250")
	busy.ask("RCPT TO:<a@b.example>", "250")
	busy.ask("DATA", "354")
	busy.say("From: a@b.example\r\n\r\nx\r\n.\r\n")
	down := make(chan error, 1)
	go func() { down <- l.Shutdown(context.Background()) }()
	if got := idle.hear(); !strings.HasPrefix(got, "421") {
		t.Errorf("idle: %q", got)
	}
	if _, err := ln.Dial(context.Background()); err == nil {
		t.Error("a new connection was taken")
	}
	close(k.hold)
	if got := busy.hear(); !strings.HasPrefix(got, "250") {
		t.Errorf("busy: %q", got)
	}
	if got := busy.hear(); !strings.HasPrefix(got, "421") {
		t.Errorf("after its message: %q", got)
	}
	if err := <-down; err != nil || <-served != nil || len(k.all()) != 1 {
		t.Errorf("shutdown: %v, kept %d", err, len(k.all()))
	}
}

// TestListenerShutdownCutsOff: when the time for a shutdown is over, a stuck
// Accept is told by its context.
func TestListenerShutdownCutsOff(t *testing.T) {
	k := keeper{hold: make(chan struct{})}
	l, ln := NewListener(ListenerConfig{Accept: k.Accept, Own: OwnRecipients("@b.example"), Now: time.Now}), newPipeListener()
	go func() { _ = l.Serve(ln) }()
	c := newTalk(t, ln)
	c.hear()
	c.ask("EHLO relay.example", "250")
	c.ask("MAIL FROM:<a@b.example>", "250")
	c.ask("RCPT TO:<a@b.example>", "250")
	c.ask("DATA", "354")
	c.say("From: a@b.example\r\n\r\nx\r\n.\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := l.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if len(k.all()) != 0 {
		t.Error("kept after the end")
	}
}

// TestListenerLogsNoAddresses: what is logged names no mailbox and no text.
func TestListenerLogsNoAddresses(t *testing.T) {
	var log bytes.Buffer
	k := keeper{fail: errors.New("disk full")}
	ln := listen(t, ListenerConfig{Accept: k.Accept, Log: slog.New(slog.NewTextHandler(&log, nil))})
	c := newTalk(t, ln)
	c.hear()
	c.ask("EHLO relay.example", "250")
	c.ask("MAIL FROM:<geheim@b.example>", "250")
	c.ask("RCPT TO:<privacy@gemeente.example>", "250")
	c.ask("DATA", "354")
	c.ask("Subject: geheim\r\n\r\ngeheim\r\n.", "451")
	if got := log.String(); !strings.Contains(got, "disk full") || strings.Contains(got, "geheim") || strings.Contains(got, "privacy@") {
		t.Errorf("log: %s", got)
	}
}

// TestOwnRecipients: ours are the listed ones, their tagged forms, and whole
// domains that say so.
func TestOwnRecipients(t *testing.T) {
	own := OwnRecipients("Privacy@Gemeente.example", " @lek.example ", "privacy@localhost", "")
	for address, want := range map[string]bool{
		"privacy@gemeente.example": true, "PRIVACY@GEMEENTE.EXAMPLE": true, "privacy+t0k@gemeente.example": true, "x@lek.example": true,
		"privacy@localhost": true, "": false, "privacy": false, "privacy@gemeente.example.kwaad.example": false, "x@gemeente.example": false,
		"x@sub.lek.example": false, "+privacy@gemeente.example": false, "privacy@gemeente.example@kwaad.example": false,
	} {
		if own(address) != want {
			t.Errorf("%q: ours is %t", address, !want)
		}
	}
}

// passLarge sends a message through a listener and returns by how many bytes
// the heap grew at most meanwhile.
func passLarge(t testing.TB, size int) int64 {
	var most atomic.Uint64
	ln := listen(t, ListenerConfig{MaxMessage: 60 << 20, Accept: func(_ context.Context, in incident.Incoming) error {
		sum, buf, total := sha256.New(), make([]byte, 32<<10), 0
		for {
			n, err := in.Body.Read(buf)
			sum.Write(buf[:n])
			if total += n; total%(4<<20) < n {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapAlloc))
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := sendLarge(newTalk(t, ln), size); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	return int64(most.Load()) - int64(before.HeapAlloc)
}

// sendLarge sends one message of the given size and returns the reply.
func sendLarge(c *talk, size int) string {
	c.hear()
	c.ask("EHLO relay.example", "250")
	c.ask("MAIL FROM:<a@b.example>", "250")
	c.ask("RCPT TO:<privacy@gemeente.example>", "250")
	c.ask("DATA", "354")
	chunk := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 400)
	for sent := 0; sent < size; sent += len(chunk) {
		c.say(chunk)
	}
	c.say(".\r\n")
	return c.hear()
}

// TestListenerMemory: a large mail passes without being held.
func TestListenerMemory(t *testing.T) {
	if grown := passLarge(t, 20<<20); grown > 8<<20 {
		t.Errorf("heap grew by %d bytes", grown)
	}
}

// BenchmarkListener50MiB measures a mail of 50 MiB through the listener, and
// the memory it takes.
func BenchmarkListener50MiB(b *testing.B) {
	b.SetBytes(50 << 20)
	most := int64(0)
	for b.Loop() {
		most = max(most, passLarge(b, 50<<20))
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
}
