package incident

import (
	"context"
	"io"
	"iter"
	"slices"
	"time"

	"meldklok/incident/people"
)

// Store is the record underneath: what the domain asks of it. All errors that
// mean "not now" wrap [ErrUnavailable]; an unknown reference wraps [ErrNotFound].
type Store interface {
	// View runs fn on one consistent snapshot. It must be short: no network, no
	// waiting.
	View(ctx context.Context, fn func(View) error) error
	// Update runs fn in one transaction and returns nil only once everything it
	// wrote is on disk, synced. fn may run more than once and must only set
	// what it was given.
	Update(ctx context.Context, fn func(Tx) error) error
	// NewItem reserves a number for raw bytes, and the keys they are sealed with.
	NewItem() (uint64, error)
	// Dispose carries out what Tx.Destroy ordered: keys first, then bytes. After a
	// crash the rest follows when the record is opened.
	Dispose(ctx context.Context) error
	// Shred makes sure that no remains of destroyed keys are left in the file of
	// keys. It writes that file anew, so it is called after many destructions
	// rather than after each.
	Shred(ctx context.Context) error
	// MAC returns a keyed hash of data. Purpose separates its uses.
	MAC(purpose string, data ...[]byte) []byte
}

// View reads the record.
type View interface {
	// Org returns the organisation; the caller must not change it.
	Org() *Org
	// Incident returns the folded state, or ErrNotFound.
	Incident(ref Ref) (*Incident, error)
	// Entry returns one entry of a log, or ErrNotFound.
	Entry(s Stream, n uint32) (Entry, error)
	// Log yields the entries of a log from the n-th on.
	Log(s Stream, from uint32) iter.Seq2[Entry, error]
	// Incidents yields incidents, newest reference first, those before the given
	// one (zero: from the newest). One that cannot be read is an error, after
	// which the others follow.
	Incidents(before Ref) iter.Seq2[*Incident, error]
	// OpenDuties yields the open duties by deadline, nearest first; of errors the
	// same holds.
	OpenDuties() iter.Seq2[OpenDuty, error]
	// DueDuties counts the open duties whose deadline is at or before until. Its
	// cost follows their number, not what exists.
	DueDuties(until time.Time) int64
	// DutiesAfter yields the open duties in the order of their incidents, those
	// after the given place. The audit walks them slice by slice.
	DutiesAfter(ref Ref, what What) iter.Seq2[DutyRow, error]
	// Due yields what is planned at or before until, earliest first.
	Due(until time.Time) iter.Seq2[Planned, error]
	// NextPlanned returns the instant of the earliest plan.
	NextPlanned() (time.Time, bool)
	// Pending yields accepted deliveries that have no outcome yet, oldest first.
	Pending() iter.Seq2[Delivered, error]
	// Pended returns one delivery without an outcome, or ErrNotFound.
	Pended(item uint64) (Delivered, error)
	// Parked yields parked messages, newest first.
	Parked() iter.Seq2[ParkedItem, error]
	// ParkedItem returns one, or ErrNotFound.
	ParkedItem(item uint64) (ParkedItem, error)
	// Raw returns a reader over raw bytes as they were accepted. It may be read
	// after the View has ended.
	Raw(item uint64) io.Reader
	// Lookup returns what a keyed hash stands for ([Tx.Remember]).
	Lookup(hash []byte) (Known, bool)
	// Cursor returns the place in a watched mailbox.
	Cursor(mailbox string) (Cursor, bool)
	// NotTaken returns those of the UIDs that were never accepted from the
	// mailbox under this validity, in the given order.
	NotTaken(mailbox string, validity uint32, uids []uint32) []uint32
	// Unsent returns the mails of an incident's log that have not ended.
	Unsent(ref Ref) ([]Message, error)
	// Message returns a mail of the outbox, or ErrNotFound.
	Message(id uint64) (Message, error)
	// Mail returns the final bytes of a mail, or ErrNotFound once aged out.
	Mail(id uint64) ([]byte, error)
	// Messages yields the outbox, newest first, those before the given one
	// (zero: from the newest).
	Messages(before uint64) iter.Seq2[Message, error]
	// Ready yields what can be sent now: nearest deadline first, receipts last.
	// Those that skip reports are not even opened; nil: none. Of one that is damaged
	// the error comes with its number and its owner.
	Ready(skip func(id uint64) bool) iter.Seq2[Message, error]
	// NextWaiting returns when the first waiting mail is ready again.
	NextWaiting() (time.Time, bool)
	// OldestEnded returns when the first mail ended whose text is still kept.
	OldestEnded() (time.Time, bool)
	// Credential returns what the session room keeps under a name.
	Credential(name string) ([]byte, bool)
	// Accesses yields who looked at an incident's personal compartments, newest
	// first.
	Accesses(ref Ref) iter.Seq2[Access, error]
	// Changed yields the incidents whose logs grew after an entry of the chain,
	// once for each entry, in order. It opens nothing.
	Changed(after uint64) iter.Seq2[Ref, error]
	// Since yields the places of the entries after one of the chain, those of the
	// organisation's log included, in order. It opens nothing.
	Since(after uint64) iter.Seq2[Place, error]
	// Counters returns the record's own bookkeeping.
	Counters() Counters
}

