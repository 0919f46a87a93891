package ui

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/ui/session"
	"meldklok/ui/web"
)

// guard lets only those through whom the route's row admits, and bounds the
// body. Who is signed in is asked anew with every request, so a role that was
// taken away is gone at once.
func (s *Server) guard(r web.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		limit := r.Limit
		if limit == 0 {
			limit = ordinaryBody
		}
		req.Body = http.MaxBytesReader(c.Response(), req.Body, limit)

		person, err := s.pages.Identify(c)
		if err != nil && !errors.Is(err, session.ErrNone) {
			return err
		}
		admitted, err := s.pages.Admits(req.Context(), r.Access, person)
		switch {
		case err != nil:
			return err
		case admitted:
			if err := s.pages.Reach(c); err != nil {
				return err
			}
			return s.pages.Sure(c, r)
		case person != nil:
			return web.ErrForbidden
		}
		return s.pages.AskToSignIn(c)
	}
}

// ordinaryBody bounds the body of every form without files, in bytes.
const ordinaryBody = 1 << 20
