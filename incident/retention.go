package incident

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// SettingRetention names the setting that holds a [Retention] as JSON.
const SettingRetention = "retention"

// Keep names a kind of content that has a period of its own. Stored values.
type Keep string

// The kinds (DOMAIN section 8). Attachments lie inside the raw mail and go with
// it.
const (
	KeepOriginals Keep = "originals" // raw mail and attachments, after the incident ended
	KeepPersonal  Keep = "personal"  // the reporter and the correspondence, after the incident ended
	KeepRegister  Keep = "register"  // the register line, after the incident ended
	KeepNoReport  Keep = "no-report" // what was no report of a leak, and drills: all but the line itself
	KeepHistory   Keep = "history"   // mail from before the start of a watched mailbox, after it was taken in
	KeepParked    Keep = "parked"    // parked mail, after somebody reviewed it
	KeepAccounts  Keep = "accounts"  // name and address of a person, after that person left
)

// Keeps lists the kinds in the order in which a page shows them.
func Keeps() []Keep {
	return []Keep{KeepOriginals, KeepPersonal, KeepRegister, KeepNoReport, KeepHistory, KeepParked, KeepAccounts}
}

// Retention says how long each kind is kept. A kind that is missing is kept
// without an end.
type Retention map[Keep]Term

// DefaultRetention returns the periods that ship with the program. The law names
// none; five years after closure for the register follow from the AP's power to
// fine and from claims for damages, the shorter ones are the program's own
// choice (DOMAIN section 8).
func DefaultRetention() Retention {
	return Retention{
		KeepOriginals: {6, 'm'}, KeepPersonal: {1, 'y'}, KeepRegister: {5, 'y'},
		KeepNoReport: {3, 'm'}, KeepHistory: {1, 'y'}, KeepParked: {3, 'm'}, KeepAccounts: {1, 'y'},
	}
}

// ParseRetention reads the setting: an object of periods by kind. A kind that is
// left out keeps the period that ships with the program; nothing at all means
// all of these.
func ParseRetention(raw []byte) (Retention, error) {
	r := DefaultRetention()
	if len(bytes.TrimSpace(raw)) == 0 {
		return r, nil
	}
	var given map[Keep]Term
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	for kind, period := range given {
		if _, known := r[kind]; !known {
			return nil, fmt.Errorf("retention: there is no kind %q; choose from %v", kind, Keeps())
		}
		r[kind] = period
	}
	return r, nil
}

// RetentionOf returns the periods in force in an organisation.
func RetentionOf(org *Org) (Retention, error) {
	return ParseRetention([]byte(org.Settings[SettingRetention]))
}

// Leaving is content with the instant at which it goes.
type Leaving struct {
	What    Keep
	Parts   Parts
	Reports []int // numbers of the incident's reports
	Files   []int // numbers of files that were attached to it
	Bytes   int64 // of the originals and the files
	At      time.Time
	Under   string
}

// Schedule says what of an incident goes when, given when it ended. What came in
// later (an answer to a closed incident) counts from when it came. Nothing goes
// of an incident that has not ended (zero) or is held, and nothing twice. The
// register line is only announced: it never goes by itself ([Service.DestroyLines]).
// What was no report has no line in the register, but a log, which is kept as long.
func (r Retention) Schedule(inc *Incident, ended time.Time) (out []Leaving) {
	if ended.IsZero() || len(inc.Held) > 0 {
		return nil
	}
	originals, personal := KeepOriginals, KeepPersonal
	switch {
	case inc.History && len(inc.Duties) == 0:
		originals, personal = KeepHistory, KeepHistory
	case (inc.Is(DecideNoReport) && inc.Request == nil) || inc.Exercise:
		originals, personal = KeepNoReport, KeepNoReport
	}
	add := func(l Leaving, period Keep, since time.Time) {
		if at, ends := r[period].After(since); ends {
			l.At, l.Under = at, string(period)+" "+r[period].String()
			out = append(out, l)
		}
	}
	raw, private := Leaving{What: originals, Parts: PartOriginals}, Leaving{What: personal, Parts: PartPersonal}
	since, spoken := ended, later(ended, inc.Private)
	for _, x := range inc.Reports {
		if x.Gone == nil {
			raw.Reports, raw.Bytes = append(raw.Reports, x.N), raw.Bytes+x.Size
			since = later(since, x.At)
		}
		if x.Forgotten == nil {
			private.Reports = append(private.Reports, x.N)
			spoken = later(spoken, x.At)
		}
	}
	for _, x := range inc.Files {
		if x.Gone == nil && !inc.proves(x.N) {
			raw.Files, raw.Bytes = append(raw.Files, x.N), raw.Bytes+x.Size
			since = later(since, x.At)
		}
	}
	if len(raw.Reports)+len(raw.Files) > 0 {
		add(raw, originals, since)
	}
	if len(private.Reports) > 0 || !inc.Private.IsZero() {
		add(private, personal, spoken)
	}
	add(Leaving{What: KeepRegister}, KeepRegister, ended)
	return out
}

// proves reports whether an attached file is proof of a filing, of an attempt at
// one, or of telling people: it stays as long as the register line.
func (inc *Incident) proves(file int) bool {
	return slices.ContainsFunc(inc.Filings, func(f Filing) bool { return slices.Contains(f.Files, file) }) ||
		slices.ContainsFunc(inc.Tries, func(t FilingTry) bool { return slices.Contains(t.Files, file) }) ||
		slices.ContainsFunc(inc.Tellings, func(t Telling) bool { return slices.Contains(t.Files, file) })
}

// Ended returns when everything about an incident was over, or zero while it is
// not: a duty is open, a mail still has to be queued or to end, or nobody has
// closed it. One that was merged ends with the incident it was merged into,
// which the caller knows.
func (inc *Incident) Ended() time.Time {
	if inc.AnyOpen() || len(inc.Receipts) > 0 || len(inc.Asking) > 0 || inc.underWay() {
		return time.Time{}
	}
	ended := inc.ClosedAt
	for _, d := range inc.Duties {
		if d.Kind == DutyMeasure && !ended.IsZero() {
			ended = later(ended, d.EndedAt) // measures may outlast the closing
		}
	}
	return ended
}

// underWay reports whether a mail about the incident has not ended.
func (inc *Incident) underWay() bool {
	for _, d := range inc.Duties {
		if d.Closing || len(d.Waiting) > 0 {
			return true
		}
	}
	return false
}
