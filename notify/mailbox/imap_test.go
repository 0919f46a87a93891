package mailbox

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"meldklok/incident"

	"meldklok/notify/mailbox/realtest"
)

// mailServer is an IMAP server in memory, with a folder that tests fill and
// hooks that let it misbehave.
type mailServer struct {
	t    testing.TB
	ln   *pipeListener
	user *imapmemserver.User
	caps imap.CapSet
	tls  *tls.Config
	wrap func(imapserver.SessionIMAP4rev2) imapserver.Session // per connection
	link func(net.Conn) net.Conn                              // what the client gets
	next uint32                                               // UIDs are counted from 1
}

const (
	testUser     = realtest.User
	testPassword = realtest.Password
)

// newMailServer starts a server with an empty INBOX.
func newMailServer(t testing.TB, change func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{t: t, ln: newPipeListener(), user: imapmemserver.NewUser(testUser, testPassword)}
	s.caps = imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}
	if change != nil {
		change(s)
	}
	must(t, s.user.Create("INBOX", nil))
	memory := imapmemserver.New()
	memory.AddUser(s.user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			session := memory.NewSession().(imapserver.SessionIMAP4rev2)
			if s.wrap != nil {
				return s.wrap(session), nil, nil
			}
			return session, nil, nil
		},
		Caps: s.caps, TLSConfig: s.tls, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(s.ln) }()
	t.Cleanup(func() { s.ln.Close(); <-done; _ = server.Close() })
	return s
}

// put delivers a message with a date and returns its UID.
func (s *mailServer) put(raw string, date time.Time) uint32 {
	s.t.Helper()
	data, err := s.user.Append("INBOX", literal{strings.NewReader(raw), int64(len(raw))}, &imap.AppendOptions{Time: date})
	must(s.t, err)
	return uint32(data.UID)
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// mailbox describes the server for a watcher.
func (s *mailServer) mailbox() Mailbox {
	return Mailbox{
		Name: "privacy", Address: "localhost:143", Security: SecurityNone, User: testUser,
		Password: func(context.Context) (string, error) { return testPassword, nil },
		Since:    testNow.Add(-time.Hour),
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := s.ln.Dial(ctx)
			if err == nil && s.link != nil {
				conn = s.link(conn)
			}
			return conn, err
		},
	}
}

// folder lists what is in a folder: UID and flags.
func (s *mailServer) folder(name string) map[uint32][]imap.Flag {
	s.t.Helper()
	m := s.mailbox()
	m.Folder = name
	s2 := *s
	s2.link = nil
	m.Dial = s2.mailbox().Dial
	c, err := connect(context.Background(), m.withDefaults(), false)
	must(s.t, err)
	defer c.close()
	_, err = c.open(context.Background())
	must(s.t, err)
	found := map[uint32][]imap.Flag{}
	messages, err := c.client.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	must(s.t, err)
	for _, m := range messages {
		found[uint32(m.UID)] = m.Flags
	}
	return found
}

// record is a store in memory with the promises that Seams ask for.
type record struct {
	mu       sync.Mutex
	incoming []incident.Incoming // one per content, in the order of acceptance
	raw      []string
	twice    int // messages that were recognised
	hashes   map[[32]byte]bool
	uids     map[string]bool // validity/UID
	cursor   *incident.Cursor
	refuse   func(raw string) error
	groups   []int // how many messages came together
}

func newRecord() *record {
	return &record{hashes: map[[32]byte]bool{}, uids: map[string]bool{}}
}

func uidKey(validity, uid uint32) string { return fmt.Sprintf("%d/%d", validity, uid) }

func (r *record) Accept(_ context.Context, in incident.Incoming) error {
	raw, err := io.ReadAll(in.Body)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(string(raw)); err != nil {
			return err
		}
	}
	r.uids[uidKey(in.Cursor.Validity, in.Cursor.UID)] = true
	if r.cursor == nil || r.cursor.Validity != in.Cursor.Validity || r.cursor.UID < in.Cursor.UID {
		r.cursor = in.Cursor
	}
	hash := sha256.Sum256(raw)
	if r.hashes[hash] {
		r.twice++
		return nil
	}
	r.hashes[hash] = true
	r.incoming, r.raw = append(r.incoming, in), append(r.raw, string(raw))
	return nil
}

// AcceptAll keeps all of them or none.
func (r *record) AcceptAll(ctx context.Context, all []incident.Incoming) error {
	copies := make([]incident.Incoming, len(all))
	for i, in := range all {
		raw, err := io.ReadAll(in.Body)
		if err != nil {
			return err
		}
		if refuse := r.refusal(); refuse != nil {
			if err := refuse(string(raw)); err != nil {
				return err
			}
		}
		copies[i] = in
		copies[i].Body = strings.NewReader(string(raw))
	}
	for _, in := range copies {
		if err := r.Accept(ctx, in); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.groups = append(r.groups, len(all))
	return nil
}

func (r *record) refusal() func(string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refuse
}

func (r *record) LoadCursor(context.Context, string) (incident.Cursor, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cursor == nil {
		return incident.Cursor{}, false, nil
	}
	return *r.cursor, true, nil
}

func (r *record) Missing(_ context.Context, _ string, validity uint32, uids []uint32) (missing []uint32, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range uids {
		if !r.uids[uidKey(validity, u)] {
			missing = append(missing, u)
		}
	}
	return missing, nil
}

func (r *record) setRefuse(f func(string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = f
}

// subjects lists what was kept.
func (r *record) subjects() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, raw := range r.raw {
		_, line, _ := strings.Cut(raw, "Subject: ")
		line, _, _ = strings.Cut(line, "\r\n")
		found = append(found, line)
	}
	return found
}

// watch runs a watcher until the returned function is called or the test ends.
func (r *record) watch(t testing.TB, m Mailbox) (w *Watcher, stop func()) {
	t.Helper()
	began := time.Now()
	w, err := NewWatcher(m, Seams{
		Accept: r.Accept, AcceptAll: r.AcceptAll, MostTogether: 64 << 10, LoadCursor: r.LoadCursor, Missing: r.Missing,
		Now: func() time.Time { return testNow.Add(time.Since(began)) },
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return w, stop
}

// mailText is a small message; its subject is its first line.
func mailText(subject string) string {
	return "Subject: " + subject + "\r\nFrom: balie@gemeente.example\r\n\r\n" + subject + "\r\n"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checkSubjects compares what was kept, in order.
func checkSubjects(t testing.TB, r *record, want ...string) {
	t.Helper()
	if got := r.subjects(); !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}
