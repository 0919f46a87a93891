package incident

import (
	"context"
	"time"

	"meldklok/incident/people"
)

// Proof is what became of one alert to one recipient: the answer when the AP
// asks «why late?».
type Proof struct {
	Duty      DutyID
	Rung      string
	Missed    []string
	Person    people.ID // empty: the reporter
	Recipient string    // address as it is known today
	Instead   people.ID // who could not be reached
	Message   uint64
	MessageID string
	Due       time.Time // the rung's instant
	Queued    time.Time
	Ended     time.Time // zero while it is under way
	State     DeliveryState
	Reply     string
	Relay     string
	Attempts  int       // known while the mail is kept
	Note      string    // why nobody was told
	Seen      time.Time // when the recipient first pressed «seen» after it was queued
}

// Alerts returns what became of every alert of an incident, in the order of its
// log. Receipts to reporters are among them, without their address.
func (s *Service) Alerts(ctx context.Context, ref Ref) (proofs []Proof, err error) {
	err = s.Store.View(ctx, func(v View) error {
		if _, err := v.Incident(ref); err != nil {
			return err
		}
		at := map[uint64]int{}
		for e, err := range v.Log(Stream{ref}, 1) {
			if err != nil {
				return err
			}
			switch b := e.Body.(type) {
			case *Alerted:
				for _, p := range alertProofs(v, e, b) {
					if p.Message != 0 {
						at[p.Message] = len(proofs)
					}
					proofs = append(proofs, p)
				}
			case *SeenBy:
				markSeen(proofs, e)
			case *Delivery:
				if i, ok := at[b.Message]; ok {
					p := &proofs[i]
					p.State, p.Reply, p.Relay = b.State, b.Reply, b.Relay
					if b.State.Final() {
						p.Ended = e.At
					}
				}
			}
		}
		return nil
	})
	return proofs, err
}

// markSeen notes that a recipient has looked, on the alerts that person had.
func markSeen(proofs []Proof, e Entry) {
	who, ok := e.By.Person()
	for i := range proofs {
		if p := &proofs[i]; ok && p.Person == who && p.Seen.IsZero() {
			p.Seen = e.At
		}
	}
}

// alertProofs makes the proofs of one rung; those still under way stand as the
// outbox says.
func alertProofs(v View, e Entry, b *Alerted) (proofs []Proof) {
	blank := Proof{Duty: b.Duty, Rung: b.Rung, Missed: b.Missed, Instead: b.Instead, Due: b.Due, Queued: e.At, Note: b.Note}
	if len(b.To) == 0 {
		blank.State, blank.Ended = Cancelled, e.At
		return []Proof{blank}
	}
	for _, to := range b.To {
		p := blank
		p.Person, p.Message, p.MessageID, p.State = to.Person, to.Message, to.MessageID, Queued
		p.Recipient = "reporter"
		if person, ok := v.Org().People.Find(to.Person); ok {
			p.Recipient = person.Email
		}
		if m, err := v.Message(to.Message); err == nil {
			p.State, p.Reply, p.Attempts = m.State, m.Reply, m.Attempts
		}
		proofs = append(proofs, p)
	}
	return proofs
}
