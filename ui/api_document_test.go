package ui_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/api"
)

// TestTheDocumentSaysWhatItMeans: every parameter, field and header of the
// document has a sentence, so that a generated client explains itself; every
// operation has a name of its own and says who may use it.
func TestTheDocumentSaysWhatItMeans(t *testing.T) {
	raw := newSite(t).visitor().get("/api/v1/openapi.json").want(http.StatusOK).body
	type said struct {
		Description string
		Ref         string `json:"$ref"`
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID, Summary, Description string
			Parameters                        []struct{ Name, Description string }
			Security                          []map[string][]string
			Responses                         map[string]struct {
				Description string
				Headers     map[string]said
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]said }
		}
	}
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	var names []string
	for path, methods := range doc.Paths {
		for _, op := range methods {
			if op.OperationID == "" || op.Summary == "" || op.Description == "" || op.Security == nil || slices.Contains(names, op.OperationID) {
				t.Errorf("%s: %+v", path, op)
			}
			names = append(names, op.OperationID)
			for _, p := range op.Parameters {
				if p.Description == "" {
					t.Errorf("%s: the parameter %s is not explained", op.OperationID, p.Name)
				}
			}
			for status, r := range op.Responses {
				if wait := status == "409" || status == "429" || status == "503"; wait != (r.Headers["Retry-After"].Description != "") {
					t.Errorf("%s, %s: headers %v", op.OperationID, status, r.Headers)
				}
			}
		}
	}
	for schema, s := range doc.Components.Schemas {
		for field, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s is not explained", schema, field)
			}
		}
	}
}

// TestADestroyedLineByAPI: what was destroyed is not there and never mistaken
// for what never was, and a request about it is refused as the document says.
func TestADestroyedLineByAPI(t *testing.T) {
	s := newSite(t)
	const body = `{"text":"Laptop kwijt"}`
	ref := into[api.Reported](s.tool("soc", incident.ScopeReport).with("k").post("/reports", body).want(http.StatusCreated)).Reference
	inc, err := incident.ParseRef(ref)
	if err != nil {
		t.Fatal(err)
	}
	officer := s.person(people.Officer)
	s.do(inc, officer, incident.NoReport{Code: incident.NoReportQuestion})
	s.record(inc, &incident.Alerted{Rung: incident.RungReceipt, Report: 1, Due: s.now(), Note: "capped"})
	s.wait(6 * 366 * 24 * time.Hour)
	if out, err := s.service.DestroyLines(t.Context(), incident.ByPerson(officer.ID), []incident.Ref{inc}, "termijn voorbij"); err != nil || out[0].Refused != nil {
		t.Fatal(out, err)
	}
	p := s.tool("grc", incident.ScopeRead, incident.ScopeFile, incident.ScopeReport, incident.ScopeExport)
	p.get("/incidents/"+ref).problem(http.StatusGone, "destroyed", "")
	p.get("/incidents/"+ref+"/log").problem(http.StatusGone, "destroyed", "")
	p.post("/incidents/"+ref+"/filings", filing(s.now())).problem(http.StatusGone, "destroyed", "")
	if list := into[api.Page](p.get("/incidents").want(http.StatusOK)); len(list.Incidents) != 0 {
		t.Errorf("listed: %+v", list)
	}
	p.get("/register?format=csv").want(http.StatusOK).lacks(ref)
}

// TestAMisspeltNestedField: what is refused inside a reporter or a file is also
// refused by the document.
func TestAMisspeltNestedField(t *testing.T) {
	s := newSite(t)
	p := s.tool("soc", incident.ScopeReport)
	p.post("/reports", `{"text":"a","reporter":{"mail":"a@example.org"}}`).problem(422, "unknown-field", "mail")
	for _, schema := range []string{"ReportRequest", "FilingRequest", "Reporter", "Attachment"} {
		compiled, err := p.doc.schemas.Compile("openapi.json#/components/schemas/" + schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(map[string]any{"text": "a", "kind": "initial", "number": "1", "filed_at": "2026-10-23T14:30:00Z", "name": "a", "data": "", "mail": ""}); err == nil {
			t.Error(fmt.Sprint(schema, " takes any field"))
		}
	}
}
