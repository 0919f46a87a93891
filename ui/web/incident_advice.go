package web

import (
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Admits reports whether the person may use the routes of an access, also by
// what the organisation grants.
func (p *Pages) Admits(ctx context.Context, a Access, person *people.Person) (bool, error) {
	if a.Admits(person) || person == nil || !a.deciding {
		return a.Admits(person), nil
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return false, err
	}
	return incident.MayDecide(*person, org), nil
}

// advise records what the FG advises.
func (p *Pages) advise(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	cmd := incident.Advise{Lean: incident.Lean(values.Get("lean")), Text: values.Get("text")}
	_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), cmd)
	return p.acted(c, ref, "advise", values, err)
}

// judgement is a decision, or an advice of the FG, as they stand side by side.
type judgement struct {
	At      time.Time
	Who     string
	Advice  int // number; 0: a decision
	Title   string
	Text    string
	Ignored int    // the advice that a decision goes against,
	Against string // and why
}

// judgements lists decisions and advice, oldest first.
func judgements(v *View, all people.Directory, entries []incident.Entry) (list []judgement) {
	for _, e := range entries {
		j := judgement{At: e.At, Who: actorName(v, all, e.By)}
		switch b := e.Body.(type) {
		case *incident.Decided:
			j.Title, j.Text, j.Ignored, j.Against = decidedLine(v, b), b.Reasons, b.Advice, b.Against
			if word := codeWord(v, b); word != "" {
				j.Title += ": " + word
			}
		case *incident.Filed:
			if b.Filing.Advice == 0 {
				continue // the filing stands in its own card
			}
			j.Title, j.Ignored, j.Against = v.Word("filing", b.Filing.Kind), b.Filing.Advice, b.Filing.Against
		case *incident.Advised:
			j.Advice, j.Title, j.Text = b.Advice, v.Word("lean", b.Lean), b.Text
		default:
			continue
		}
		list = append(list, j)
	}
	return list
}

// Advises reports whether the reader may give advice.
func (v *View) Advises() bool { return v.Me != nil && v.Me.Has(people.FG) }

// DecidesAsFG reports whether the reader decides only because the organisation
// lets the FG decide.
func (v *View) DecidesAsFG(d incidentData) bool {
	return d.Decides && !v.Me.Has(people.Officer, people.Deputy)
}

// Leans lists what an advice can come to.
func (d incidentData) Leans() []string { return strs(incident.Leans()) }

// FilesAgainst reports whether a filing that can be recorded now goes against
// the advice in force, so that the form asks why.
func (d incidentData) FilesAgainst() bool {
	return slices.ContainsFunc(d.FilingKinds(), d.Inc.FilesAgainst)
}

// Contrary reports whether taking a decision on notifying goes against the
// advice in force, so that its form asks why.
func (d incidentData) Contrary(decision string) bool {
	return d.Inc.Against(incident.Decision(decision), incident.DutyAP)
}
