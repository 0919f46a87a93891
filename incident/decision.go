package incident

import "time"

// Decision is what a person decided about an incident. Stored values.
type Decision string

// The decisions (DESIGN section 2). Until one of them ends a duty, its full
// ladder runs.
const (
	DecideNotify       Decision = "notify"         // will notify the AP; ends nothing until it is filed
	DecideWaive        Decision = "waive"          // risk unlikely (GDPR art. 33(1)): reasons required
	DecideNotABreach   Decision = "not-a-breach"   // asks what excludes it
	DecideDoesNotApply Decision = "does-not-apply" // somebody else must notify, or the law exempts us
	DecideNoReport     Decision = "no-report"      // a question, a request, spam; outside the register
	DecideMerge        Decision = "merge"          // a duplicate of another incident
	DecideTold         Decision = "told"           // the people, or the controller, were told
	DecideDrillDone    Decision = "drill-done"     // an exercise is over
	DecideReopen       Decision = "reopen"
	DecideClose        Decision = "close"
)

// Reason codes of [DecideDoesNotApply]. Stored values.
const (
	NotDueProcessor     = "processor"      // we process for a controller, who notifies
	NotDueLeadAuthority = "lead-authority" // notified to the lead authority of another member state
	NotDueExempt        = "exempt"         // a legal exemption
)

// Reason codes of [DecideNoReport]. Stored values.
const (
	NoReportQuestion = "question"
	NoReportRequest  = "request" // a data subject uses a right (GDPR art. 15-22)
	NoReportSpam     = "spam"
	NoReportTest     = "test"
)

// DoesNotApplyCodes lists the reason codes a person may choose from.
func DoesNotApplyCodes() []string {
	return []string{NotDueProcessor, NotDueLeadAuthority, NotDueExempt}
}

// NoReportCodes lists the reason codes a person may choose from.
func NoReportCodes() []string {
	return []string{NoReportQuestion, NoReportRequest, NoReportSpam, NoReportTest}
}

// FilingKind is what kind of notification was sent to the AP. Stored values.
type FilingKind string

// The kinds.
const (
	FilingInitial    FilingKind = "initial"
	FilingFollowUp   FilingKind = "follow-up"
	FilingWithdrawal FilingKind = "withdrawal"
)

// Filing is one notification that was sent to the AP. The AP gives its number
// at once; there is no interface to ask for it later (DOMAIN 5.1).
type Filing struct {
	Kind        FilingKind `json:"kind"`
	Provisional bool       `json:"provisional,omitempty"` // to be completed: opens a follow-up duty
	Number      string     `json:"number,omitempty"`
	At          time.Time  `json:"at"` // when it was filed, UTC
	Channel     string     `json:"channel,omitempty"`
	Text        string     `json:"text,omitempty"`    // verbatim
	Delay       string     `json:"delay,omitempty"`   // reasons for delay, GDPR art. 33(1)
	WhyEarlier  string     `json:"earlier,omitempty"` // why it lies before our receipt
	Due         time.Time  `json:"due"`               // the deadline in force when it was recorded
}

// Late reports by how much the filing missed a deadline; zero when in time.
func (f Filing) Late(due time.Time) time.Duration { return max(0, f.At.Sub(due)) }

// DeliveryState is how one message to one recipient stands. Stored values.
type DeliveryState string

// The states. Only Accepted is called «sent» on a page.
const (
	Queued     DeliveryState = "queued"
	Retrying   DeliveryState = "retrying"
	Accepted   DeliveryState = "accepted"   // by a relay, with its reply
	Superseded DeliveryState = "superseded" // inside a later rung that names it
	Cancelled  DeliveryState = "cancelled"  // no longer needed when it was about to go
	Failed     DeliveryState = "failed"     // refused for good: the next person is told
	Bounced    DeliveryState = "bounced"    // accepted, and came back
	Kept       DeliveryState = "kept"       // no relay is configured: written to a folder, sent to nobody
)

// Final reports whether nothing more will be tried with the message.
func (s DeliveryState) Final() bool { return s != Queued && s != Retrying }

// Reached reports whether the recipient counts as told.
func (s DeliveryState) Reached() bool { return s == Accepted || s == Kept }

// Lost reports whether the recipient was not reached for good, so that the next
// person has to be told.
func (s DeliveryState) Lost() bool { return s == Failed || s == Bounced }
