package ui_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/api"
	"meldklok/ui/session"
)

// tool is another program with a token. Every answer that it gets is held
// against the document.
type tool struct {
	s     *site
	token string
	key   string // Idempotency-Key of the next requests
	doc   *document
}

// document is the API's, with the schemas of its answers.
type document struct {
	paths   map[string]map[string]struct{ Responses map[string]json.RawMessage }
	schemas *jsonschema.Compiler
}

// tool makes a program with these scopes.
func (s *site) tool(name string, scopes ...incident.Scope) *tool {
	s.t.Helper()
	token, err := s.sessions.NewToken(s.t.Context(), incident.System, name, scopes, session.TokenDays)
	if err != nil {
		s.t.Fatal(err)
	}
	return &tool{s: s, token: token, doc: s.document()}
}

// document reads the document as a program would, and checks it.
func (s *site) document() *document {
	s.t.Helper()
	raw := []byte(s.visitor().get("/api/v1/openapi.json").want(http.StatusOK).body)
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(raw)
	if err == nil {
		err = doc.Validate(loader.Context)
	}
	if err != nil {
		s.t.Fatalf("the document is not valid: %v", err)
	}
	out := &document{schemas: jsonschema.NewCompiler()}
	out.schemas.AssertFormat()
	var read struct {
		Paths map[string]map[string]struct{ Responses map[string]json.RawMessage }
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = errors.Join(json.Unmarshal(raw, &read), out.schemas.AddResource("openapi.json", whole))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	out.paths = read.Paths
	return out
}

// check holds an answer against the document: path as the document writes it.
func (d *document) check(method, path string, got answer) error {
	row, found := d.paths[path][strings.ToLower(method)]
	if !found {
		return nil // not in the document, so nothing may answer there
	}
	status := strconv.Itoa(got.status)
	if row.Responses[status] == nil {
		return fmt.Errorf("the status %s is not in the document", status)
	}
	media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	pointer := func(parts ...string) (out string) {
		for _, part := range parts {
			out += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(part)
		}
		return out
	}
	schema, err := d.schemas.Compile("openapi.json#" + pointer("paths", path, strings.ToLower(method), "responses", status, "content", media, "schema"))
	if err != nil || !strings.HasSuffix(media, "json") {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(got.body))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

func (p *tool) get(path string) answer { return p.ask(http.MethodGet, path, "") }

func (p *tool) post(path, body string) answer { return p.ask(http.MethodPost, path, body) }

// ask sends a request, and fails the test when the answer is not one that the
// document describes.
func (p *tool) ask(method, path, body string) answer {
	p.s.t.Helper()
	req, err := http.NewRequest(method, p.s.http.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		p.s.t.Fatal(err)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.key != "" {
		req.Header.Set("Idempotency-Key", p.key)
	}
	got := p.s.visitor().do(req, nil)
	path, _, _ = strings.Cut(path, "?")
	if parts := strings.Split(path, "/"); len(parts) > 2 {
		parts[2] = "{ref}"
		path = strings.Join(parts, "/")
	}
	if err := p.doc.check(method, path, got); err != nil {
		p.s.t.Errorf("%s %s: the answer is not as the document says: %v\n%s", method, path, err, got.body)
	}
	return got
}

// into reads the body.
func into[T any](p answer) (v T) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.body), &v); err != nil {
		p.t.Fatalf("%v: %s", err, p.body)
	}
	return v
}

// problem checks that a request was refused, with which code, beside which field.
func (p answer) problem(status int, code, field string) {
	p.t.Helper()
	got := into[api.Problem](p)
	if p.status != status || got.Status != status || got.Code != code || p.header.Get("Content-Type") != "application/problem+json" || got.Detail == "" {
		p.t.Errorf("got %d %q: %s; want %d %s", p.status, p.header.Get("Content-Type"), p.body, status, code)
	}
	if named := len(got.Errors) > 0 && got.Errors[0].Field == field; (field != "") && !named {
		p.t.Errorf("the problem should name %s: %s", field, p.body)
	}
}

func filing(at time.Time) string {
	return fmt.Sprintf(`{"kind":"initial","number":"AP-2026-1","filed_at":%q}`, at.Format(time.RFC3339))
}

