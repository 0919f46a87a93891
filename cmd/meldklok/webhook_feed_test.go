package main

import (
	"cmp"
	"encoding/json"
	"fmt"
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

// tellOf starts the program anew with a webhook that also gets entries of the kinds.
func (h *house) tellOf(kinds string) {
	h.t.Helper()
	h.stop()
	before := h.adapt
	h.adapt = func(c *ServeConfig) {
		before(c)
		c.Webhooks[0] += "#entries=" + kinds
	}
	h.start()
	time.Sleep(time.Minute)
}

// TestEntriesReachTheOutside: each entry that was asked for is posted in order,
// also when the receiver is away and the service restarts meanwhile, without
// names and content.
func TestEntriesReachTheOutside(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.tellOf("reported,decided,filed,setting-set")
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
		time.Sleep(7 * 24 * time.Hour)
		h.stop()
		o.wake()
		h.start()
		time.Sleep(10 * time.Minute)
		list, repeats := o.entries()
		if got := kindsOf(list); !slices.Equal(got, []string{"reported", "filed"}) || repeats > 1 {
			t.Errorf("after the restart: %v, %d repeats", got, repeats)
		}
		inOrder(t, list)
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

// emptyOf is an entry of a kind that says nothing.
func emptyOf(t *testing.T, kind incident.Kind) incident.Body {
	t.Helper()
	e, err := incident.NewCodec().Decode(fmt.Appendf(nil, `{"v":1,"at":"2026-10-23T14:30:00Z","by":"system","kind":%q,"body":{}}`, kind), nil)
	if err != nil {
		t.Fatal(err)
	}
	return e.Body
}

// TestEveryKindOfEntryReachesTheOutside: there is no kind of entry that a
// receiver of all of them is not told of, in the order of the chain.
func TestEveryKindOfEntryReachesTheOutside(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.tellOf("all")
		for _, kind := range incident.Kinds() {
			kinds := []incident.Kind{kind}
			if kind == (incident.Restored{}).Kind() { // until it is released nothing is sent
				kinds = append(kinds, incident.Released{}.Kind())
			}
			err := h.app.store.Update(t.Context(), func(tx incident.Tx) error {
				for _, kind := range kinds {
					if _, err := tx.Append(incident.OrgStream(), h.app.service.Act(incident.System), emptyOf(t, kind)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
		}
		time.Sleep(2 * time.Minute)
		list, _ := o.entries()
		for _, kind := range incident.Kinds() {
			if !slices.Contains(kindsOf(list), string(kind)) {
				t.Errorf("nothing is posted about %s", kind)
			}
		}
		inOrder(t, list)
	})
}

// inOrder checks that posts came in the order of the chain.
func inOrder(t *testing.T, list []webhook.EntryPayload) {
	t.Helper()
	if !slices.IsSortedFunc(list, func(a, b webhook.EntryPayload) int { return cmp.Compare(a.Seq, b.Seq) }) {
		t.Errorf("out of order: %+v", list)
	}
}

// TestADamagedEntryKeepsNoPostWaiting: what is damaged on disk is told of as
// such, and what comes behind it is posted.
func TestADamagedEntryKeepsNoPostWaiting(t *testing.T) {
	withOutside(t, func(t *testing.T, h *house, o *outside) {
		h.tellOf("reported")
		o.hang()
		h.deliver(report)
		h.deliver(strings.Replace(report, "Subject:", "Subject: Nog een", 1))
		time.Sleep(time.Minute)
		h.stop()
		h.damage(firstRef)
		o.wake()
		h.start()
		time.Sleep(time.Hour)
		list, _ := o.entries()
		if got := kindsOf(list); !slices.Contains(got, "reported") || got[0] != string(webhook.Unreadable) || *list[0].Reference != firstRef {
			t.Errorf("posted %+v", list)
		}
		inOrder(t, list)
	})
}
