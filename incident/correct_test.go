package incident

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// logged numbers entries of one incident and folds them.
type logged struct {
	inc     *Incident
	entries []Entry
}

func (l *logged) add(b Body) {
	e := Entry{Stream: Stream{Ref{2026, 1}}, N: uint32(len(l.entries) + 1), At: mailboxNow.Add(time.Duration(len(l.entries)) * time.Minute), By: ByPerson("p1"), Body: b}
	l.entries = append(l.entries, e)
	l.inc.Apply(e)
}

// correct decides and applies a correction as the service does.
func (l *logged) correct(c Correct) error {
	if c.Whose == "" {
		c.Whose = WhoseReporter
	}
	given, err := c.given()
	if err != nil {
		return err
	}
	w := Writers(l.entries)[c.Report]
	b, err := c.body(w, l.entries[l.inc.Reports[c.Report-1].Entry-1].Body.(*Reported), given)
	if err == nil {
		l.add(b)
	}
	return err
}

// TestWhatIsGivenIsChecked: what a correction says is tidied up, and refused with
// a word beside the field.
func TestWhatIsGivenIsChecked(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, row := range []struct {
		why  string
		c    Correct
		want string // field and code of each refusal; empty: it is fine
	}{
		{"a name", Correct{Name: text("Sanne de Boer"), Reasons: "x"}, ""},
		{"a name taken away", Correct{Name: text(" "), Reasons: "x"}, ""},
		{"an address", Correct{Email: text(" s.deboer@ziekenhuis.example\n"), Reasons: "x"}, ""},
		{"no address at all", Correct{Email: text("s.deboer"), Reasons: "x"}, "email not-an-address"},
		{"two addresses", Correct{Email: text("a@b.nl, c@d.nl"), Reasons: "x"}, "email not-an-address"},
		{"a header in an address", Correct{Email: text("a@b.nl>\r\nBcc: x@y.nl"), Reasons: "x"}, "email not-an-address"},
		{"without a domain", Correct{Email: text("a@"), Reasons: "x"}, "email not-an-address"},
		{"a book for a name", Correct{Name: text(strings.Repeat("a", longestDetail+1)), Reasons: "x"}, "name detail-too-long"},
		{"without reasons", Correct{Name: text("Sanne")}, "reasons required"},
		{"nothing", Correct{Reasons: "x"}, " nothing-to-correct"},
		{"everything wrong at once", Correct{Email: text("x"), Phone: text(strings.Repeat("1", longestDetail+1))}, "email not-an-address, phone detail-too-long, reasons required"},
	} {
		_, err := row.c.given()
		var got []string
		for _, one := range Apart(err) {
			var r *Refusal
			if errors.As(one, &r) {
				got = append(got, r.Field+" "+r.Code)
			}
		}
		if s := strings.Join(got, ", "); s != row.want {
			t.Errorf("%s: %q, want %q", row.why, s, row.want)
		}
	}
}

// TestReachFollowsTheAddress: whoever has an address now is asked by mail, whoever
// has none any more by the receipt code, if there is one.
func TestReachFollowsTheAddress(t *testing.T) {
	address, none := "nieuw@example.org", ""
	for _, row := range []struct {
		why   string
		b     Reported
		email *string
		want  Reach
	}{
		{"an anonymous form", Reported{Channel: ChannelForm, Machine: "no-address", CodeHash: []byte("x")}, &address, ReachMail},
		{"a form that had one", Reported{Channel: ChannelForm, CodeHash: []byte("x"), Private: ReportPrivate{From: Address{Email: "oud@example.org"}}}, &none, ReachCode},
		{"a mail without a sender", Reported{Channel: ChannelSMTP, Machine: "no-sender"}, &address, ReachMail},
		{"a mail whose sender asked us not to write there", Reported{Channel: ChannelSMTP, Private: ReportPrivate{From: Address{Email: "oud@example.org"}}}, &none, ReachNone},
	} {
		l := &logged{inc: new(Incident)}
		row.b.Report = 1
		l.add(&row.b)
		if err := l.correct(Correct{Report: 1, Email: row.email, Reasons: "x"}); err != nil {
			t.Fatal(row.why, err)
		}
		if got := l.inc.Reports[0].Reach; got != row.want || l.inc.CanAsk() != (row.want != ReachNone) {
			t.Errorf("%s: reached by %q, want %q", row.why, got, row.want)
		}
	}
}

