package webhook

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meldklok/incident"
)

// wire is a web server without a socket.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}
func (w *wire) Close() error   { w.once.Do(func() { close(w.done) }); return nil }
func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// taken is a post that a receiver took.
type taken struct {
	at         time.Duration // after the start
	path, body string
}

// ring is a road with receivers in memory, in virtual time.
type ring struct {
	*Road
	t     *testing.T
	start time.Time

	mu     sync.Mutex
	posts  []taken
	answer func(path string) int // 0: hang
}

// inBubble runs fn with a road to the given settings; http://NAME/ is the
// receiver's name.
func inBubble(t *testing.T, settings []string, fn func(r *ring)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &ring{t: t, start: time.Now(), answer: func(string) int { return 200 }}
		net := &wire{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: r, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(net) })
		var targets []Target
		for _, s := range settings {
			targets = append(targets, aim(t, s))
		}
		r.Road = New(Config{Targets: targets, URL: "https://meldklok.example.org", Now: time.Now, Dial: net.dial})
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() { _ = r.Run(ctx) })
		fn(r)
		cancel()
		_ = server.Close()
		running.Wait()
	})
}

// ServeHTTP implements http.Handler.
func (r *ring) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	status := r.answer(req.URL.Path)
	if status >= 200 && status <= 299 {
		r.posts = append(r.posts, taken{time.Since(r.start), req.URL.Path, string(body)})
	}
	r.mu.Unlock()
	if status == 0 {
		<-req.Context().Done()
		return
	}
	w.WriteHeader(status)
}

