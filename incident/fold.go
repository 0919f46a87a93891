package incident

import (
	"slices"
	"time"

	"meldklok/incident/people"
	"meldklok/incident/risk"
)

// FoldVersion is raised whenever [Incident.Apply] or the stored form of
// [Incident] changes its result; state written under another version is rebuilt
// from the logs.
const FoldVersion = 5

// Incident is the fold of an incident's log: never the truth itself, always
// computable again. It holds no personal part.
type Incident struct {
	Ref          Ref       `json:"ref"`
	Organisation string    `json:"org"`
	Entries      uint32    `json:"entries"` // length of the log
	LastAt       time.Time `json:"last_at"`

	Title    string     `json:"title,omitempty"`
	Summary  string     `json:"summary,omitempty"`
	Reports  []Report   `json:"reports"`
	Received time.Time  `json:"received"`       // earliest receipt
	Known    time.Time  `json:"known,omitzero"` // proposed: when somebody of ours says they knew
	Aware    *Awareness `json:"aware,omitempty"`
	NoReport string     `json:"no_report,omitempty"` // the machine's proposal
	Suspect  Ref        `json:"suspect,omitzero"`
	History  bool       `json:"history,omitempty"`
	Exercise bool       `json:"exercise,omitempty"` // a drill: counts for nothing

	Facts     risk.Facts `json:"facts,omitzero"`
	Score     *Score     `json:"score,omitempty"`      // the latest
	ByMachine bool       `json:"by_machine,omitempty"` // the latest score is provisional

	Period Period `json:"period,omitzero"` // when the breach took place
	Chain  *Chain `json:"chain,omitempty"` // our place in it; nil: nobody recorded it, we count as the controller

	Duties    []Duty         `json:"duties"`
	Decisions []Decided      `json:"decisions,omitempty"` // in order; the reasons live here
	Filings   []Filing       `json:"filings,omitempty"`
	Tries     []FilingTry    `json:"tries,omitempty"` // to file, in vain
	Delay     string         `json:"delay,omitempty"` // reasons for a delay that were given after the filing
	Tellings  []Telling      `json:"tellings,omitempty"`
	Measures  []Measure      `json:"measures,omitempty"`
	Files     []AttachedFile `json:"files,omitempty"`

	Answers []GivenAnswer `json:"answers,omitempty"` // to questions of an authority's form
	Drafts  []Draft       `json:"drafts,omitempty"`  // letters that were edited

	Into     Ref       `json:"into,omitzero"` // merged into
	Merged   []Ref     `json:"merged,omitempty"`
	Closed   bool      `json:"closed,omitempty"`
	Imported *Imported `json:"imported,omitempty"` // taken over from another register

	Links       []Link       `json:"links,omitempty"`       // related incidents
	Advice      []Advice     `json:"advice,omitempty"`      // of the FG, in order
	Restriction *Restriction `json:"restriction,omitempty"` // nil: everybody whose role allows it may see it

	ClosedAt time.Time `json:"closed_at,omitzero"` // when it was last closed
	Held     []Held    `json:"held,omitempty"`     // what keeps its content from being destroyed
	Request  *Request  `json:"request,omitempty"`  // somebody uses a right (GDPR art. 15-22)
	Private  time.Time `json:"private,omitzero"`   // when the last correspondence, or mail about it, came that is not destroyed
	Sealing  uint64    `json:"sealing,omitempty"`  // whose keys seal new personal parts; 0: those it began with

	SeenAt    time.Time     `json:"seen_at,omitzero"`    // last «seen» or act of a person
	PressedAt time.Time     `json:"pressed_at,omitzero"` // last «seen»
	Receipts  []int         `json:"receipts,omitempty"`
	Questions []Question    `json:"questions,omitempty"`
	Asking    []int         `json:"asking,omitempty"` // questions not yet mailed
	Unread    Unread        `json:"unread,omitzero"`
	Trouble   []Undelivered `json:"trouble,omitempty"`
}

