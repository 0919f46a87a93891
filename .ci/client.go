// Command client knows the API only from what was generated of its document. It
// asks every operation in every way that can be had from outside, holds each
// answer against the generated types, and fails when the document names an
// answer that it did not get. The script beside it generates, compiles and runs
// it against the program.
//
//	URL                      of the service
//	DOCUMENT                 the document's file
//	ALL, REPORTER, READER    tokens: for everything but restricted, for reports alone, for reading alone
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oapi-codegen/runtime/types"

	"client/gen"
)

// elsewhere are the answers that cannot be had from outside a healthy service
// within a minute: its own failures, and what was destroyed after years. The
// tests of the service have them.
var elsewhere = []int{http.StatusGone, http.StatusInternalServerError, http.StatusServiceUnavailable}

func main() {
	log.SetFlags(0)
	w := &witness{seen: map[string]bool{}}
	w.read(os.Getenv("DOCUMENT"))
	all := w.client(os.Getenv("ALL"))
	ref := journey(all)
	stranger, others := w.client("meldklok_wrong"), map[string]*gen.ClientWithResponses{}
	for op, ask := range operations(ref) {
		others[op] = w.client(os.Getenv("READER"))
		if slices.Contains([]string{"listClocks", "listIncidents", "getIncident", "getLog"}, op) {
			others[op] = w.client(os.Getenv("REPORTER"))
		}
		judge(http.StatusUnauthorized, "token")(ask(stranger))
		judge(http.StatusForbidden, "scope")(ask(others[op]))
	}
	for op, ask := range operations(ref) {
		flood(others[op], ask)
	}
	refusals(all, ref)
	races(all)
	w.compare()
}

// ctx of every request; the client bounds them.
var ctx = context.Background()

// operations asks each operation that needs a token, once.
func operations(ref string) map[string]func(*gen.ClientWithResponses) (any, error) {
	return map[string]func(*gen.ClientWithResponses) (any, error){
		"report": func(c *gen.ClientWithResponses) (any, error) {
			return c.ReportWithResponse(ctx, nil, gen.ReportRequest{Text: "x"})
		},
		"listClocks":    func(c *gen.ClientWithResponses) (any, error) { return c.ListClocksWithResponse(ctx, nil) },
		"listIncidents": func(c *gen.ClientWithResponses) (any, error) { return c.ListIncidentsWithResponse(ctx, nil) },
		"getIncident":   func(c *gen.ClientWithResponses) (any, error) { return c.GetIncidentWithResponse(ctx, ref) },
		"getLog":        func(c *gen.ClientWithResponses) (any, error) { return c.GetLogWithResponse(ctx, ref) },
		"recordFiling": func(c *gen.ClientWithResponses) (any, error) {
			return c.RecordFilingWithResponse(ctx, ref, nil, gen.FilingRequest{})
		},
		"exportRegister": func(c *gen.ClientWithResponses) (any, error) { return c.ExportRegisterWithResponse(ctx, nil) },
	}
}

