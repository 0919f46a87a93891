package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// hub bounds the streams and ends them all at shutdown.
type hub struct {
	mu    sync.Mutex
	open  int
	done  chan struct{}
	ended bool
}

// Streams: how many, how long each, how often it looks for news.
const (
	mostStreams = 200
	streamLasts = 10 * time.Minute // then the browser comes back and is asked again who it is
	lookEvery   = 2 * time.Second
)

func newHub() *hub { return &hub{done: make(chan struct{})} }

func (h *hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || h.open >= mostStreams {
		return false
	}
	h.open++
	return true
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.ended = true
		close(h.done)
	}
}

// events streams a line whenever the record grew (server-sent events). It says
// that something changed, never what.
func (p *Pages) events(c echo.Context) error {
	if !p.hub.enter() {
		return c.NoContent(http.StatusNoContent) // a browser does not ask again
	}
	defer p.hub.leave()
	w := c.Response()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flow := http.NewResponseController(w)
	_ = flow.SetWriteDeadline(time.Time{}) // not every server has one
	ctx, cancel := context.WithTimeout(c.Request().Context(), streamLasts)
	defer cancel()
	return p.stream(ctx, w, flow)
}

func (p *Pages) stream(ctx context.Context, w http.ResponseWriter, flow *http.ResponseController) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last, err := p.head(ctx)
	for err == nil {
		if _, err := fmt.Fprintf(w, "event: head\ndata: %d\n\n", last); err != nil {
			return nil // the reader is gone
		}
		if flow.Flush() != nil {
			return nil
		}
		for now := last; now == last && err == nil; now, err = p.head(ctx) {
			select {
			case <-ctx.Done():
				return nil
			case <-p.hub.done:
				return nil
			case <-tick.C:
			}
		}
		last, err = p.head(ctx)
	}
	return nil
}

// head is how far the record has grown.
func (p *Pages) head(ctx context.Context) (seq uint64, err error) {
	err = p.cfg.Service.Store.View(ctx, func(v incident.View) error {
		seq = v.Counters().Head.Seq
		return nil
	})
	return seq, err
}