// Tx reads and writes the record.
type Tx interface {
	View
	// Create reserves the next reference of the year for an incident whose
	// personal compartments are sealed with the keys of the item.
	Create(year int, item uint64) (Ref, error)
	// Append adds entries to a log, in order, and returns the new state of an
	// incident (nil for the organisation's log). Chain, indexes and next-alert
	// rows follow in the same transaction.
	Append(s Stream, act Act, bodies ...Body) (*Incident, error)

	// PutChunk stores the n-th piece (from 0) of raw bytes; last marks their end,
	// so that bytes cut short are noticed.
	PutChunk(item uint64, n int, data []byte, last bool) error
	// Stage marks an item whose bytes are still coming in; what is staged and
	// never accepted is swept away at the next start.
	Stage(item uint64) error
	// Accept records a complete delivery. One from a watched mailbox is
	// remembered by its UID and moves the cursor, forward only.
	Accept(d Delivered) error
	// Keep ends the staging of raw bytes that an entry names from now on.
	Keep(item uint64) error
	// Settle ends a delivery: from now on it has an outcome.
	Settle(item uint64) error
	// Drop removes raw bytes that are stored elsewhere already, pieces from
	// (included) to (excluded).
	Drop(item uint64, from, to int) error
	// Destroy orders that parts of what an item's keys seal be destroyed. From now
	// on nothing personal is sealed under them any more; Store.Dispose does it.
	Destroy(item uint64, parts Parts) error
	// DestroyLine orders that an incident be destroyed as a whole, its log and state
	// included. From now on it is not found any more: what asks for it gets
	// [ErrDestroyed] and [ErrNotFound]. Its entries stay in the chain, unreadable.
	DestroyLine(ref Ref) error
	// Park keeps a message without an outcome in an incident.
	Park(p ParkedItem) error
	// Unpark removes it from the parked ones.
	Unpark(item uint64) error
	// Remember lets Lookup find k by a keyed hash.
	Remember(hash []byte, k Known) error

	// Queue adds a mail to the outbox, in state Queued; 0 lets the record number it.
	Queue(m Message, raw []byte) error
	// NextMessage reserves a number for a mail.
	NextMessage() uint64
	// SetMessage records how a mail stands.
	SetMessage(m Message) error
	// Reseal seals a mail with the keys of another item, byte for byte the same.
	Reseal(id uint64, item uint64) error
	// Wake makes mails ready whose waiting time is over, and returns how many; 0: there
	// are none, or only damaged ones.
	Wake(now time.Time) (int, error)
	// ForgetMail drops the bytes of ended mails older than before, oldest first, and
	// of those about no incident all there is; at most limit. Those of which kept says
	// so stay.
	ForgetMail(before time.Time, limit int, kept func(Message) bool) (int, error)

	// PutAccess adds a look to the access log.
	PutAccess(a Access) error
	// ForgetAccess drops looks older than before, oldest first; at most limit. Those
	// at an incident of which kept says so stay.
	ForgetAccess(before time.Time, limit int, kept func(Ref) bool) (int, error)
	// SetCredential keeps what the session room says under a name; nil deletes it.
	SetCredential(name string, value []byte) error
}

// What says what a planned row is about: a duty, or a chore. The high byte is
// the place of the duty's kind in [DutyKinds] or the chore, the low byte the
// number of a duty that has one.
type What uint16

// The chores. Smaller high bytes are places in [DutyKinds].
const (
	WhatReceipt  What = 100 << 8 // the mail to a reporter
	WhatHandover What = 101 << 8 // an alert failed: the next person has to be told
	WhatQuestion What = 102 << 8 // a question to a reporter
	WhatAnswer   What = 103 << 8 // an answer came in that nobody has looked at
	WhatClosing  What = 110 << 8 // plus the row of the duty: the mail that says it is over
)

// WhatDuty returns the row of a duty.
func WhatDuty(id DutyID) What {
	place := slices.Index(DutyKinds(), id.Kind())
	if place < 0 {
		panic("incident: unknown kind of duty " + string(id))
	}
	return What(place<<8 | id.Number())
}

// Duty returns the duty a row is about; ok is false for a chore.
func (w What) Duty() (id DutyID, ok bool) {
	kinds := DutyKinds()
	if int(w>>8) >= len(kinds) {
		return "", false
	}
	if id = kinds[w>>8]; w&0xff > 0 {
		id = id.Numbered(int(w & 0xff))
	}
	return id, true
}

