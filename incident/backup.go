package incident

import (
	"context"
	"slices"
	"time"

	"meldklok/incident/people"
)

// A backup is one file with the whole record in it. What is known of backups is
// itself in the organisation's log, so that a copy says when it was made, and a
// restored record says what it was before.

// HowTested says how far a test restore went. Stored values.
type HowTested string

// The ways.
const (
	// TestOpened: the file was read from its place, decrypted, unpacked and
	// replayed, as a restore would do it.
	TestOpened HowTested = "opened"
	// TestWritten: what went into the file was unpacked and replayed on its way
	// there, and the file was found complete. Whether it opens was not tried: the
	// key that opens it is elsewhere, which is where it belongs.
	TestWritten HowTested = "written"
)

// BackupMade: a backup was written, synced and named.
type BackupMade struct {
	noPersonal
	File      string    `json:"file"` // name without its folder
	Size      int64     `json:"size"` // bytes
	SHA256    []byte    `json:"sha256"`
	Seq       uint64    `json:"seq"`  // head of the chain in it
	Hash      []byte    `json:"hash"` // of that head
	Scheduled bool      `json:"scheduled,omitempty"`
	Copied    time.Time `json:"copied"` // when the copy was taken
}

// Kind implements Body.
func (BackupMade) Kind() Kind { return "backup-made" }

// BackupTested: a backup was restored in a place of its own, replayed, and
// thrown away again.
type BackupTested struct {
	noPersonal
	File    string        `json:"file"`
	How     HowTested     `json:"how"`
	Entries uint64        `json:"entries"`
	Took    time.Duration `json:"took"`
	Trouble string        `json:"trouble,omitempty"` // what did not fit; empty: it is whole
}

// Kind implements Body.
func (BackupTested) Kind() Kind { return "backup-tested" }

// Restored: the record goes on from a backup. Whatever was recorded after the
// copy is lost, so numbers are skipped that may have been given out meanwhile,
// and nothing is sent until a named person releases it.
type Restored struct {
	noPersonal
	Seq       uint64    `json:"seq"`       // head that the backup came with
	Hash      []byte    `json:"hash"`      // of that head
	Copied    time.Time `json:"copied"`    // when the backup was taken
	Numbers   uint32    `json:"numbers"`   // references up to this number are not given out again …
	Year      int       `json:"year"`      // … in this year and every earlier one
	Messages  uint64    `json:"messages"`  // mails are numbered from behind this one
	Destroyed int       `json:"destroyed"` // items whose destruction was done again
}

// Kind implements Body.
func (Restored) Kind() Kind { return "restored" }

// Released: a named person let a restored record send again.
type Released struct{ noPersonal }

// Kind implements Body.
func (Released) Kind() Kind { return "released" }

// Backups is how the backups stand, folded from the organisation's log. Times
// are UTC; a zero time says never.
type Backups struct {
	Last     *BackupMade `json:"last,omitempty"`
	At       time.Time   `json:"at,omitzero"`        // when the last one was recorded
	Schedule time.Time   `json:"schedule,omitzero"`  // the last scheduled one
	Opened   time.Time   `json:"opened,omitzero"`    // last test restore that opened a file and found it whole
	File     string      `json:"file,omitempty"`     // that file
	Written  time.Time   `json:"written,omitzero"`   // last test on the way into a file that found all whole
	Into     string      `json:"into,omitempty"`     // that file
	Tested   time.Time   `json:"tested,omitzero"`    // last test, whatever it found
	Trouble  string      `json:"trouble,omitempty"`  // of the last test; empty: none
	Restored *Restored   `json:"restored,omitempty"` // the last restore
	Since    time.Time   `json:"since,omitzero"`     // when that was
	Held     bool        `json:"held,omitempty"`     // nothing is sent since then
	Freed    Actor       `json:"freed,omitempty"`    // who released it
}

// apply folds what is said about backups.
func (b *Backups) apply(e Entry) {
	switch body := e.Body.(type) {
	case *BackupMade:
		b.Last, b.At = body, e.At
		if body.Scheduled {
			b.Schedule = e.At
		}
	case *BackupTested:
		b.Tested, b.Trouble = e.At, body.Trouble
		switch {
		case body.Trouble != "":
		case body.How == TestOpened:
			b.Opened, b.File = e.At, body.File
		default:
			b.Written, b.Into = e.At, body.File
		}
	case *Restored:
		b.Restored, b.Since, b.Held, b.Freed = body, e.At, true, ""
	case *Released:
		b.Held, b.Freed = false, e.By
	}
}

