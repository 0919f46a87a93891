package api

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"meldklok/ui/session"
)

// Errors of this door; ui decides their status.
var (
	// ErrScope: the token is good and may not do this.
	ErrScope = errors.New("api: the token lacks the scope")
	// ErrRate: the program asks too much in too short a time.
	ErrRate = errors.New("api: too many requests of this token")
	// ErrJSON: the body is not one JSON object.
	ErrJSON = errors.New("api: the body is not a JSON object")
	// ErrMedia: the body does not call itself JSON.
	ErrMedia = errors.New("api: the body is not application/json")
	// ErrUnderWay: the same request is being carried out.
	ErrUnderWay = errors.New("api: a request with this idempotency key is under way")
)

// ordinaryBody bounds a body without attachments, in bytes.
const ordinaryBody = 1 << 20

// Guard lets only those programs through whose token has the scope of the
// route's row. The token is read anew with every request, so a revoked one is
// gone at once.
func (a *API) Guard(r Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		req.Body = http.MaxBytesReader(c.Response(), req.Body, r.bodyLimit())
		if r.Scope == "" {
			return r.handle(Call{Context: c})
		}
		token, err := a.cfg.Sessions.Bearer(req.Context(), bearer(req))
		if err != nil {
			return err
		}
		if !a.rates.admit(token.Name) {
			return ErrRate
		}
		if !token.Allows(r.Scope) {
			return ErrScope
		}
		return r.handle(Call{Context: c, Token: token})
	}
}

// bodyLimit bounds the body, in bytes.
func (r Route) bodyLimit() int64 {
	if r.limit == 0 {
		return ordinaryBody
	}
	return r.limit
}

// bearer is the token that a request carries (RFC 6750 section 2.1).
func bearer(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}

// Ours reports whether a path is answered by this door, also when nothing is
// there.
func Ours(path string) bool { return path == Prefix || strings.HasPrefix(path, Prefix+"/") }

// How much one program may ask: a burst, and then two requests a second.
const (
	rateBurst = 120
	rateEvery = 500 * time.Millisecond
)

// rates bounds what each program may ask. Only tokens that exist are counted,
// so there are never many.
type rates struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*rate.Limiter
}

func newRates(now func() time.Time) *rates {
	return &rates{now: now, of: map[string]*rate.Limiter{}}
}

// admit reports whether one more request of the token is fine.
func (r *rates) admit(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.of[name]
	if l == nil {
		l = rate.NewLimiter(rate.Every(rateEvery), rateBurst)
		r.of[name] = l
	}
	return l.AllowN(r.now(), 1)
}

// challenge is the WWW-Authenticate header of an answer (RFC 6750 section 3).
func challenge(err error) string {
	switch {
	case errors.Is(err, ErrScope):
		return `Bearer error="insufficient_scope"`
	case errors.Is(err, session.ErrToken):
		return `Bearer error="invalid_token"`
	}
	return ""
}
