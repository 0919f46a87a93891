package risk

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestEnisaVectors(t *testing.T) {
	for _, c := range []struct {
		name, facts string
		severity    float64
		band        Band
	}{
		{"a name and address to one known person: 1 x 1 + 0.25", `{"breach":["confidentiality"],"data":["name","address"],"special":["none"],"recipients":"known","intent":"accidental"}`, 1.25, Low},
		{"purchases over time to a few: 2 x 1 + 0.25", `{"breach":["confidentiality"],"data":["name","email","purchases"],"recipients":"known"}`, 2.25, Medium},
		{"a bare account number: 2 x 1 + 0.25", `{"breach":["confidentiality"],"data":["name","iban"],"recipients":"known"}`, 2.25, Medium},
		{"bank statements: 3 x 1 + 0.25", `{"breach":["confidentiality"],"data":["name","financial"],"recipients":"known"}`, 3.25, High},
		{"complete card data with criminals: 4 x 1 + 0.5 + 0.5", `{"breach":["confidentiality"],"data":["name","card"],"recipients":"criminal","intent":"malicious"}`, 5, VeryHigh},
		{"health data published: 4 x 1 + 0.5", `{"breach":["confidentiality"],"data":["name","email"],"special":["health"],"recipients":"public","intent":"accidental"}`, 4.5, VeryHigh},
		{"health data without insight: 1 x 1 + 0.25", `{"breach":["confidentiality"],"data":["name","email"],"special":["health"],"sensitive_step":"no_insight","sensitive_reason":"only that a blood test took place","recipients":"known"}`, 1.25, Low},
		{"everything at once: 4 x 1 + 0.5 + 0.5 + 0.5 + 0.5", `{"breach":["confidentiality","integrity","availability"],"data":["name","email"],"special":["health"],"recipients":"criminal","alteration":"used_lasting","recovery":"lost","intent":"malicious"}`, 6, VeryHigh},
		{"identifiability chosen by the assessor: 4 x 0.25 + 0", `{"breach":["confidentiality"],"data":["photo"],"special":["health"],"identifiability":"negligible","recipients":"none"}`, 1, Low},
		{"unavailable for days: 1 x 1 + 0.25", `{"breach":["availability"],"data":["name","address"],"recovery":"days","intent":"accidental"}`, 1.25, Low},
		{"lost for good with bad intent: 1 x 1 + 0.5 + 0.5", `{"breach":["availability"],"data":["name","address"],"recovery":"lost","intent":"malicious"}`, 2, Medium},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse([]byte(c.facts))
			if err != nil {
				t.Fatal(err)
			}
			if a := Assess(f); a.Severity != c.severity || a.Band != c.band {
				t.Errorf("got %v %s, want %v %s: %+v", a.Severity, a.Band, c.severity, c.band, a.Enisa)
			}
		})
	}
}

func TestAssessmentGolden(t *testing.T) {
	f, err := Parse([]byte(annexB[10].facts))
	if err != nil {
		t.Fatal(err)
	}
	for lang, file := range map[Lang]string{English: "testdata/assessment.en.json", Dutch: "testdata/assessment.nl.json"} {
		got, err := json.MarshalIndent(Assess(f).In(lang), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != string(got) {
			t.Errorf("%s differs (run with -update to accept): %v\n%s", file, err, got)
		}
	}
}

func TestStoredAssessmentReadsBack(t *testing.T) {
	for _, lang := range []Lang{English, Dutch} {
		f, err := Parse([]byte(edpb2021[3].facts))
		if err != nil {
			t.Fatal(err)
		}
		a := Assess(f).In(lang)
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Assessment
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, back) {
			t.Errorf("%s: %+v became %+v", lang, a, back)
		}
	}
}

func TestARetiredRuleKeepsItsStoredText(t *testing.T) {
	var a Assessment
	if err := json.Unmarshal([]byte(`{"reasons":[{"code":"gone","text":"An old reason.","source":"x"}],"language":"en"}`), &a); err != nil {
		t.Fatal(err)
	}
	if a.Reasons[0].Text != (Text{"An old reason.", "An old reason."}) {
		t.Errorf("%+v", a.Reasons[0])
	}
}

// Every rule decides, or at least speaks, for some facts: a rule that never
// does would be dead text.
func TestEveryRuleSpeaks(t *testing.T) {
	said := map[string]bool{}
	for _, list := range [][]touchstone{edpb2021, annexB, own, speaking} {
		for _, c := range list {
			f, err := Parse([]byte(c.facts))
			if err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			a := Assess(f)
			for _, r := range a.Reasons {
				said[r.Code] = true
			}
			if a.Verdict.Level() != c.want {
				t.Errorf("%s: %s by %s", c.what, a.Verdict.Label().EN, a.DecidedBy)
			}
		}
	}
	for _, r := range Rules() {
		if !said[r.Code] {
			t.Errorf("%s never speaks", r.Code)
		}
	}
}

// speaking are facts for the rules that no touchstone reaches.
var speaking = []touchstone{
	{"", "an essential service", `{"interruption":"essential","breach":["availability"]}`, NotifyPeople},
	{"", "children's school work with strangers", `{"breach":["confidentiality"],"groups":["minors"],"data":["name","education_work"],"special":["none"],"recipients":"unknown_few","intent":"accidental"}`, NotifyPeople},
	{"", "a public salary list", `{"breach":["confidentiality"],"data":["name","financial"],"recipients":"public"}`, NotifyPeople},
	{"", "wrongly changed data that were used", `{"breach":["integrity"],"data":["name"],"special":["none"],"alteration":"used_recoverable","groups":["customers"]}`, NotifyAuthority},
	{"", "an everyday mistake that nobody followed up", `{"incident":"post_wrong_recipient","breach":["confidentiality"],"intent":"accidental","data":["name","address"],"special":["none"],"people_max":1,"groups":["customers"],"recipients":"known","controller":"ordinary"}`, NotifyAuthority},
	{"", "a page that stood open for months", `{"breach":["confidentiality"],"data":["name"],"special":["none"],"recipients":"public","exposure":"months"}`, NotifyAuthority},
	{"", "people who cannot be reached", `{"breach":["confidentiality"],"data":["name","bsn"],"recipients":"public","direct_contact":"no"}`, NotifyPeople},
}

func TestWhatWouldChange(t *testing.T) {
	f, err := Parse([]byte(`{"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","address"],
		"special":["none"],"people_min":1,"people_max":1,"groups":["customers"],"recipients":"known","controller":"ordinary"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := Assess(f).DecidedBy; got != "doubt" {
		t.Fatalf("decided by %s", got)
	}
	changes := map[string]Level{}
	for _, c := range WhatWouldChange(f) {
		changes[c.Field+" "+c.Value] = c.Outlook.Verdict.Level()
	}
	for answer, want := range map[string]Level{"mitigation deletion_requested": RegisterOnly, "mitigation returned": RegisterOnly, "misuse yes": NotifyPeople, "special health": NotifyPeople} {
		if got, ok := changes[answer]; !ok || got != want {
			t.Errorf("%s: %v %v, want %v", answer, got, ok, want)
		}
	}
	if _, ok := changes["data phone"]; ok {
		t.Error("a telephone number more changes nothing here")
	}
}
