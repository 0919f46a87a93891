package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"meldklok/notify/mailbox"
)

// door is one address on which we listen.
type door struct {
	name, title string
	address     string // empty: it stays shut
	serve       func(net.Listener) server
	say         func(net.Addr) string // what is printed at the start
}

// doorTable lists every door of the configuration.
func (a *App) doorTable() []door {
	scheme := "http"
	if a.cfg.cert != nil {
		scheme = "https"
	}
	recipients := strings.Join(a.cfg.Recipients, ", ")
	return []door{
		{"pages", "pages", a.cfg.Listen,
			func(l net.Listener) server { return a.httpServer("pages", l, a.pages, a.cfg.cert.config()) },
			func(at net.Addr) string {
				return fmt.Sprintf("%s://%s  (report a leak: %s://%s/melden)", scheme, at, scheme, at)
			}},
		{"redirect", "redirect", a.cfg.RedirectListen,
			func(l net.Listener) server { return a.httpServer("redirect", l, redirect(a.cfg.URL, a.log), nil) },
			func(at net.Addr) string { return fmt.Sprintf("http://%s to %s", at, a.cfg.URL) }},
		{"metrics", "metrics", a.cfg.MetricsListen,
			func(l net.Listener) server { return a.httpServer("metrics", l, a.metrics.only(), nil) },
			func(at net.Addr) string { return fmt.Sprintf("http://%s/metrics", at) }},
		{"smtp", "mail in", a.cfg.MailListen,
			func(l net.Listener) server {
				a.setMailDoor(l.Addr().String())
				return a.mailServer("smtp", l, false)
			},
			func(at net.Addr) string { return fmt.Sprintf("%s for %s", at, recipients) }},
		{"lmtp", "mail in", a.cfg.LMTPListen,
			func(l net.Listener) server { return a.mailServer("lmtp", l, true) },
			func(at net.Addr) string { return fmt.Sprintf("%s for %s", at, recipients) }},
	}
}

// listenOn opens a TCP address or unix:PATH.
func listenOn(address string) (net.Listener, error) {
	path, ok := cutUnix(address)
	if !ok {
		return net.Listen("tcp", address)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}

// cutUnix takes the path out of unix:PATH.
func cutUnix(address string) (path string, ok bool) { return strings.CutPrefix(address, "unix:") }

func (a *App) mailServer(name string, l net.Listener, lmtp bool) server {
	listener := mailbox.NewListener(mailbox.ListenerConfig{
		Accept: a.accept, Own: mailbox.OwnRecipients(a.cfg.Recipients...), Now: a.now, Domain: a.cfg.domain(), LMTP: lmtp,
		Log: a.log, TLS: a.cfg.cert.config(), MaxMessage: a.cfg.MaxMail << 20,
	})
	return server{name: name, serve: func(context.Context) error { return listener.Serve(l) }, stop: listener.Shutdown}
}

// farewell is how long visitors have at a shutdown before net/http's own, which
// drops a request that it has only just read.
const farewell = 5 * time.Second

// httpServer serves h, encrypted when there is a configuration for that. Its
// stop shuts the door first, lets everybody who had come through it finish, and
// only then tells net/http to shut down.
func (a *App) httpServer(name string, l net.Listener, h http.Handler, encrypt *tls.Config) server {
	var visitors sync.WaitGroup
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, TLSConfig: encrypt,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				visitors.Add(1)
			case http.StateClosed, http.StateHijacked:
				visitors.Done()
			}
		},
	}
	shut := make(chan struct{})
	return server{
		name: name,
		serve: func(context.Context) (err error) {
			defer close(shut)
			if encrypt != nil {
				err = srv.ServeTLS(l, "", "")
			} else {
				err = srv.Serve(l)
			}
			if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return err
		},
		stop: func(ctx context.Context) error {
			_ = l.Close()
			a.pages.Close() // streams would stay
			srv.SetKeepAlivesEnabled(false)
			gone := make(chan struct{})
			go func() { <-shut; visitors.Wait(); close(gone) }()
			select {
			case <-gone:
			case <-ctx.Done():
			case <-time.After(farewell):
			}
			if err := srv.Shutdown(ctx); err != nil {
				return srv.Close()
			}
			return nil
		},
	}
}
