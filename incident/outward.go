package incident

import "time"

// RelayStatus is how one road for outgoing mail stands, in memory since the
// start of the program.
type RelayStatus struct {
	Name      string
	Since     time.Time // since when it cannot be opened, UTC; zero: it can, as far as is known
	Again     time.Time // not tried before
	RefusedAt time.Time // since when it refuses our mail; zero: it does not
	Reason    string    // of the trouble: a stable word
	LastAt    time.Time // when it last answered to a mail; zero: it never did
	LastReply string    // what it said
	Folder    bool      // no relay: mails are kept in a folder
}

// Well reports whether nothing is known to be wrong.
func (s RelayStatus) Well() bool { return s.Since.IsZero() && s.RefusedAt.IsZero() }

// RelayTrial is what came of a test mail over one road.
type RelayTrial struct {
	Name   string
	OK     bool
	Stage  string // where it ended, when it failed
	Reason string // a stable word
	Reply  string // the server's answer, with its code; may be empty
	Kept   bool   // written to a folder, not sent
	Took   time.Duration
}

// HookStatus is how one receiver of the second road stands.
type HookStatus struct {
	Name     string
	Good     time.Time // last post that was taken, UTC; zero: none
	Tried    time.Time
	Failures int
	Lost     int
	Reason   string
	Trouble  bool
	Beat     bool // a heartbeat: its silence is the alarm, so it is not tested
}

// HookTrial is what came of a test post.
type HookTrial struct {
	Name   string
	OK     bool
	Reason string // a stable word; empty when it was taken
	Took   time.Duration
}

// MailboxStep is one step of the test of a watched mailbox, in words.
type MailboxStep struct {
	Name    string
	OK      bool
	Tried   bool
	Trouble string // what is wrong and what to do; empty: nothing, or it can do without
	Said    string // what the other side said
}

// RungSetting is one rung of a ladder as the setting holds it: spans as text,
// like "48h" or "30m". What it means is for the room notify to say.
type RungSetting struct {
	Name       string   `json:"name"`
	Rank       int      `json:"rank"`
	Base       string   `json:"base"`
	Offset     string   `json:"offset,omitempty"`
	Every      string   `json:"every,omitempty"`
	For        string   `json:"for,omitempty"`
	To         []string `json:"to,omitempty"`
	Persons    []string `json:"persons,omitempty"`
	Owner      bool     `json:"owner,omitempty"`
	UnlessSeen bool     `json:"unless_seen,omitempty"`
}

// LadderTrial is what a ladder would do.
type LadderTrial struct {
	Rungs   []RungSetting // as they would be stored, in order of time
	Fires   []time.Time   // for each rung: when, for a clock that starts now, UTC; zero: not at all
	Due     time.Time     // the deadline of that clock
	Open    int           // open duties of the kind
	Changed []NextAlert   // those that get another next alert; at most [MostNextAlerts]
	More    int           // further ones
}

// NextAlert is the next alert of an open duty under a ladder.
type NextAlert struct {
	Ref  Ref
	Duty DutyID
	Rung string
	At   time.Time // UTC; in the past: at once
}

// MostNextAlerts bounds what a trial lists.
const MostNextAlerts = 50