// journey does what such programs are for, and returns a reference.
func journey(c *gen.ClientWithResponses) string {
	judge(http.StatusOK, "")(c.GetDocumentWithResponse(ctx))
	known, key, lang := time.Now().Add(-time.Hour), rand.Text(), gen.ReportRequestLangEn
	name, address, kind := "SOC", types.Email("soc@example.org"), "text/csv"
	report := gen.ReportRequest{
		Text: "A list went to the wrong customer.", KnownAt: &known, Lang: &lang, Reporter: &gen.Reporter{Name: &name, Email: ptr(string(address))},
		Attachments: &[]gen.Attachment{{Name: "list.csv", Type: &kind, Data: []byte("name;bsn\n")}},
	}
	first := want[gen.ReportResponse](http.StatusCreated, "")(c.ReportWithResponse(ctx, &gen.ReportParams{IdempotencyKey: &key}, report))
	again := want[gen.ReportResponse](http.StatusCreated, "")(c.ReportWithResponse(ctx, &gen.ReportParams{IdempotencyKey: &key}, report))
	ref := first.JSON201.Reference
	check(again.JSON201.Reference == ref && again.HTTPResponse.Header.Get("Idempotency-Replayed") == "true", "the same report again")
	check(first.JSON201.DueAt != nil && first.JSON201.DueAt.Sub(known).Round(time.Second) == 72*time.Hour, "72 hours from when it was known")

	clocks := want[gen.ListClocksResponse](http.StatusOK, "")(c.ListClocksWithResponse(ctx, &gen.ListClocksParams{Limit: ptr(1)}))
	check(clocks.JSON200.Clocks[0].Reference == ref && clocks.JSON200.Clocks[0].HoursLeft < 71.1, "the clock runs")
	filing := gen.FilingRequest{Kind: gen.Initial, Number: "AP-1", FiledAt: time.Now(), Provisional: ptr(true)}
	filed := want[gen.RecordFilingResponse](http.StatusCreated, "")(c.RecordFilingWithResponse(ctx, ref, &gen.RecordFilingParams{IdempotencyKey: ptr(rand.Text())}, filing))
	check(slices.Equal(filed.JSON201.OpenDuties, []string{"follow-up"}), "a provisional filing opens a follow-up")
	shown := want[gen.GetIncidentResponse](http.StatusOK, "")(c.GetIncidentWithResponse(ctx, ref))
	check(shown.JSON200.Outcome == "met" && shown.JSON200.Period == nil && len(shown.JSON200.Filings) == 1, "the incident after the filing")
	entries := want[gen.GetLogResponse](http.StatusOK, "")(c.GetLogWithResponse(ctx, ref))
	check(entries.JSON200.Log[0].By == "token:all", "the log names the program")

	judge(http.StatusCreated, "")(c.ReportWithResponse(ctx, nil, gen.ReportRequest{Text: "A laptop is gone."}))
	page := want[gen.ListIncidentsResponse](http.StatusOK, "")(c.ListIncidentsWithResponse(ctx, &gen.ListIncidentsParams{Limit: ptr(1)}))
	page = want[gen.ListIncidentsResponse](http.StatusOK, "")(c.ListIncidentsWithResponse(ctx, &gen.ListIncidentsParams{Limit: ptr(1), After: page.JSON200.Next}))
	check(page.JSON200.Incidents[0].Reference == ref && page.JSON200.Next == nil, "the second page")
	register(c, ref)
	return ref
}

// register exports it in each form.
func register(c *gen.ClientWithResponses, ref string) {
	today := types.Date{Time: time.Now()}
	export := func(format gen.ExportRegisterParamsFormat) *gen.ExportRegisterResponse {
		lang := gen.ExportRegisterParamsLangEn
		return want[gen.ExportRegisterResponse](http.StatusOK, "")(c.ExportRegisterWithResponse(ctx, &gen.ExportRegisterParams{Format: &format, Lang: &lang, From: &types.Date{Time: today.AddDate(0, 0, -1)}, Until: &today}))
	}
	rows := export(gen.Json).JSON200.Incidents
	check(len(rows) == 2 && *rows[1].FiledNumber == "AP-1", "the register as JSON")
	check(bytes.Contains(export(gen.Csv).Body, []byte(ref)), "the register as CSV")
	check(bytes.HasPrefix(export(gen.Xlsx).Body, []byte("PK")), "the register as a workbook")
}

