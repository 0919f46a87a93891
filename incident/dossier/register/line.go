package register

import (
	"math"
	"time"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// line is what the [Ledger] keeps of one incident in memory: enough to count it,
// to filter it and to sort it, and no text of it. It takes some 100 bytes.
type line struct {
	ref      incident.Ref
	into     incident.Ref
	received int64 // instants in nanoseconds since 1970; never: unknown
	aware    int64
	filed    int64
	filedDue int64
	due      int64
	people   [2]int32 // at least, at most; -1: unknown
	codes    [codeKinds]uint16
	flags    flags
}

type flags uint8

const (
	flagAP         flags = 1 << iota // there is a duty to notify the AP
	flagOpen                         // which is open
	flagImported                     // from another register
	flagRestricted                   // for named persons only
)

// The texts of a line that come from a short list, by their number in it.
const (
	codeStatus = iota
	codeCause
	codeBand
	codeVerdict
	codeOutcome
	codeReason
	codeTold
	codeToldReason
	codeKinds
)

const never = math.MinInt64

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixNano()
}

func moment(n int64) time.Time {
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func few(n *int) int32 {
	if n == nil {
		return -1
	}
	return int32(min(max(*n, 0), math.MaxInt32))
}

func many(n int32) *int {
	if n < 0 {
		return nil
	}
	i := int(n)
	return &i
}

// numbered numbers texts. A text that finds no room is forgotten: that happens only
// to what another register said freely, and only its place in an order suffers.
type numbered struct {
	of    map[string]uint16
	texts []string
}

func newNumbered() *numbered { return &numbered{map[string]uint16{"": 0}, []string{""}} }

func (n *numbered) number(text string) uint16 {
	if i, ok := n.of[text]; ok {
		return i
	}
	if len(n.texts) > math.MaxUint16 {
		return 0
	}
	i := uint16(len(n.texts))
	n.of[text], n.texts = i, append(n.texts, text)
	return i
}

// lineOf keeps what is needed of an incident.
func lineOf(inc *incident.Incident, n *numbered) line {
	nobody := func(incident.Actor) string { return "" }
	r, t := RowOf(inc, nobody, inc.Received), termOf(inc)
	l := line{
		ref: inc.Ref, into: inc.Into, received: nanos(inc.Received), aware: never,
		filed: nanos(t.filed), filedDue: nanos(t.filedDue), due: nanos(t.due), people: [2]int32{few(r.PeopleMin), few(r.PeopleMax)},
	}
	if inc.Aware != nil {
		l.aware = nanos(inc.Aware.At)
	}
	for code, text := range [codeKinds]string{
		codeStatus: string(r.Status), codeCause: string(r.Cause), codeBand: r.Band, codeVerdict: r.Verdict,
		codeOutcome: string(r.AP.Outcome), codeReason: r.AP.Code, codeTold: string(r.People.Outcome), codeToldReason: r.People.Code,
	} {
		l.codes[code] = n.number(text)
	}
	for flag, is := range map[flags]bool{
		flagAP: inc.Duty(incident.DutyAP) != nil, flagOpen: t.open, flagImported: r.Imported, flagRestricted: inc.Restriction != nil,
	} {
		if is {
			l.flags |= flag
		}
	}
	return l
}

// Summary is what a [Ledger] tells of one incident.
type Summary struct {
	Ref       incident.Ref
	Status    incident.Status
	Cause     risk.Incident
	Received  time.Time // UTC, like the others
	Aware     time.Time // when the organisation knew; zero: nobody has decided that
	Filed     time.Time // when the AP was first told; zero: it was not
	FiledLate bool      // after the deadline then in force
	HasAP     bool      // there is a duty to notify the AP,
	OpenAP    bool      // which is open
}

func (l *line) summary(n *numbered) Summary {
	return Summary{
		Ref: l.ref, Status: incident.Status(l.text(n, codeStatus)), Cause: risk.Incident(l.text(n, codeCause)),
		Received: moment(l.received), Aware: moment(l.aware), Filed: moment(l.filed), FiledLate: l.filed != never && l.filed > l.filedDue,
		HasAP: l.flags&flagAP != 0, OpenAP: l.flags&flagOpen != 0,
	}
}

func (l *line) text(n *numbered, code int) string { return n.texts[l.codes[code]] }

// within reports whether it was received in a period; zero bounds are open.
func (l *line) within(from, until int64) bool {
	return (from == never || l.received >= from) && (until == never || l.received < until)
}

// fill makes a row of a line: the columns of [lined], and what [Years] counts.
func (l *line) fill(r *Row, n *numbered, now time.Time) {
	text := func(code int) string { return l.text(n, code) }
	*r = Row{
		Reference: l.ref, MergedInto: l.into, Status: incident.Status(text(codeStatus)), Imported: l.flags&flagImported != 0,
		ReceivedAt: moment(l.received), DueAt: moment(l.due), FiledAt: moment(l.filed),
		Cause: risk.Incident(text(codeCause)), Band: text(codeBand), Verdict: text(codeVerdict),
		PeopleMin: many(l.people[0]), PeopleMax: many(l.people[1]),
		AP:     Duty{Outcome: incident.Outcome(text(codeOutcome)), Code: text(codeReason)},
		People: Duty{Outcome: incident.Outcome(text(codeTold)), Code: text(codeToldReason)},
	}
	r.late(term{filed: r.FiledAt, filedDue: moment(l.filedDue), due: r.DueAt, open: l.flags&flagOpen != 0}, now)
}

// lined reports whether a line knows all that a column shows.
func lined(column string) bool {
	switch column {
	case "reference", "status", "received", "cause", "people", "band", "ap", "due", "filed", "late", "told":
		return true
	}
	return false
}
