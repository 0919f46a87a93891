package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
)

// past is a case as it was known at an earlier moment.
type past struct {
	At    time.Time
	Entry uint32 // the last entry that was known
	Of    uint32 // how many there are today
}

// asOf reads which moment was asked for, the number of an entry or a time, and
// folds the log up to it. Nil when the present was asked for. A moment that
// makes no sense is a refusal beside the field "at".
func asOf(asked string, entries []incident.Entry, now time.Time) (*past, *incident.Incident, error) {
	asked = strings.TrimSpace(asked)
	if asked == "" || len(entries) == 0 {
		return nil, nil, nil
	}
	p := &past{Of: uint32(len(entries))}
	if n, err := strconv.ParseUint(asked, 10, 32); err == nil {
		if n == 0 || n > uint64(len(entries)) {
			return nil, nil, refuse("at", "no-such-entry")
		}
		p.At = entries[n-1].At
		for p.Entry = uint32(n); p.Entry < p.Of && entries[p.Entry].At.Equal(p.At); {
			p.Entry++ // what one act recorded belongs together
		}
	} else if p.At, err = moment(url.Values{"at": {asked}}, "at"); err != nil {
		return nil, nil, err
	} else {
		for _, e := range entries {
			if e.At.After(p.At) {
				break
			}
			p.Entry = e.N
		}
	}
	switch {
	case p.At.After(now):
		return nil, nil, refuse("at", "in-the-future")
	case p.Entry == 0:
		return nil, nil, refuse("at", "before-the-case")
	}
	then := &incident.Incident{}
	for _, e := range entries[:p.Entry] {
		then.Apply(e)
	}
	return p, then, nil
}