// refusals are what a program does wrong.
func refusals(c *gen.ClientWithResponses, ref string) {
	const js = "application/json"
	never, wrong := "2026-9999", gen.ExportRegisterParamsFormat("pdf")
	judge(http.StatusBadRequest, "not-json")(c.ReportWithBodyWithResponse(ctx, nil, js, strings.NewReader("[]")))
	judge(http.StatusUnsupportedMediaType, "media-type")(c.ReportWithBodyWithResponse(ctx, nil, "text/plain", strings.NewReader("{}")))
	judge(http.StatusRequestEntityTooLarge, "too-large")(c.ReportWithBodyWithResponse(ctx, nil, js, large(40<<20)))
	none := want[gen.ReportResponse](http.StatusUnprocessableEntity, "required")(c.ReportWithResponse(ctx, nil, gen.ReportRequest{}))
	check((*none.ApplicationproblemJSON422.Errors)[0].Field == "text", "the field that is wrong")
	judge(http.StatusUnprocessableEntity, "limit")(c.ListClocksWithResponse(ctx, &gen.ListClocksParams{Limit: ptr(0)}))
	judge(http.StatusUnprocessableEntity, "not-a-reference")(c.ListIncidentsWithResponse(ctx, &gen.ListIncidentsParams{After: ptr("x")}))
	judge(http.StatusNotFound, "not-found")(c.GetIncidentWithResponse(ctx, never))
	judge(http.StatusNotFound, "not-found")(c.GetLogWithResponse(ctx, never))
	judge(http.StatusNotFound, "not-found")(c.RecordFilingWithResponse(ctx, never, nil, gen.FilingRequest{}))
	judge(http.StatusBadRequest, "not-json")(c.RecordFilingWithBodyWithResponse(ctx, ref, nil, js, strings.NewReader("{")))
	judge(http.StatusUnsupportedMediaType, "media-type")(c.RecordFilingWithBodyWithResponse(ctx, ref, nil, "text/plain", strings.NewReader("{}")))
	judge(http.StatusRequestEntityTooLarge, "too-large")(c.RecordFilingWithBodyWithResponse(ctx, ref, nil, js, large(2<<20)))
	judge(http.StatusUnprocessableEntity, "already-filed")(c.RecordFilingWithResponse(ctx, ref, nil, gen.FilingRequest{Kind: gen.Initial, Number: "AP-2", FiledAt: time.Now()}))
	judge(http.StatusUnprocessableEntity, "choose-one")(c.ExportRegisterWithResponse(ctx, &gen.ExportRegisterParams{Format: &wrong}))
}

// large is a body of n bytes.
func large(n int) io.Reader { return strings.NewReader(`{"text":"` + strings.Repeat("a", n) + `"}`) }

// flood asks until it is slowed down.
func flood(c *gen.ClientWithResponses, ask func(*gen.ClientWithResponses) (any, error)) {
	for range 500 {
		got, err := ask(c)
		check(err == nil, fmt.Sprint("a flood: ", err))
		if answer(got).StatusCode == http.StatusTooManyRequests {
			check(answer(got).Header.Get("Retry-After") != "", "how long to wait")
			judge(http.StatusTooManyRequests, "rate")(got, nil)
			return
		}
	}
	log.Fatal("a flood is not slowed down")
}

// races sends one request many times at once, until one finds another under
// way. None may be carried out twice.
func races(c *gen.ClientWithResponses) {
	race(func(key string) func() (any, error) {
		return func() (any, error) {
			return c.ReportWithResponse(ctx, &gen.ReportParams{IdempotencyKey: &key}, gen.ReportRequest{Text: key})
		}
	})
	race(func(key string) func() (any, error) {
		ref := want[gen.ReportResponse](http.StatusCreated, "")(c.ReportWithResponse(ctx, nil, gen.ReportRequest{Text: key})).JSON201.Reference
		filing := gen.FilingRequest{Kind: gen.Initial, Number: key, FiledAt: time.Now()}
		return func() (any, error) {
			return c.RecordFilingWithResponse(ctx, ref, &gen.RecordFilingParams{IdempotencyKey: &key}, filing)
		}
	})
}

