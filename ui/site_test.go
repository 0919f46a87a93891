package ui_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/store"
	"meldklok/ui"
	"meldklok/ui/session"
)

// site is the whole door for people over a record in memory.
type site struct {
	t        testing.TB
	service  *incident.Service
	engine   store.Engine // under the record
	sessions *session.Manager
	server   *ui.Server
	http     *httptest.Server
	cfg      ui.Config
	log      *bytes.Buffer
	plan     sitePlan

	mu     sync.Mutex
	at     time.Time
	health incident.Health
	asked  int // questions that came from an address of their own
}

// password is good enough for everybody in these tests.
const password = "vier losse woorden samen"

// sitePlan is the planner of a site: one row a duty, or the real ladders for a
// test that sets them before anything comes in.
type sitePlan struct{ real incident.Planner }

func (p *sitePlan) Plan(inc *incident.Incident) []incident.Planned {
	if p.real != nil {
		return p.real.Plan(inc)
	}
	return onePlan{}.Plan(inc)
}

// onePlan gives every open duty one row: enough for the record.
type onePlan struct{}

func (onePlan) Plan(inc *incident.Incident) (rows []incident.Planned) {
	for _, d := range inc.Duties {
		if d.Open() {
			rows = append(rows, incident.Planned{At: d.Clock.Due, Ref: inc.Ref, What: incident.WhatDuty(d.ID())})
		}
	}
	return rows
}

// readMail is a parser that is just good enough for these tests.
func readMail(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
	r := incident.Reading{Received: in.Arrived, ReceivedBasis: incident.BasisListener}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		r.Unreadable = true
		return r
	}
	body, _ := io.ReadAll(m.Body)
	if from, err := mail.ParseAddress(m.Header.Get("From")); err == nil {
		r.From = incident.Address{Name: from.Name, Email: from.Address}
	}
	r.Subject, r.Text, r.MessageID = m.Header.Get("Subject"), string(body), m.Header.Get("Message-Id")
	if id := m.Header.Get("In-Reply-To"); id != "" {
		r.InReplyTo = []string{id}
	}
	if m.Header.Get("Auto-Submitted") == "auto-replied" {
		r.Park = incident.ParkAutoReply
	}
	r.Attachments = []incident.Attachment{{Name: "lijst.html", Type: "text/html", Size: 25, Data: []byte("<script>alert(1)</script>")}}
	return r
}

// start is the moment at which the tests begin: a Friday afternoon.
func start() time.Time { return time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC) }

func newSite(t testing.TB, change ...func(*ui.Config)) *site {
	t.Helper()
	s := &site{t: t, at: start(), log: &bytes.Buffer{}, engine: store.NewMemory()}
	master, err := store.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&locked{w: s.log}, nil))
	record, err := store.New(s.engine, store.NewMemory(), master, store.Config{Planner: &s.plan, Now: s.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.service = &incident.Service{
		Store: record, Read: readMail, Now: s.now, Rules: incident.Rules(), Log: log,
		Tokens: incident.Tokens{MAC: record.MAC, Domain: "meldklok.example.org"},
	}
	s.sessions = session.New(record, s.now)
	s.service.Forgotten = s.sessions.Forget
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }))
	cfg := ui.Config{
		Service: s.service, Sessions: s.sessions, Now: s.now, URL: s.http.URL, Log: log,
		Health: func() incident.Health { s.mu.Lock(); defer s.mu.Unlock(); return s.health },
	}
	for _, c := range change {
		c(&cfg)
	}
	if s.server, err = ui.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.cfg = cfg
	t.Cleanup(func() { s.server.Close(); s.http.Close(); _ = record.Close() })
	return s
}

// rebuild opens the door anew with options of its sessions.
func (s *site) rebuild(options ...session.Option) {
	s.t.Helper()
	s.sessions = session.New(s.service.Store, s.now, options...)
	s.cfg.Sessions = s.sessions
	s.server.Close()
	var err error
	if s.server, err = ui.New(s.cfg); err != nil {
		s.t.Fatal(err)
	}
}

// locked lets several requests write one log.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (s *site) now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.at }

// wait lets time pass.
func (s *site) wait(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.at = s.at.Add(d) }

