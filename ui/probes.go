package ui

import (
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/web"
)

// probe answers a watchdog in plain text: 200 and «ok», or 503. The reason goes
// to the log, since the answer is for anybody.
func (s *Server) probe(check func() error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := check(); err != nil {
			s.cfg.Log.Warn("a probe failed", "route", c.Path(), "err", err)
			return c.String(http.StatusServiceUnavailable, "not ok\n")
		}
		return c.String(http.StatusOK, "ok\n")
	}
}

// healthAnswer is the body of /healthz. Its names are stable. It holds neither
// references nor addresses: codes and levels only.
type healthAnswer struct {
	Status   string          `json:"status"` // ok, amber or red
	Findings []healthFinding `json:"findings"`
}

type healthFinding struct {
	Code  string         `json:"code"`
	Level incident.Level `json:"level"`
}

// healthz answers what the last audit found: 503 as long as a finding is red.
func (s *Server) healthz(c echo.Context) error {
	h := s.cfg.Health()
	answer := healthAnswer{Status: "ok", Findings: []healthFinding{}}
	for _, f := range h.Findings {
		answer.Findings = append(answer.Findings, healthFinding{f.Code, f.Level})
	}
	status := http.StatusOK
	switch {
	case h.Red():
		answer.Status, status = string(incident.Red), http.StatusServiceUnavailable
	case len(h.Findings) > 0:
		answer.Status = string(incident.Amber)
	}
	return c.JSON(status, answer)
}

// metrics answers this machine itself, and administrators. What a proxy on this
// machine passes on does not come from this machine.
func (s *Server) metrics(c echo.Context) error {
	addr, err := netip.ParseAddr(c.RealIP())
	local := err == nil && addr.Unmap().IsLoopback() && !proxied(c.Request().Header)
	person, _ := s.pages.Identify(c)
	if !local && !web.Only(people.Admin).Admits(person) {
		return web.ErrForbidden
	}
	s.cfg.Metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}

// proxied reports whether a proxy has passed a request on.
func proxied(h http.Header) bool {
	for _, name := range []string{echo.HeaderXForwardedFor, "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}
