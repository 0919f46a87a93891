package risk

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// anyFacts draws facts in which every field is known with the given chance.
// The reasons that a valid set needs are filled in.
func anyFacts(t *rapid.T, known int) Facts {
	var f Facts
	for _, q := range questions {
		if rapid.IntRange(1, 100).Draw(t, q.Field+" known") > known {
			continue
		}
		f = drawField(t, f, q)
	}
	return argue(f)
}

func drawField(t *rapid.T, f Facts, q Question) Facts {
	var values []string
	switch q.Kind {
	case Number:
		values = []string{rapid.SampledFrom([]string{"0", "1", "30", "100", "101", "999", "1000", "60000"}).Draw(t, q.Field)}
	case Line:
		values = []string{"a reason"}
	case Many:
		for range rapid.IntRange(1, 3).Draw(t, q.Field+" n") {
			values = append(values, rapid.SampledFrom(q.values()).Draw(t, q.Field))
		}
	default:
		values = []string{rapid.SampledFrom(q.values()).Draw(t, q.Field)}
	}
	g, err := With(f, q.Field, values...)
	if err != nil {
		t.Fatal(err)
	}
	return normalised(g)
}

// argue gives a reason wherever the facts ask for one.
func argue(f Facts) Facts {
	for _, s := range []*string{&f.ExcludedBecause, &f.LaterMeasuresReason, &f.SimpleReason, &f.BehaviouralReason, &f.FinancialReason, &f.SensitiveReason} {
		if *s == "" {
			*s = "a reason"
		}
	}
	return f
}

func TestSameFactsSameAssessment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, 60)
		if a, b := Assess(f), Assess(f); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestBestAndWorstEncloseEveryCompletion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, rapid.IntRange(10, 95).Draw(t, "known"))
		a := Assess(f)
		full := f
		for _, q := range questions {
			if len(Values(full, q.Field)) == 0 {
				full = drawField(t, full, q)
			}
		}
		between(t, f, a, Assess(argue(full)))
		between(t, f, a, a)
	})
}

func between(t *rapid.T, f Facts, a, b Assessment) {
	if b.Severity < a.Best.Severity || b.Severity > a.Worst.Severity {
		t.Fatalf("severity %v outside %v to %v for %s", b.Severity, a.Best.Severity, a.Worst.Severity, asJSON(f))
	}
	if l := b.Verdict.Level(); l < a.Best.Verdict.Level() || l > a.Worst.Verdict.Level() {
		t.Fatalf("verdict %v (%s) outside %v to %v for %s", l, b.DecidedBy, a.Best.Verdict.Level(), a.Worst.Verdict.Level(), asJSON(f))
	}
}

// asJSON shows facts in a failure.
func asJSON(f Facts) string {
	b, _ := json.Marshal(f)
	return string(b)
}

func TestEncodedFactsParseBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, 60)
		if len(Validate(f)) > 0 {
			t.Skip("contradictory facts")
		}
		g, err := Parse([]byte(asJSON(f)))
		if err != nil {
			t.Fatal(err)
		}
		if asJSON(g) != asJSON(f) {
			t.Fatalf("%s became %s", asJSON(f), asJSON(g))
		}
	})
}

// The steps down to "register only" are few; each must show its positive facts.
func TestRegisterOnlyIsEarned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, rapid.IntRange(40, 100).Draw(t, "known"))
		a := Assess(f)
		if a.Verdict.NotifyAuthority {
			return
		}
		switch {
		case f.PersonalData == No && len(f.Data) == 0:
		case f.Misuse == Yes, f.Interruption == Care, f.Interruption == Essential, f.Alteration == UsedLasting && has(f.Breach, Integrity):
			t.Fatalf("register only in spite of harm, by %s: %s", a.DecidedBy, asJSON(f))
		case a.DecidedBy == "slight" && (a.Severity >= 2 || f.PeopleMax == nil || len(f.Data) == 0):
			t.Fatalf("slight with unknowns: %s", asJSON(f))
		case has(f.Regimes, Telecom) && a.Breach:
			t.Fatalf("a telecom breach is always notified: %s", asJSON(f))
		}
	})
}
