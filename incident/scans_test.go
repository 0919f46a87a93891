package incident

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFewScansAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s scans
		var now, most atomic.Int64
		for range 10 {
			go func() {
				defer s.enter()()
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				now.Add(-1)
			}()
		}
		time.Sleep(time.Minute)
		if most.Load() != mostScans {
			t.Errorf("%d scans at once", most.Load())
		}
	})
}
