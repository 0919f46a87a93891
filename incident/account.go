package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// AccountEventKind is what happened to somebody's account. Stored values.
type AccountEventKind string

// What happens to accounts.
const (
	AccountSignedIn      AccountEventKind = "signed-in"
	AccountFailed        AccountEventKind = "failed" // guesses, counted; not each of them
	AccountFactorAdded   AccountEventKind = "factor-added"
	AccountFactorRemoved AccountEventKind = "factor-removed"
	AccountReset         AccountEventKind = "reset"          // every second step was taken away by somebody else
	AccountInvited       AccountEventKind = "invited"        // a one-time link was made
	AccountPasswordSet   AccountEventKind = "password-set"   // and every session ended
	AccountSessionsEnded AccountEventKind = "sessions-ended" // by somebody else, or everywhere
	AccountSessionEnded  AccountEventKind = "session-ended"  // one of them, by somebody else
	AccountLinked        AccountEventKind = "linked"         // to an identity of the single sign-on
)

// Factor is a way in which somebody proves who they are. Stored values.
type Factor string

// The ways. A passkey proves device and person at once, so it needs no second
// step; for single sign-on the provider decides what it asks.
const (
	FactorPassword Factor = "password"
	FactorApp      Factor = "app"      // a code of an authenticator app (RFC 6238), after the password
	FactorRecovery Factor = "recovery" // a recovery code, after the password
	FactorPasskey  Factor = "passkey"  // WebAuthn with user verification
	FactorSSO      Factor = "sso"      // OpenID Connect
	FactorLink     Factor = "link"     // a one-time link
)

// AccountEvent: something happened to an account. It names the person and never
// an address, of mail or of a network.
type AccountEvent struct {
	noPersonal
	Event    AccountEventKind `json:"event"`
	Person   people.ID        `json:"person,omitempty"` // whose account; empty: a name that nobody has
	Factor   Factor           `json:"factor,omitempty"`
	Failures int              `json:"failures,omitempty"` // wrong guesses since the last success
}

// Kind implements Body.
func (AccountEvent) Kind() Kind { return "account" }

// AccessReviewed: somebody looked through who may see what.
type AccessReviewed struct {
	noPersonal
	People  int    `json:"people"` // active persons at that moment
	Remarks string `json:"remarks,omitempty"`
}

// Kind implements Body.
func (AccessReviewed) Kind() Kind { return "access-reviewed" }

// AccessReview is the last look through who may see what.
type AccessReview struct {
	At      time.Time `json:"at"`
	By      Actor     `json:"by"`
	Remarks string    `json:"remarks,omitempty"`
}

// Demand is how much a second step in signing in is asked of a role. Stored
// values.
type Demand string

// The demands, from the least to the most.
const (
	DemandOff         Demand = "off"
	DemandRecommended Demand = "recommended"
	DemandRequired    Demand = "required"
)

// Demands lists them, the least first.
func Demands() []Demand { return []Demand{DemandOff, DemandRecommended, DemandRequired} }

// SettingSignIn is the name of the setting that holds a SignInRules.
const SettingSignIn = "sign-in"

// SignInRules are what an organisation asks of accounts.
type SignInRules struct {
	Second       map[people.Role]Demand `json:"second"`        // a role that is left out: off
	ReviewMonths int                    `json:"review_months"` // between two reviews of access
}

// Bounds of the months between two reviews.
const (
	leastReview = 1
	mostReview  = 24
)

// DefaultSignInRules recommend a second step to those who decide or keep the
// tool, and a review twice a year.
func DefaultSignInRules() SignInRules {
	return SignInRules{
		Second:       map[people.Role]Demand{people.Admin: DemandRecommended, people.Officer: DemandRecommended},
		ReviewMonths: 6,
	}
}

