package incident

import (
	"slices"
	"strings"
)

// Want is something that still stands in the way of closing an incident.
// Stored nowhere: it follows from the state.
type Want string

// The wants. All but the last have to be settled first.
const (
	WantDecision Want = "decision" // a duty is open: «considered and not needed» must differ from «nobody looked» (LESSONS 39)
	WantTelling  Want = "telling"  // the score says that the people have to be told, and nobody decided about that
	WantDelay    Want = "delay"    // the first filing was late, under the clock then or today's, without reasons
	WantMeasures Want = "measures" // measures are still to be taken: closing has to be meant
)

// Wants lists what still stands in the way of closing, worst first.
func (inc *Incident) Wants() (wants []Want) {
	add := func(is bool, w Want) {
		if is {
			wants = append(wants, w)
		}
	}
	add(len(inc.Undecided()) > 0, WantDecision)
	add(inc.Score != nil && !inc.ByMachine && inc.Score.TellThem && inc.Duty(DutyPeople) == nil && inc.mustNotify(), WantTelling)
	late, filed := inc.Lateness()
	add(filed && late.Unexplained(), WantDelay)
	add(len(inc.OpenMeasures()) > 0, WantMeasures)
	return wants
}

// mustNotify reports whether the breach is ours to handle: not when it is none,
// or somebody else's.
func (inc *Incident) mustNotify() bool {
	d := inc.Duty(DutyAP)
	return d != nil && !inc.Exercise && d.Outcome != OutcomeNotDue && d.Outcome != OutcomeMovedTo
}

// Undecided lists the open duties of the law: all but measures.
func (inc *Incident) Undecided() (ids []DutyID) {
	for _, d := range inc.Duties {
		if d.Open() && d.Kind != DutyMeasure {
			ids = append(ids, d.ID())
		}
	}
	return ids
}

// Close ends the handling. It is refused while a duty of the law is open or a
// reason is missing, and says which. Measures that are still to be taken may
// stay open: their ladders go on until they are taken or dropped; whoever
// closes has to mean it (Leave) and say why.
type Close struct {
	Reasons string
	Delay   string // reasons for a delay that nobody explained yet
	Leave   bool   // the open measures go on after closing
}

// Decide implements Command.
func (c Close) Decide(inc *Incident, _ Act) ([]Body, error) {
	if inc.Closed {
		return nil, refuse("", "already-closed")
	}
	var out []Body
	for _, w := range inc.Wants() {
		switch {
		case w == WantDecision:
			return nil, &Refusal{Code: "duty-still-open", Args: map[string]any{"duties": inc.Undecided()}}
		case w == WantTelling:
			return nil, refuse("", "telling-undecided")
		case w == WantDelay && blank(c.Delay):
			return nil, refuse("delay", "late-needs-reasons")
		case w == WantDelay:
			out = append(out, &DelayExplained{Reasons: strings.TrimSpace(c.Delay)})
		case w == WantMeasures && !c.Leave:
			return nil, &Refusal{Field: "leave", Code: "measures-open", Args: map[string]any{"duties": inc.openMeasureIDs()}}
		case w == WantMeasures && blank(c.Reasons):
			return nil, refuse("reasons", "required")
		}
	}
	return append(out, &Decided{Decision: DecideClose, Reasons: strings.TrimSpace(c.Reasons)}), nil
}

func (inc *Incident) openMeasureIDs() (ids []DutyID) {
	for m := range slices.Values(inc.OpenMeasures()) {
		ids = append(ids, m.ID())
	}
	return ids
}
