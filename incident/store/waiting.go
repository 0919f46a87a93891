package store

import "time"

func (v *view) NextWaiting() (at time.Time, ok bool) { return v.firstInstant(tableWait) }

func (v *view) OldestEnded() (at time.Time, ok bool) { return v.firstInstant(tableEnded) }

// firstInstant reads the first row of an index ordered by time.
func (v *view) firstInstant(t Table) (at time.Time, ok bool) {
	v.r.Ascend(t, nil, func(k, _ []byte) bool {
		at, ok = instantFrom(k), true
		return false
	})
	return at, ok
}
