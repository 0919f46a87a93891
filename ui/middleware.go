package ui

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// addressFrom says whose word counts for where a request comes from: nobody's
// but the peer's, unless the peer is one of our own proxies (echo believes any
// X-Forwarded-For by default, which would make the throttling useless).
func addressFrom(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		p = p.Masked()
		bits := p.Addr().BitLen()
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), bits)}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// log gives every request an id and writes one line when it is done: the route
// and the reference, never the path, which can hold a link's token or anything
// that somebody typed there.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := requestID()
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		begin := s.cfg.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		attrs := []slog.Attr{
			slog.String("method", method(c)), slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status), slog.Duration("took", s.cfg.Now().Sub(begin)), slog.String("id", id),
		}
		if ref, err := incident.ParseRef(c.Param("ref")); err == nil {
			attrs = append(attrs, slog.String("incident", ref.String()))
		}
		s.cfg.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
		return nil
	}
}

// method is that of the request; one that a stranger made up is not repeated.
func method(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func requestID() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // it never fails (crypto/rand), and the id is only a label
	return hex.EncodeToString(raw)
}

// rescue turns a panic into an ordinary failure: one broken page must not take
// the clocks with it.
func (s *Server) rescue(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if cause, ok := p.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(p)
			}
			s.cfg.Log.Error("a page panicked", "route", c.Path(), "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errPanic
		}()
		return next(c)
	}
}

// policy is the content security policy: everything comes from ourselves, no
// inline script, no inline style, no frame around us.
var policy = strings.Join([]string{
	"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
	"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
}, "; ")

// headers sets what a browser must not do with our pages. A page may hold
// personal data, so nothing is kept in a cache unless a handler says otherwise.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	https := strings.HasPrefix(s.cfg.URL, "https://")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// sameOrigin refuses what another site makes a browser send.
func (s *Server) sameOrigin() echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.cfg.URL); err == nil {
		// Behind a proxy that changes the Host header only this tells our own origin.
		_ = protection.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := protection.Check(c.Request()); err != nil {
				return errCrossOrigin
			}
			return next(c)
		}
	}
}
