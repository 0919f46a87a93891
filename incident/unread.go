package incident

import "time"

// RungAnswer names the mail that says that an answer came in. It is no rung of
// a ladder.
const RungAnswer = "answer"

// When officers are told of answers that nobody has looked at.
const (
	// AnswersTogether is how long further answers wait for company, so that no
	// exchange of machines can make a flood (LESSONS 14).
	AnswersTogether = time.Hour
	// AnswersAgain is after how long officers are told once more.
	AnswersAgain = 24 * time.Hour
)

// Unread is what joined an incident and nobody of ours has looked at. A case
// that was ended has no ladder any more: without it, whoever tells of a new
// leak by answering an old mail of ours would be heard by nobody (promise 1,
// LESSONS 18).
type Unread struct {
	Reports []int     `json:"reports,omitempty"` // their numbers
	Told    int       `json:"told,omitempty"`    // up to which report officers were told
	At      time.Time `json:"at,omitzero"`       // when they were last told, UTC
}

// Fresh counts those of which officers were not told yet.
func (u Unread) Fresh() (n int) {
	for _, r := range u.Reports {
		if r > u.Told {
			n++
		}
	}
	return n
}

// UnreadDue returns when officers are next to be told of answers; ok is false
// when there is none that nobody looked at.
func (inc *Incident) UnreadDue() (at time.Time, ok bool) {
	u := inc.Unread
	switch {
	case len(u.Reports) == 0:
		return time.Time{}, false
	case u.Fresh() == 0:
		return u.At.Add(AnswersAgain), true
	case u.At.IsZero():
		return inc.Reports[u.Reports[0]-1].At, true
	}
	return later(inc.Reports[u.Reports[len(u.Reports)-1]-1].At, u.At.Add(AnswersTogether)), true
}

// applyUnread notes an answer. What officers write themselves they have read,
// and what came before a mailbox was watched is history.
func (inc *Incident) applyUnread(b *Reported) {
	if b.Reply && !b.ByUs && !b.History {
		inc.Unread.Reports = append(inc.Unread.Reports, b.Report)
	}
}

// tell notes that officers were told.
func (u *Unread) tell(e Entry, b *Alerted) { u.Told, u.At = b.Report, e.At }

// looked forgets what is unread, once a person of ours did something with the
// incident.
func (u *Unread) looked() { u.Reports = nil }
