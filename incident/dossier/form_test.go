package dossier_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/incident/risk"
)

func theForms(t *testing.T) []*dossier.Form {
	t.Helper()
	var all []*dossier.Form
	for _, id := range []string{dossier.FormAP, dossier.FormEDPB} {
		f, ok := dossier.FormByID(id)
		if !ok {
			t.Fatal("no form", id)
		}
		all = append(all, f)
	}
	return all
}

// TestFormsAreWhole: every question is there once, in both languages, and every
// name that a form uses means something.
func TestFormsAreWhole(t *testing.T) {
	text := func(where string, x risk.Text) {
		if strings.TrimSpace(x.NL) == "" || strings.TrimSpace(x.EN) == "" || strings.ContainsAny(x.NL+x.EN, "\u2014<>") {
			t.Errorf("%s: %+v", where, x)
		}
	}
	for _, f := range theForms(t) {
		text(f.ID, f.Title)
		if _, err := time.Parse(time.DateOnly, f.Written); err != nil || f.Date == "" || f.Source == "" || !strings.HasPrefix(f.Address, "https://") {
			t.Errorf("%s: no date, source or address", f.ID)
		}
		ids := map[string]bool{}
		for _, s := range f.Sections {
			text(f.ID+" section "+s.No, s.Label)
			for _, q := range s.Questions {
				where := f.ID + " " + q.ID
				text(where, q.Label)
				for _, x := range []risk.Text{q.Help, q.Unsure} {
					if x != (risk.Text{}) {
						text(where, x)
					}
				}
				if ids[q.ID] || strings.ContainsAny(q.ID, " :") {
					t.Errorf("%s: the id stands twice or cannot be one", where)
				}
				ids[q.ID] = true
				if choice := q.Kind == dossier.KindOne || q.Kind == dossier.KindMany; choice != (len(q.Options) > 0) {
					t.Errorf("%s: kind %s with %d options", where, q.Kind, len(q.Options))
				}
				values := map[string]bool{}
				for _, o := range q.Options {
					text(where+" "+o.Value, o.Label)
					if values[o.Value] {
						t.Errorf("%s: option %s twice", where, o.Value)
					}
					values[o.Value] = true
				}
				if ap, _ := dossier.FormByID(dossier.FormAP); q.Same != "" {
					if _, ok := ap.Question(q.Same); !ok {
						t.Errorf("%s: the AP's form has no question %s", where, q.Same)
					}
				}
				if q.From != "" && !dossier.HasDerivation(q.From) {
					t.Errorf("%s: no derivation %q", where, q.From)
				}
				if q.When != "" && !dossier.HasCondition(q.When) {
					t.Errorf("%s: no condition %q", where, q.When)
				}
			}
		}
	}
}

// TestStoredValuesStay: what answers may be stored under is never renamed or
// taken out of a version; a changed list is a new version.
func TestStoredValuesStay(t *testing.T) {
	for _, f := range theForms(t) {
		var now []string
		for _, s := range f.Sections {
			for _, q := range s.Questions {
				now = append(now, q.ID)
				for _, o := range q.Options {
					now = append(now, q.ID+"="+o.Value)
				}
			}
		}
		path := "testdata/frozen." + f.ID + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		frozen, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(frozen)) {
			if !slices.Contains(now, strings.TrimSpace(line)) {
				t.Errorf("%s: %s is gone", f.ID, strings.TrimSpace(line))
			}
		}
	}
}

// TestEveryDerivedKeyIsAnOption: whatever the facts are, what the rules answer
// can be chosen on the form, and filling in never fails.
func TestEveryDerivedKeyIsAnOption(t *testing.T) {
	all := theForms(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := opened(t)
		facts := risk.Facts{}
		for _, q := range risk.Questions() {
			var values []string
			for _, o := range q.Options {
				if rapid.IntRange(0, 3).Draw(rt, q.Field) == 0 && (q.Kind == risk.Many || len(values) == 0) {
					values = append(values, o.Value)
				}
			}
			if q.Kind == risk.Number {
				values = []string{"12"}
			}
			if next, err := risk.With(facts, q.Field, values...); err == nil {
				facts = next
			}
		}
		f.apply(officer, &incident.Assessed{Facts: facts, Score: incident.ScoreOf(risk.Assess(facts))})
		for _, form := range all {
			for _, a := range form.Fill(f.data()).All() {
				for _, key := range a.Keys {
					if !slices.ContainsFunc(a.Options, func(o dossier.Option) bool { return o.Value == key }) {
						rt.Fatalf("%s %s: %q is no option", form.ID, a.ID, key)
					}
				}
			}
		}
	})
}

