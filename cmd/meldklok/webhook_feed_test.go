package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/notify/webhook"
)

// entries returns the posts about entries so far, without repeats, and how many
// came more than once.
func (o *outside) entries() (list []webhook.EntryPayload, repeats int) {
	o.h.t.Helper()
	_, raw := o.taken()
	seen := map[string]bool{}
	for line := range strings.SplitSeq(raw, "\n") {
		var p webhook.EntryPayload
		if err := json.Unmarshal([]byte(line), &p); err != nil || p.Kind != webhook.KindEntry {
			continue
		}
		if seen[p.ID] {
			repeats++
			continue
		}
		seen[p.ID] = true
		list = append(list, p)
	}
	return list, repeats
}

// wake makes it take posts again.
func (o *outside) wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangs = false
}

func kindsOf(list []webhook.EntryPayload) (kinds []string) {
	for _, p := range list {
		kinds = append(kinds, string(p.Entry))
	}
	return kinds
}

// TestEntriesReachTheOutside: each entry that was asked for is posted in order,
// also when the receiver is away and the service restarts meanwhile, without
// names and content.
func TestEntriesReachTheOutside(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.stop()
		before := h.adapt
		h.adapt = func(c *ServeConfig) {
			before(c)
			c.Webhooks[0] += "#entries=reported,decided,filed,setting-set"
		}
		h.start()
		time.Sleep(time.Minute)
		if list, _ := o.entries(); len(list) != 0 {
			t.Errorf("what happened before the option was set is posted: %v", kindsOf(list))
		}
		h.deliver(report)
		time.Sleep(time.Minute)
		if list, _ := o.entries(); len(list) != 1 || list[0].Entry != "reported" || *list[0].Reference != firstRef || list[0].N != 1 || list[0].By != "system" {
			t.Errorf("after the report: %+v", list)
		}

		o.hang()
		h.do(firstRef, incident.File{Kind: incident.FilingInitial, Number: "AP-1", At: time.Now()})
		time.Sleep(time.Hour)
		h.stop()
		o.wake()
		h.start()
		time.Sleep(10 * time.Minute)
		list, repeats := o.entries()
		if got := kindsOf(list); !slices.Equal(got, []string{"reported", "filed"}) || repeats > 1 {
			t.Errorf("after the restart: %v, %d repeats", got, repeats)
		}
		if !slices.IsSortedFunc(list, func(a, b webhook.EntryPayload) int { return int(a.Seq) - int(b.Seq) }) {
			t.Errorf("out of order: %+v", list)
		}
		if list[1].By != "officer" {
			t.Errorf("filed by %q, want the role", list[1].By)
		}
		_, raw := o.taken()
		for _, word := range []string{"Colleague", "Lijst", "klant", "AP-1", "person:"} {
			if strings.Contains(raw, word) {
				t.Errorf("a post says %q", word)
			}
		}
	})
}