// scopesOf is the promise of the API, written down a second time by hand.
var scopesOf = map[string]incident.Scope{
	"GET /api/v1/openapi.json": "",
	"POST /api/v1/reports":     incident.ScopeReport,
	"GET /api/v1/clocks":       incident.ScopeRead, "GET /api/v1/incidents": incident.ScopeRead,
	"GET /api/v1/incidents/:ref": incident.ScopeRead, "GET /api/v1/incidents/:ref/log": incident.ScopeRead,
	"POST /api/v1/incidents/:ref/filings": incident.ScopeFile,
	"GET /api/v1/register":                incident.ScopeExport,
}

// TestTheTableOfTheAPI asks every route with every scope, for an open and for
// a restricted incident, and without a good token.
func TestTheTableOfTheAPI(t *testing.T) {
	s := newSite(t)
	officer := s.person(people.Officer)
	open, hidden := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon."), s.mailIn("Collega", "Het gaat om een collega.")
	s.do(hidden, officer, incident.Restrict{Reasons: "Betreft een collega"})
	routes := api.New(api.Config{Now: s.now, URL: s.http.URL}).Routes()
	if len(routes) != len(scopesOf) {
		t.Errorf("the API has %d routes, the promise names %d", len(routes), len(scopesOf))
	}
	ask := func(p *tool, r api.Route, ref string) answer {
		body := ""
		if strings.HasSuffix(r.Path, "/reports") {
			body = `{"text":"Laptop kwijt"}`
		} else if r.Method == http.MethodPost {
			body = filing(s.now())
		}
		return p.ask(r.Method, strings.TrimPrefix(strings.ReplaceAll(r.Path, ":ref", ref), "/api/v1"), body)
	}
	for i, scope := range append(incident.Scopes()[:4:4], "") {
		for _, sees := range []bool{false, true} {
			scopes := []incident.Scope{scope}
			if sees {
				scopes = append(scopes, incident.ScopeRestricted)
			}
			p := &tool{s: s, doc: s.document(), token: "meldklok_wrong"}
			if scope != "" {
				p = s.tool(fmt.Sprintf("tool-%d-%v", i, sees), scopes...)
			}
			for _, r := range routes {
				needs, known := scopesOf[r.String()]
				if !known {
					t.Errorf("%s is not in the promise", r)
				}
				got, not := ask(p, r, open.String()), ask(p, r, hidden.String())
				if !slices.Contains(r.Statuses(), got.status) {
					t.Errorf("%s answers %d, which its row does not name", r, got.status)
				}
				switch {
				case needs == "":
					got.want(http.StatusOK)
				case scope == "":
					got.problem(http.StatusUnauthorized, "token", "")
				case needs != scope:
					got.problem(http.StatusForbidden, "scope", "")
				case got.status != r.Status && got.status != http.StatusUnprocessableEntity:
					t.Errorf("%s with %s: %d %s", r, scope, got.status, got.body)
				case strings.Contains(r.Path, ":ref") && !sees:
					not.problem(http.StatusNotFound, "not-found", "")
				case strings.Contains(r.Path, ":ref"):
					if not.status == http.StatusNotFound {
						t.Errorf("%s with the scope restricted: %d", r, not.status)
					}
				case r.Method == http.MethodGet && strings.Contains(got.body, hidden.String()) != sees:
					t.Errorf("%s with %v: names the restricted incident: %v", r, scopes, !sees)
				}
				if !sees {
					got.lacks("Het gaat om een collega")
				}
			}
		}
	}
}

