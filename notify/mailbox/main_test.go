package mailbox

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a listener or a watcher leaves anything running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
