package incident

import (
	"context"
	"errors"
	"slices"

	"meldklok/incident/people"
)

// RequestStep: something was done because a person asked for it (GDPR art. 15 to
// 22), or was refused. It stands in the log of the request, so that its answer can
// say so, and what was refused also in that of the incident that stays as it is.
type RequestStep struct {
	noPersonal
	Right   Right  `json:"right"`
	Request Ref    `json:"request,omitzero"` // in another log: the request, if one was recorded
	Steps   []Step `json:"steps"`
}

// Step is what became of one place where something about the person stands.
type Step struct {
	Ref     Ref       `json:"ref,omitzero"`
	Report  int       `json:"report,omitempty"`
	Parked  uint64    `json:"parked,omitempty"`
	Person  people.ID `json:"person,omitempty"`
	Details []Detail  `json:"details,omitempty"` // of a correction: what was put right
	Refused string    `json:"refused,omitempty"` // code of the refusal; empty: it was done
}

// Kind implements Body.
func (RequestStep) Kind() Kind { return "request-step" }

// checkRequest refuses a reference that is no request of a person.
func checkRequest(v View, ref Ref) error {
	if ref.IsZero() {
		return nil
	}
	inc, err := v.Incident(ref)
	switch {
	case errors.Is(err, ErrNotFound):
		return refuse("request", "no-such-incident")
	case err != nil:
		return err
	case inc.Request == nil:
		return refuse("request", "not-a-request")
	}
	return nil
}

// noteStep writes into the log of a request, if there is one, what was done.
func noteStep(tx Tx, act Act, request Ref, right Right, steps ...Step) error {
	if request.IsZero() || len(steps) == 0 {
		return nil
	}
	_, err := tx.Append(Stream{request}, act, &RequestStep{Right: right, Steps: steps})
	return err
}

// mostSteps is how many steps one entry tells.
const mostSteps = 100

// noteHandled records what became of each find when a person asked for something:
// in the log of the request, if one is named, and a refusal that concerns the
// person's own report in that of its incident.
func (s *Service) noteHandled(ctx context.Context, by Actor, right Right, request Ref, handled []Handled) error {
	steps, stays := stepsOf(handled, request)
	for some := range slices.Chunk(steps, mostSteps) {
		if request.IsZero() {
			break
		}
		err := s.Store.Update(ctx, func(tx Tx) error { return noteStep(tx, s.Act(by), request, right, some...) })
		if err != nil {
			return err
		}
	}
	for _, some := range stays {
		body := &RequestStep{Right: right, Request: request, Steps: some}
		err := s.Store.Update(ctx, func(tx Tx) error {
			_, err := tx.Append(Stream{some[0].Ref}, s.Act(by), body)
			return err
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// stepsOf is what a log says of each find, and once more, by incident, of the
// person's own reports that stay.
func stepsOf(handled []Handled, request Ref) (steps []Step, stays [][]Step) {
	for _, h := range handled {
		step := h.step()
		steps = append(steps, step)
		if step.Refused == "" || h.Ref.IsZero() || h.Ref == request || !h.Own() {
			continue
		}
		i := slices.IndexFunc(stays, func(some []Step) bool { return some[0].Ref == h.Ref })
		if i < 0 {
			i, stays = len(stays), append(stays, nil)
		}
		stays[i] = append(stays[i], step)
	}
	return steps, stays
}

// step is what a log says of one find.
func (h Handled) step() Step {
	step := Step{Ref: h.Ref, Report: h.Report, Parked: h.Parked, Person: h.Person}
	if h.Refused != nil {
		step.Refused = h.Refused.Code
	}
	return step
}

// StepsOf returns what was done for a request, in the order of its log.
func StepsOf(entries []Entry) (all []*RequestStep) {
	for _, e := range entries {
		if b, ok := e.Body.(*RequestStep); ok && b.Request.IsZero() {
			all = append(all, b)
		}
	}
	return all
}