func (s *site) setHealth(h incident.Health) { s.mu.Lock(); defer s.mu.Unlock(); s.health = h }

// person adds somebody who can sign in, named after the role.
func (s *site) person(roles ...people.Role) people.Person {
	s.t.Helper()
	ctx := context.Background()
	p := people.Person{Name: "De " + string(roles[0]), Email: string(roles[0]) + "@example.org", Roles: roles, Lang: "nl"}
	id, err := s.service.SetPerson(ctx, incident.System, p)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.sessions.SetPassword(ctx, incident.System, id, password); err != nil {
		s.t.Fatal(err)
	}
	p.ID = id
	return p
}

// mailIn delivers a mail and returns the incident it became.
func (s *site) mailIn(subject, text string, header ...string) incident.Ref {
	s.t.Helper()
	raw := "From: Afdeling Zorg <zorg@example.org>\r\nSubject: " + subject + "\r\n" + strings.Join(header, "") + "\r\n" + text + "\r\n"
	ctx := context.Background()
	item, err := s.service.Accept(ctx, incident.Incoming{Channel: incident.ChannelSMTP, Arrived: s.now(), Body: strings.NewReader(raw)})
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.service.Process(ctx, item)
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Ref
}

// visitor is a browser without scripts.
type visitor struct {
	s      *site
	client *http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a visitor who has signed in by a session of their own.
func (s *site) signedIn(p people.Person) *visitor {
	s.t.Helper()
	v := s.visitor()
	token, err := s.sessions.Begin(context.Background(), p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	u, _ := url.Parse(s.http.URL)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: "sid", Value: token, Path: "/"}})
	return v
}

// answer is a page with its status.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

func (v *visitor) do(req *http.Request, err error) answer {
	v.s.t.Helper()
	if err != nil {
		v.s.t.Fatal(err)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	return answer{v.s.t, resp.StatusCode, resp.Header, string(body)}
}

func (v *visitor) get(path string) answer {
	v.s.t.Helper()
	return v.do(http.NewRequest(http.MethodGet, v.s.http.URL+path, nil))
}

func (v *visitor) post(path string, kv ...string) answer {
	v.s.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		values.Add(kv[i], kv[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, v.s.http.URL+path, strings.NewReader(values.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(req, err)
}

// upload posts a form with one file.
func (v *visitor) upload(path, name string, data []byte, kv ...string) answer {
	v.s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(kv); i += 2 {
		_ = w.WriteField(kv[i], kv[i+1])
	}
	part, err := w.CreateFormFile("files", name)
	if err != nil {
		v.s.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	req, err := http.NewRequest(http.MethodPost, v.s.http.URL+path, &body)
	if err == nil {
		req.Header.Set("Content-Type", w.FormDataContentType())
	}
	return v.do(req, err)
}

// want checks the status and that the page says each of the texts.
func (p answer) want(status int, texts ...string) answer {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("status %d, want %d; location %q; page:\n%s", p.status, status, p.header.Get("Location"), p.gist())
	}
	plain := html.UnescapeString(p.body)
	for _, text := range texts {
		if !strings.Contains(p.body, text) && !strings.Contains(plain, text) {
			p.t.Errorf("the page does not say %q; it says:\n%s", text, p.gist())
		}
	}
	return p
}

// gist is the text of a page without its markup.
func (p answer) gist() string {
	_, main, _ := strings.Cut(p.body, "<main")
	text := regexp.MustCompile(`<[^>]*>|\s+`).ReplaceAllString(html.UnescapeString(main), " ")
	return strings.Join(strings.Fields(text), " ")
}

// leads checks a redirect.
func (p answer) leads(to string) answer {
	p.t.Helper()
	if p.status != http.StatusSeeOther || p.header.Get("Location") != to {
		p.t.Fatalf("status %d to %q, want 303 to %q; page:\n%s", p.status, p.header.Get("Location"), to, p.gist())
	}
	return p
}

// lacks checks that the page does not say a text.
func (p answer) lacks(texts ...string) answer {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.t.Errorf("the page must not say %q; it says:\n%s", text, p.gist())
		}
	}
	return p
}
