package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"pgregory.net/rapid"
)

// hopLine writes a Received line.
func hopLine(from, by string, at time.Time) string {
	return fmt.Sprintf("Received: from %s\n\tby %s (Postfix) with ESMTPS id 4X;\n\t%s\n", from, by, at.Format(time.RFC1123Z))
}

// TestReceivedTime holds DESIGN section 5, "When was it received?".
func TestReceivedTime(t *testing.T) {
	arrived := testNow.Add(-10 * time.Minute)
	ago := func(d time.Duration) time.Time { return arrived.Add(-d) }
	const mx, store = "mx.gemeente.example", "store.gemeente.example"
	own := []string{mx, store}
	stranger := "out.example (out.example [203.0.113.9])"
	date := func(at time.Time) string { return "Date: " + at.Format(time.RFC1123Z) + "\n" }
	for _, row := range []struct {
		why, header string
		channel     incident.Channel
		own         []string
		stated      time.Time
		want        time.Time
		basis       incident.ReceivedBasis
		flag        string
	}{
		{why: "no list of own hosts: the mailbox's own date", header: hopLine(stranger, mx, ago(20*time.Minute)), want: arrived, basis: incident.BasisMailbox},
		{why: "the line of our own host", header: hopLine(stranger, mx, ago(20*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "the lowest of two own lines", header: hopLine(mx+" ("+mx+" [10.0.0.2])", store, ago(5*time.Minute)) + hopLine(stranger, mx, ago(20*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "a content filter on the host itself does not end the chain", header: hopLine("localhost (localhost [127.0.0.1])", mx, ago(5*time.Minute)) + hopLine(stranger, mx, ago(20*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "lines below the first foreign one are not read", header: hopLine(stranger, mx, ago(20*time.Minute)) + hopLine("x", "relay.example", ago(30*time.Minute)) + hopLine("x", mx, ago(50*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "forged: the sender's own line names our host", header: hopLine(stranger, mx, ago(20*time.Minute)) + hopLine("x", mx, ago(50*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "forged: the sender says HELO with our name", header: hopLine(mx+" (out.example [203.0.113.9])", mx, ago(20*time.Minute)) + hopLine("x", mx, ago(50*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "forged: our name stands in a comment", header: hopLine("x (by "+mx+")", "relay.example", ago(20*time.Minute)), own: own, want: arrived, basis: incident.BasisMailbox},
		{why: "forged: a lower line cannot be later than the one above it", header: hopLine(mx+" ("+mx+" [10.0.0.2])", store, ago(20*time.Minute)) + hopLine("x", mx, arrived), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "a host that only ends like ours", header: hopLine(stranger, "kwaad-"+mx, ago(20*time.Minute)), own: own, want: arrived, basis: incident.BasisMailbox},
		{why: "an entry with a dot stands for its whole domain", header: hopLine(stranger, "am9.prod.example", ago(20*time.Minute)), own: []string{".prod.example"}, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "three hours in our own queue: the earlier time, flagged", header: hopLine(stranger, mx, ago(3*time.Hour)), own: own, want: ago(3 * time.Hour), basis: incident.BasisOwnHost, flag: FlagDisagrees},
		{why: "our own host's clock runs two hours ahead", header: hopLine(stranger, mx, arrived.Add(2*time.Hour)), own: own, want: arrived, basis: incident.BasisMailbox, flag: FlagFuture},
		{why: "our own host's clock stands at its factory date", header: hopLine(stranger, mx, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), own: own, want: arrived, basis: incident.BasisMailbox, flag: FlagImplausible},
		{why: "an own line without a date is passed over", header: "Received: by " + mx + "\n" + hopLine(stranger, mx, ago(20*time.Minute)), own: own, want: ago(20 * time.Minute), basis: incident.BasisOwnHost},
		{why: "our own listener: that moment", channel: incident.ChannelSMTP, want: arrived, basis: incident.BasisListener},
		{why: "the Date field says nothing about a listener's mail", channel: incident.ChannelSMTP, header: date(ago(30 * time.Minute)), want: arrived, basis: incident.BasisListener},
		{why: "piped: the caller vouches", channel: incident.ChannelPipe, stated: ago(50 * time.Hour), header: hopLine(stranger, mx, ago(20*time.Minute)), own: own, want: ago(50 * time.Hour), basis: incident.BasisStated},
		{why: "piped: the caller vouches for tomorrow", channel: incident.ChannelPipe, stated: arrived.Add(24 * time.Hour), want: arrived, basis: incident.BasisListener, flag: FlagFuture},
		{why: "piped: an earlier Date field starts the clock earlier", channel: incident.ChannelPipe, header: date(ago(30 * time.Minute)), want: ago(30 * time.Minute), basis: incident.BasisDateField},
		{why: "piped: a Date of two days ago, flagged", channel: incident.ChannelPipe, header: date(ago(48 * time.Hour)), want: ago(48 * time.Hour), basis: incident.BasisDateField, flag: FlagDisagrees},
		{why: "piped: a Date after arrival starts nothing later", channel: incident.ChannelPipe, header: date(arrived.Add(9 * time.Minute)), want: arrived, basis: incident.BasisListener},
		{why: "piped: a Date of last year is not believed", channel: incident.ChannelPipe, header: date(ago(365 * 24 * time.Hour)), want: arrived, basis: incident.BasisListener, flag: FlagImplausible},
		{why: "piped: no Date", channel: incident.ChannelPipe, want: arrived, basis: incident.BasisListener},
	} {
		channel := row.channel
		if channel == "" {
			channel = incident.ChannelIMAP
		}
		in := incident.Incoming{Channel: channel, Sender: "a@b.example", Arrived: arrived, Stated: row.stated}
		r := Read([]byte(row.header+"From: a@b.example\n\nx"), in, incident.ReadOptions{OwnHosts: row.own, Now: testNow})
		if !r.Received.Equal(row.want.Truncate(time.Second)) && !r.Received.Equal(row.want) || r.ReceivedBasis != row.basis || r.ReceivedFlag != row.flag {
			t.Errorf("%s: %s by %s %q, want %s by %s %q", row.why, r.Received, r.ReceivedBasis, r.ReceivedFlag, row.want, row.basis, row.flag)
		}
	}
}

// TestReceivedTimeIsNeverLate: whatever stands in the lines, the clock starts
// in the past, in UTC, and at most an hour after the fallback.
func TestReceivedTimeIsNeverLate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		when := rapid.Custom(func(t *rapid.T) time.Time {
			return testNow.Add(time.Duration(rapid.Int64Range(-1e5, 1e5).Draw(t, "seconds")) * time.Second)
		})
		host := rapid.SampledFrom([]string{"mx.gemeente.example", "store.gemeente.example", "out.example", "localhost"})
		var h strings.Builder
		for range rapid.IntRange(0, 5).Draw(t, "hops") {
			h.WriteString(hopLine(host.Draw(t, "from"), host.Draw(t, "by"), when.Draw(t, "at")))
		}
		h.WriteString("Date: " + when.Draw(t, "date").Format(time.RFC1123Z) + "\n")
		in := incident.Incoming{
			Channel: rapid.SampledFrom([]incident.Channel{incident.ChannelIMAP, incident.ChannelSMTP, incident.ChannelPipe}).Draw(t, "channel"),
			Arrived: when.Draw(t, "arrived"),
		}
		r := Read([]byte(h.String()+"From: a@b.example\n\nx"), in, incident.ReadOptions{OwnHosts: []string{"mx.gemeente.example", "store.gemeente.example"}, Now: testNow})
		if r.Received.After(testNow) || r.Received.Location() != time.UTC {
			t.Fatalf("received %s, now %s", r.Received, testNow)
		}
		if latest := in.Arrived.Add(time.Hour); r.Received.After(latest) {
			t.Fatalf("received %s, arrived %s", r.Received, in.Arrived)
		}
	})
}
