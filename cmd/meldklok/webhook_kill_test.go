package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"meldklok/notify/webhook"
)

// signingKey is what the tests sign with, as its file holds it.
const signingKey = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgYSB0ZXN0"

// genuine verifies a post from the text of API.md alone, as somebody else would:
// none of our own signing is used.
func genuine(h http.Header, body []byte, now time.Time) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signingKey, "whsec_"))
	seconds, err2 := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || err2 != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "."))
	mac.Write(body)
	return h.Get("Webhook-Signature") == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// receiver is a tool of others that takes posts about entries.
type receiver struct {
	t  *testing.T
	mu sync.Mutex
	// silent: it reads a post and never answers; asked is told of each.
	silent bool
	asked  chan string
	taken  []webhook.EntryPayload
	ids    map[string]int
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var p webhook.EntryPayload
	if err != nil || json.Unmarshal(body, &p) != nil || p.Kind != webhook.KindEntry {
		return
	}
	if !genuine(req.Header, body, time.Now()) || req.Header.Get("Webhook-Id") != p.ID {
		r.t.Errorf("a post that is not genuine: %v %s", req.Header, body)
	}
	r.mu.Lock()
	silent := r.silent
	r.mu.Unlock()
	if silent {
		select {
		case r.asked <- p.ID:
		default:
		}
		<-req.Context().Done()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids[p.ID]++; r.ids[p.ID] == 1 {
		r.taken = append(r.taken, p)
	}
}

func (r *receiver) be(silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = silent
}

// references lists what it was told of, in that order, without repeats.
func (r *receiver) references() (refs []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.taken {
		refs = append(refs, p.Reference.String())
	}
	return refs
}

// times says how often a post was taken.
func (r *receiver) times(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[id]
}

// TestKillBeforeAPost kills the program (SIGKILL) between the commit of an entry
// and the answer to its post, and at random moments after: each entry is posted
// all the same, in order, under one id, with a signature that others can verify.
func TestKillBeforeAPost(t *testing.T) {
	r := &receiver{t: t, asked: make(chan string, 1), ids: map[string]int{}, silent: true}
	server := httptest.NewServer(r)
	defer server.Close()
	defer server.CloseClientConnections()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(signingKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func() *program {
		p := startProgram(t, dir, nil, nil, "--listen", "127.0.0.1:0", "--mail-listen", "", "--webhook", "json+"+server.URL+"/in#entries=reported", "--webhook-secret-file", key)
		p.said(`(?m)^Nobody can sign in yet`)
		return p
	}
	kill := func(p *program) {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	var recorded []string
	say := func(n int) {
		text := strings.NewReplacer("one@", fmt.Sprintf("%d@", n), "Subject: ", fmt.Sprintf("Subject: %d ", n)).Replace(report)
		recorded = append(recorded, strings.TrimSpace(shell{t, dir}.ok(text, "report")))
	}

	p := start()
	say(0)
	id := <-r.asked // it is on disk and on its way, and nobody has taken it
	kill(p)
	r.be(false)
	p = start()
	until(t, "the post after the restart", func() bool { return len(r.references()) == 1 })
	if n := r.times(id); n == 0 {
		t.Errorf("the post after the restart has another id than %s", id)
	}
	for n := range 8 {
		say(1 + n)
		time.Sleep(time.Duration(n) * 4 * time.Millisecond)
		kill(p)
		p = start()
	}
	until(t, "every post", func() bool { return len(r.references()) == len(recorded) })
	if got := r.references(); !slices.Equal(got, recorded) {
		t.Errorf("told of %v, recorded were %v", got, recorded)
	}
	p.stop()
}