// TestStates: what a person recorded, what follows, what is missing, what nobody
// could establish.
func TestStates(t *testing.T) {
	_, fresh := filled(t, dossier.FormAP, opened(t).data())
	_, known := filled(t, dossier.FormAP, rich(t).data())
	for _, tt := range []struct {
		why, id     string
		fresh, rich dossier.State
	}{
		{"the machine read the report; a person confirmed it", "5.2", dossier.Derived, dossier.Recorded},
		{"the provisional clock is not confirmed", "4.2", dossier.Derived, dossier.Recorded},
		{"nobody said who we are", "3.1.1", dossier.Missing, dossier.Recorded},
		{"nobody can derive when it began", "4.1.1", dossier.Missing, dossier.Recorded},
		{"consequences always want a look", "9.2", dossier.Missing, dossier.Derived},
		{"nobody could establish the question", "4.4", dossier.Check, dossier.Check},
		{"an answer that may be left out", "7.2", dossier.Skipped, dossier.Skipped},
		{"the severity of a score", "9.3", dossier.Derived, dossier.Derived},
	} {
		if fresh[tt.id].State != tt.fresh || known[tt.id].State != tt.rich {
			t.Errorf("%s: %s is %s and %s", tt.why, tt.id, fresh[tt.id].State, known[tt.id].State)
		}
	}
}

// TestConditionalQuestions: reasons for delay once the 72 hours are over, or the
// filing was late under the clock then or today's; the rest as it happened.
func TestConditionalQuestions(t *testing.T) {
	asked := func(f *file, id string) bool {
		_, all := filled(t, dossier.FormAP, f.data())
		_, ok := all[id]
		return ok
	}
	f := rich(t)
	if asked(f, "4.5") || asked(f, "10.1.3") || !asked(f, "10.1-why-not") || asked(f, "2.2.1") {
		t.Error("in time, nobody told, one country")
	}
	f.now = received.Add(72 * time.Hour)
	if asked(f, "4.5") {
		t.Error("the last instant is still in time")
	}
	f.now = f.now.Add(time.Second)
	if !asked(f, "4.5") {
		t.Error("a second late is late")
	}
	f.now = received.Add(71 * time.Hour)
	f.must(incident.File{Kind: incident.FilingInitial, Number: "x", At: f.now})
	f.now = received.Add(200 * time.Hour)
	if asked(f, "4.5") {
		t.Error("filed in time stays in time")
	}
	f.must(incident.ConfirmAwareness{At: received.Add(-3 * time.Hour), Reason: "Eerder bekend."})
	if !asked(f, "4.5") {
		t.Error("late under the corrected clock")
	}
	f.must(incident.SetRole{Chain: incident.Chain{Role: incident.RoleController, Countries: []string{"BE"}}, Reason: "x"})
	if !asked(f, "2.2.1") {
		t.Error("another country")
	}
}