// TestCorrectionsAdd: whatever is put right in whatever order, each report is
// known as the last correction of each detail says, at every earlier moment as it
// was known then, and without the personal parts there is nothing of either.
func TestCorrectionsAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, reports := &logged{inc: new(Incident)}, rapid.IntRange(1, 3).Draw(t, "reports")
		known := map[string]string{} // report, person and detail → what is known
		at := func(n int, whose Whose, d Detail) string { return fmt.Sprint(n, whose, d) }
		for n := range reports {
			from := Address{fmt.Sprint("Melder ", n), fmt.Sprintf("melder%d@example.org", n)}
			quoted := Address{fmt.Sprint("Bron ", n), ""}
			l.add(&Reported{Report: n + 1, Item: uint64(n + 1), Channel: ChannelSMTP, Private: ReportPrivate{From: from, Original: &quoted}})
			known[at(n+1, WhoseReporter, DetailName)], known[at(n+1, WhoseReporter, DetailEmail)] = from.Name, from.Email
			known[at(n+1, WhoseOriginal, DetailName)] = quoted.Name
		}
		then := []map[string]string{}
		for range rapid.IntRange(0, 8).Draw(t, "corrections") {
			c := Correct{Report: rapid.IntRange(1, reports).Draw(t, "report"), Whose: rapid.SampledFrom([]Whose{WhoseReporter, WhoseOriginal}).Draw(t, "whose"), Reasons: "verzoek"}
			text := rapid.SampledFrom([]string{"", "Anna", "Bo de Wit", "c@example.org"}).Draw(t, "text")
			details := []Detail{DetailName, DetailEmail, DetailPhone}
			if c.Whose == WhoseOriginal {
				details = details[:2]
			}
			d := rapid.SampledFrom(details).Draw(t, "detail")
			switch d {
			case DetailName:
				c.Name = &text
			case DetailEmail:
				c.Email = &text
			case DetailPhone:
				c.Phone = &text
			}
			before := known[at(c.Report, c.Whose, d)]
			err := l.correct(c)
			var r *Refusal
			switch {
			case d == DetailEmail && text != "" && !strings.Contains(text, "@"):
				if !errors.As(err, &r) || r.Code != "not-an-address" {
					t.Fatalf("%q for an address: %v", text, err)
				}
				continue
			case text == before:
				if !errors.As(err, &r) || r.Code != "nothing-changed" {
					t.Fatalf("%s was %q already: %v", d, text, err)
				}
				continue
			case err != nil:
				t.Fatal(err)
			}
			known[at(c.Report, c.Whose, d)] = text
			then = append(then, maps.Clone(known))
		}
		check := func(entries []Entry, known map[string]string) {
			for n, w := range Writers(entries) {
				for _, x := range []struct {
					whose Whose
					d     Detail
				}{{WhoseReporter, DetailName}, {WhoseReporter, DetailEmail}, {WhoseReporter, DetailPhone}, {WhoseOriginal, DetailName}, {WhoseOriginal, DetailEmail}} {
					if got := *w.detail(x.whose, x.d); got != known[at(n, x.whose, x.d)] {
						t.Fatalf("report %d, %s of the %s: %q, want %q", n, x.d, x.whose, got, known[at(n, x.whose, x.d)])
					}
				}
			}
		}
		for i, snapshot := range then {
			check(l.entries[:reports+i+1], snapshot)
		}
		l.inc.Held = []Held{{Brake: BrakeFreeze}}
		bare, err := l.inc.unused(l.entries)
		if err != nil {
			t.Fatal(err)
		}
		for n, w := range Writers(bare) {
			if w.From != (Address{}) || w.Phone != "" || w.Original != nil || len(w.Former()) > 0 || len(w.Corrections) != len(Writers(l.entries)[n].Corrections) {
				t.Fatalf("without the personal parts report %d is known as %+v", n, w)
			}
		}
		if first := l.entries[0].Body.(*Reported).Private; first.From.Name != "Melder 0" || first.Original.Name != "Bron 0" {
			t.Fatalf("a correction wrote over what came in: %+v", first)
		}
	})
}