func race(request func(key string) func() (any, error)) {
	for range 30 {
		send := request("race-" + rand.Text())
		busy, done := 0, 0
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				got, err := send()
				check(err == nil, fmt.Sprint("a race: ", err))
				mu.Lock()
				defer mu.Unlock()
				switch r := answer(got); {
				case r.StatusCode == http.StatusConflict:
					judge(http.StatusConflict, "under-way")(got, nil)
					busy++
				case r.Header.Get("Idempotency-Replayed") == "":
					judge(http.StatusCreated, "")(got, nil)
					done++
				}
			})
		}
		all.Wait()
		check(done == 1, "the same request is carried out once")
		if busy > 0 {
			return
		}
		time.Sleep(4 * time.Second) // within what a token may ask
	}
	log.Fatal("no request finds another under way")
}

func ptr[T any](v T) *T { return &v }

// answer is the answer under a generated one.
func answer(got any) *http.Response {
	return reflect.ValueOf(got).Elem().FieldByName("HTTPResponse").Interface().(*http.Response)
}

// want is judge for an answer of a known type.
func want[T any](status int, code string) func(*T, error) *T {
	return func(got *T, err error) *T {
		judge(status, code)(got, err)
		return got
	}
}

// judge ends the program unless an answer has this status and was read into the
// type that was generated for it, a problem with this code.
func judge(status int, code string) func(any, error) {
	return func(got any, err error) {
		if err != nil {
			log.Fatalf("no answer, or none that the generated code can read: %v", err)
		}
		v, r := reflect.ValueOf(got).Elem(), answer(got)
		field := "JSON" + strconv.Itoa(status)
		if code != "" {
			field = "Applicationproblem" + field
		}
		asked, typed := fmt.Sprint(r.Request.Method, " ", r.Request.URL.Path, ": ", r.Status), v.FieldByName(field)
		switch {
		case r.StatusCode != status:
			log.Fatalf("%s; want %d\n%.500s", asked, status, v.FieldByName("Body").Bytes())
		case !typed.IsValid(), typed.IsNil() && strings.HasSuffix(r.Header.Get("Content-Type"), "json"):
			log.Fatalf("%s is in no generated type", asked)
		case code != "" && typed.Interface().(*gen.Problem).Code != code:
			log.Fatalf("%s with %+v; want %s", asked, typed.Interface(), code)
		}
	}
}

// check ends the program unless something is so.
func check(so bool, what string) {
	if !so {
		log.Fatalf("not so: %s", what)
	}
}

// witness notes which answers of the document were had.
type witness struct {
	paths map[string]map[string]struct{ Responses map[string]any }
	mu    sync.Mutex
	seen  map[string]bool
}

// read reads which answers there are.
func (w *witness) read(file string) {
	raw, err := os.ReadFile(file)
	var doc struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	check(err == nil, fmt.Sprint("the document: ", err))
	w.paths = doc.Paths
}

// client is a program with a token.
func (w *witness) client(token string) *gen.ClientWithResponses {
	sign := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
	c, err := gen.NewClientWithResponses(os.Getenv("URL")+"/api/v1", gen.WithRequestEditorFn(sign), gen.WithHTTPClient(w))
	check(err == nil, fmt.Sprint("a client: ", err))
	return c
}

// parameter is one in a path of the document.
var parameter = regexp.MustCompile(`\\\{\w+\\\}`)

// Do implements the generated client's transport.
func (w *witness) Do(r *http.Request) (*http.Response, error) {
	got, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for path := range w.paths {
		shape := parameter.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+")
		if regexp.MustCompile("/api/v1" + shape + "$").MatchString(r.URL.Path) {
			w.seen[fmt.Sprint(strings.ToLower(r.Method), " ", path, " ", got.StatusCode)] = true
		}
	}
	return got, nil
}

// compare ends the program when the document names an answer that was not had.
func (w *witness) compare() {
	for path, methods := range w.paths {
		for method, op := range methods {
			for status := range op.Responses {
				answer, number := fmt.Sprint(method, " ", path, " ", status), 0
				_, _ = fmt.Sscan(status, &number)
				check(w.seen[answer] || slices.Contains(elsewhere, number), "had the answer "+answer)
			}
		}
	}
	for _, answer := range slices.Sorted(maps.Keys(w.seen)) {
		fmt.Println(answer)
	}
}
