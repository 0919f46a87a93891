package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// How hard TestHardKnocks knocks. Zero: gently, or as the table in KNOCKS.md says
// when MELDKLOK_HARD is set.
var (
	kills   = flag.Int("kills", 0, "how often the program is killed")
	parkeds = flag.Int("parked", 0, "how many messages are parked")
	bombs   = flag.Int("bomb", 0, "how many mails one sender throws")
)

// often chooses between a flag, the gentle figure and the hard one.
func often(said, gentle, full int) int {
	switch {
	case said > 0:
		return said
	case hard():
		return full
	}
	return gentle
}

// hard tells whether the knocks are asked for in full.
func hard() bool { return os.Getenv("MELDKLOK_HARD") != "" }

// knocks collects the table.
type knocks struct {
	rows []string
}

// try knocks once and adds a row: what was tried and how often. What was lost is
// what made the test fail; a row is printed as nothing lost only when it passed.
func (k *knocks) try(t *testing.T, name string, knock func(t *testing.T) string) {
	t.Helper()
	began := time.Now()
	said, skipped := "", false
	ok := t.Run(name, func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		said = knock(t)
	})
	lost := "nothing"
	switch {
	case ok && said == "" && !skipped:
		return // another one was asked for with -run
	case skipped:
		said, lost = "could not be tried here", "not tried"
	case !ok:
		lost = "SEE ABOVE"
	}
	k.rows = append(k.rows, fmt.Sprintf("| %s\t| %s\t| %s\t| %s\t|", name, said, lost, time.Since(began).Round(100*time.Millisecond)))
}

// print writes the table.
func (k *knocks) print(t *testing.T) {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| knock\t| what was tried\t| lost\t| took\t|\n|---\t|---\t|---\t|---\t|\n%s\n", strings.Join(k.rows, "\n"))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", b.String())
}

// TestHardKnocks does to the program what the world will do, and prints what was
// tried, how often, and what was lost. KNOCKS.md says how to run it in full.
func TestHardKnocks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: run it without -short")
	}
	k := &knocks{}
	if hard() || *kills > 0 { // these are tests of their own, so once is enough on an ordinary day
		k.try(t, "killed under load", func(t *testing.T) string {
			n := often(*kills, 5, 1000)
			return fmt.Sprintf("SIGKILL %d times while alerts fall due and the relay misbehaves; %d reports accepted on the way", n, killRounds(t, n))
		})
		k.try(t, "full disk", func(t *testing.T) string {
			TestFullDisk(t)
			return "every write refused for 26 hours, two rungs falling due meanwhile"
		})
		k.try(t, "failing sync", func(t *testing.T) string {
			TestFailingSync(t)
			return "a sync fails: the process ends, the next one goes on from what is there"
		})
		k.try(t, "clock jumps", func(t *testing.T) string {
			TestClockRanAhead(t)
			return "40 hours ahead and set right while running; at random, by seconds to a year: go test -run ClockJump ./notify"
		})
	}
	k.try(t, "full file system", knockFullVolume)
	k.try(t, "read-only disk", knockReadOnly)
	k.try(t, "truncated file", knockTruncated)
	k.try(t, "two processes", knockTwoProcesses)
	k.try(t, "parked spam", knockParked)
	k.try(t, "mail bomb", knockBomb)
	k.try(t, "slow-loris", knockLoris)
	k.try(t, "large bodies", knockLarge)
	k.try(t, "cookie and form fuzz", knockFuzz)
	k.print(t)
}
