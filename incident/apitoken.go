package incident

import (
	"slices"
	"time"
)

// Scope is what another tool may do with its token. Stored values.
type Scope string

// The scopes. One says nothing about another: a tool that reports need not read.
const (
	ScopeReport     Scope = "report"     // report an incident
	ScopeRead       Scope = "read"       // clocks and incidents
	ScopeFile       Scope = "file"       // record what was sent to the AP
	ScopeExport     Scope = "export"     // the register as a file
	ScopeRestricted Scope = "restricted" // beside the others: restricted incidents too
)

// Scopes lists them.
func Scopes() []Scope {
	return []Scope{ScopeReport, ScopeRead, ScopeFile, ScopeExport, ScopeRestricted}
}

// MayShow reports whether a tool with these scopes may see an incident at all: a
// restricted one only with the scope for it.
func MayShow(scopes []Scope, inc *Incident) bool {
	return inc.Restriction == nil || slices.Contains(scopes, ScopeRestricted)
}

// TokenSet: a token for another tool was made, or revoked. The token itself is
// nowhere in the log.
type TokenSet struct {
	noPersonal
	Name    string    `json:"name"`
	Scopes  []Scope   `json:"scopes,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Revoked bool      `json:"revoked,omitempty"`
}

// Kind implements Body.
func (TokenSet) Kind() Kind { return "token-set" }
