package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/session"
)

// Prefix is where the API begins; everything below it answers in JSON.
const Prefix = "/api/v1"

// Config is what the door for programs is made of.
type Config struct {
	Service   *incident.Service
	Sessions  *session.Manager
	Now       func() time.Time
	URL       string // of the pages; the only source of absolute links
	MaxUpload int64  // bytes of a report's attachments, decoded
	Log       *slog.Logger
}

// API answers requests of programs. It is safe for concurrent use.
type API struct {
	cfg   Config
	rates *rates

	mu    sync.Mutex
	going map[string]bool // requests with an idempotency key that are under way
}

// New returns the door for programs.
func New(cfg Config) *API {
	return &API{cfg: cfg, rates: newRates(cfg.Now), going: map[string]bool{}}
}

// Call is a request of a program that was let in.
type Call struct {
	echo.Context
	Token session.Token
}

// ctx is the request's context.
func (c Call) ctx() context.Context { return c.Request().Context() }

// sight is the record as the program may see it.
func (a *API) sight(c Call) incident.Sight { return a.cfg.Service.SightOf(c.Token.Scopes) }

// incident returns the incident that the path names, if the program may see it.
// Everything else does not exist for it.
func (a *API) incident(c Call) (*incident.Incident, error) {
	ref, err := incident.ParseRef(c.Param("ref"))
	if err != nil {
		return nil, incident.ErrNotFound
	}
	return a.sight(c).Incident(c.ctx(), ref)
}

// give answers with a value.
func give(c Call, status int, value any) error { return c.JSON(status, value) }

// ok answers 200 with a value.
func ok(c Call, value any) error { return give(c, http.StatusOK, value) }
