package incident

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// reportedBy folds reports into an incident.
func reportedBy(reports ...*Reported) *Incident {
	inc := new(Incident)
	for i, b := range reports {
		b.Report = i + 1
		inc.Apply(Entry{Stream: Stream{Ref{2026, 1}}, N: uint32(i + 1), At: mailboxNow, By: Reporter, Body: b})
	}
	return inc
}

// TestAsk: who can be asked, and what is refused.
func TestAsk(t *testing.T) {
	mail := func() *Reported { return &Reported{Channel: ChannelIMAP, Received: mailboxNow} }
	form := func(machine string) *Reported {
		return &Reported{Channel: ChannelForm, Received: mailboxNow, Machine: machine, CodeHash: []byte("hash")}
	}
	for _, row := range []struct {
		why     string
		reports []*Reported
		ask     Ask
		want    int // report; 0: refused
		code    string
	}{
		{"somebody who wrote a mail", []*Reported{mail()}, Ask{Text: "hoeveel?"}, 1, ""},
		{"a form with an address", []*Reported{form("")}, Ask{Text: "hoeveel?"}, 1, ""},
		{"a form without, by its code", []*Reported{form("no-address")}, Ask{Text: "hoeveel?"}, 1, ""},
		{"entered by phone: the caller was given the code", []*Reported{{Channel: ChannelPhone, Machine: "no-address", CodeHash: []byte("hash")}}, Ask{Text: "hoeveel?"}, 1, ""},
		{"a mail without a sender", []*Reported{{Channel: ChannelSMTP, Machine: "no-sender"}}, Ask{Text: "hoeveel?"}, 0, "nobody-to-ask"},
		{"a supplier's automatic notice can be answered by a person's question", []*Reported{{Channel: ChannelSMTP, Machine: "auto-submitted"}}, Ask{Text: "hoeveel?"}, 1, ""},
		{"bytes that nobody can read", []*Reported{{Channel: ChannelSMTP, Unreadable: true}}, Ask{Text: "hoeveel?"}, 0, "nobody-to-ask"},
		{"mail from before the start gets no answer", []*Reported{{Channel: ChannelIMAP, History: true}}, Ask{Text: "hoeveel?"}, 0, "nobody-to-ask"},
		{"the first who can be reached", []*Reported{{Machine: "no-sender"}, mail()}, Ask{Text: "hoeveel?"}, 2, ""},
		{"the one that was chosen", []*Reported{mail(), form("no-address")}, Ask{Report: 2, Text: "hoeveel?"}, 2, ""},
		{"one that is not there", []*Reported{mail()}, Ask{Report: 9, Text: "hoeveel?"}, 0, "nobody-to-ask"},
		{"a reply is no report of its own", []*Reported{mail(), {Reply: true, Machine: "reply"}}, Ask{Report: 2, Text: "hoeveel?"}, 0, "nobody-to-ask"},
		{"no question", []*Reported{mail()}, Ask{Text: " \n"}, 0, "required"},
		{"a question without an end", []*Reported{mail()}, Ask{Text: strings.Repeat("x", longestQuestion+1)}, 0, "too-long"},
	} {
		inc := reportedBy(row.reports...)
		bodies, err := row.ask.Decide(inc, Act{Now: mailboxNow})
		var refusal *Refusal
		switch {
		case row.want == 0 && (!errors.As(err, &refusal) || refusal.Code != row.code):
			t.Errorf("%s: %v, want %s", row.why, err, row.code)
		case row.want > 0 && (err != nil || bodies[0].(*Asked).Report != row.want):
			t.Errorf("%s: %v, %v", row.why, bodies, err)
		}
		if row.want > 0 && !inc.CanAsk() {
			t.Errorf("%s: the page does not offer it", row.why)
		}
	}
}

// TestAnswersCount: an answer by code counts for the questions to its own
// reporter, one by mail for all that are open.
func TestAnswersCount(t *testing.T) {
	inc := reportedBy(&Reported{}, &Reported{})
	n := inc.Entries
	apply := func(b Body) {
		n++
		inc.Apply(Entry{Stream: Stream{Ref{2026, 1}}, N: n, At: mailboxNow.Add(time.Duration(n) * time.Minute), Body: b})
	}
	apply(&Asked{Question: 1, Report: 1})
	apply(&Asked{Question: 2, Report: 2})
	apply(&Reported{Report: 3, Reply: true, Of: 1})
	if inc.Questions[0].Answered.IsZero() || !inc.Questions[1].Answered.IsZero() {
		t.Errorf("after an answer by code: %+v", inc.Questions)
	}
	first := inc.Questions[0].Answered
	apply(&Reported{Report: 4, Reply: true})
	if inc.Questions[1].Answered.IsZero() || inc.Questions[0].Answered != first {
		t.Errorf("after an answer by mail: %+v", inc.Questions)
	}
	apply(&Alerted{Rung: RungQuestion, Report: 2})
	if len(inc.Asking) != 1 || inc.Asking[0] != 1 {
		t.Errorf("still to mail: %v", inc.Asking)
	}
}

// TestTokensOfProbesAndAddresses: what our key made is recognised, also behind
// a plus and behind another domain; one changed letter is not.
func TestTokensOfProbesAndAddresses(t *testing.T) {
	tokens := testTokens()
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.Uint64Range(1, 1<<40).Draw(rt, "id")
		at := mailboxNow.Add(time.Duration(rapid.Int64Range(0, 1e6).Draw(rt, "seconds")) * time.Second)
		probe := tokens.ProbeID(id, at)
		if got, ok := tokens.Probe("<" + probe + ">"); !ok || got != id || tokens.forgedProbe(probe) {
			rt.Fatalf("%s: %d, %t", probe, got, ok)
		}
		if _, ok := tokens.Read(probe); ok {
			rt.Fatalf("a probe passes for a mail about an incident: %s", probe)
		}
		ref := Ref{2026, uint32(rapid.IntRange(1, 99999).Draw(rt, "number"))}
		mail := tokens.MessageID(ref, id, at)
		address := tokens.Address("privacy@example.org", mail)
		m, ok := tokens.Read(address)
		if strings.Contains(address, "+") && (!ok || m.Ref != ref || m.Message != id) {
			rt.Fatalf("%s: %+v, %t", address, m, ok)
		}
		if local, _, _ := strings.Cut(address, "@"); len(local) > 64 {
			rt.Fatalf("%s is longer than a local part may be", address)
		}
		at64 := rapid.IntRange(0, strings.IndexByte(probe, '@')-1).Draw(rt, "place")
		forged := []byte(probe)
		if forged[at64] = 'x'; probe[at64] == 'x' {
			forged[at64] = 'y'
		}
		if _, ok := tokens.Probe(string(forged)); ok {
			rt.Fatalf("forged: %s", forged)
		}
	})
}

// testTokens are keyed like those of a record.
func testTokens() Tokens {
	return Tokens{Domain: "example.org", MAC: func(purpose string, data ...[]byte) []byte {
		h := hmac.New(sha256.New, []byte("a key of the tests"))
		h.Write([]byte(purpose))
		for _, d := range data {
			h.Write(d)
		}
		return h.Sum(nil)[:16]
	}}
}