// Demand returns the most that is asked of any role of the person.
func (r SignInRules) Demand(p people.Person) Demand {
	most := DemandOff
	for _, role := range p.Roles {
		if d := r.Second[role]; slices.Index(Demands(), d) > slices.Index(Demands(), most) {
			most = d
		}
	}
	return most
}

// check refuses what makes no sense.
func (r SignInRules) check() error {
	for role, d := range r.Second {
		if !slices.Contains(people.Roles(), role) || !slices.Contains(Demands(), d) {
			return refuse("second-"+string(role), "choose-one")
		}
	}
	if r.ReviewMonths < leastReview || r.ReviewMonths > mostReview {
		return &Refusal{Field: "review", Code: "review-months", Args: map[string]any{"least": leastReview, "most": mostReview}}
	}
	return nil
}

// SignInRules returns the rules in force.
func (o *Org) SignInRules() SignInRules {
	rules := SignInRules{}
	if err := json.Unmarshal([]byte(o.Settings[SettingSignIn]), &rules); err != nil || rules.check() != nil {
		return DefaultSignInRules()
	}
	return rules
}

// ReviewDue returns when the next review of access is due: some months after the
// last one, or after the record began. Zero: nobody knows when it began.
func (o *Org) ReviewDue() time.Time {
	last := o.Created
	if o.Review != nil {
		last = o.Review.At
	}
	if last.IsZero() {
		return last
	}
	return last.AddDate(0, o.SignInRules().ReviewMonths, 0)
}

// SetSignInRules changes what is asked of accounts. It returns a *Refusal for
// rules that make no sense.
func (s *Service) SetSignInRules(ctx context.Context, by Actor, rules SignInRules) error {
	if err := rules.check(); err != nil {
		return err
	}
	value, err := json.Marshal(rules)
	if err != nil {
		return fmt.Errorf("incident: sign-in rules: %w", err)
	}
	return s.PutSetting(ctx, by, SettingSignIn, value)
}

// mostRemarks bounds the remarks of a review, in bytes.
const mostRemarks = 4000

// ReviewAccess records that somebody looked through who may see what.
func (s *Service) ReviewAccess(ctx context.Context, by Actor, remarks string) error {
	if remarks = strings.TrimSpace(remarks); len(remarks) > mostRemarks {
		return &Refusal{Field: "remarks", Code: "facts-long"}
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		active := 0
		for _, p := range tx.Org().People {
			if !p.Inactive {
				active++
			}
		}
		_, err := tx.Append(OrgStream(), s.Act(by), &AccessReviewed{People: active, Remarks: remarks})
		return err
	})
}

// AccountLog returns what happened to accounts and tokens, and the reviews, newest first:
// at most limit entries of the organisation's log before the n-th (0: the end).
// It looks no further back than some thousand entries at once; next is where to
// go on, 0 at the beginning.
func (s *Service) AccountLog(ctx context.Context, before uint32, limit int) (entries []Entry, next uint32, err error) {
	const slice = 1000
	err = s.Store.View(ctx, func(v View) error {
		entries, next = nil, before
		if all := v.Org().Entries; next == 0 || next > all {
			next = all + 1
		}
		for looked := 0; looked < 5 && next > 1 && len(entries) < limit; looked++ {
			from := uint32(1)
			if next > slice {
				from = next - slice
			}
			part, err := accountEntries(v, from, next)
			if err != nil {
				return err
			}
			for _, e := range slices.Backward(part) {
				if entries = append(entries, e); len(entries) == limit {
					from = e.N
					break
				}
			}
			next = from
		}
		if next == 1 {
			next = 0
		}
		return nil
	})
	return entries, next, err
}

func accountEntries(v View, from, before uint32) (part []Entry, err error) {
	for e, err := range v.Log(OrgStream(), from) {
		if err != nil {
			return nil, err
		}
		if e.N >= before {
			break
		}
		switch e.Body.(type) {
		case *AccountEvent, *AccessReviewed, *TokenSet:
			part = append(part, e)
		}
	}
	return part, nil
}
