package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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

func (h *house) wantProbes(when string, live, ready int) {
	h.t.Helper()
	if l, r := h.probe("/livez"), h.probe("/readyz"); l != live || r != ready {
		h.t.Errorf("%s: /livez %d, /readyz %d; want %d and %d", when, l, r, live, ready)
	}
}

// TestLivezNoticesAStuckEngine: an engine that hangs between two steps still
// leaves the pages answering; only /livez says so, and says so no more when it
// turns again.
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
		gate.Store(nil)
		close(stuck)
		time.Sleep(2 * time.Minute)
		h.wantProbes("when it turns again", http.StatusOK, http.StatusOK)
	})
}

// TestReadyzNoticesAFullDisk: what could not be stored is not promised, and
// health hears of what follows.
func TestReadyzNoticesAFullDisk(t *testing.T) {
	onSickDisk(t, func(t *testing.T, s *sickHouse, disk *sickDisk) {
		s.wantProbes("while all is well", http.StatusOK, http.StatusOK)
		full := fmt.Errorf("%w: test", store.ErrFull)
		disk.fault.Store(&full)
		time.Sleep(askAgain)
		if got := s.probe("/readyz"); got != http.StatusServiceUnavailable {
			t.Errorf("/readyz on a full disk: %d", got)
		}
		disk.fault.Store(nil)
		time.Sleep(askAgain)
		s.wantProbes("with room again", http.StatusOK, http.StatusOK)
	})
}