func (r *ring) answers(f func(path string) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// got returns when posts to a path were taken.
func (r *ring) got(path string) (at []time.Duration) {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.posts {
		if p.path == path {
			at = append(at, p.at.Round(time.Second))
		}
	}
	return at
}

func (r *ring) expect(path string, want ...time.Duration) {
	r.t.Helper()
	if got := r.got(path); !slices.Equal(got, want) {
		r.t.Errorf("%s took posts at %v, want %v", path, got, want)
	}
}

func (r *ring) audit(findings ...incident.Finding) {
	r.Audited(incident.Health{At: time.Now().UTC(), Findings: findings})
}

func (r *ring) alert(number uint32) {
	r.Alerted(Alerts{At: time.Now().UTC(), List: []Alert{{
		Ref: incident.Ref{Year: 2026, Number: number}, Duty: incident.DutyAP, Rung: "one", Rank: 80, Due: time.Now().Add(time.Hour),
	}}})
}

// TestHeartbeat (promise 3, LESSONS 12 and 19): one ping a minute while audits
// are clean, none after a red one, and none when no audit comes.
func TestHeartbeat(t *testing.T) {
	inBubble(t, []string{"heartbeat+http://localhost/beat", "heartbeat+http://localhost/loud#fail"}, func(r *ring) {
		for range 36 { // three minutes of audits every five seconds
			r.audit()
			time.Sleep(5 * time.Second)
		}
		r.expect("/beat", 0, time.Minute, 2*time.Minute)
		for range 36 {
			r.audit(red("duties-without-alert"))
			time.Sleep(5 * time.Second)
		}
		r.expect("/beat", 0, time.Minute, 2*time.Minute)
		r.expect("/loud/fail", 3*time.Minute, 4*time.Minute, 5*time.Minute)
		r.audit()
		time.Sleep(time.Hour) // no audit: silence
		r.expect("/beat", 0, time.Minute, 2*time.Minute, 6*time.Minute)
	})
}

// TestNoLatePing: a ping that waits behind one that hangs does not go out once
// an audit was red.
func TestNoLatePing(t *testing.T) {
	inBubble(t, []string{"heartbeat+http://localhost/beat"}, func(r *ring) {
		r.answers(func(string) int { return 0 })
		r.audit()
		time.Sleep(time.Second)
		r.workers[0].push(Note{Kind: KindBeat, At: time.Now()})
		r.audit(red("inbox-stuck"))
		r.answers(func(string) int { return 200 })
		time.Sleep(time.Hour)
		r.expect("/beat")
	})
}

// TestRetry: a receiver that is away for two minutes gets its post once it is
// back, after growing pauses.
func TestRetry(t *testing.T) {
	inBubble(t, []string{"slack+http://localhost/a"}, func(r *ring) {
		r.answers(func(string) int {
			if time.Since(r.start) < 2*time.Minute {
				return 503
			}
			return 200
		})
		r.alert(1)
		time.Sleep(time.Minute)
		if f := r.Findings(); len(f) != 1 || f[0].Code != "webhook-trouble" || f[0].Level != incident.Amber {
			t.Errorf("findings %v", f)
		}
		time.Sleep(time.Hour)
		r.expect("/a", 155*time.Second) // tried after 0, 5, 15, 35, 75 and 155 seconds
		if f := r.Findings(); len(f) != 0 {
			t.Errorf("findings %v", f)
		}
	})
}

// TestLostAndMissed: a post is given up after ten minutes; the receiver hears of
// it when it is back, and health is amber until then.
func TestLostAndMissed(t *testing.T) {
	inBubble(t, []string{"slack+http://localhost/a"}, func(r *ring) {
		r.answers(func(string) int { return 500 })
		r.alert(1)
		r.alert(2)
		time.Sleep(time.Hour)
		if s := r.Status()[0]; s.Lost != 2 || s.Reason != "status-500" || !s.Trouble() {
			t.Errorf("status %+v", s)
		}
		r.answers(func(string) int { return 200 })
		time.Sleep(15 * time.Minute)
		if r.got("/a"); len(r.posts) != 1 || !strings.Contains(r.posts[0].body, "2 eerdere berichten") || len(r.Findings()) != 0 {
			t.Errorf("took %v, findings %v", r.posts, r.Findings())
		}
		time.Sleep(time.Hour)
		if len(r.got("/a")) != 1 {
			t.Errorf("told of the lost posts more than once: %v", r.posts)
		}
	})
}

// TestRefused: a refusal that proves that the post will never be taken is not
// repeated.
func TestRefused(t *testing.T) {
	inBubble(t, []string{"slack+http://localhost/a"}, func(r *ring) {
		asked := 0
		r.answers(func(string) int { asked++; return 403 })
		r.alert(1)
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if asked != 1 || r.Status()[0].Lost != 1 {
			t.Errorf("asked %d times, status %+v", asked, r.Status()[0])
		}
	})
}

// TestHanging: a receiver that never answers delays neither the caller nor
// another receiver, and what waits for it is bounded.
func TestHanging(t *testing.T) {
	inBubble(t, []string{"slack+http://localhost/hangs", "slack+http://localhost/fine"}, func(r *ring) {
		r.answers(func(path string) int {
			if path == "/hangs" {
				return 0
			}
			return 200
		})
		start := time.Now()
		for n := range uint32(3 * queueLimit) {
			r.audit()
			r.alert(n + 1)
			synctest.Wait()
		}
		if passed := time.Since(start); passed != 0 {
			t.Errorf("the caller waited %v", passed)
		}
		if got := r.got("/fine"); len(got) != 3*queueLimit || got[len(got)-1] != 0 {
			t.Errorf("the other receiver took %d posts", len(got))
		}
		s := r.Status()[0]
		if s.Lost != 3*queueLimit-queueLimit-1 || s.Reason != reasonOverflow {
			t.Errorf("status %+v, want the oldest dropped but for the one under way", s)
		}
	})
}

// TestNothingToDo: a road without receivers costs nothing and ends at once.
func TestNothingToDo(t *testing.T) {
	r := New(Config{Now: time.Now})
	r.Audited(incident.Health{At: noon})
	r.Alerted(Alerts{At: noon, MailDown: true, List: []Alert{{Due: noon}}})
	if err := r.Run(t.Context()); err != nil || r.Findings() != nil {
		t.Error("a road without receivers does something")
	}
}

// TestSameHost: two receivers on one host are told apart.
func TestSameHost(t *testing.T) {
	r := New(Config{Now: time.Now, Targets: []Target{aim(t, "slack+https://h.example/a"), aim(t, "slack+https://h.example/b")}})
	if s := r.Status(); s[0].Name != "slack+https://h.example" || s[1].Name != "slack+https://h.example (2)" {
		t.Errorf("names %q and %q", s[0].Name, s[1].Name)
	}
}
