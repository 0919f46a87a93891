package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// attach makes the answer a file to be saved. A stranger's bytes are never shown
// as what they claim to be: always octet-stream, never inline, and should a
// browser show them all the same, in a sandbox.
func attach(c echo.Context, name string) {
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(name)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// reportOf finds the report that a path names.
func (p *Pages) reportOf(c echo.Context) (*incident.Incident, incident.Report, error) {
	ref, err := ref(c)
	if err != nil {
		return nil, incident.Report{}, err
	}
	n, err := number(c, "n")
	if err != nil {
		return nil, incident.Report{}, err
	}
	inc, err := p.cfg.Service.Incident(c.Request().Context(), ref)
	if err != nil {
		return nil, incident.Report{}, err
	}
	for _, r := range inc.Reports {
		if r.N == int(n) {
			return inc, r, nil
		}
	}
	return nil, incident.Report{}, fmt.Errorf("web: report: %w", incident.ErrNotFound)
}

// reportRaw gives a report exactly as it came in.
func (p *Pages) reportRaw(c echo.Context) error {
	inc, r, err := p.reportOf(c)
	if err != nil {
		return err
	}
	if err := p.cfg.Service.Usable(c.Request().Context(), inc.Ref); err != nil {
		return err
	}
	look := incident.Access{Ref: inc.Ref, By: actor(c), What: incident.AccessRaw, Report: r.N}
	if err := p.cfg.Service.Saw(c.Request().Context(), look); err != nil {
		return err
	}
	ending := ".eml"
	switch r.Channel {
	case incident.ChannelForm, incident.ChannelPhone, incident.ChannelAPI, incident.ChannelImport:
		ending = ".json"
	}
	return p.sendRaw(c, r.Item, fmt.Sprintf("%s-%d%s", inc.Ref, r.N, ending))
}

// sendRaw streams the raw bytes of an item.
func (p *Pages) sendRaw(c echo.Context, item uint64, name string) error {
	body, err := p.cfg.Service.Raw(c.Request().Context(), item)
	if err != nil {
		return err
	}
	// The first piece is read before the header goes out, so that what was
	// destroyed is a clean «not found».
	first := make([]byte, 32<<10)
	n, err := io.ReadFull(body, first)
	if err != nil && n == 0 {
		return fmt.Errorf("web: raw bytes: %w", either(errors.Is(err, io.EOF), incident.ErrNotFound, err))
	}
	attach(c, name)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write(first[:n]); err != nil || c.Request().Method == http.MethodHead {
		return nil // the reader is gone
	}
	if _, err := io.Copy(c.Response(), body); err != nil {
		panic(http.ErrAbortHandler) // cut off visibly: half a file must not look whole
	}
	return nil
}

func either[T any](is bool, then, otherwise T) T {
	if is {
		return then
	}
	return otherwise
}

// reportFile gives one attachment of a report.
func (p *Pages) reportFile(c echo.Context) error {
	inc, r, err := p.reportOf(c)
	if err != nil {
		return err
	}
	i, err := number(c, "file")
	if err != nil {
		return err
	}
	_, reading, err := p.readAgain(c.Request().Context(), inc, r)
	if err != nil {
		return err
	}
	if i >= uint64(len(reading.Attachments)) {
		return fmt.Errorf("web: attachment: %w", incident.ErrNotFound)
	}
	look := incident.Access{Ref: inc.Ref, By: actor(c), What: incident.AccessFile, Report: r.N, File: int(i)}
	if err := p.cfg.Service.Saw(c.Request().Context(), look); err != nil {
		return err
	}
	a := reading.Attachments[i]
	attach(c, a.Name)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write(a.Data); err != nil {
		return nil // the reader is gone
	}
	return nil
}
