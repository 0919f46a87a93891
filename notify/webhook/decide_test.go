package webhook

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
)

var noon = time.Date(2026, 10, 26, 12, 0, 0, 0, time.UTC)

func red(code string, args ...any) incident.Finding {
	f := incident.Finding{Code: code, Level: incident.Red}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[args[i].(string)] = args[i+1]
	}
	return f
}

// short names the posts of an audit, pings left out.
func short(notes []Note) (names []string) {
	for _, n := range notes {
		if n.Kind != KindBeat && n.Kind != KindFail {
			names = append(names, fmt.Sprintf("%s %s", n.Kind, n.Finding.Code))
		}
	}
	return names
}

// TestDecide walks through a day of audits.
func TestDecide(t *testing.T) {
	relayA := func(since time.Duration, reason string) incident.Finding {
		return red("relay-trouble", "relay", "smtp://a", "reason", reason, "since", since)
	}
	amber := incident.Finding{Code: "parked-unreviewed", Level: incident.Amber}
	steps := []struct {
		why      string
		at       time.Duration
		findings []incident.Finding
		want     []string
	}{
		{"all is well", 0, nil, nil},
		{"amber is not worth a post", time.Minute, []incident.Finding{amber}, nil},
		{"red and new", 2 * time.Minute, []incident.Finding{relayA(0, "network")}, []string{"trouble relay-trouble"}},
		{"the same, longer and for another reason", 3 * time.Minute, []incident.Finding{relayA(time.Minute, "tls")}, nil},
		{"another relay is another trouble", 4 * time.Minute, []incident.Finding{relayA(2*time.Minute, "tls"), red("relay-trouble", "relay", "smtp://b")}, []string{"trouble relay-trouble"}},
		{"gone for a moment is not over", 10 * time.Minute, []incident.Finding{red("relay-trouble", "relay", "smtp://b")}, nil},
		{"and back is not new", 12 * time.Minute, []incident.Finding{relayA(0, "network"), red("relay-trouble", "relay", "smtp://b")}, nil},
		{"four hours later it is told again", 4*time.Hour + 2*time.Minute, []incident.Finding{relayA(0, "network"), red("relay-trouble", "relay", "smtp://b")}, []string{"lasting relay-trouble"}},
		{"the other one's four hours", 4*time.Hour + 4*time.Minute, []incident.Finding{relayA(0, "network"), red("relay-trouble", "relay", "smtp://b")}, []string{"lasting relay-trouble"}},
		{"both are gone", 5 * time.Hour, nil, nil},
		{"for five minutes", 5*time.Hour + 5*time.Minute, nil, []string{"over relay-trouble", "over relay-trouble"}},
		{"told once", 5*time.Hour + 6*time.Minute, nil, nil},
		{"red once more is new", 6 * time.Hour, []incident.Finding{relayA(0, "network")}, []string{"trouble relay-trouble"}},
	}
	var m Memory
	for _, s := range steps {
		var notes []Note
		m, notes = Decide(m, incident.Health{At: noon.Add(s.at), Findings: s.findings})
		if got := short(notes); !slices.Equal(got, s.want) {
			t.Errorf("%s: %q, want %q", s.why, got, s.want)
		}
	}
}

// TestDecideSince: what lasts and what is over say since when.
func TestDecideSince(t *testing.T) {
	m, _ := Decide(Memory{}, incident.Health{At: noon, Findings: []incident.Finding{red("inbox-stuck")}})
	_, notes := Decide(m, incident.Health{At: noon.Add(4 * time.Hour), Findings: []incident.Finding{red("inbox-stuck")}})
	if len(notes) == 0 || !notes[0].Since.Equal(noon) || notes[0].Kind != KindLasting {
		t.Errorf("got %+v", notes)
	}
}

// TestDecideProperties (promise 3): whatever the audits find and however the
// clock goes, no ping follows a red audit, pings keep a minute's distance, a
// new red finding is told of in the same audit, and every trouble that was told
// of is told to be over once it stays away.
func TestDecideProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := []string{"a", "b", "c"}
		var m Memory
		now, lastBeat := noon, time.Time{}
		open := map[string]bool{}
		audit := func(findings []incident.Finding) {
			h := incident.Health{At: now, Findings: findings}
			before := m
			var notes []Note
			m, notes = Decide(before, h)
			for _, n := range notes {
				switch n.Kind {
				case KindBeat:
					if h.Red() {
						t.Fatalf("pinged after a red audit")
					}
					if since := now.Sub(lastBeat); !lastBeat.IsZero() && since >= 0 && since < beatEvery {
						t.Fatalf("two pings within %v", since)
					}
					lastBeat = now
				case KindFail:
					if !h.Red() {
						t.Fatal("a clean audit was called a failure")
					}
					lastBeat = now
				case KindTrouble:
					if open[n.Finding.Code] {
						t.Fatalf("%s was new twice", n.Finding.Code)
					}
					open[n.Finding.Code] = true
				case KindOver:
					if !open[n.Finding.Code] || slices.ContainsFunc(findings, func(f incident.Finding) bool { return f.Code == n.Finding.Code }) {
						t.Fatalf("%s is over and was never said, or is still there", n.Finding.Code)
					}
					delete(open, n.Finding.Code)
				}
			}
			for _, f := range findings {
				if !open[f.Code] {
					t.Fatalf("%s is red and nobody was told", f.Code)
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "audits") {
			now = now.Add(time.Duration(rapid.IntRange(-100, 2000).Draw(t, "pass")) * time.Second)
			var findings []incident.Finding
			for _, c := range codes {
				if rapid.IntRange(0, 3).Draw(t, c) == 0 {
					findings = append(findings, red(c))
				}
			}
			audit(findings)
		}
		now = now.Add(time.Hour)
		audit(nil)
		now = now.Add(settle)
		audit(nil)
		if len(open) > 0 {
			t.Fatalf("never told to be over: %v", open)
		}
	})
}

// TestPick: which queued rungs go over this road.
func TestPick(t *testing.T) {
	alert := func(number uint32, rank int, left time.Duration) Alert {
		return Alert{Ref: incident.Ref{Year: 2026, Number: number}, Duty: incident.DutyAP, Rank: rank, Due: noon.Add(left)}
	}
	tests := []struct {
		why      string
		mailDown bool
		list     []Alert
		want     []uint32
	}{
		{"twelve hours left and less, nearest first", false, []Alert{alert(1, 50, 12*time.Hour), alert(2, 100, -time.Hour)}, []uint32{2, 1}},
		{"a day left goes by mail alone", false, []Alert{alert(1, 40, 24*time.Hour)}, nil},
		{"unless no relay takes mail", true, []Alert{alert(1, 10, 72*time.Hour)}, []uint32{1}},
		{"handed over in the last hours", false, []Alert{alert(1, 0, 5*time.Hour)}, []uint32{1}},
		{"nothing", true, nil, nil},
	}
	for _, tt := range tests {
		n, ok := pick(Alerts{At: noon, MailDown: tt.mailDown, List: tt.list})
		var got []uint32
		for _, a := range n.Alerts {
			got = append(got, a.Ref.Number)
		}
		if !slices.Equal(got, tt.want) || ok != (len(tt.want) > 0) {
			t.Errorf("%s: %v, want %v", tt.why, got, tt.want)
		}
	}
}
