package incident

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
	DecideMustTell     Decision = "must-tell"      // the people concerned have to be told; opens that duty
	DecideTold         Decision = "told"           // the people, or the controller, were told
	DecideDrillDone    Decision = "drill-done"     // an exercise is over
	DecideAnswered     Decision = "answered"       // a request of a person was answered (GDPR art. 12(3))
	DecideReopen       Decision = "reopen"
	DecideClose        Decision = "close"
)

// Reason codes of [DecideNoReport]. Stored values.
const (
	NoReportQuestion = "question"
	NoReportRequest  = "request" // a data subject uses a right (GDPR art. 15-22)
	NoReportSpam     = "spam"
	NoReportTest     = "test"
)

// NoReportCodes lists the reason codes a person may choose from.
func NoReportCodes() []string {
	return []string{NoReportQuestion, NoReportRequest, NoReportSpam, NoReportTest}
}

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