// TestReportByAPI: a report is an incident with a clock, and the log says
// which program reported it; sent again under its key it is the same report.
func TestReportByAPI(t *testing.T) {
	s := newSite(t)
	p := s.tool("soc-portaal", incident.ScopeReport, incident.ScopeRead)
	const body = `{"text":"Laptop gestolen uit de trein","who":"patienten, ongeveer 40","lang":"en","known_at":"2026-10-23T13:00:00+02:00",
		"reporter":{"name":"SOC","email":"soc@example.org"},"attachments":[{"name":"lijst.csv","type":"text/csv","data":"bmFhbTtic24K"}]}`
	p.key = "alarm-17"
	first := p.post("/reports", body).want(http.StatusCreated)
	got := into[api.Reported](first)
	if want := time.Date(2026, 10, 26, 11, 0, 0, 0, time.UTC); got.Reference != "2026-0001" || got.DueAt == nil || !got.DueAt.Equal(want) {
		t.Fatalf("reported as %+v", got)
	}
	s.wait(time.Hour)
	again := p.post("/reports", body).want(http.StatusCreated)
	if again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same key again: %s", again.body)
	}
	p.post("/reports", `{"text":"Iets anders"}`).problem(http.StatusUnprocessableEntity, "key-reused", "")
	s.tool("ander", incident.ScopeReport).with("alarm-17").post("/reports", body).want(http.StatusCreated, "2026-0002") // a key belongs to its token

	p.key = ""
	p.post("/reports", body).want(http.StatusCreated, "2026-0003") // the same words, another report
	shown := into[api.Incident](p.get("/incidents/2026-0001").want(http.StatusOK))
	if shown.Log[0].By != "token:soc-portaal" || shown.Log[0].Kind != "reported" || len(shown.Log) != 3 {
		t.Errorf("the log: %+v", shown.Log)
	}
	s.signedIn(s.person(people.Officer)).get("/incidents/2026-0001").want(http.StatusOK, "Laptop gestolen uit de trein", "soc@example.org", "lijst.csv", "soc-portaal")
	s.wait(24 * time.Hour)
	p.with("alarm-17").post("/reports", body).want(http.StatusCreated, "2026-0001") // the key is forgotten, the bytes are not
}

// with sets the key of what follows.
func (p *tool) with(key string) *tool { p.key = key; return p }

// TestAKeyOutlivesACrash: a request whose answer was not remembered any more is
// still the same request.
func TestAKeyOutlivesACrash(t *testing.T) {
	s := newSite(t)
	p := s.tool("soc", incident.ScopeReport).with("k")
	const body = `{"text":"Laptop kwijt"}`
	first := into[api.Reported](p.post("/reports", body).want(http.StatusCreated))
	token, err := s.sessions.Bearer(t.Context(), p.token)
	if err != nil {
		t.Fatal(err)
	}
	once := s.sessions.Once(token, "k", nil)
	err = s.service.Store.Update(t.Context(), func(tx incident.Tx) error { return tx.SetCredential(once.Mark(), nil) })
	if err != nil {
		t.Fatal(err)
	}
	if again := into[api.Reported](p.post("/reports", body).want(http.StatusCreated)); again.Reference != first.Reference {
		t.Errorf("reported twice: %s and %s", first.Reference, again.Reference)
	}
}