// Spared returns the files that a rotation must leave where they are: the last
// that a test found whole. Rests says that nothing at all may go: the last test
// found trouble, and the old ones may be all there is.
func (b Backups) Spared() (files []string, rests bool) {
	return []string{b.File, b.Into}, b.Trouble != ""
}

// BackupPlan is the schedule; a zero Every means that there is none.
type BackupPlan struct {
	Every     time.Duration
	TestEvery time.Duration
}

// BackupCopies is what the schedule keeps in its folder.
type BackupCopies struct {
	N      int
	Oldest time.Time // when the oldest was begun, UTC
	Keep   int
	Every  time.Duration
}

// GoneBy returns when the rotation has removed every scheduled backup that holds
// what is destroyed now; ok is false without a schedule.
func (c BackupCopies) GoneBy(now time.Time) (until time.Time, ok bool) {
	if c.Every <= 0 || c.Keep <= 0 {
		return time.Time{}, false
	}
	return now.Add(time.Duration(c.Keep) * c.Every), true
}

// BackupsPruned: a person had old scheduled backups removed before their time,
// so that what was destroyed is gone from them too.
type BackupsPruned struct {
	noPersonal
	Files  []string  `json:"files"`  // names without their folder
	Before time.Time `json:"before"` // they were begun before this, UTC
}

// Kind implements Body.
func (BackupsPruned) Kind() Kind { return "backups-pruned" }

// Due reports whether the next scheduled backup should be made. A last one from
// the future was made by a clock that has gone back since.
func (p BackupPlan) Due(b Backups, now time.Time) bool {
	return p.Every > 0 && elapsed(b.Schedule, p.Every, now)
}

// TestDue reports whether the next test restore should be made. After one that
// found trouble the next backup is tested at once.
func (p BackupPlan) TestDue(b Backups, now time.Time) bool {
	if p.TestEvery <= 0 || b.Last == nil {
		return false
	}
	return elapsed(b.Tested, p.TestEvery, now) || (b.Trouble != "" && b.At.After(b.Tested))
}

func elapsed(last time.Time, every time.Duration, now time.Time) bool {
	since := now.Sub(last)
	return last.IsZero() || since >= every || since < -every
}

const (
	// backupGrace is how long a new record may be without a backup, and a late
	// backup or test be late.
	backupGrace = 24 * time.Hour
	// byHandLimit is how old the last backup may be where none is scheduled.
	byHandLimit = 8 * 24 * time.Hour
)

// BackupFindings says what is wrong with the backups, and that sending is held.
func (o *Org) BackupFindings(p BackupPlan, now time.Time) (f []Finding) {
	b := o.Backups
	if b.Held {
		f = append(f, Finding{Code: "sending-held", Level: Red, Args: map[string]any{"since": now.Sub(b.Since)}})
	}
	switch age := now.Sub(b.At); {
	case b.Last == nil && now.Sub(o.Created) < backupGrace:
		return f
	case b.Last == nil:
		return append(f, Finding{Code: "backup-none", Level: Amber})
	case p.Every > 0 && age > p.Every+backupGrace:
		f = append(f, Finding{Code: "backup-old", Level: Red, Args: map[string]any{"since": age}})
	case p.Every == 0 && age > byHandLimit:
		f = append(f, Finding{Code: "backup-old", Level: Amber, Args: map[string]any{"since": age}})
	}
	switch {
	case b.Trouble != "":
		f = append(f, Finding{Code: "backup-test-failed", Level: Red, Args: map[string]any{"since": now.Sub(b.Tested)}})
	case !b.Opened.IsZero():
	case !b.Written.IsZero():
		f = append(f, Finding{Code: "backup-unopened", Level: Amber})
	default:
		f = append(f, Finding{Code: "backup-untested", Level: Amber})
	}
	return f
}

// Release lets a restored record send again. It needs a person who is
// accountable for it: an officer, a deputy or an administrator.
func (s *Service) Release(ctx context.Context, by Actor) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		org := tx.Org()
		id, named := by.Person()
		p, known := org.People.Find(id)
		switch {
		case !named || !known || p.Inactive || !slices.ContainsFunc(Releasers(), func(r people.Role) bool { return p.Has(r) }):
			return refuse("by", "no-releaser")
		case !org.Backups.Held:
			return refuse("", "not-held")
		}
		_, err := tx.Append(OrgStream(), s.Act(by), &Released{})
		return err
	})
}

// Releasers are the roles that may let a restored record send again.
func Releasers() []people.Role { return []people.Role{people.Officer, people.Deputy, people.Admin} }
