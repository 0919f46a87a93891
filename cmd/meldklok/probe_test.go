package main

import (
	"strings"
	"testing"
	"time"
)

// TestProbeThroughOurOwnListener (LESSONS 12): where mail is handed over by
// SMTP, a probe goes the same way; one that does not come back turns health red.
func TestProbeThroughOurOwnListener(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.stop()
		h.adapt = func(c *ServeConfig) { c.ProbeAddress, c.ProbeEvery = "privacy@example.org", 6*time.Hour }
		h.start()
		time.Sleep(10 * time.Minute)
		probes := h.all("privacy@example.org")
		if len(probes) != 1 {
			t.Fatalf("%d probes were sent", len(probes))
		}
		h.deliver(strings.ReplaceAll(string(probes[0].raw), "\r\n", "\n"))
		time.Sleep(hour)
		h.wantCount("the probe came in", 0, 0)
		if h.finds("probe-missing") {
			t.Error("health is red although the probe came in")
		}
		time.Sleep(6 * hour)
		if sent := len(h.all("privacy@example.org")); sent != 2 || !h.finds("probe-missing") {
			t.Errorf("of %d probes one was lost: %v", sent, h.app.engine.Health().Findings)
		}
	})
}

func TestProbeAddressMustComeInHere(t *testing.T) {
	c := ServeConfig{URL: "https://m.example.org", MailListen: ":25", Recipients: []string{"privacy@example.org"}, MaxMail: 1, Period: time.Second, ProbeAddress: "x@example.net"}
	if _, err := c.check(); err == nil || !strings.Contains(err.Error(), "--probe-address x@example.net: name an address") {
		t.Errorf("taken: %v", err)
	}
}