// TestWhatTheAPIRefuses: each refusal says which field, and nothing is recorded.
func TestWhatTheAPIRefuses(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.").String()
	p := s.tool("soc", incident.ScopeReport, incident.ScopeFile, incident.ScopeRead, incident.ScopeExport)
	file := "/incidents/" + ref + "/filings"
	early := s.now().Add(-time.Hour).Format(time.RFC3339)
	tests := []struct {
		why, path, body string
		status          int
		code, field     string
	}{
		{"nothing at all", "/reports", ``, 400, "not-json", ""},
		{"a list", "/reports", `[]`, 400, "not-json", ""},
		{"two objects", "/reports", `{"text":"a"}{}`, 400, "not-json", ""},
		{"a field that is not there", "/reports", `{"text":"a","severity":3}`, 422, "unknown-field", "severity"},
		{"a number for a text", "/reports", `{"text":3}`, 422, "wrong-type", "text"},
		{"no text", "/reports", `{"text":" "}`, 422, "required", "text"},
		{"an odd time", "/reports", `{"text":"a","known_at":"gisteren"}`, 422, "not-rfc3339", ""},
		{"known tomorrow", "/reports", `{"text":"a","known_at":"2027-01-01T00:00:00Z"}`, 422, "in-the-future", "known_at"},
		{"a reporter that cannot be mailed", "/reports", `{"text":"a","reporter":{"email":"balie"}}`, 422, "not-an-address", "reporter.email"},
		{"an attachment that is not base64", "/reports", `{"text":"a","attachments":[{"name":"a","data":"%%"}]}`, 422, "not-base64", "attachments"},
		{"an attachment without a name", "/reports", `{"text":"a","attachments":[{"name":"","data":""}]}`, 422, "required", "attachments.name"},
		{"another language", "/reports", `{"text":"a","lang":"de"}`, 422, "choose-one", "lang"},
		{"a filing of no kind", file, `{"kind":"x","number":"1","filed_at":"2026-10-23T14:30:00Z"}`, 422, "choose-one", "kind"},
		{"a filing without a number", file, `{"kind":"initial","number":"","filed_at":"2026-10-23T14:30:00Z"}`, 422, "required", "number"},
		{"a filing of tomorrow", file, `{"kind":"initial","number":"1","filed_at":"2026-10-24T14:30:00Z"}`, 422, "in-the-future", "filed_at"},
		{"a filing before the report", file, `{"kind":"initial","number":"1","filed_at":"` + early + `"}`, 422, "before-receipt", "why_earlier"},
		{"an incident that never was", "/incidents/2026-0999/filings", filing(s.now()), 404, "not-found", ""},
		{"no reference", "/incidents/x/filings", filing(s.now()), 404, "not-found", ""},
		{"no such address", "/nothing", `{}`, 404, "not-found", ""},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) { p.post(tt.path, tt.body).problem(tt.status, tt.code, tt.field) })
	}
	p.get("/incidents?limit=0").problem(422, "limit", "limit")
	p.get("/incidents?after=x").problem(422, "not-a-reference", "after")
	p.get("/register?format=pdf").problem(422, "choose-one", "format")
	p.get("/register?from=gisteren").problem(422, "not-a-day", "from")
	p.get("/reports").problem(405, "method", "")
	p.with(strings.Repeat("k", 300)).post("/reports", `{"text":"a"}`).problem(422, "too-long", "Idempotency-Key")
	p.key = ""
	if all := into[api.Page](p.get("/incidents")); len(all.Incidents) != 1 {
		t.Errorf("a refusal recorded something: %+v", all)
	}
	req, _ := http.NewRequest(http.MethodPost, s.http.URL+"/api/v1/reports", strings.NewReader("text=a"))
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.visitor().do(req, nil).problem(415, "media-type", "")
	big := `{"text":"` + strings.Repeat("a", 1<<20) + `"}`
	p.post(file, big).problem(413, "too-large", "")
}

// TestFilingByAPI: what was filed stands in the log under the program's name,
// ends the duty, and is not recorded twice.
func TestFilingByAPI(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst", "De lijst ging naar de verkeerde persoon.")
	p := s.tool("grc", incident.ScopeFile, incident.ScopeRead, incident.ScopeExport).with("f1")
	s.wait(time.Hour)
	path, body := "/incidents/"+ref.String()+"/filings", filing(s.now())
	if got := into[api.FilingRecorded](p.post(path, body).want(http.StatusCreated)); got.Filing.Number != "AP-2026-1" || len(got.Open) != 0 {
		t.Errorf("recorded as %+v", got)
	}
	if again := p.post(path, body).want(http.StatusCreated); again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the same filing was recorded twice")
	}
	p.with("").post(path, body).problem(422, "already-filed", "kind")
	shown := into[api.Incident](p.get("/incidents/" + ref.String()))
	if last := shown.Log[len(shown.Log)-1]; last.Kind != "filed" || last.By != "token:grc" || len(shown.Filings) != 1 || shown.Outcome != "met" {
		t.Errorf("the incident: %+v", shown)
	}
	if clocks := into[api.Clocks](p.get("/clocks")); len(clocks.Clocks) != 0 {
		t.Errorf("a clock runs on: %+v", clocks)
	}
	if file := into[api.RegisterFile](p.get("/register?format=json&from=2026-10-23&until=2026-10-23")); len(file.Incidents) != 1 || file.Incidents[0].FiledNumber != "AP-2026-1" {
		t.Errorf("the register: %+v", file)
	}
	p.get("/register?format=csv&lang=en").want(http.StatusOK, ref.String(), "AP-2026-1")
	if got := p.get("/register?format=xlsx").want(http.StatusOK); !bytes.HasPrefix([]byte(got.body), []byte("PK")) {
		t.Error("the register is no workbook")
	}
	p.get("/register?from=2026-10-24").want(http.StatusOK).lacks("AP-2026-1")
}

