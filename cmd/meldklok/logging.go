package main

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"

	"meldklok/incident"
)

// newLog makes the program's log. It goes to stderr; a service manager keeps it.
// Whoever writes a line keeps addresses and content out of it; should one slip in
// with the words of some server, it is struck out here.
func newLog(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // the flag allows only known levels
	options := &slog.HandlerOptions{Level: l, ReplaceAttr: strikeOut}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// addressLike is what looks like a mail address: broad, since a struck-out word
// costs less than an address in a log. A stack names modules like x@v1.2.3; only
// these, which have no letter after the at sign but a v, stay.
var addressLike = regexp.MustCompile(`[^\s<>"'(),;:]+@(?:[^\s<>"'(),;:v]|v[^\s<>"'(),;:0-9])[^\s<>"'(),;:]*`)

// strikeOut hides addresses in whatever a line says.
func strikeOut(_ []string, a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindString {
		return slog.String(a.Key, withoutAddresses(value.String()))
	}
	if value.Kind() != slog.KindAny {
		return a
	}
	switch v := value.Any().(type) {
	case slog.Level:
		return a
	case []string:
		list := make([]string, len(v))
		for i, text := range v {
			list[i] = withoutAddresses(text)
		}
		return slog.Any(a.Key, list)
	default: // an error, as a rule
		return slog.String(a.Key, withoutAddresses(fmt.Sprint(v)))
	}
}

func withoutAddresses(text string) string {
	return addressLike.ReplaceAllString(text, "(address)")
}

// mailEnded counts and logs what became of a mail: which one, of which
// incidents, never to whom.
func (a *App) mailEnded(m incident.Message) {
	a.metrics.mailEnded(m)
	refs := []string{}
	for _, alert := range m.Alerts {
		refs = append(refs, alert.Ref.String())
	}
	a.log.Info("a mail has ended", "mail", m.ID, "state", string(m.State), "relay", m.Relay, "attempts", m.Attempts, "incidents", refs)
}
