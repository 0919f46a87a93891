package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// changesShown bounds «what would change this».
const changesShown = 6

// weighed is the score of answers that are not saved yet.
type weighed struct {
	incident.Score
	Because []risk.Reason
	Changes []change
}

// change is one answer that would lead to another proposal.
type change struct {
	Question string
	Answer   string
	Verdict  string
}

// Weighed scores what stands in the questionnaire now: what was typed, or else
// what was recorded. Answers that cannot be read leave it out; the problems
// above the form say why.
func (v *View) Weighed() *weighed {
	answers := map[string][]string{}
	for _, q := range risk.Questions() {
		if given := v.values("assess", q.Field); len(given) > 0 {
			answers[q.Field] = asRead(q, given)
		}
	}
	facts, err := risk.FromValues(answers)
	if err != nil {
		return nil
	}
	a := risk.Assess(facts)
	w := &weighed{Score: incident.ScoreOf(a), Because: a.Reasons}
	for _, c := range risk.WhatWouldChange(facts) {
		verdict := incident.ScoreOf(risk.Assessment{Verdict: c.Outlook.Verdict}).Verdict()
		if verdict == w.Verdict() || len(w.Changes) == changesShown {
			continue
		}
		w.Changes = append(w.Changes, change{Question: v.questionLabel(c.Field), Answer: v.optionLabel(c.Field, c.Value), Verdict: verdict})
	}
	return w
}

// optionLabel names an answer of the questionnaire; a number stands for itself.
func (v *View) optionLabel(field, value string) string {
	for _, q := range risk.Questions() {
		if q.Field != field {
			continue
		}
		for _, o := range q.Options {
			if o.Value == value {
				return v.Say(o.Label)
			}
		}
	}
	return value
}

// weigh shows the questionnaire with the score of what was typed, and records
// nothing. The page's script asks for it after every answer; without the script
// a button does.
func (p *Pages) weigh(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, err := p.assessView(c)
	if err != nil {
		return err
	}
	v.Form = Form{Name: "assess", Values: values}
	if _, err := risk.FromValues(answers(values)); err != nil {
		if _, err := v.refused("assess", values, err); err != nil {
			return err
		}
	}
	return p.render(c, http.StatusOK, v)
}
