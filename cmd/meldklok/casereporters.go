package main

import (
	"time"

	"meldklok/incident"
)

// caseReporter is who wrote one report, as it is known now. What it said when it
// came in stands in the report itself, every correction in the log.
type caseReporter struct {
	Report    int               `json:"report"`
	Name      string            `json:"name"`
	Email     string            `json:"email"`
	Phone     string            `json:"phone"`
	Quoted    *incident.Address `json:"quoted,omitempty"` // the sender that a forwarded mail quotes
	Corrected []caseCorrection  `json:"corrected"`
	Destroyed bool              `json:"destroyed,omitempty"`
}

// caseCorrection says that something was put right.
type caseCorrection struct {
	At      time.Time         `json:"at"` // UTC
	By      incident.Actor    `json:"by"`
	Details []incident.Detail `json:"details"`
	Request incident.Ref      `json:"request,omitzero"`
}

// reportersOf lists who wrote the reports of an incident.
func reportersOf(d incident.Dossier) []caseReporter {
	writers, list := incident.Writers(d.Entries), []caseReporter{}
	for _, r := range d.Incident.Reports {
		w := writers[r.N]
		if w == nil {
			continue
		}
		x := caseReporter{
			Report: r.N, Name: w.From.Name, Email: w.From.Email, Phone: w.Phone, Quoted: w.Original,
			Corrected: []caseCorrection{}, Destroyed: r.Forgotten != nil,
		}
		for _, c := range w.Corrections {
			x.Corrected = append(x.Corrected, caseCorrection{c.At, c.By, c.Details, c.Request})
		}
		list = append(list, x)
	}
	return list
}
