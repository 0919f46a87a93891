package register

import (
	"io"
	"time"

	"meldklok/incident"
)

// About is what a file of the register says of itself.
type About struct {
	Organisation string
	From, Until  time.Time // the period asked for; zero: no bound. Until is excluded
	Filtered     bool      // not every row of the period
	Made         time.Time
	Head         incident.Head // of the chain before the first row was read
}

// Outside counts what is not in the register, and why (see the package).
type Outside struct {
	NoReport int `json:"no_report" doc:"questions, requests, spam"`
	Drills   int `json:"drills" doc:"exercises"`
	History  int `json:"history" doc:"older than the start of a watched mailbox"`
}

// Add counts an incident that is not in the register.
func (o *Outside) Add(s incident.Status) {
	switch s {
	case incident.StatusExercise:
		o.Drills++
	case incident.StatusNoReport:
		o.NoReport++
	case incident.StatusHistory:
		o.History++
	}
}

// Writer writes the register as a file, row by row. Close ends the file; what
// comes before is not a whole one.
type Writer interface {
	Row(r *Row) error
	Close(o Outside) error
}

// Formats lists the formats of the register.
func Formats() []string { return []string{"xlsx", "csv", "json", "pdf"} }

// MIME is the media type of a format.
func MIME(format string) string {
	switch format {
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "csv":
		return "text/csv; charset=utf-8"
	case "pdf":
		return "application/pdf"
	}
	return "application/json"
}

// NewWriter begins a file in one of the [Formats]; any other is a *Refusal.
func NewWriter(format string, out io.Writer, w *Words, about About) (Writer, error) {
	switch format {
	case "xlsx":
		return newXLSX(out, w, about)
	case "csv":
		return newCSV(out, w)
	case "json":
		return newJSON(out, about)
	case "pdf":
		return newPDF(out, w, about)
	}
	return nil, &incident.Refusal{Field: "format", Code: "choose-one"}
}
