package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// read reads the whole body of a request, as bytes and as a value. A field that
// is not known is refused: a misspelt one must not quietly mean nothing.
func read(c Call, into any) (raw []byte, err error) {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || media != echo.MIMEApplicationJSON {
		return nil, ErrMedia
	}
	if raw, err = io.ReadAll(c.Request().Body); err != nil {
		return nil, fmt.Errorf("api: read the body: %w", err)
	}
	return raw, decode(raw, into)
}

// decode reads one JSON object.
func decode(raw []byte, into any) error {
	if start := bytes.TrimLeft(raw, " \t\r\n"); len(start) == 0 || start[0] != '{' {
		return ErrJSON
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return wrong(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrJSON
	}
	return nil
}

// wrong says what is wrong with a body.
func wrong(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return refuse(kind.Field, "wrong-type")
	}
	// The name is in the text alone.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return refuse(strings.Trim(name, `"`), "unknown-field")
	}
	if strings.Contains(err.Error(), "parsing time") || strings.Contains(err.Error(), "Time.UnmarshalJSON") {
		return refuse("", "not-rfc3339")
	}
	if strings.Contains(err.Error(), "base64") {
		return refuse("attachments", "not-base64")
	}
	return ErrJSON
}

// refuse makes a refusal of this door's own.
func refuse(field, code string) error { return &incident.Refusal{Field: field, Code: code} }

// renamed gives refusals the names that their fields have in the body.
func renamed(err error, names map[string]string) error {
	if err == nil {
		return nil
	}
	var all []error
	for _, part := range incident.Apart(err) {
		var r *incident.Refusal
		if errors.As(part, &r) && names[r.Field] != "" {
			named := *r
			named.Field, part = names[r.Field], &named
		}
		all = append(all, part)
	}
	return errors.Join(all...)
}