// TestFactsOfTheDuties: rounds of telling, the period, the chain and measures
// answer their questions.
func TestFactsOfTheDuties(t *testing.T) {
	f := rich(t)
	f.answer("4.1.1", "").answer("4.1.2", "").answer("3.3", "")
	f.must(
		incident.SetPeriod{Period: incident.Period{From: received.Add(-30 * time.Hour), Ongoing: true}},
		incident.SetRole{Chain: incident.Chain{Role: incident.RoleController, Supplier: "Voorbeeld Hosting", Countries: []string{"BE", "DE"}}, Reason: "x"},
		incident.Tell{Telling: incident.Telling{Duty: incident.DutyPeople, At: f.now, Way: incident.WayMail, Count: 100, Text: "De brief van vandaag."}},
		incident.Tell{Telling: incident.Telling{Duty: incident.DutyPeople, At: f.now, Way: incident.WayLetter, Count: 80}, Done: true},
		incident.TryFiling{FilingTry: incident.FilingTry{At: f.now, What: "De site van de AP gaf een fout."}},
	)
	f.now = received.Add(80 * time.Hour)
	_, all := filled(t, dossier.FormAP, f.data())
	for id, want := range map[string]string{
		"4.1.1": "22 oktober 2026", "4.1.2": "De inbreuk duurt nog voort.", "3.3": "Verwerker bij wie het gebeurde: Voorbeeld Hosting", "2.1.1": "Nee",
		"10.1.3": "180", "10.1.7": "Per e-mail\nPer brief", "10.1-text": "De brief van vandaag.", "4.5": "De site van de AP gaf een fout.",
	} {
		if got := all[id].Copy(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if a := all["2.1.1"]; !strings.Contains(a.Note.NL, "BE, DE") {
		t.Errorf("an older answer hides newer facts: %+v", a.Note)
	}
	if all["4.5"].State != dossier.Derived {
		t.Error("an attempt that failed is no reason by itself")
	}
}

// TestFlags: what must not go to an authority is caught, masked, and nothing of
// our own staff is.
func TestFlags(t *testing.T) {
	for _, tt := range []struct{ why, question, text, flag string }{
		{"a BSN in a description", "7.2", "Onder wie 111222333.", "bsn"},
		{"a number that is no BSN", "7.2", "Dossier 111222334.", ""},
		{"the data category is no number", "7.2", "Er stonden BSN's in.", ""},
		{"an IBAN", "10.2", "Rekening NL91ABNA0417164300 is geblokkeerd.", "iban"},
		{"the reporter's full name", "4.3", "Gemeld door Jannie van Duivenvoorde.", dossier.FlagReporter},
		{"the reporter's surname alone", "4.3", "gemeld door mw. duivenvoorde", dossier.FlagReporter},
		{"a surname inside another word", "4.3", "In Duivenvoorderdijk.", ""},
		{"the reporter's address", "4.3", "Via j.duivenvoorde@voorbeeld.example.", dossier.FlagReporter},
		{"our own contact where it belongs", "3.3", "Verwerker, jan@hosting.example", ""},
		{"a BSN also there", "3.3", "111222333", "bsn"},
	} {
		f := opened(t).answer(tt.question, tt.text)
		full, _ := filled(t, dossier.FormAP, f.data())
		var got []string
		for _, x := range full.Flags {
			if x.Question == tt.question {
				got = append(got, x.What)
			}
			if strings.Contains(x.Say("nl"), "111222333") || strings.Contains(x.Say("nl"), "uivenvoorde") {
				t.Errorf("%s: the warning repeats it: %s", tt.why, x.Say("nl"))
			}
		}
		if (tt.flag == "" && len(got) > 0) || (tt.flag != "" && !slices.Contains(got, tt.flag)) {
			t.Errorf("%s: %v", tt.why, got)
		}
	}
}

// TestFlagsKnowWhatWasPutRight: a reporter's name must not go to an authority as it
// is known now, nor as it stood before; a telephone number makes no number suspect.
func TestFlagsKnowWhatWasPutRight(t *testing.T) {
	for _, tt := range []struct{ why, text, flag string }{
		{"as it is known now", "Gemeld door Rosalinde Achterberg.", dossier.FlagReporter},
		{"the address as it is known now", "Via r.achterberg@voorbeeld.example.", dossier.FlagReporter},
		{"as it stood before", "gemeld door mw. duivenvoorde", dossier.FlagReporter},
		{"the first of two corrections", "gemeld door Bovenkamp", dossier.FlagReporter},
		{"part of a telephone number", "Er gingen 4455 brieven uit.", ""},
	} {
		f := opened(t)
		f.apply(incident.System,
			&incident.Corrected{Report: 1, Whose: incident.WhoseReporter, Details: []incident.Detail{incident.DetailName, incident.DetailPhone}, Private: incident.CorrectedPrivate{Name: "Jannie Bovenkamp", Phone: "06 4455", Reasons: "x"}},
			&incident.Corrected{Report: 1, Whose: incident.WhoseReporter, Details: []incident.Detail{incident.DetailName, incident.DetailEmail, incident.DetailPhone}, Private: incident.CorrectedPrivate{Name: "Rosalinde Achterberg", Email: "r.achterberg@voorbeeld.example", Reasons: "x"}})
		full, _ := filled(t, dossier.FormAP, f.answer("4.3", tt.text).data())
		var got []string
		for _, x := range full.Flags {
			if x.Question == "4.3" {
				got = append(got, x.What)
			}
		}
		if (tt.flag == "" && slices.Contains(got, dossier.FlagReporter)) || (tt.flag != "" && !slices.Contains(got, tt.flag)) {
			t.Errorf("%s: %v", tt.why, got)
		}
	}
}

// TestReadAnswers: what does not fit the form is refused beside its question.
func TestReadAnswers(t *testing.T) {
	form, _ := dossier.FormByID(dossier.FormAP)
	for _, tt := range []struct {
		why    string
		values map[string][]string
		field  string
		n      int
	}{
		{"a choice with words", map[string][]string{"5.2": {"published"}, "5.2.text": {"x"}}, "", 1},
		{"nothing ticked takes the choice back", map[string][]string{"5.1.text": {""}}, "", 1},
		{"two of one", map[string][]string{"5.2": {"published", "hacking"}}, "5.2", 0},
		{"no such option", map[string][]string{"5.2": {"x"}}, "5.2", 0},
		{"no date", map[string][]string{"4.1.1": {"21-10-2026"}}, "4.1.1", 0},
		{"today is no future", map[string][]string{"4.1.1": {"2026-10-23"}}, "", 1},
		{"tomorrow is", map[string][]string{"4.1.1": {"2026-10-24"}}, "4.1.1", 0},
		{"a stray field alone", map[string][]string{"x": {"y"}}, "-", 0},
	} {
		cmd, err := form.ReadAnswers(tt.values, received)
		var refusal *incident.Refusal
		field := ""
		if errors.As(err, &refusal) {
			if field = refusal.Field; field == "" {
				field = "-"
			}
		}
		if field != tt.field || (err == nil && len(cmd.Answers) != tt.n) {
			t.Errorf("%s: %v, %d answers", tt.why, err, len(cmd.Answers))
		}
	}
}