// Report is the register part of one report within an incident.
type Report struct {
	N        int           `json:"n"`
	Entry    uint32        `json:"entry"` // where in the log its personal part stands
	Channel  Channel       `json:"channel"`
	Received time.Time     `json:"received"`
	Basis    ReceivedBasis `json:"basis"`
	Flag     string        `json:"flag,omitempty"`
	Item     uint64        `json:"item"`
	Size     int64         `json:"size"`
	Reply    bool          `json:"reply,omitempty"`
	Of       int           `json:"of,omitempty"` // a reply by receipt code: the report that the code belongs to
	Via      Ref           `json:"via,omitzero"` // a reply to this incident, which had been merged away
	History  bool          `json:"history,omitempty"`
	Reach    Reach         `json:"reach,omitempty"` // how its reporter can be asked something
	Machine  string        `json:"machine,omitempty"`
	Bad      bool          `json:"bad,omitempty"` // unreadable
	At       time.Time     `json:"at,omitzero"`   // when it was recorded

	Corrected []uint32 `json:"corrected,omitempty"` // where in the log its writer was put right

	Gone      *Gone `json:"gone,omitempty"`      // its raw bytes were destroyed
	Forgotten *Gone `json:"forgotten,omitempty"` // its personal part was destroyed
}

// Awareness is a named person's finding of when the organisation became aware.
type Awareness struct {
	At     time.Time `json:"at"`
	By     Actor     `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// Undelivered is an alert that could not be delivered: shown in red until a later
// one reaches the person.
type Undelivered struct {
	Person  people.ID     `json:"person"`
	Duty    DutyID        `json:"duty"`
	Version int           `json:"version"`
	Rung    string        `json:"rung"`
	State   DeliveryState `json:"state"`
	Reply   string        `json:"reply"`
	At      time.Time     `json:"at"`
	Handed  bool          `json:"handed,omitempty"` // the next person was told, or somebody pressed «seen»
}

// Status is where an incident stands, in one word for lists. Derived.
type Status string

// The statuses.
const (
	StatusNew      Status = "new"       // nobody has confirmed when we became aware
	StatusOpen     Status = "open"      // being handled, a duty is open
	StatusDecided  Status = "decided"   // no duty of the law is open; measures may be
	StatusClosed   Status = "closed"    //
	StatusMerged   Status = "merged"    //
	StatusNoReport Status = "no-report" // outside register and statistics
	StatusHistory  Status = "history"   // from before the start of a watched mailbox
	StatusExercise Status = "exercise"  // a drill: outside register and statistics
)

// Status derives the status.
func (inc *Incident) Status() Status {
	switch {
	case inc.Exercise:
		return StatusExercise
	case !inc.Into.IsZero():
		return StatusMerged
	case inc.Is(DecideNoReport):
		return StatusNoReport
	case inc.Closed:
		return StatusClosed
	case inc.History && len(inc.Duties) == 0:
		return StatusHistory
	case len(inc.Undecided()) == 0:
		return StatusDecided
	case inc.Aware == nil:
		return StatusNew
	}
	return StatusOpen
}

// Is reports whether the decision stands: it was taken and not reopened since.
func (inc *Incident) Is(d Decision) bool {
	for _, x := range slices.Backward(inc.Decisions) {
		switch x.Decision {
		case d:
			return true
		case DecideReopen:
			return false
		}
	}
	return false
}

// Duty returns the duty of that name, or nil if the incident has none.
func (inc *Incident) Duty(id DutyID) *Duty {
	i := slices.IndexFunc(inc.Duties, func(d Duty) bool { return d.ID() == id })
	if i < 0 {
		return nil
	}
	return &inc.Duties[i]
}

// AnyOpen reports whether any duty is open.
func (inc *Incident) AnyOpen() bool {
	return slices.ContainsFunc(inc.Duties, Duty.Open)
}

// FirstFiling returns the first initial filing, whose instant is frozen.
func (inc *Incident) FirstFiling() (Filing, bool) {
	i := slices.IndexFunc(inc.Filings, func(f Filing) bool { return f.Kind == FilingInitial })
	if i < 0 {
		return Filing{}, false
	}
	return inc.Filings[i], true
}

// Apply folds the next entry into the incident. Entries of kinds that mean
// nothing to the state only count.
func (inc *Incident) Apply(e Entry) {
	inc.Ref, inc.Entries, inc.LastAt = e.Stream.Ref, e.N, e.At
	if _, ok := e.By.Person(); ok {
		inc.SeenAt = e.At
		inc.Unread.looked()
	}
	defer inc.noteClosing(e)
	if holdsPersonal(e.Body) {
		inc.Private = e.At
	}
	switch b := e.Body.(type) {
	case *Reported:
		inc.applyReported(e, b)
	case *Corrected:
		inc.applyCorrected(e, b)
	case *DutyOpened:
		inc.applyDutyOpened(b)
	case *ClockSet:
		inc.applyClockSet(e, b)
	case *Assessed:
		score := b.Score
		inc.Facts, inc.Score, inc.ByMachine = b.Facts, &score, b.Machine
	case *Described:
		inc.Title, inc.Summary = b.Title, b.Summary
	case *Decided:
		inc.applyDecided(e, b)
	case *Filed:
		inc.applyFiled(e, b.Filing)
	case *MeasureSet:
		inc.applyMeasureSet(e, b)
	case *MeasureEnded:
		inc.applyMeasureEnded(e, b)
	case *Attached:
		inc.applyAttached(e, b)
	case *MergedFrom:
		inc.Merged = append(inc.Merged, b.From)
	case *Asked:
		inc.applyAsked(e, b)
	case *Imported:
		inc.applyImported(b)
	case *Answered:
		inc.applyAnswered(e, b)
	case *Drafted:
		inc.applyDrafted(e, b)
	case *Restricted:
		inc.applyRestricted(e, b)
	case *Advised:
		inc.applyAdvised(e, b)
	case *Linked:
		inc.applyLinked(e, b)
	case *AnswerJoined:
		inc.applyAnswer(e, b.Of)
	case *SeenBy:
		inc.PressedAt = e.At
		for i := range inc.Trouble {
			inc.Trouble[i].Handed = true
		}
	case *Alerted:
		inc.applyAlerted(e, b)
	case *Rewound:
		if d := inc.Duty(b.Duty); d != nil {
			d.FiredAt, d.FiredRank = b.To, b.Rank
		}
	case *Delivery:
		inc.applyDelivery(e, b)
	case *Destroyed:
		inc.applyDestroyed(e, b)
	case *Braked:
		inc.Held = applyBraked(inc.Held, e, b)
	case *Requested:
		inc.Request = &Request{Right: b.Right}
	default:
		inc.applyStated(e.Body)
	}
}

// applyStated folds the kinds that only state something.
func (inc *Incident) applyStated(body Body) {
	switch b := body.(type) {
	case *FilingTried:
		inc.Tries = append(inc.Tries, b.Try)
	case *DelayExplained:
		inc.Delay = b.Reasons
	case *Informed:
		inc.Tellings = append(inc.Tellings, b.Telling)
	case *Happened:
		inc.Period = b.Period
	case *RoleSet:
		chain := b.Chain
		inc.Chain = &chain
	}
}

// noteClosing notes when the incident was closed, merged, or taken in as mail
// of the past.
func (inc *Incident) noteClosing(e Entry) {
	over := inc.Closed || !inc.Into.IsZero() || (inc.History && len(inc.Duties) == 0)
	switch {
	case !over:
		inc.ClosedAt = time.Time{}
	case inc.ClosedAt.IsZero():
		inc.ClosedAt = e.At
	}
}

// holdsPersonal reports whether an entry leaves something personal behind that
// belongs to no report: correspondence, or mails.
func holdsPersonal(b Body) bool {
	switch b := b.(type) {
	case *Reported, *Corrected:
		return false
	case *Alerted:
		return len(b.To) > 0
	}
	return b.personal() != nil
}

func (inc *Incident) applyReported(e Entry, b *Reported) {
	inc.Reports = append(inc.Reports, Report{
		N: b.Report, Entry: e.N, Channel: b.Channel, Received: b.Received, Basis: b.Basis, Flag: b.Flag,
		Item: b.Item, Size: b.Size, Reply: b.Reply, Machine: b.Machine, Bad: b.Unreadable,
		Of: b.Of, Via: b.Via, History: b.History, Reach: reachOf(b), At: e.At,
	})
	if b.Reply && b.Via.IsZero() {
		inc.applyAnswer(e, b.Of)
	}
	inc.applyUnread(b)
	if inc.Received.IsZero() || b.Received.Before(inc.Received) {
		inc.Received = b.Received
	}
	if b.Report == 1 {
		inc.Known, inc.NoReport, inc.Suspect, inc.History, inc.Exercise = b.Known, b.NoReport, b.Suspect, b.History, b.Exercise
	}
	if b.Machine == "" && !b.History {
		inc.Receipts = append(inc.Receipts, b.Report)
	}
}

func (inc *Incident) applyDutyOpened(b *DutyOpened) {
	fresh := Duty{Kind: b.Duty.Kind(), N: b.Duty.Number(), Rule: b.Rule, Hours: b.Hours, Fast: b.Fast, Clock: b.Clock, Outcome: OutcomeOpen}
	inc.Closed = inc.Closed && fresh.Kind == DutyMeasure // nothing is closed while another duty is open
	if d := inc.Duty(b.Duty); d != nil {
		*d = fresh
	} else {
		inc.Duties = append(inc.Duties, fresh)
	}
	inc.trackMeasure(fresh)
}

func (inc *Incident) applyClockSet(e Entry, b *ClockSet) {
	if d := inc.Duty(b.Duty); d != nil {
		if d.Open() && !d.Clock.Due.Equal(b.Clock.Due) {
			d.MovedAt = e.At
		}
		d.Clock = b.Clock
		if b.Rule != "" {
			d.Rule, d.Hours = b.Rule, b.Hours
		}
		inc.trackMeasure(*d)
	}
	switch {
	case b.Duty != DutyAP:
	case b.Clock.Provisional():
		inc.Aware = nil // an earlier, unconfirmed clock came in by a merge
	default:
		inc.Aware = &Awareness{At: b.Clock.Start, By: e.By, Reason: b.Reason}
	}
}

func (inc *Incident) applyDecided(e Entry, b *Decided) {
	inc.Decisions = append(inc.Decisions, *b)
	switch b.Decision {
	case DecideWaive:
		inc.end(e, only(b.Duty), OutcomeWaived, b.Code, e.At)
	case DecideDoesNotApply:
		inc.end(e, only(b.Duty), OutcomeNotDue, b.Code, e.At)
	case DecideNotABreach:
		inc.end(e, ofLaw, OutcomeNotDue, string(b.Decision), e.At)
	case DecideNoReport:
		inc.end(e, every, OutcomeNotDue, string(b.Decision), e.At)
		inc.Closed = true
	case DecideMerge:
		inc.end(e, every, OutcomeMovedTo, string(b.Decision), e.At)
		inc.Into = b.Into
	case DecideDrillDone:
		inc.end(e, every, OutcomeNotDue, string(b.Decision), e.At)
		inc.Closed = true
	case DecideTold:
		inc.end(e, only(b.Duty), OutcomeMet, string(b.Decision), e.At)
	case DecideAnswered:
		inc.end(e, only(DutyID(DutyRequest)), OutcomeMet, string(b.Decision), e.At)
		inc.Closed = !inc.AnyOpen() && inc.Is(DecideNoReport)
	case DecideReopen:
		inc.Closed, inc.Into = false, Ref{}
	case DecideClose:
		inc.Closed = true
	}
}

func (inc *Incident) applyFiled(e Entry, f Filing) {
	inc.Filings = append(inc.Filings, f)
	switch f.Kind {
	case FilingInitial:
		inc.end(e, only(DutyAP), OutcomeMet, "filed", f.At)
	case FilingFollowUp:
		if !f.Provisional {
			inc.end(e, only(DutyFollowUp), OutcomeMet, "filed", f.At)
		}
	case FilingWithdrawal:
		inc.end(e, only(DutyFollowUp), OutcomeNotDue, "withdrawn", f.At)
	}
}

// only, every and ofLaw choose duties that end together. Measures and
// requests outlive the finding that there was no breach.
func only(id DutyID) func(Duty) bool { return func(d Duty) bool { return d.ID() == id } }
func every(Duty) bool                { return true }
func ofLaw(d Duty) bool              { return d.Kind != DutyMeasure && d.Kind != DutyRequest }

// end gives every open duty that is chosen its outcome. Only who was alerted is
// told that it is over.
func (inc *Incident) end(e Entry, chosen func(Duty) bool, o Outcome, reason string, at time.Time) {
	for i := range inc.Duties {
		d := &inc.Duties[i]
		if !d.Open() || !chosen(*d) {
			continue
		}
		d.Outcome, d.Reason, d.EndedAt, d.EndedBy = o, reason, at, e.By
		d.Closing = len(d.Alerted) > 0
		inc.trackMeasure(*d)
	}
}
