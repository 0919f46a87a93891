package incident

import (
	"fmt"
	"log/slog"
	"runtime"
)

// What the domain says to the administrator's log: which incident, what kind of
// thing. Never an address, a name or a word of a report;
// the log of the program is kept and read by others than the record.

// logger is the log, or one that forgets.
func (s *Service) logger() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// logSettled tells what became of a delivery.
func (s *Service) logSettled(item uint64, d Delivered, out Settled) {
	outcome := "opened"
	switch {
	case out.Parked != 0:
		outcome = "parked"
	case out.Probe:
		outcome = "probe"
	case out.Duplicate:
		outcome = "repeated"
	case out.Joined:
		outcome = "joined"
	}
	log := s.logger().With("item", item, "channel", string(d.Channel), "size", d.Size, "outcome", outcome)
	if !out.Ref.IsZero() {
		log = log.With("incident", out.Ref.String())
	}
	log.Info("a delivery has its outcome")
}

// logRecorded tells what was done to an incident; who did it is in the record.
func (s *Service) logRecorded(ref Ref, bodies []Body) {
	kinds := make([]string, len(bodies))
	for i, b := range bodies {
		kinds[i] = string(b.Kind())
	}
	s.logger().Info("recorded", "incident", ref.String(), "kinds", kinds)
}

// panicText is what may be said of a panic: the runtime's own errors name
// numbers and types; anything else could hold a piece of what was being read.
func panicText(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}
