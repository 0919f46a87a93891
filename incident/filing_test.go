package incident_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"meldklok/incident"
)

// TestALateFilingIsToldEverythingAtOnce: each thing that has to change comes
// beside its field, in one answer.
func TestALateFilingIsToldEverythingAtOnce(t *testing.T) {
	late := received.Add(80 * time.Hour)
	for _, row := range []struct {
		why  string
		now  time.Time
		cmd  incident.File
		want []string
	}{
		{"an empty form in time", received.Add(time.Hour), incident.File{}, []string{"number:required", "at:required"}},
		{"an empty form after the deadline", late, incident.File{}, []string{"number:required", "at:required", "delay:late-perhaps"}},
		{"late, without a number", late, incident.File{At: late}, []string{"number:required", "delay:late-needs-reasons"}},
		{"late and in the future", late, incident.File{At: late.Add(time.Hour), Number: "1"}, []string{"at:in-the-future", "delay:late-needs-reasons"}},
		{"filed in time, recorded late", late, incident.File{At: received.Add(time.Hour), Number: "1"}, nil},
	} {
		c := opened(t)
		c.now, row.cmd.Kind = row.now, incident.FilingInitial
		var got []string
		if err := c.do(row.cmd); err != nil {
			for _, part := range incident.Apart(err) {
				var r *incident.Refusal
				if !errors.As(part, &r) {
					t.Fatal(row.why, err)
				}
				got = append(got, r.Field+":"+r.Code)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}
