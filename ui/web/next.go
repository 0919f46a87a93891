package web

import (
	"slices"
	"time"

	"meldklok/incident"
)

// next is what has to be done next, as a sentence of the catalogue.
type next struct {
	ID   string    // "next.<what>"
	Due  time.Time // zero when there is no hurry
	Into incident.Ref
	Form string // where on the incident's page it is done; empty: nowhere
	What string // the measure that is to be taken
}

// nextFor decides what has to be done next. It is pure; the first thing that
// applies is the answer, the AP's clock before all others.
func nextFor(inc *incident.Incident, now time.Time) next {
	if !inc.Into.IsZero() {
		return next{ID: "next.merged", Into: inc.Into}
	}
	for _, kind := range []incident.DutyKind{incident.DutyAP, incident.DutyController, incident.DutyPeople, incident.DutyFollowUp, incident.DutyRequest} {
		if d := inc.Duty(kind); d != nil && d.Open() {
			return nextForDuty(inc, *d, now)
		}
	}
	switch {
	case slices.Contains(inc.Wants(), incident.WantTelling) && !inc.Closed:
		return next{ID: "next.telling", Form: "must-tell"}
	case inc.Closed && len(inc.OpenMeasures()) > 0:
		return next{ID: "next.measures", Form: "measure-taken"}
	case inc.Closed:
		return next{ID: "next.nothing"}
	case inc.Status() == incident.StatusHistory:
		return next{ID: "next.history"}
	}
	return next{ID: "next.close", Form: "close"}
}

// nextForDuty decides what has to be done next about one open duty.
func nextForDuty(inc *incident.Incident, d incident.Duty, now time.Time) (n next) {
	if inc.Exercise {
		return next{ID: "next.exercise", Form: "drill-done", Due: d.Clock.Due}
	}
	switch d.Kind {
	case incident.DutyController:
		n = next{ID: "next.controller", Form: "tell"}
	case incident.DutyRequest:
		n = next{ID: "next.request", Form: "answer-request"}
	case incident.DutyPeople:
		n = next{ID: "next.people", Form: "tell"}
	case incident.DutyFollowUp:
		n = next{ID: "next.follow-up", Form: "file"}
	case incident.DutyMeasure:
		n = next{ID: "next.measure", Form: "measure-taken"}
		if i := slices.IndexFunc(inc.Measures, func(m incident.Measure) bool { return m.N == d.N }); i >= 0 {
			n.What = inc.Measures[i].What
		}
	case incident.DutyAP:
		n = nextForAP(inc)
		if d.Overdue(now) {
			n = next{ID: "next.overdue", Form: "file"}
		}
	}
	n.Due = d.Clock.Due
	return n
}

// nextForAP is the way to a filing or a waiver, step by step.
func nextForAP(inc *incident.Incident) next {
	switch {
	case inc.Is(incident.DecideNotify):
		return next{ID: "next.file", Form: "file"}
	case inc.Aware == nil && inc.NoReport != "" && inc.ByMachine:
		return next{ID: "next.perhaps-no-report", Form: "no-report"}
	case inc.Aware == nil:
		return next{ID: "next.confirm", Form: "confirm"}
	case inc.Score == nil || inc.ByMachine:
		return next{ID: "next.assess", Form: "assess"}
	case inc.Score.Notify:
		return next{ID: "next.file-scored", Form: "file"}
	}
	return next{ID: "next.waive", Form: "waive"}
}
