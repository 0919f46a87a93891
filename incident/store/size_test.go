package store

import (
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"meldklok/incident"
)

// A report of 2 KiB costs at most three times its bytes on disk, with its
// entries, state, indexes and keys (DESIGN section 4).
func TestReportCostsAtMostThreeTimesItsBytes(t *testing.T) {
	const size, senders = 2 << 10, 16
	reports := 1_000
	if os.Getenv("MELDKLOK_REAL") == "1" && !raced {
		reports = 10_000 // as DESIGN states it
	}
	r := onDisk(t, t.TempDir())
	svc := r.service()
	svc.Read = func(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
		reading := readMail(raw, in, o)
		reading.Text = reading.Text[:600] // enough to find a dozen facts; scoring all of it is most of the time
		return reading
	}
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(s)))
			for n := s; n < reports; n += senders {
				head := mailText(n, "")
				if _, err := tryReport(svc, head+words(rnd, size-len(head))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	record, keys := r.Size()
	times := float64(record+keys) / float64(reports*size)
	t.Logf("%d reports of %d bytes: record %.1f MB, keys %.1f MB, %.2f times their bytes", reports, size, float64(record)/1e6, float64(keys)/1e6, times)
	if times > 3 {
		t.Errorf("a report costs %.2f times its bytes on disk, at most 3 are allowed", times)
	}
}
