package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
	"meldklok/ui/session"
)

// Problem is what went wrong (RFC 9457). Its type is left out, which means
// about:blank: the code tells problems of one status apart.
type Problem struct {
	Title   string         `json:"title" doc:"what the status means"`
	Status  int            `json:"status" doc:"the same as that of the answer"`
	Code    string         `json:"code" doc:"stable; what to program against"`
	Detail  string         `json:"detail" doc:"what is wrong and what to do, for people"`
	Errors  []FieldProblem `json:"errors,omitempty" doc:"what is wrong with which field of the body or the query"`
	Request string         `json:"request_id,omitempty" doc:"under which the log of Meldklok knows this request"`
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Field  string `json:"field" doc:"its name, nested names with dots"`
	Code   string `json:"code" doc:"stable; what to program against"`
	Detail string `json:"detail" doc:"what is wrong and what to do, for people"`
}

// problemType is the media type of a problem.
const problemType = "application/problem+json"

// Problem answers with what went wrong.
func (a *API) Problem(c echo.Context, status int, err error) error {
	p := problemOf(status, err)
	h := c.Response().Header()
	p.Request = h.Get(echo.HeaderXRequestID)
	if text := challenge(err); text != "" {
		h.Set(echo.HeaderWWWAuthenticate, text)
	}
	if waits(status) {
		h.Set(echo.HeaderRetryAfter, "5")
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(status, problemType, body)
}

// waits reports whether the same request may succeed a little later.
func waits(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || status == http.StatusConflict
}

// spoken says the errors that are no refusal of the domain: code and sentence.
func spoken() []struct {
	err          error
	code, detail string
} {
	return []struct {
		err          error
		code, detail string
	}{
		{session.ErrToken, "token", "Send a valid token: Authorization: Bearer meldklok_… An administrator makes one under People, Tokens."},
		{ErrScope, "scope", "The token may not do this. An administrator can make one that may."},
		{ErrRate, "rate", "Too many requests of this token. Wait a few seconds between requests."},
		{ErrJSON, "not-json", "The body must be one JSON object, in UTF-8."},
		{ErrMedia, "media-type", "Send the body as application/json."},
		{ErrUnderWay, "under-way", "A request with this Idempotency-Key is being carried out. Ask again in a few seconds."},
		{session.ErrOnceOther, "key-reused", "This Idempotency-Key was used for another request. Use a new key for each request."},
		{incident.ErrNotFound, "not-found", "There is nothing here, or this token may not see it."},
		{incident.ErrDestroyed, "destroyed", "This incident was destroyed when its period in the register was over. Destroy your copies too."},
		{incident.ErrTooLarge, "too-large", "The body is larger than this address takes."},
		{incident.ErrUnavailable, "unavailable", "The record cannot take this now; nothing was recorded. Send it again in a few seconds."},
	}
}

// problemOf puts an error into words. What it does not know is told by its
// status alone: details are for the log.
func problemOf(status int, err error) Problem {
	p := Problem{Title: http.StatusText(status), Status: status, Code: "http", Detail: "The request failed: " + http.StatusText(status) + "."}
	var refusal *incident.Refusal
	var local *incident.LocalTimeError
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		p.Code, p.Detail = refusal.Code, sentence(refusal)
		for _, part := range incident.Apart(err) {
			if errors.As(part, &refusal) && refusal.Field != "" {
				p.Errors = append(p.Errors, FieldProblem{refusal.Field, refusal.Code, sentence(refusal)})
			}
		}
		return p
	case errors.As(err, &local):
		p.Code, p.Detail = "local-time", "Write times as RFC 3339 with their offset, such as 2026-10-23T14:30:00+02:00."
		return p
	case errors.As(err, &tooBig):
		err = incident.ErrTooLarge
	case status == http.StatusNotFound:
		err = incident.ErrNotFound
	case status == http.StatusMethodNotAllowed:
		p.Code, p.Detail = "method", "This address does not know this method."
	case status >= http.StatusInternalServerError && !errors.Is(err, incident.ErrUnavailable):
		p.Code, p.Detail = "internal", "Something is wrong on our side. The log of Meldklok knows more under the request's id."
	}
	for _, k := range spoken() {
		if errors.Is(err, k.err) {
			p.Code, p.Detail = k.code, k.detail
		}
	}
	return p
}

// sentence is a refusal in English.
func sentence(r *incident.Refusal) string {
	if id := "refusal." + r.Code; locale.Has(id) {
		return locale.T(locale.English, id, r.Args)
	}
	return r.Error()
}
