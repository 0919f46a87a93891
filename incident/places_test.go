package incident

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFewAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p places
		var now, most atomic.Int64
		for range 10 {
			go func() {
				defer p.enter(mostScans)()
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				now.Add(-1)
			}()
		}
		time.Sleep(time.Minute)
		if most.Load() != mostScans {
			t.Errorf("%d at once", most.Load())
		}
	})
}