// TestPagesOfIncidents: a program that follows next sees each incident once.
func TestPagesOfIncidents(t *testing.T) {
	s := newSite(t)
	for i := range 7 {
		s.mailIn(fmt.Sprint("Lijst ", i), "Tekst")
	}
	p := s.tool("grc", incident.ScopeRead)
	var seen []string
	for path := "/incidents?limit=3"; ; {
		page := into[api.Page](p.get(path).want(http.StatusOK))
		for _, inc := range page.Incidents {
			seen = append(seen, inc.Reference)
		}
		if page.Next == nil {
			break
		}
		path = "/incidents?limit=3&after=" + *page.Next
	}
	if want := []string{"2026-0007", "2026-0006", "2026-0005", "2026-0004", "2026-0003", "2026-0002", "2026-0001"}; !slices.Equal(seen, want) {
		t.Errorf("seen %v", seen)
	}
	if clocks := into[api.Clocks](p.get("/clocks?limit=2")).Clocks; len(clocks) != 2 || clocks[0].Reference != "2026-0001" || clocks[0].HoursLeft != 72 {
		t.Errorf("clocks %+v", clocks)
	}
}

// TestTokens: one that was revoked, or is past its day, is worth nothing from
// that moment; a flood is slowed down; when it was used is known, and written
// only by what is meant to write.
func TestTokens(t *testing.T) {
	s := newSite(t)
	admin := s.signedIn(s.person(people.Admin))
	admin.post("/settings/tokens", "name", "SOC portaal", "scope", "read", "days", "30").want(http.StatusUnprocessableEntity, "kleine letters", `value="SOC portaal"`)
	admin.post("/settings/tokens", "name", "soc", "days", "30").want(http.StatusUnprocessableEntity, "minstens één recht")
	admin.post("/settings/tokens", "name", "soc", "scope", "read", "days", "9999").want(http.StatusUnprocessableEntity, "van 1 tot 1095")
	page := admin.post("/settings/tokens", "name", "soc", "scope", "read", "days", "30").want(http.StatusOK, "meldklok_")
	_, rest, _ := strings.Cut(page.body, `<code id="once-only">meldklok_`)
	secret, _, _ := strings.Cut(rest, "<")
	p := &tool{s: s, token: "meldklok_" + secret, doc: s.document()}
	before := s.head()
	p.get("/clocks").want(http.StatusOK)
	if s.head() != before {
		t.Error("reading changed the record")
	}
	admin.get("/settings/tokens").want(http.StatusOK, "soc", "klokken en dossiers lezen").lacks(secret, "nog nooit")
	admin.get("/people/sign-ins").want(http.StatusOK, "Token soc gemaakt")
	admin.post("/settings/tokens", "name", "soc", "scope", "read", "days", "30").want(http.StatusUnprocessableEntity, "al een token met deze naam")

	for range 200 {
		p.get("/clocks")
	}
	if got := p.get("/clocks"); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("a flood gets %d", got.status)
	}
	s.wait(time.Minute)
	p.get("/clocks").want(http.StatusOK)
	if err := s.sessions.KeepTokens(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.rebuild() // a restart forgets what was only in memory
	admin = s.signedIn(s.named("Beheer", people.Admin))
	admin.get("/settings/tokens").want(http.StatusOK).lacks("nog nooit")
	admin.post("/settings/tokens/revoke", "name", "soc").leads("/settings/tokens?done=token-revoked")
	p.get("/clocks").problem(http.StatusUnauthorized, "token", "")
	admin.get("/settings/tokens?done=token-revoked").want(http.StatusOK, "ingetrokken")

	short := s.tool("kort", incident.ScopeRead)
	s.wait((session.TokenDays*24 - 1) * time.Hour)
	short.get("/clocks").want(http.StatusOK)
	s.wait(time.Hour)
	short.get("/clocks").problem(http.StatusUnauthorized, "token", "")
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log holds a token")
	}
}
