package incident

import (
	"regexp"
	"slices"
	"strings"
)

// ChainRole is what we are to the data in question. Stored values.
type ChainRole string

// The roles (GDPR art. 4(7), 4(8), 26 and 28).
const (
	RoleController   ChainRole = "controller"
	RoleJoint        ChainRole = "joint"         // controller together with others
	RoleProcessor    ChainRole = "processor"     // for a controller
	RoleSubProcessor ChainRole = "sub-processor" // for a processor, who tells the controller
)

// ChainRoles lists the roles a person may choose from.
func ChainRoles() []ChainRole {
	return []ChainRole{RoleController, RoleJoint, RoleProcessor, RoleSubProcessor}
}

// Who of joint controllers notifies. Stored values.
const (
	LeadUs   = "us"
	LeadThem = "them"
)

// Chain is our place among the organisations that handle the data: it decides
// whom we have to tell. Organisations only, never persons.
type Chain struct {
	Role     ChainRole `json:"role"`
	Party    string    `json:"party,omitempty"`    // the controller or processor we work for; the other joint controllers
	Leads    string    `json:"leads,omitempty"`    // joint controllers: who notifies by the arrangement, "us" or "them"
	Hours    int       `json:"hours,omitempty"`    // processor: what the contract gives for telling; 0: our own target
	Supplier string    `json:"supplier,omitempty"` // controller: the processor at whom it happened

	// Cross-border (GDPR art. 55 and 56): other countries where people are
	// affected, and the country of the lead authority, as ISO 3166 codes of two
	// letters. No lead country: the AP.
	Countries []string `json:"countries,omitempty"`
	Lead      string   `json:"lead,omitempty"`
}

// Processor reports whether we process for somebody else, and so tell them.
func (c Chain) Processor() bool { return c.Role == RoleProcessor || c.Role == RoleSubProcessor }

// OtherLeads reports whether another joint controller notifies.
func (c Chain) OtherLeads() bool { return c.Role == RoleJoint && c.Leads == LeadThem }

// LeadElsewhere reports whether the lead authority is not the AP.
func (c Chain) LeadElsewhere() bool { return c.Lead != "" && c.Lead != "NL" }

// supports reports whether the chain still bears a reason why a duty was not
// ours; reasons that have nothing to do with it always stand.
func (c Chain) supports(code string) bool {
	switch code {
	case NotDueProcessor:
		return c.Processor()
	case NotDueJoint:
		return c.OtherLeads()
	case NotDueLeadAuthority:
		return c.LeadElsewhere()
	}
	return true
}

// RoleSet: a person recorded or changed our place in the chain.
type RoleSet struct {
	noPersonal
	Chain  Chain  `json:"chain"`
	Reason string `json:"reason"`
}

// Kind implements Body.
func (RoleSet) Kind() Kind { return "role-set" }

// SetRole records our place in the chain. It opens, moves or ends the duty to
// tell the controller; and it brings back a duty that had ended for a reason
// which the new role no longer bears. It never ends the duty towards the AP:
// that is a decision of its own ([DoesNotApply]).
type SetRole struct {
	Chain  Chain
	Reason string
}

// mostHours bounds what a contract may give: the law says «without undue delay».
const mostHours = 30 * 24

// Decide implements Command.
func (c SetRole) Decide(inc *Incident, act Act) ([]Body, error) {
	chain, err := c.tidy()
	switch {
	case err != nil:
		return nil, err
	case !inc.Into.IsZero():
		return nil, refuse("", "merged")
	case blank(c.Reason):
		return nil, refuse("reason", "required")
	}
	reason := strings.TrimSpace(c.Reason)
	out := []Body{&RoleSet{Chain: chain, Reason: reason}}
	for _, d := range inc.Duties {
		if d.Outcome == OutcomeNotDue && !chain.supports(d.Reason) {
			out = append(out, &Decided{Decision: DecideReopen, Duty: d.ID(), Code: "role-changed", Reasons: reason}, reopened(d))
		}
	}
	return appendController(out, inc, chain, reason, act)
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// tidy returns the chain without what its role has no use for.
func (c SetRole) tidy() (Chain, error) {
	chain := c.Chain
	chain.Party, chain.Supplier = strings.TrimSpace(chain.Party), strings.TrimSpace(chain.Supplier)
	chain.Lead = strings.ToUpper(strings.TrimSpace(chain.Lead))
	chain.Countries = nil
	for _, code := range c.Chain.Countries {
		if code = strings.ToUpper(strings.TrimSpace(code)); code != "" && !slices.Contains(chain.Countries, code) {
			chain.Countries = append(chain.Countries, code)
		}
	}
	switch {
	case !slices.Contains(ChainRoles(), chain.Role):
		return chain, refuse("role", "choose-one")
	case slices.ContainsFunc(chain.Countries, func(s string) bool { return !country.MatchString(s) }):
		return chain, refuse("countries", "not-a-country")
	case chain.Lead != "" && !country.MatchString(chain.Lead):
		return chain, refuse("lead", "not-a-country")
	case chain.Processor() && (chain.Hours < 0 || chain.Hours > mostHours):
		return chain, refuse("hours", "contract-hours")
	case chain.Role == RoleJoint && chain.Leads != LeadUs && chain.Leads != LeadThem:
		return chain, refuse("leads", "choose-one")
	}
	if chain.Role != RoleJoint {
		chain.Leads = ""
	}
	if chain.Role == RoleController {
		chain.Party = ""
	}
	if chain.Processor() {
		chain.Supplier = ""
	} else {
		chain.Hours = 0
	}
	return chain, nil
}

// appendController brings the duty to tell the controller (GDPR art. 33(2)) in
// line with the chain. It runs from the moment we became aware.
func appendController(out []Body, inc *Incident, chain Chain, reason string, act Act) ([]Body, error) {
	d, start := inc.Duty(DutyController), act.Now
	if ap := inc.Duty(DutyAP); ap != nil {
		start = ap.Clock.Start
	}
	if !chain.Processor() {
		if d != nil && d.Open() {
			out = append(out, &Decided{Decision: DecideDoesNotApply, Duty: DutyController, Code: NotDueNoProcessor, Reasons: reason})
		}
		return out, nil
	}
	opened, err := appendDuty(nil, DutyController, start, ClockDecision, act)
	if err != nil {
		return nil, err
	}
	fresh := opened[0].(*DutyOpened)
	if chain.Hours > 0 {
		fresh.Rule, fresh.Hours = ContractRule, chain.Hours
		fresh.Clock.Due = Deadline(fresh.Clock.Start, chain.Hours)
	}
	switch {
	case d == nil:
		return append(out, fresh), nil
	case d.Outcome == OutcomeNotDue && d.Reason == NotDueNoProcessor:
		fresh.Clock.Version = d.Clock.Version + 1
		return append(out, fresh), nil
	case d.Open() && d.Hours != fresh.Hours:
		clock := Clock{Version: d.Clock.Version + 1, Start: d.Clock.Start, Due: Deadline(d.Clock.Start, fresh.Hours), Basis: d.Clock.Basis}
		return append(out, &ClockSet{Duty: DutyController, Clock: clock, Rule: fresh.Rule, Hours: fresh.Hours, Reason: reason}), nil
	}
	return out, nil
}
