package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"meldklok/incident/store"
	"meldklok/ui"
)

// probe asks the assembled pages for a probe and returns the status.
func (h *house) probe(path string) int {
	h.t.Helper()
	pages, err := ui.New(h.app.uiConfig())
	if err != nil {
		h.t.Fatal(err)
	}
	defer pages.Close()
	answer := httptest.NewRecorder()
	pages.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code
}

// metrics is what monitoring reads.
func (h *house) metrics() string {
	answer := httptest.NewRecorder()
	h.app.metrics.only().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

func (h *house) wantProbes(when string, live, ready int) {
	h.t.Helper()
	if l, r := h.probe("/livez"), h.probe("/readyz"); l != live || r != ready {
		h.t.Errorf("%s: /livez %d, /readyz %d; want %d and %d", when, l, r, live, ready)
	}
}

// found lists what health says, as "code level", with the status of /healthz in
// front.
func (h *house) found() (list []string) {
	h.t.Helper()
	list = []string{fmt.Sprint(h.probe("/healthz"))}
	for _, f := range h.app.engine.Health().Findings {
		list = append(list, f.Code+" "+string(f.Level))
	}
	return list
}

// TestLivezNoticesAStuckEngine: an engine that hangs between two steps still
// leaves the pages answering; /livez says so, /healthz after a few minutes, and
// both say so no more when it turns again.
func TestLivezNoticesAStuckEngine(t *testing.T) {
	inDir(t, t.TempDir(), func(t *testing.T, h *house) {
		var gate atomic.Pointer[chan struct{}] // set: the engine waits for it to be closed
		h.stop()
		h.step = func(string) error {
			if g := gate.Load(); g != nil {
				<-*g
			}
			return nil
		}
		h.start()
		h.person("officer@example.org", "officer")
		time.Sleep(2 * time.Minute)
		h.wantProbes("while all is well", http.StatusOK, http.StatusOK)
		stuck := make(chan struct{})
		gate.Store(&stuck)
		h.deliver(report) // a rung to fire: the engine takes a step
		time.Sleep(5 * time.Minute)
		h.wantProbes("with a stuck engine", http.StatusServiceUnavailable, http.StatusOK)
		time.Sleep(2 * time.Minute)
		if found := h.found(); found[0] != "503" || !slices.Contains(found, "audit-old red") {
			t.Errorf("health with a stuck engine: %v", found)
		}
		gate.Store(nil)
		close(stuck)
		time.Sleep(2 * time.Minute)
		h.wantProbes("when it turns again", http.StatusOK, http.StatusOK)
		if found := h.found(); found[0] != "200" || slices.Contains(found, "audit-old red") {
			t.Errorf("health when it turns again: %v", found)
		}
	})
}

// TestReadyzNoticesAFullDisk: what could not be stored is not promised, and
// health says why, also while there is nothing to write.
func TestReadyzNoticesAFullDisk(t *testing.T) {
	onSickDisk(t, func(t *testing.T, s *sickHouse, disk *sickDisk) {
		s.wantProbes("while all is well", http.StatusOK, http.StatusOK)
		full := fmt.Errorf("%w: test", store.ErrFull)
		disk.fault.Store(&full)
		time.Sleep(askAgain)
		if got := s.probe("/readyz"); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz on a full disk: %d", got)
		}
		time.Sleep(2 * time.Minute)
		if found := s.found(); !slices.Contains(found, "reports-refused red") {
			t.Errorf("health on a full disk: %v", found)
		}
		time.Sleep(2 * hour) // a rung falls due and cannot be recorded
		if found := s.found(); !slices.Contains(found, "audit-old red") {
			t.Errorf("health on a disk that has been full for hours: %v", found)
		}
		disk.fault.Store(nil)
		time.Sleep(2 * time.Minute)
		s.wantProbes("with room again", http.StatusOK, http.StatusOK)
		if found := s.found(); slices.Contains(found, "audit-old red") || slices.Contains(found, "reports-refused red") {
			t.Errorf("health with room again: %v", found)
		}
	})
}
