package incident

import (
	"slices"
	"time"
)

func (inc *Incident) applyAlerted(e Entry, b *Alerted) {
	if b.Rung == RungReceipt {
		inc.Receipts = slices.DeleteFunc(inc.Receipts, func(n int) bool { return n == b.Report })
		return
	}
	if b.Rung == RungQuestion {
		inc.Asking = slices.DeleteFunc(inc.Asking, func(n int) bool { return n == b.Report })
		return
	}
	if b.Rung == RungAnswer {
		inc.Unread.tell(e, b)
		return
	}
	d := inc.Duty(b.Duty)
	if d == nil {
		return
	}
	if b.Rung == RungClosed {
		d.Closing = false
		return
	}
	for _, to := range b.To {
		if !slices.Contains(d.Alerted, to.Person) {
			d.Alerted = append(d.Alerted, to.Person)
		}
		d.Waiting = slices.DeleteFunc(d.Waiting, func(w Waiting) bool { return w.Person == to.Person })
		d.Waiting = append(d.Waiting, Waiting{Person: to.Person, Message: to.Message, Rung: b.Rung, Version: b.Version})
	}
	if b.Instead == "" {
		d.FiredAt, d.FiredRank = later(e.At, b.Due), max(d.FiredRank, b.Rank)
		return
	}
	for i := range inc.Trouble {
		if inc.Trouble[i].Person == b.Instead {
			inc.Trouble[i].Handed = true
		}
	}
}

// later returns the later of two instants: a rung ahead of the deadline is
// fired a little before its own.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (inc *Incident) applyDelivery(e Entry, b *Delivery) {
	if b.Person == "" {
		return
	}
	if d := inc.Duty(b.Duty); d != nil && b.State.Final() {
		d.Waiting = slices.DeleteFunc(d.Waiting, func(w Waiting) bool { return w.Message == b.Message })
	}
	if b.State.Reached() || b.State.Lost() {
		inc.Trouble = slices.DeleteFunc(inc.Trouble, func(u Undelivered) bool { return u.Person == b.Person })
	}
	if b.State.Lost() || b.State == Retrying { // put off for so long that the next person is told as well
		d := inc.Duty(b.Duty)
		inc.Trouble = append(inc.Trouble, Undelivered{
			Person: b.Person, Duty: b.Duty, Version: b.Version, Rung: b.Rung, State: b.State, Reply: b.Reply, At: e.At,
			Handed: b.Rung == RungClosed || d == nil || !d.Open(),
		})
	}
}

// Unhanded returns the first alert that failed and has not been handed to
// somebody else yet.
func (inc *Incident) Unhanded() (u Undelivered, ok bool) {
	for _, u := range inc.Trouble {
		if d := inc.Duty(u.Duty); !u.Handed && d != nil && d.Open() {
			return u, true
		}
	}
	return Undelivered{}, false
}

// Rung names that are no rung of a ladder.
const (
	RungClosed  = "closed"  // the mail that says it is over
	RungReceipt = "receipt" // the mail to the reporter
)
