package incident

import (
	"slices"
	"strings"
)

// Reason codes of [DecideDoesNotApply]. Stored values.
const (
	NotDueProcessor     = "processor"      // we process for a controller, who notifies
	NotDueJoint         = "joint"          // by our arrangement another joint controller notifies (GDPR art. 26)
	NotDueLeadAuthority = "lead-authority" // notified to the lead authority of another member state
	NotDueExempt        = "exempt"         // another legal exemption
	NotDueNoProcessor   = "no-processor"   // we turned out not to be a processor: no controller to tell

	// The exemptions from telling the people concerned.
	NotDueUnintelligible   = "unintelligible"   // GDPR art. 34(3)(a): the data cannot be read by others
	NotDueRiskRemoved      = "risk-removed"     // GDPR art. 34(3)(b): later measures took the high risk away
	NotDueDisproportionate = "disproportionate" // GDPR art. 34(3)(c): a public notice instead
	NotDueFinancial        = "uavg-42"          // UAVG art. 42: financial undertakings
)

// DoesNotApplyCodes lists the reason codes a person may choose from for the
// duty to notify the AP.
func DoesNotApplyCodes() []string {
	return []string{NotDueProcessor, NotDueJoint, NotDueLeadAuthority, NotDueExempt}
}

// NotDueCodes lists the reason codes for a kind of duty; none when it cannot be
// said of it that it does not apply.
func NotDueCodes(kind DutyKind) []string {
	switch kind {
	case DutyAP:
		return DoesNotApplyCodes()
	case DutyPeople:
		return []string{NotDueUnintelligible, NotDueRiskRemoved, NotDueDisproportionate, NotDueFinancial, NotDueProcessor, NotDueJoint}
	case DutyFollowUp, DutyController:
		return []string{NotDueExempt}
	}
	return nil
}

// DoesNotApply records that a duty is not ours, or that the law exempts us: see
// [NotDueCodes]. What the code says of our place in the chain must agree with
// the role that was recorded.
type DoesNotApply struct {
	Duty    DutyKind // empty: the AP duty
	Code    string
	Reasons string
	Against string // why, if the FG advised otherwise
}

// Decide implements Command.
func (c DoesNotApply) Decide(inc *Incident, act Act) ([]Body, error) {
	kind := orAP(c.Duty)
	out, err := decidable(inc, kind, act)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(NotDueCodes(kind), c.Code):
		err = refuse("code", "choose-one")
	default:
		err = c.fits(inc)
	}
	decided, err := inc.decided(&Decided{Decision: DecideDoesNotApply, Duty: kind, Code: c.Code, Reasons: strings.TrimSpace(c.Reasons)}, c.Against,
		err, required(c.Reasons, "reasons", "required"))
	if err != nil {
		return nil, err
	}
	out = append(out, decided...)
	if c.Code == NotDueProcessor && inc.Chain == nil {
		role, err := SetRole{Chain: Chain{Role: RoleProcessor}, Reason: c.Reasons}.Decide(inc, act)
		return append(out, role...), err
	}
	return out, nil
}

// fits holds a reason code against what is recorded elsewhere.
func (c DoesNotApply) fits(inc *Incident) error {
	switch c.Code {
	case NotDueProcessor:
		if inc.Chain != nil && !inc.Chain.Processor() {
			return refuse("code", "role-says-otherwise")
		}
	case NotDueJoint:
		if inc.Chain == nil || !inc.Chain.OtherLeads() {
			return refuse("code", "joint-role-first")
		}
	case NotDueLeadAuthority:
		if inc.Chain == nil || !inc.Chain.LeadElsewhere() {
			return refuse("code", "lead-authority-first")
		}
	case NotDueDisproportionate:
		if !slices.ContainsFunc(inc.Tellings, func(t Telling) bool { return t.Way == WayPublic }) {
			return refuse("code", "public-notice-first")
		}
	}
	return nil
}

// Waive records that a duty is not due because a risk is unlikely. The reasons
// are the register's answer to the AP's question why (GDPR art. 33(5)).
type Waive struct {
	Duty    DutyKind // empty: the AP duty
	Code    string
	Reasons string
	Against string // why, if the FG advised otherwise
}

// Decide implements Command.
func (c Waive) Decide(inc *Incident, act Act) ([]Body, error) {
	kind := orAP(c.Duty)
	out, err := decidable(inc, kind, act)
	if err != nil {
		return nil, err
	}
	decided, err := inc.decided(&Decided{Decision: DecideWaive, Duty: kind, Code: c.Code, Reasons: strings.TrimSpace(c.Reasons)}, c.Against,
		required(c.Reasons, "reasons", "waive-needs-reasons"))
	if err != nil {
		return nil, err
	}
	return append(out, decided...), nil
}

// decidable refuses a decision about a duty that is not open. That the people
// need not be told may be decided before anybody opened that duty: it is then
// opened and ended at once, so that the register shows it was considered.
func decidable(inc *Incident, id DutyID, act Act) ([]Body, error) {
	d := inc.Duty(id)
	switch {
	case id.Kind() == DutyMeasure, id.Kind() == DutyRequest:
		return nil, refuse("duty", "choose-one") // a measure is dropped, a request answered, with their own reasons
	case d == nil && id == DutyPeople && inc.Into.IsZero() && !inc.Closed:
		return appendDuty(nil, DutyPeople, act.Now, ClockDecision, act)
	case d == nil || !d.Open():
		return nil, refuse("", "duty-not-open")
	}
	return nil, nil
}
