package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
	"meldklok/notify/mailer/mailertest"
	"meldklok/notify/webhook"
)

// outside is everything beyond the second road: a web server in memory that
// takes posts at /json and pings at /beat.
type outside struct {
	h     *house
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu    sync.Mutex
	posts []webhook.Payload
	raw   []string
	beats []time.Duration // after friday
	hangs bool
}

func (o *outside) Accept() (net.Conn, error) {
	select {
	case c := <-o.conns:
		return c, nil
	case <-o.done:
		return nil, net.ErrClosed
	}
}
func (o *outside) Close() error   { o.once.Do(func() { close(o.done) }); return nil }
func (o *outside) Addr() net.Addr { return &net.UnixAddr{Name: "outside"} }

func (o *outside) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case o.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ServeHTTP implements http.Handler.
func (o *outside) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	hangs := o.hangs
	o.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.URL.Path == "/beat" {
		o.beats = append(o.beats, time.Since(friday).Round(time.Minute))
		return
	}
	var p webhook.Payload
	if err := json.Unmarshal(body, &p); err != nil {
		o.h.t.Errorf("a post that is no JSON: %s", body)
	}
	o.posts, o.raw = append(o.posts, p), append(o.raw, string(body))
}

// hang makes it take nothing from now on.
func (o *outside) hang() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangs = true
}

// taken returns the posts so far, read and as they came.
func (o *outside) taken() (posts []webhook.Payload, raw string) {
	synctest.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.posts), strings.Join(o.raw, "\n")
}

// said lists the posts of some kinds: when, and about what.
func (o *outside) said(kinds ...webhook.Kind) (said []string) {
	posts, _ := o.taken()
	for _, p := range posts {
		if !slices.Contains(kinds, p.Kind) {
			continue
		}
		what := ""
		for _, a := range p.Alerts {
			what += " " + a.Rung
		}
		if p.Finding != nil {
			what += " " + p.Finding.Code
		}
		at := p.At.Sub(friday) + time.Minute // the lead of a period
		said = append(said, strings.TrimSuffix(at.Truncate(time.Hour).String(), "0m0s")+what)
	}
	return said
}

// beaten counts the pings between two instants after friday.
func (o *outside) beaten(from, until time.Duration) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, at := range o.beats {
		if at >= from && at < until {
			n++
		}
	}
	return n
}

// withOutside runs fn in a house whose second road leads to memory.
func withOutside(t *testing.T, fn func(t *testing.T, h *house, o *outside)) {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgYSB0ZXN0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inBubble(t, func(t *testing.T, h *house) {
		o := &outside{h: h, conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: o}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(o) })
		h.stop()
		h.dial = o.dial
		h.adapt = func(c *ServeConfig) {
			c.Webhooks, c.WebhookSecrets = []string{"json+http://localhost/json"}, []string{key}
			c.Heartbeat = "http://localhost/beat"
		}
		h.start()
		fn(t, h, o)
		h.stop()
		_ = server.Close()
		serving.Wait()
		h.start() // for the end of the bubble, which stops it
	})
}

// TestSecondRoad: the rungs of the last twelve hours go over the second road
// too, without case content, and a clean instance is heard of every minute.
func TestSecondRoad(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.deliver(report)
		time.Sleep(77 * hour)
		want := []string{"60h half-day", "66h six", "69h three", "71h one", "72h overdue", "76h overdue+4h"}
		if got := o.said(webhook.KindAlert); !slices.Equal(got, want) {
			t.Errorf("posted %q, want %q", got, want)
		}
		if got := o.said(webhook.KindTrouble, webhook.KindLasting, webhook.KindOver, webhook.KindMissed); got != nil {
			t.Errorf("posted trouble: %q", got)
		}
		posts, raw := o.taken()
		first := posts[0]
		if first.Alerts[0].Reference != firstRef || !first.Alerts[0].DueAt.Equal(h.incident(firstRef).Duty(incident.DutyAP).Clock.Due) ||
			first.Link != "https://meldklok.example.org/incidents/2026-0001" || first.Head == nil {
			t.Errorf("the first post is %+v", first)
		}
		for _, word := range []string{"Colleague", "Lijst", "klant", "namen", "officer"} {
			if strings.Contains(raw, word) {
				t.Errorf("a post says %q", word)
			}
		}
		if n := o.beaten(10*hour, 20*hour); n < 595 || n > 600 {
			t.Errorf("%d pings in ten hours", n)
		}
	})
}

// TestHangingWebhook: a receiver that never answers delays no mail and stops no
// audit; health says so, in amber.
func TestHangingWebhook(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		o.hang()
		h.deliver(report)
		time.Sleep(75 * hour)
		h.expect("officer@example.org", 0, 4*hour, 24*hour, 48*hour, 60*hour, 66*hour, 69*hour, 71*hour, 72*hour)
		health := h.app.engine.Health()
		codes := map[string]incident.Level{}
		for _, f := range health.Findings {
			codes[f.Code] = f.Level
		}
		if codes["webhook-trouble"] != incident.Amber || health.Red() || time.Since(health.At) > 2*time.Minute {
			t.Errorf("health at %v: %v", health.At, codes)
		}
		h.accounted()
	})
}