// Planned is one next-alert row: when an incident next needs the engine.
type Planned struct {
	At   time.Time
	Ref  Ref
	What What
}

// Planner says when an incident next needs the engine. It is pure. Every open
// duty has exactly one row: promise 3 rests on it.
type Planner interface {
	Plan(inc *Incident) []Planned
}

// OpenDuty is one open duty with its incident.
type OpenDuty struct {
	Incident *Incident
	Duty     Duty
}

// DutyRow is an open duty as the audit meets it: the row, and when its next
// alert is planned according to the index.
type DutyRow struct {
	Ref     Ref
	What    What
	Planned time.Time // zero: the index has no row
}

// Counters is the record's own bookkeeping, kept in the same transactions as
// what it counts.
type Counters struct {
	OpenDuties   int64  // duties with outcome open
	PlannedOpen  int64  // next-alert rows of open duties
	Incidents    int64  // created
	Pending      int64  // deliveries without an outcome
	Queued       int64  // mails not ended yet
	Head         Head   // of the chain
	OldestPended uint64 // item number; 0: none
}

// Place is where an entry stands: in the chain, and in its own log.
type Place struct {
	Seq    uint64
	Stream Stream
	N      uint32
}

// Head is the end of the chain: whoever keeps it can later prove that nothing
// before it was changed.
type Head struct {
	Seq  uint64
	Hash [32]byte
}

// Delivered is an accepted delivery: its raw bytes are stored.
type Delivered struct {
	Item       uint64    `json:"item"`
	Channel    Channel   `json:"channel"`
	Sender     string    `json:"sender,omitempty"`
	Recipients []string  `json:"recipients,omitempty"`
	Arrived    time.Time `json:"arrived"`
	Stated     time.Time `json:"stated,omitzero"`
	Cursor     *Cursor   `json:"cursor,omitempty"`
	History    bool      `json:"history,omitempty"`
	Size       int64     `json:"size"`
	Chunks     int       `json:"chunks"`
	Hash       []byte    `json:"hash"`             // keyed hash of the mail, whatever road it took
	SHA256     []byte    `json:"sha256,omitempty"` // of the raw bytes as they are stored
}

// ParkedItem is a parked message with what a page shows of it.
type ParkedItem struct {
	Delivered
	Reason  ParkReason `json:"reason"`
	From    Address    `json:"from,omitzero"`
	Subject string     `json:"subject,omitempty"`
	About   Ref        `json:"about,omitzero"` // the incident whose mail of ours it answers or brings back: it may quote it
}

// Known is what a keyed hash stands for.
type Known struct {
	Ref  Ref    `json:"ref,omitzero"`
	Item uint64 `json:"item,omitempty"` // a parked message
}

// Class orders the outbox; a smaller one goes first. Stored values.
type Class byte

// The classes.
const (
	ClassAlert   Class = 1
	ClassTrouble Class = 2
	ClassClosing Class = 3
	ClassReceipt Class = 4
	ClassProbe   Class = 5 // a mail to ourselves
)

// Message is one mail to one recipient, with the alerts it carries. Its bytes
// are final when it is queued: whatever happens, the same bytes go out again
// under the same Message-ID.
type Message struct {
	ID        uint64        `json:"id"`
	MessageID string        `json:"message_id"`
	Class     Class         `json:"class"`
	Person    people.ID     `json:"person,omitempty"` // empty: a reporter
	To        string        `json:"to"`
	Subject   string        `json:"subject"`
	Alerts    []Alert       `json:"alerts,omitempty"`
	Owner     Stream        `json:"-"`        // whose personal key seals it
	Deadline  time.Time     `json:"deadline"` // nearest of its alerts; orders the outbox
	Queued    time.Time     `json:"queued"`
	State     DeliveryState `json:"state"`
	Next      time.Time     `json:"next,omitzero"` // not before
	Attempts  int           `json:"attempts,omitempty"`
	Uncertain bool          `json:"uncertain,omitempty"` // an attempt's outcome is unknown: it may have arrived
	PutOff    bool          `json:"put_off,omitempty"`   // for so long that the next person is told as well; still tried
	Reply     string        `json:"reply,omitempty"`
	Relay     string        `json:"relay,omitempty"`
	Ended     time.Time     `json:"ended,omitzero"`
	Hash      []byte        `json:"hash,omitempty"` // SHA-256 of the bytes
}

// Alert is one rung for one recipient.
type Alert struct {
	Ref     Ref       `json:"ref"`
	Duty    DutyID    `json:"duty,omitempty"`
	Version int       `json:"version,omitempty"`
	Rung    string    `json:"rung"`
	Due     time.Time `json:"due"` // the rung's instant
}
