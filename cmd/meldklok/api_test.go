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
	if len(list) != 5 {
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
	ref := ""

	for range 2 { // the second time it is the same report
		var got api.Reported
		if err := json.Unmarshal([]byte(shellOut(t, dir, sample[0], env...)), &got); err != nil || got.DueAt == nil || !strings.HasSuffix(got.Reference, "-0001") {
			t.Errorf("reported as %+v, %v", got, err)
		}
		ref = got.Reference
	}
	var clocks api.Clocks
	if err := json.Unmarshal([]byte(shellOut(t, dir, sample[2], env...)), &clocks); err != nil || len(clocks.Clocks) != 1 {
		t.Errorf("clocks %+v, %v", clocks, err)
	}
	shellOut(t, dir, sample[3], env...)
	if file, err := os.ReadFile(filepath.Join(dir, "register.csv")); err != nil || !strings.Contains(string(file), "-0001") {
		t.Errorf("the register: %q, %v", file, err)
	}

	time.Sleep(time.Second) // the example's time has whole seconds, and must not lie before the report
	for range 2 {           // the second time it is the same filing
		var filed api.FilingRecorded
		if err := json.Unmarshal([]byte(shellOut(t, dir, sample[1], append(env, "REF="+ref)...)), &filed); err != nil || filed.Filing.Number != "AP-123456" || len(filed.Open) != 0 {
			t.Errorf("filed as %+v, %v", filed, err)
		}
	}

	select {
	case r := <-posts:
		if err := os.WriteFile(filepath.Join(dir, "body"), <-bodies, 0o600); err != nil {
			t.Fatal(err)
		}
		env := []string{"KEYFILE=" + key, "ID=" + r.Header.Get("Webhook-Id"), "TIMESTAMP=" + r.Header.Get("Webhook-Timestamp"), "SIGNATURE=" + r.Header.Get("Webhook-Signature")}
		if said := shellOut(t, dir, sample[4], env...); said != "genuine\n" {
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