// TestATelephoneNumberInTheBytesOfAForm counts until somebody put it right, also
// when it is taken away.
func TestATelephoneNumberInTheBytesOfAForm(t *testing.T) {
	l, none := &logged{inc: new(Incident)}, ""
	l.add(&Reported{Report: 1, Item: 1, Channel: ChannelForm}) // as an earlier version wrote it
	if got := Writers(l.entries)[1].PhoneOr("06-1"); got != "06-1" {
		t.Errorf("before: %q", got)
	}
	if err := l.correct(Correct{Report: 1, Phone: &none, Reasons: "x"}); err != nil {
		t.Fatal(err)
	}
	if got := Writers(l.entries)[1].PhoneOr("06-1"); got != "" {
		t.Errorf("taken away: %q", got)
	}
	if err := l.correct(Correct{Report: 1, Phone: &none, Reasons: "x"}); err == nil {
		t.Error("it was taken away twice")
	}
	if details := l.entries[1].Body.(*Corrected).Details; !slices.Equal(details, []Detail{DetailPhone}) {
		t.Errorf("put right: %v", details)
	}
}

// TestACopyNamesNobodyElse: what is handed to a person does not say who reported
// something about them, nor who forwarded what they sent.
func TestACopyNamesNobodyElse(t *testing.T) {
	jan, eva := Address{Name: "Jan", Email: "jan@example.org"}, Address{Name: "Eva", Email: "eva@example.org"}
	found := []SubjectFind{
		{Report: 1, Where: []FoundIn{FoundReporter}, As: []Whose{WhoseReporter}, From: jan, Quoted: eva, Phone: "06", Title: "Lijst", Right: []PutRight{{Whose: WhoseReporter}, {Whose: WhoseOriginal}}},
		{Report: 2, Where: []FoundIn{FoundReporter}, As: []Whose{WhoseOriginal}, From: eva, Quoted: jan, Phone: "06", Title: "Lijst"},
		{Report: 3, Where: []FoundIn{FoundText}, From: eva, Phone: "06", Title: "Jan was het"},
		{Report: 4, Where: []FoundIn{FoundFormer}, From: eva, Phone: "06", Title: "Lijst", Right: []PutRight{{}}},
		{Parked: 5, Where: []FoundIn{FoundText}, From: eva, Title: "Jan"},
		{Parked: 6, Where: []FoundIn{FoundReporter}, From: jan, Title: "Lijst"},
		{Person: "p1", Where: []FoundIn{FoundAccount}, From: jan},
	}
	for i, f := range CopyFor(found) {
		if text := fmt.Sprintf("%+v", f); strings.Contains(text, "Eva") || strings.Contains(text, "eva@") {
			t.Errorf("find %d names somebody else: %s", i, text)
		}
		if own := i != 2 && i != 3 && i != 4; own != (f.From == jan || f.Quoted == jan) || (!own && f.Title+f.Phone != "") {
			t.Errorf("find %d: %+v", i, f)
		}
	}
	if got := CopyFor(found)[0].Right; len(got) != 1 || got[0].Whose != WhoseReporter || len(CopyFor(found)[3].Right) > 0 {
		t.Errorf("what was put right: %+v", got)
	}
	if found[2].From != eva || len(found[0].Right) != 2 {
		t.Error("the list itself was changed")
	}
}
