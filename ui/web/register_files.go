package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// exportRegister gives the filtered register as a file.
func (p *Pages) exportRegister(c echo.Context) error {
	f, err := registerFilter(c.QueryParams())
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "filter").SetInternal(err)
	}
	format := c.Param("format")
	name := "register" + fileSuffix(c.QueryParam("year")) + "." + format
	return p.sendFile(c, name, func(w io.Writer) error {
		return p.registerReader(c).Export(c.Request().Context(), format, f, w)
	})
}

// fileSuffix is a year behind a file's name, if it is one.
func fileSuffix(year string) string {
	if _, err := strconv.Atoi(year); err != nil || len(year) != 4 {
		return ""
	}
	return "-" + year
}

// exportYears gives the figures per year as a file.
func (p *Pages) exportYears(c echo.Context) error {
	years, reach, err := p.years(c.Request().Context())
	if err == nil && !reach.Whole() { // a file must be complete
		all := register.Reader{Service: p.cfg.Service, Words: register.NewWords(p.language(c))}
		years, err = all.Years(c.Request().Context(), register.Filter{})
	}
	if err != nil {
		return err
	}
	format := c.Param("format")
	return p.sendFile(c, "register-figures."+format, func(w io.Writer) error {
		return register.WriteYears(format, w, register.NewWords(p.language(c)), years)
	})
}

// sendFile answers with a file that is written as it is made. The header goes out
// with the first bytes, so that what fails before them is an ordinary error;
// after them the connection is cut: half a file must not look whole.
func (p *Pages) sendFile(c echo.Context, name string, write func(io.Writer) error) error {
	out := &lateHeader{c: c, name: name}
	err := write(out)
	switch {
	case err == nil:
		return nil
	case !out.begun && errors.As(err, new(*incident.Refusal)):
		return fmt.Errorf("web: file %s: %w", name, incident.ErrNotFound)
	case !out.begun:
		return err
	}
	p.cfg.Log.Error("a file was cut off", "err", err)
	panic(http.ErrAbortHandler)
}

// lateHeader sends the header of a download with its first bytes.
type lateHeader struct {
	c     echo.Context
	name  string
	begun bool
}

// Write implements io.Writer.
func (w *lateHeader) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		attach(w.c, w.name)
		w.c.Response().WriteHeader(http.StatusOK)
	}
	return w.c.Response().Write(b)
}

// caseFile gives the whole file of one incident, with its proof.
func (p *Pages) caseFile(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	if p.cfg.CaseFile == nil {
		return fmt.Errorf("case file of %s: %w", ref, incident.ErrNotFound)
	}
	ctx := c.Request().Context()
	if _, err := p.cfg.Service.Incident(ctx, ref); err != nil {
		return err
	}
	if err := p.cfg.Service.Saw(ctx, incident.Access{Ref: ref, By: actor(c), What: incident.AccessWhole}); err != nil {
		return err
	}
	return p.sendFile(c, ref.String()+".zip", func(w io.Writer) error {
		return p.cfg.CaseFile(ctx, w, p.language(c), ref, true)
	})
}
