package web

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

func TestFileName(t *testing.T) {
	for _, row := range []struct{ why, name, want string }{
		{"an ordinary name", "lijst 2026.xlsx", "lijst 2026.xlsx"},
		{"a path climbs nowhere", "../../etc/passwd", "passwd"},
		{"a Windows path neither", `C:\Users\x\lek.txt`, "lek.txt"},
		{"control characters and quotes", "a\r\nb\"c.txt", "a__b_c.txt"},
		{"a reversed ending is shown as it is", "foto\u202egnp.exe", "foto_gnp.exe"},
		{"nothing is left", "///", "file"},
		{"only dots", "..", "file"},
		{"the ending of a long name stays", strings.Repeat("a", 300) + ".pdf", strings.Repeat("a", 116) + ".pdf"},
	} {
		if got := fileName(row.name); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("../x")
	f.Add("a\x00b\u202e")
	f.Fuzz(func(t *testing.T, name string) {
		got := fileName(name)
		if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\"\r\n\x00<>") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > 120 {
			t.Errorf("%q became %q", name, got)
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/board", "//evil", `/\evil`, "https://evil", "/a?b=c#d", "\t//evil"} {
		f.Add(s)
	}
	base, err := url.Parse("https://meldklok.example.org/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := localPath(path, "/")
		to, err := base.Parse(got)
		if err != nil || to.Host != base.Host || to.Scheme != "https" || !strings.HasPrefix(got, "/") {
			t.Errorf("%q leads to %q", path, got)
		}
	})
}

// TestAFilledInMomentComesBackExactly: whatever instant a page fills in, also
// one of the hour that comes twice, an untouched form gives it back.
func TestAFilledInMomentComesBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "at"), 0).UTC()
		v := &View{defaults: map[string][]string{}}
		v.setMoment("confirm", "at", at)
		f := v.Field("confirm", "at")
		got, err := moment(url.Values{"at": {f.Value}, "at_asked": {f.Asked}, "at_exact": {f.Exact}}, "at")
		if err != nil || !got.Equal(at) {
			t.Fatalf("%v came back as %v (%v)", at, got, err)
		}
	})
}

func TestMoment(t *testing.T) {
	for _, row := range []struct{ why, typed, asked, exact, want string }{
		{"nothing typed", "", "", "", ""},
		{"a browser's local time", "2026-07-01T12:00", "", "", "2026-07-01T10:00:00Z"},
		{"written by hand", "1-7-2026 12:00", "", "", "2026-07-01T10:00:00Z"},
		{"the choice that was made", "2026-10-25T02:30", "2026-10-25T02:30", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"},
		{"changed since the choice", "2026-10-25T04:30", "2026-10-25T02:30", "2026-10-25T01:30:00Z", "2026-10-25T03:30:00Z"},
		{"emptied since", "", "2026-10-25T02:30", "2026-10-25T01:30:00Z", ""},
	} {
		got, err := moment(url.Values{"at": {row.typed}, "at_asked": {row.asked}, "at_exact": {row.exact}}, "at")
		text := ""
		if !got.IsZero() {
			text = got.Format(time.RFC3339)
		}
		if err != nil || text != row.want {
			t.Errorf("%s: %q (%v), want %q", row.why, text, err, row.want)
		}
	}
}

func TestAcceptedLanguage(t *testing.T) {
	for _, row := range []struct{ header, want string }{
		{"", "nl"}, {"en", "en"}, {"EN-us,nl", "en"}, {"fr, de;q=0.9", "nl"}, {"nl-NL,en;q=0.8", "nl"}, {"*", "nl"}, {",,;;", "nl"},
	} {
		if got := accepted(row.header); got != row.want {
			t.Errorf("%q: %s, want %s", row.header, got, row.want)
		}
	}
}

func TestOnceForgetsAFailureAndKeepsASuccess(t *testing.T) {
	r := newReceipts(time.Now)
	calls := 0
	fail := func() (receipt, error) { calls++; return receipt{}, incident.ErrUnavailable }
	pass := func() (receipt, error) { calls++; return receipt{code: "abc"}, nil }
	if _, err := r.once("a", fail); err == nil {
		t.Error("a failure must be told")
	}
	for range 2 {
		if got, err := r.once("a", pass); err != nil || got.code != "abc" {
			t.Error(got, err)
		}
	}
	if calls != 2 {
		t.Errorf("sent %d times, want a failure and one success", calls)
	}
}

func TestTheMemoryOfFormsAndAddressesIsBounded(t *testing.T) {
	r, g := newReceipts(time.Now), newGate(time.Now)
	for i := range 3 * mostFrom {
		name := string(rune('a'+i%26)) + time.Duration(i).String()
		_, _ = r.once(name, func() (receipt, error) { return receipt{}, nil })
		g.admit(name)
	}
	if len(r.sent) > mostReceipts || len(g.from) > mostFrom {
		t.Errorf("%d forms and %d addresses are remembered", len(r.sent), len(g.from))
	}
}

func TestFiguresCountByMonthOfReceipt(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC) // already November in Amsterdam
	f := newFigures(now)
	inc := func(received time.Time, status incident.Status) register.Summary {
		return register.Summary{Ref: incident.Ref{Year: uint16(received.Year()), Number: 1}, Received: received, Status: status, HasAP: true, OpenAP: status == incident.StatusNew}
	}
	last := time.Date(2026, 10, 31, 22, 59, 0, 0, time.UTC) // 23:59 on 31 October
	for _, i := range []register.Summary{
		inc(last, incident.StatusNew), inc(last.Add(time.Minute), incident.StatusDecided), inc(now, incident.StatusMerged), inc(now, incident.StatusExercise),
	} {
		if !f.add(i) {
			t.Error("this year's incidents are not the last to look at")
		}
	}
	if f.add(inc(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), incident.StatusNew)) {
		t.Error("there is no need to look further back than what is shown")
	}
	if november, october := f.months[0], f.months[1]; november.Reports != 1 || november.NotFiled != 1 || october.Reports != 1 || october.Open != 1 {
		t.Errorf("november %+v, october %+v", november, october)
	}
}

func TestFiguresWithThousands(t *testing.T) {
	for typed, want := range map[string]string{"1.200": "1200", " 1 200 000 ": "1200000", "1,200": "1200", "12": "12", "1,5": "1,5", "1.20": "1.20", "veel": "veel", "": "", "-3": "-3"} {
		if got := plainFigures(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
