package webhook

import (
	"crypto/rand"
	"time"

	"meldklok/incident"
)

// Kind says what a post is about. Stable values.
type Kind string

// The kinds.
const (
	KindAlert   Kind = "alert"
	KindTrouble Kind = "trouble"
	KindLasting Kind = "lasting"
	KindOver    Kind = "over"
	KindMissed  Kind = "missed"
	KindBeat    Kind = "beat" // to heartbeats alone
	KindFail    Kind = "fail" // to heartbeats alone, with #fail
	KindTest    Kind = "test" // somebody asked whether posts arrive
)

// Note is one post before it has a form and a language.
type Note struct {
	ID       string // the same for every attempt
	Kind     Kind
	At       time.Time // of the audit or the queueing, UTC
	Head     incident.Head
	Finding  incident.Finding // trouble, lasting, over
	Since    time.Time        // when the finding was first seen, UTC
	Alerts   []Alert          // alert, nearest deadline first
	MailDown bool             // alert: no relay takes mail
	Missed   int              // missed: how many posts were lost
	Entry    Entry            // entry
}

// Alert is one rung of one incident.
type Alert struct {
	Ref  incident.Ref
	Duty incident.DutyID
	Rung string
	Rank int       // see notify: 50 is twelve hours left
	Due  time.Time // the deadline, UTC
}

const (
	// urgentRank is the rank of the rung twelve hours before a deadline.
	urgentRank = 50
	// urgentLeft is the time left at which any alert counts as urgent.
	urgentLeft = 12 * time.Hour
)

func (a Alert) urgent(now time.Time) bool {
	return a.Rank >= urgentRank || a.Due.Sub(now) <= urgentLeft
}

// Alerts is one batch of rungs that the engine has queued and that is on disk.
type Alerts struct {
	At       time.Time // UTC
	Head     incident.Head
	MailDown bool // no relay takes mail
	List     []Alert
}

// once reports whether a post is tried a single time: a ping that comes late
// says something that is no longer true, and a missed notice comes again.
func (n Note) once() bool {
	return n.Kind == KindBeat || n.Kind == KindFail || n.Kind == KindMissed
}

// The levels of a post.
const (
	levelRed   = string(incident.Red)
	levelAmber = string(incident.Amber)
	levelOK    = "ok"
)

// level says how urgent a post is.
func (n Note) level() string {
	switch n.Kind {
	case KindTrouble, KindLasting, KindFail:
		return levelRed
	case KindOver, KindBeat, KindTest:
		return levelOK
	case KindAlert:
		for _, a := range n.Alerts {
			if a.urgent(n.At) {
				return levelRed
			}
		}
	}
	return levelAmber
}

// newID makes a post's ID.
func newID() string { return "msg_" + rand.Text() }
