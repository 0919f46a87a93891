package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"meldklok/ui/api"
)

// needs skips a test without the programs that it runs.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s", p)
		}
	}
}

// examples are the shell examples of API.md.
func examples(t *testing.T) (list []string) {
	t.Helper()
	raw, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(raw, -1) {
		list = append(list, string(m[1]))
	}
	if len(list) != 4 {
		t.Fatalf("API.md has %d examples", len(list))
	}
	return list
}

// shellOut runs an example in a folder.
func shellOut(t *testing.T, dir, script string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v: %s", script, err, out)
	}
	return string(out)
}

// serving is a live service, with a token for everything.
func serving(t *testing.T, args ...string) (dir, url, token string) {
	t.Helper()
	dir = t.TempDir()
	address := freeAddress(t)
	p := startProgram(t, dir, nil, nil, append([]string{"--listen", address, "--url", "http://" + address, "--mail-listen", ""}, args...)...)
	p.said(`(?m)^Nobody can sign in yet`)
	token = strings.TrimSpace(shell{t, dir}.ok("", "token", "add", "--name", "soc-portal", "--scope", "report", "--scope", "read", "--scope", "file", "--scope", "export"))
	return dir, "http://" + address, token
}

// TestTheExamplesOfTheAPI runs what API.md shows against a live service.
func TestTheExamplesOfTheAPI(t *testing.T) {
	needs(t, "curl", "openssl", "base64", "od")
	sample := examples(t)
	posts := make(chan *http.Request, 100)
	bodies := make(chan []byte, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"kind":"entry"`) {
			posts <- r
			bodies <- body
		}
	}))
	defer receiver.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgYSB0ZXN0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, url, token := serving(t, "--webhook", "json+"+receiver.URL+"/in#entries=reported", "--webhook-secret-file", key)
	env := []string{"URL=" + url, "TOKEN=" + token}

	for range 2 { // the second time it is the same report
		var got api.Reported
		if err := json.Unmarshal([]byte(shellOut(t, dir, sample[0], env...)), &got); err != nil || got.DueAt == nil || !strings.HasSuffix(got.Reference, "-0001") {
			t.Errorf("reported as %+v, %v", got, err)
		}
	}
	var clocks api.Clocks
	if err := json.Unmarshal([]byte(shellOut(t, dir, sample[1], env...)), &clocks); err != nil || len(clocks.Clocks) != 1 {
		t.Errorf("clocks %+v, %v", clocks, err)
	}
	shellOut(t, dir, sample[2], env...)
	if file, err := os.ReadFile(filepath.Join(dir, "register.csv")); err != nil || !strings.Contains(string(file), "-0001") {
		t.Errorf("the register: %q, %v", file, err)
	}

	select {
	case r := <-posts:
		if err := os.WriteFile(filepath.Join(dir, "body"), <-bodies, 0o600); err != nil {
			t.Fatal(err)
		}
		env := []string{"KEYFILE=" + key, "ID=" + r.Header.Get("Webhook-Id"), "TIMESTAMP=" + r.Header.Get("Webhook-Timestamp"), "SIGNATURE=" + r.Header.Get("Webhook-Signature")}
		if said := shellOut(t, dir, sample[3], env...); said != "genuine\n" {
			t.Errorf("the signature: %q", said)
		}
	case <-time.After(30 * time.Second):
		t.Error("no post about the report")
	}
	listed := shell{t, dir}.ok("", "token", "list")
	if !strings.Contains(listed, "soc-portal") || strings.Contains(listed, "never") || strings.Contains(listed, token) {
		t.Errorf("token list says:\n%s", listed)
	}
	shell{t, dir}.ok("", "token", "revoke", "soc-portal")
	if said := shellOut(t, dir, `curl -sS -o /dev/null -w '%{http_code}' "$URL/api/v1/clocks" -H "Authorization: Bearer $TOKEN"`, env...); said != "401" {
		t.Errorf("a revoked token gets %s", said)
	}
}

// generator makes a client from the document.
const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"

// client is a program that knows the API only from what was generated.
const client = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"client/gen"
)

func main() {
	token := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
		return nil
	}
	c, err := gen.NewClientWithResponses(os.Getenv("URL")+"/api/v1", gen.WithRequestEditorFn(token))
	if err != nil {
		panic(err)
	}
	ctx, key := context.Background(), "client-1"
	reported, err := c.ReportWithResponse(ctx, &gen.ReportParams{IdempotencyKey: &key}, gen.ReportRequest{Text: "Een lijst ging naar de verkeerde klant."})
	if err != nil || reported.JSON201 == nil {
		panic(fmt.Sprint(err, string(reported.Body)))
	}
	ref := reported.JSON201.Reference
	filed, err := c.RecordFilingWithResponse(ctx, ref, nil, gen.FilingRequest{Kind: "initial", Number: "AP-1", FiledAt: time.Now()})
	if err != nil || filed.JSON201 == nil {
		panic(fmt.Sprint(err, string(filed.Body)))
	}
	shown, err := c.GetIncidentWithResponse(ctx, ref)
	if err != nil || shown.JSON200 == nil || shown.JSON200.Outcome != "met" || shown.JSON200.Period != nil {
		panic(fmt.Sprint(err, string(shown.Body)))
	}
	register, err := c.ExportRegisterWithResponse(ctx, &gen.ExportRegisterParams{})
	if err != nil || register.JSON200 == nil || len(register.JSON200.Incidents) != 1 {
		panic(fmt.Sprint(err, string(register.Body)))
	}
	never, err := c.GetLogWithResponse(ctx, "2026-9999")
	if err != nil || never.ApplicationproblemJSON404 == nil || never.ApplicationproblemJSON404.Code != "not-found" {
		panic(fmt.Sprint(err, string(never.Body)))
	}
	fmt.Println(shown.JSON200.Reference, shown.JSON200.Outcome, register.JSON200.Incidents[0].FiledNumber != nil)
}
`

// TestAGeneratedClient makes a client from the document with a generator of
// others, and has it talk to a live service.
func TestAGeneratedClient(t *testing.T) {
	if os.Getenv("MELDKLOK_REAL") == "" {
		t.Skip("set MELDKLOK_REAL=1; it needs the go command, and modules: " + generator)
	}
	_, url, token := serving(t)
	dir := t.TempDir()
	env := []string{"URL=" + url, "TOKEN=" + token, "GOFLAGS=-mod=mod"}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(client), 0o600); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(url + "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "openapi.json"), document, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	said := shellOut(t, dir, `exec 2>&1; set -e
go mod init client >/dev/null 2>&1; mkdir gen
go run `+generator+` -generate types,client -package gen -o gen/gen.go openapi.json >log 2>&1 || { cat log; exit 1; }
go get github.com/oapi-codegen/runtime@v1.8.0 >log 2>&1 || { cat log; exit 1; }
go build -o client . >log 2>&1 || { cat log; exit 1; }
./client`, env...)
	if !strings.Contains(said, "-0001 met true") {
		t.Errorf("the client said %q", said)
	}
}
