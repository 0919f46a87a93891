package store

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// children are what the test binary does when a test starts it again as a
// process of its own, by name.
func children() map[string]func() { return crashChildren() }

const childVar = "MELDKLOK_STORE_CHILD"

func TestMain(m *testing.M) {
	if child := children()[os.Getenv(childVar)]; child != nil {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}
