package api

import (
	"net/http"

	"meldklok/incident"
)

// Route is one row of the table: what a program may ask, and all that the
// document says about it.
type Route struct {
	Method, Path string         // Path as echo writes it, with [Prefix]
	Scope        incident.Scope // empty: everybody
	ID, Summary  string
	Query        []Param
	Takes        any      // type of the body; nil: none
	Gives        any      // type of the answer
	Status       int      // of the answer
	Refuses      []int    // statuses beside those that every route can have
	Types        []string // media types of the answer beside JSON

	handle func(Call) error
	limit  int64 // bytes of the body; 0: the ordinary bound
}

// Param is a parameter of a query.
type Param struct {
	Name, Doc string
	Enum      []string
	Number    bool
	Day       bool
}

// Routes is the one table of what programs may ask. Whatever is not in it does
// not exist.
func (a *API) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	limit := Param{Name: "limit", Doc: "how many rows, 1 to 500; 100 unless asked", Number: true}
	day := func(name, what string) Param {
		return Param{Name: name, Doc: "only what was received " + what + " this day, such as 2026-10-23, in Amsterdam", Day: true}
	}
	return []Route{
		{
			Method: get, Path: Prefix + "/openapi.json", ID: "getDocument", Summary: "This document.",
			Gives: map[string]any{}, Status: http.StatusOK, handle: a.document,
		},
		{
			Method: post, Path: Prefix + "/reports", Scope: incident.ScopeReport, ID: "report", Summary: "Report a suspected leak. It is on disk when this answers 201.",
			Takes: ReportRequest{}, Gives: Reported{}, Status: http.StatusCreated, Refuses: []int{400, 409, 410, 413, 415, 422},
			handle: a.report, limit: a.cfg.MaxUpload/3*4 + ordinaryBody,
		},
		{
			Method: get, Path: Prefix + "/clocks", Scope: incident.ScopeRead, ID: "listClocks", Summary: "The open duties, nearest deadline first.",
			Query: []Param{limit}, Gives: Clocks{}, Status: http.StatusOK, Refuses: []int{422}, handle: a.clocks,
		},
		{
			Method: get, Path: Prefix + "/incidents", Scope: incident.ScopeRead, ID: "listIncidents", Summary: "Incidents, newest first, a page at a time.",
			Query: []Param{{Name: "after", Doc: "reference behind which the page begins: next of the page before"}, limit},
			Gives: Page{}, Status: http.StatusOK, Refuses: []int{422}, handle: a.incidents,
		},
		{
			Method: get, Path: Prefix + "/incidents/:ref", Scope: incident.ScopeRead, ID: "getIncident", Summary: "One incident, as show --json prints it.",
			Gives: Incident{}, Status: http.StatusOK, Refuses: []int{404, 410}, handle: a.show,
		},
		{
			Method: get, Path: Prefix + "/incidents/:ref/log", Scope: incident.ScopeRead, ID: "getLog", Summary: "What happened in one incident, without what was said.",
			Gives: Log{}, Status: http.StatusOK, Refuses: []int{404, 410}, handle: a.log,
		},
		{
			Method: post, Path: Prefix + "/incidents/:ref/filings", Scope: incident.ScopeFile, ID: "recordFiling", Summary: "Record a notification that was sent to the AP. It is on disk when this answers 201.",
			Takes: FilingRequest{}, Gives: FilingRecorded{}, Status: http.StatusCreated, Refuses: []int{400, 404, 409, 410, 413, 415, 422}, handle: a.file,
		},
		{
			Method: get, Path: Prefix + "/register", Scope: incident.ScopeExport, ID: "exportRegister", Summary: "The register (GDPR art. 33(5)) as a file.",
			Query: []Param{
				{Name: "format", Doc: "json unless asked", Enum: registerFormats()}, day("from", "from"), day("until", "up to and including"),
				{Name: "lang", Doc: "of the words in csv and xlsx; nl unless asked", Enum: []string{"nl", "en"}},
			},
			Gives: RegisterFile{}, Status: http.StatusOK, Types: []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
			Refuses: []int{422}, handle: a.register,
		},
	}
}
