package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPiecesGoOutAsTheyCome: what a command writes is sent before it has ended,
// and an answer that was cut off is never taken for a whole one.
func TestPiecesGoOutAsTheyCome(t *testing.T) {
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		out := pieces{http.NewResponseController(rw), json.NewEncoder(rw)}
		if _, err := out.Write([]byte("first ")); err != nil {
			t.Error(err)
		}
		<-arrived
		code := exitRefused
		_, _ = out.Write([]byte("second"))
		_ = out.send(controlReply{Code: &code, Stderr: "why"})
	}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var stdout, stderr bytes.Buffer
	w := world{stdout: writerFunc(func(b []byte) (int, error) {
		if stdout.Len() == 0 {
			close(arrived)
		}
		return stdout.Write(b)
	}), stderr: &stderr}
	code, err := copyReplies(w, resp.Body)
	if code != exitRefused || !errors.Is(err, errSaid) || stdout.String() != "first second" || stderr.String() != "why" {
		t.Errorf("%q, %q, status %d, %v", stdout.String(), stderr.String(), code, err)
	}
	for _, row := range []struct{ why, said string }{
		{"nothing came", ""},
		{"the end is missing", `{"stdout":"Zmlyc3Qg"}`},
		{"cut in a piece", `{"stdout":"Zmlyc3Qg"}{"stdout":"Zm`},
	} {
		if code, err := copyReplies(world{stdout: &stdout, stderr: &stderr}, strings.NewReader(row.said)); code != exitAgain || err == nil {
			t.Errorf("%s: status %d, %v", row.why, code, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
