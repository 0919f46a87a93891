package incident

import "time"

// Level says how bad a finding is. Red means that a promise is at risk now.
type Level string

// The levels.
const (
	Amber Level = "amber"
	Red   Level = "red"
)

// Finding is one thing the tool has to say about itself. Code is stable and is
// translated at the edge ("health.<code>" in the catalogue); Args fill its
// sentence and name neither references nor addresses.
type Finding struct {
	Code  string         `json:"code"`
	Level Level          `json:"level"`
	Args  map[string]any `json:"args,omitempty"`
}

// Health is what the last audit found, with the figures a page shows.
type Health struct {
	At       time.Time `json:"at"` // of the audit, UTC
	Findings []Finding `json:"findings"`

	Turned     time.Time `json:"turned,omitzero"` // last completed turn of the engine
	Swept      time.Time `json:"swept,omitzero"`  // last time all open duties had been re-derived
	OpenDuties int64     `json:"open_duties"`
	Queued     int64     `json:"queued"`
	Pending    int64     `json:"pending"`
	Parked     int       `json:"parked"`
	Head       Head      `json:"-"`
}

// Red reports whether any finding is red.
func (h Health) Red() bool {
	for _, f := range h.Findings {
		if f.Level == Red {
			return true
		}
	}
	return false
}