// TestSecondRoadWhenMailIsDown: with every relay away the trouble is told at
// once, every rung goes over the second road, and the outside hears no ping
// until mail flows again (promise 3, LESSONS 6).
func TestSecondRoadWhenMailIsDown(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.deliver(report)
		time.Sleep(23 * hour)
		h.relay.Script(func(string, int) mailertest.Fault { return mailertest.Fault{At: mailertest.AtDial} })
		time.Sleep(26 * hour) // day-1 finds the relay away; day-2 follows
		if got, want := o.said(webhook.KindAlert), []string{"48h day-2"}; !slices.Equal(got, want) {
			t.Errorf("alerts %q, want %q", got, want)
		}
		posts, _ := o.taken()
		for _, p := range posts {
			if p.Kind == webhook.KindAlert && !p.MailDown {
				t.Errorf("the alert does not say that mail is down: %s", p.Text)
			}
		}
		if n := o.beaten(25*hour, 49*hour); n != 0 {
			t.Errorf("%d pings while health was red", n)
		}
		got := o.said(webhook.KindTrouble)
		slices.Sort(got)
		if want := []string{"24h mail-waiting", "24h relay-trouble"}; !slices.Equal(got, want) {
			t.Errorf("trouble %q, want %q", got, want)
		}
		if !slices.Contains(o.said(webhook.KindLasting), "28h relay-trouble") {
			t.Errorf("lasting %q", o.said(webhook.KindLasting))
		}
		h.relay.Script(nil)
		time.Sleep(2 * hour)
		if got := o.said(webhook.KindOver); len(got) != 2 || o.beaten(50*hour, 51*hour) < 55 {
			t.Errorf("over %q, pings %d", got, o.beaten(50*hour, 51*hour))
		}
		h.accounted()
	})
}

// TestWebhookSettings: what is wrong with a setting is said in a sentence
// without the address.
func TestWebhookSettings(t *testing.T) {
	dir := t.TempDir()
	good, weak := filepath.Join(dir, "good"), filepath.Join(dir, "weak")
	for path, text := range map[string]string{good: "a sentence that nobody guesses\n", weak: "short\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		why           string
		hooks, files  []string
		beat, refused string
	}{
		{"a signed one, one without a secret, and a token", []string{"json+https://a.example/x", "slack+https://b.example/x", "ntfy+https://c.example/x"}, []string{good, "-", good}, "https://d.example/x", ""},
		{"a heartbeat alone", nil, nil, "https://d.example/x#fail", ""},
		{"json without a key", []string{"json+https://a.example/s3cret"}, nil, "", "is signed"},
		{"a weak key", []string{"json+https://a.example/s3cret"}, []string{weak}, "", "shorter"},
		{"a key that is not there", []string{"json+https://a.example/s3cret"}, []string{filepath.Join(dir, "none")}, "", "no such file"},
		{"a secret for Slack", []string{"slack+https://a.example/s3cret"}, []string{good}, "", "no use for a secret"},
		{"more files than webhooks", nil, []string{good}, "", "more files"},
		{"a heartbeat in the clear", nil, nil, "http://d.example/s3cret", "--heartbeat"},
		{"no format", []string{"https://a.example/s3cret"}, nil, "", "json+https://"},
	}
	for _, tt := range tests {
		targets, err := ServeConfig{Webhooks: tt.hooks, WebhookSecrets: tt.files, Heartbeat: tt.beat}.webhooks()
		switch {
		case tt.refused == "":
			if want := len(tt.hooks) + min(1, len(tt.beat)); err != nil || len(targets) != want {
				t.Errorf("%s: %v, %v", tt.why, targets, err)
			}
		case err == nil || !strings.Contains(err.Error(), tt.refused) || strings.Contains(err.Error(), "s3cret"):
			t.Errorf("%s: error %v, want one that says %q", tt.why, err, tt.refused)
		}
	}
}

// TestWebhookHelp: `help json` names every field of the body, and every kind of
// entry.
func TestWebhookHelp(t *testing.T) {
	help := newShell(t).ok("", "help", "json")
	for _, kind := range []reflect.Type{reflect.TypeFor[webhook.Payload](), reflect.TypeFor[webhook.EntryPayload](), reflect.TypeFor[webhook.PayloadFinding](), reflect.TypeFor[webhook.PayloadAlert](), reflect.TypeFor[webhook.PayloadHead]()} {
		for field := range kind.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !strings.Contains(help, name) {
				t.Errorf("help json does not name %s of %s", name, kind.Name())
			}
		}
	}
	for _, kind := range append(incident.Kinds(), webhook.Unreadable) {
		if !regexp.MustCompile(`[ (]` + string(kind) + `[,;:\n ]`).MatchString(help) {
			t.Errorf("help json does not name the kind %s", kind)
		}
	}
}
