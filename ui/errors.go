package ui

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/api"
	"meldklok/ui/session"
	"meldklok/ui/web"
)

var (
	errPanic       = errors.New("ui: a page panicked")
	errCrossOrigin = errors.New("ui: the request comes from another site")
)

// statusOf is the one map from errors to HTTP status. What it does not know is
// our own fault.
func statusOf(err error) int {
	var refusal *incident.Refusal
	var local *incident.LocalTimeError
	var tooBig *http.MaxBytesError
	var fromEcho *echo.HTTPError
	switch {
	case errors.As(err, &refusal), errors.As(err, &local):
		return http.StatusUnprocessableEntity
	case errors.Is(err, incident.ErrDestroyed):
		return http.StatusGone
	case errors.Is(err, incident.ErrNotFound), errors.Is(err, session.ErrLink):
		return http.StatusNotFound
	case errors.Is(err, incident.ErrTooLarge), errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, incident.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.Is(err, api.ErrJSON):
		return http.StatusBadRequest
	case errors.Is(err, session.ErrToken):
		return http.StatusUnauthorized
	case errors.Is(err, api.ErrUnderWay):
		return http.StatusConflict
	case errors.Is(err, api.ErrMedia):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, session.ErrOnceOther):
		return http.StatusUnprocessableEntity
	case errors.Is(err, web.ErrForbidden), errors.Is(err, errCrossOrigin), errors.Is(err, api.ErrScope):
		return http.StatusForbidden
	case errors.Is(err, session.ErrBusy), errors.Is(err, api.ErrRate):
		return http.StatusTooManyRequests
	case errors.As(err, &fromEcho):
		return fromEcho.Code
	}
	return http.StatusInternalServerError
}

// fail answers an error with a page that says what to do, a program with a
// problem. Details go to the log
// under the request's id, not to the reader.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.cfg.Log.Error("a request failed", "route", c.Path(), "id", c.Response().Header().Get(echo.HeaderXRequestID), "err", err)
	}
	explain := s.pages.Problem
	if api.Ours(c.Request().URL.Path) {
		explain = s.api.Problem
	}
	if err := explain(c, status, err); err != nil {
		s.cfg.Log.Error("the page that explains a failure failed", "err", err)
	}
}
