package incident

import (
	"context"
	"errors"
	"fmt"

	"meldklok/incident/people"
)

// AnswerJoined: an answer to this incident came in after it was merged away,
// and stands in the incident that goes on.
type AnswerJoined struct {
	noPersonal
	Into   Ref `json:"into"`
	Report int `json:"report"`       // its number there
	Of     int `json:"of,omitempty"` // by receipt code: the report here that the code belongs to
}

// Kind implements Body.
func (AnswerJoined) Kind() Kind { return "answer-joined" }

// survivor follows merges from an incident to the one that goes on. What reopened
// is its own survivor; a circle cannot be made ([MergeDecision]), and is not
// followed for ever all the same.
func survivor(v View, ref Ref) (*Incident, error) {
	for range 100 {
		inc, err := v.Incident(ref)
		if err != nil || inc.Into.IsZero() {
			return inc, err
		}
		ref = inc.Into
	}
	return nil, fmt.Errorf("incident %s: merged in a circle: %w", ref, ErrNotFound)
}

// join adds a reply to its incident, or to the one that incident was merged
// into. It moves no clock and gets no receipt.
func (p *processing) join(asked Ref) (Settled, error) {
	inc, err := survivor(p.tx, asked)
	if err != nil {
		return Settled{}, err
	}
	b := p.reported(len(inc.Reports) + 1)
	b.Reply, b.Machine, b.ByUs = true, "reply", p.byUs()
	if p.form != nil {
		b.Of, b.CodeHash = codeReport, nil
	}
	if inc.Ref != asked {
		b.Via = asked
		if _, err := p.tx.Append(Stream{asked}, p.act, &AnswerJoined{Into: inc.Ref, Report: b.Report, Of: b.Of}); err != nil {
			return Settled{}, err
		}
	}
	if err := p.tx.Remember(p.d.Hash, Known{Ref: inc.Ref}); err != nil {
		return Settled{}, err
	}
	_, err = p.tx.Append(Stream{inc.Ref}, p.act, b)
	return Settled{Ref: inc.Ref, Joined: true}, err
}

// byUs reports whether an officer or a deputy wrote it.
func (p *processing) byUs() bool {
	who, ok := p.tx.Org().People.FindEmail(p.reading.From.Email)
	return ok && p.form == nil && who.Has(people.Officer, people.Deputy)
}

// answersElsewhere returns the answers by the code of an incident that stand in
// the incidents it was merged into, oldest first.
func (s *Service) answersElsewhere(ctx context.Context, entries []Entry) (turns []Turn, err error) {
	for _, e := range entries {
		b, ok := e.Body.(*AnswerJoined)
		if !ok || b.Of != codeReport {
			continue
		}
		into, err := s.Incident(ctx, b.Into)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t := Turn{At: e.At, By: Reporter, Gone: true}
		if reading, err := s.reading(ctx, into, b.Report); err == nil {
			t.Text, t.Gone = reading.Text, false
		}
		turns = append(turns, t)
	}
	return turns, nil
}
