package incident

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"
)

// A request of a person (GDPR art. 15 to 22) is an incident that is no report of
// a leak: it came in by the same doors, its log is its proof, and one more kind
// of duty, [DutyRequest], gives it a clock and a ladder. So promise 3 holds for
// it without another mechanism, and register and statistics pass it over like
// everything else that is no report.

// Right is what somebody asks for. Stored values.
type Right string

// The rights.
const (
	RightAccess        Right = "access"        // art. 15
	RightRectification Right = "rectification" // art. 16
	RightErasure       Right = "erasure"       // art. 17
	RightRestriction   Right = "restriction"   // art. 18
	RightPortability   Right = "portability"   // art. 20
	RightObjection     Right = "objection"     // art. 21
)

// RightsOfPeople lists the rights a request may use.
func RightsOfPeople() []Right {
	return []Right{RightAccess, RightRectification, RightErasure, RightRestriction, RightPortability, RightObjection}
}

// Requested: the report is a request of a person, or which right it uses became
// known.
type Requested struct {
	noPersonal
	Right Right `json:"right,omitempty"` // empty: not known yet
}

// Kind implements Body.
func (Requested) Kind() Kind { return "requested" }

// Request is how a request stands, beside its duty.
type Request struct {
	Right Right `json:"right,omitempty"`
}

// requestDuty records that a report is a request, with its clock from receipt
// (GDPR art. 12(3)).
func requestDuty(out []Body, right Right, received time.Time, act Act) ([]Body, error) {
	return appendDuty(append(out, &Requested{Right: right}), DutyRequest, received, ClockReceipt, act)
}

// SetRight says which right a request uses.
type SetRight struct{ Right Right }

// Decide implements Command.
func (c SetRight) Decide(inc *Incident, _ Act) ([]Body, error) {
	switch {
	case inc.Request == nil:
		return nil, refuse("", "no-request")
	case !slices.Contains(RightsOfPeople(), c.Right):
		return nil, refuse("right", "choose-one")
	}
	return []Body{&Requested{Right: c.Right}}, nil
}

// ExtendRequest gives a request two further months where its complexity or the
// number of requests makes that necessary; the person is told of it and why,
// within the first month (GDPR art. 12(3)).
type ExtendRequest struct{ Reasons string }

const extension = 2 // months

// Decide implements Command.
func (c ExtendRequest) Decide(inc *Incident, act Act) ([]Body, error) {
	if err := needOpen(inc, DutyRequest); err != nil {
		return nil, err
	}
	d := inc.Duty(DutyRequest)
	switch {
	case d.Clock.Basis == ClockPerson:
		return nil, refuse("", "already-extended")
	case act.Now.After(d.Clock.Due):
		return nil, refuse("", "too-late-to-extend")
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	}
	clock := d.Clock
	clock.Version, clock.Basis = clock.Version+1, ClockPerson
	clock.Due = Rule{Months: 1 + extension}.Due(clock.Start)
	return []Body{&ClockSet{Duty: DutyRequest, Clock: clock, Reason: strings.TrimSpace(c.Reasons)}}, nil
}

// Reason codes of an answer. Stored values.
const (
	AnswerGranted = "granted"
	AnswerPartly  = "partly"
	AnswerRefused = "refused"
)

// AnswerCodes lists the reason codes of an answer.
func AnswerCodes() []string { return []string{AnswerGranted, AnswerPartly, AnswerRefused} }

// AnswerRequest records that the person was answered, and how. A refusal states
// its reasons to the person, with the right to complain (GDPR art. 12(4)).
type AnswerRequest struct{ Code, Reasons string }

// Decide implements Command.
func (c AnswerRequest) Decide(inc *Incident, _ Act) ([]Body, error) {
	if err := needOpen(inc, DutyRequest); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(AnswerCodes(), c.Code):
		return nil, refuse("code", "choose-one")
	case blank(c.Reasons):
		return nil, refuse("reasons", "required")
	}
	return []Body{&Decided{Decision: DecideAnswered, Duty: DutyRequest, Code: c.Code, Reasons: strings.TrimSpace(c.Reasons)}}, nil
}

// OpenRequest records a request that reached somebody by another door: by phone,
// by letter, at the desk. The clock runs from when it was received.
func (s *Service) OpenRequest(ctx context.Context, by Actor, f Form) (ref Ref, err error) {
	now := s.Now().UTC()
	if err := f.Check(now); err != nil {
		return Ref{}, err
	}
	switch {
	case !slices.Contains(RightsOfPeople(), f.Right):
		return Ref{}, refuse("right", "choose-one")
	case f.Received.IsZero():
		return Ref{}, refuse("received", "required")
	}
	f.Entered = string(by)
	raw, err := f.Raw()
	if err != nil {
		return Ref{}, err
	}
	out, err := s.Record(ctx, Incoming{Channel: ChannelPhone, Arrived: now, Body: bytes.NewReader(raw)})
	return out.Ref, err
}
