package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// RegisterFile is the register in JSON.
type RegisterFile struct {
	About     RegisterAbout    `json:"about" doc:"what this file is"`
	Incidents []register.Row   `json:"incidents" doc:"newest first"`
	Outside   register.Outside `json:"outside" doc:"what is not in the register"`
}

// RegisterAbout is what a file of the register says of itself.
type RegisterAbout struct {
	Format       int    `json:"meldklok_register" doc:"version of this form: 1"`
	Organisation string `json:"organisation,omitempty" doc:"whose register"`
	From         string `json:"from,omitempty" format:"date-time" doc:"received from this moment; left out: from the beginning"`
	Until        string `json:"until,omitempty" format:"date-time" doc:"excluded"`
	Filtered     bool   `json:"filtered" doc:"not every incident is in it"`
	MadeAt       string `json:"made_at" format:"date-time" doc:"when"`
	HeadSeq      uint64 `json:"head_seq" doc:"place in the chain of the record: all up to there is in it"`
	HeadHash     string `json:"head_hash" doc:"hash of the chain there"`
}

// registerFormats are the formats that programs may ask for.
func registerFormats() []string { return []string{"json", "csv", "xlsx"} }

// register gives the register as a file, of the incidents that the program may
// see.
func (a *API) register(c Call) error {
	format, lang := c.QueryParam("format"), c.QueryParam("lang")
	if format == "" {
		format = "json"
	}
	if lang == "" {
		lang = "nl"
	}
	var f register.Filter
	switch err := f.Days(c.QueryParam("from"), c.QueryParam("until")); {
	case err != nil:
		return err
	case !slices.Contains(registerFormats(), format):
		return refuse("format", "choose-one")
	case lang != "nl" && lang != "en":
		return refuse("lang", "choose-one")
	}
	out := &lateHeader{c: c, format: format}
	reader := register.Reader{Service: a.cfg.Service, Words: register.NewWords(lang), May: func(inc *incident.Incident) bool {
		return incident.MayShow(c.Token.Scopes, inc)
	}}
	err := reader.Export(c.ctx(), format, f, out)
	if err == nil || !out.begun {
		return err
	}
	a.cfg.Log.Error("a register was cut off", "err", err)
	panic(http.ErrAbortHandler) // half a file must not look whole
}

// lateHeader sends the header of a file with its first bytes, so that what fails
// before them is an ordinary problem.
type lateHeader struct {
	c      Call
	format string
	begun  bool
}

// Write implements io.Writer.
func (w *lateHeader) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		h := w.c.Response().Header()
		h.Set(echo.HeaderContentType, register.MIME(w.format))
		h.Set(echo.HeaderContentDisposition, `attachment; filename="register.`+w.format+`"`)
		w.c.Response().WriteHeader(http.StatusOK)
	}
	return w.c.Response().Write(b)
}
