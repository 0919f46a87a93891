package ui_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"meldklok/ui/locale"
)

func hasSentence(id string) bool { return locale.Has(id) }

// source reads the files that match a pattern, tests left out.
func source(t *testing.T, pattern string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
	}
	all := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(raw)
	}
	return all
}

// TestEverySentenceUsedExists finds the identifiers in templates and code.
func TestEverySentenceUsedExists(t *testing.T) {
	literal := regexp.MustCompile(`(?:\.T |v\.T\(|locale\.T\([a-zA-Z.]+, )"([a-z][a-z.0-9-]+)"`)
	field := regexp.MustCompile(`\.(?:Field|Choose) "([a-z-]+)" "([a-z_-]+)"`)
	act := regexp.MustCompile(`\.Act "([a-z-]+)"`)
	done := regexp.MustCompile(`\?done=([a-z-]+)`)
	next := regexp.MustCompile(`"(next\.[a-z-]+)"`)
	need := func(path string, ids ...string) {
		t.Helper()
		for _, id := range ids {
			if locale.Has(id) {
				return
			}
		}
		t.Errorf("%s uses %v, which the catalogue lacks", path, ids)
	}
	for _, pattern := range []string{"web/*.go", "web/pages/*.html"} {
		for path, text := range source(t, pattern) {
			for _, m := range literal.FindAllStringSubmatch(text, -1) {
				if !strings.HasSuffix(m[1], ".") {
					need(path, m[1])
				}
			}
			for _, m := range field.FindAllStringSubmatch(text, -1) {
				need(path, "field."+m[1]+"."+m[2], "field."+m[2])
			}
			for _, m := range act.FindAllStringSubmatch(text, -1) {
				need(path, "do."+m[1])
				need(path, "do."+m[1]+".lead")
				need(path, "done."+m[1])
			}
			for _, m := range done.FindAllStringSubmatch(text, -1) {
				need(path, "done."+m[1])
			}
			for _, m := range next.FindAllStringSubmatch(text, -1) {
				need(path, m[1])
			}
			if name, ok := strings.CutSuffix(filepath.Base(path), ".html"); ok && name != "base" && !strings.HasPrefix(name, "parts") {
				need(path, "page."+name)
			}
		}
	}
}

// TestEveryRefusalHasASentence finds the codes in the domain, in the sessions
// and in the pages.
func TestEveryRefusalHasASentence(t *testing.T) {
	refused := regexp.MustCompile(`refuse\((?:"[a-z]*", )?"([a-z-]+)"\)|Code: "([a-z-]+)"\}`)
	found := 0
	for _, pattern := range []string{"../incident/*.go", "session/*.go", "web/*.go"} {
		for path, text := range source(t, pattern) {
			for _, m := range refused.FindAllStringSubmatch(text, -1) {
				found++
				if code := m[1] + m[2]; !locale.Has("refusal." + code) {
					t.Errorf("%s refuses with %q, which the catalogue lacks", path, code)
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d refusals found: does the pattern still fit?", found)
	}
}

// TestEveryStoredValueHasAWord finds the constants of the domain's
// enumerations: «name Type = "value"».
func TestEveryStoredValueHasAWord(t *testing.T) {
	groups := map[string]string{
		"Status": "status", "Outcome": "outcome", "Decision": "decision", "DutyKind": "duty", "FilingKind": "filing",
		"DeliveryState": "delivery", "Channel": "channel", "ParkReason": "park", "ReceivedBasis": "basis", "ClockBasis": "clock",
		"AccountEventKind": "account-event", "Factor": "factor", "Demand": "demand", "Role": "role", "ChainRole": "chain-role", "Way": "way", "Level": "level", "Band": "band",
	}
	constant := regexp.MustCompile(`(?m)^\s+\w+\s+([A-Z]\w+)\s+=\s+"([a-z_-]+)"`)
	seen := map[string]int{}
	for _, pattern := range []string{"../incident/*.go", "../incident/people/*.go", "../incident/risk/enisa.go"} {
		for path, text := range source(t, pattern) {
			for _, m := range constant.FindAllStringSubmatch(text, -1) {
				group, ok := groups[m[1]]
				if !ok {
					continue
				}
				seen[m[1]]++
				if !locale.Has(group + "." + m[2]) {
					t.Errorf("%s: the catalogue lacks %s.%s", path, group, m[2])
				}
			}
		}
	}
	for kind := range groups {
		if seen[kind] == 0 {
			t.Errorf("no value of %s found: does the pattern still fit?", kind)
		}
	}
	kinds := regexp.MustCompile(`Kind\(\) Kind\s*\{ return "([a-z-]+)" \}`)
	for _, m := range kinds.FindAllStringSubmatch(strings.Join(slices.Collect(maps.Values(source(t, "../incident/*.go"))), "\n"), -1) {
		organisation := strings.Contains("record-created account access-reviewed person-set setting-set parked unparked trouble-alerted probe-sent probe-seen backup-made backup-tested restored released", m[1])
		if !organisation && !locale.Has("kind."+m[1]) {
			t.Errorf("the catalogue lacks kind.%s", m[1])
		}
	}
}

// TestEveryRungHasAWord finds the rungs of the ladders.
func TestEveryRungHasAWord(t *testing.T) {
	rung := regexp.MustCompile(`\{Name: "([a-z0-9-]+)"`)
	found := rung.FindAllStringSubmatch(source(t, "../notify/ladder.go")["../notify/ladder.go"], -1)
	if len(found) < 10 {
		t.Fatalf("only %d rungs found: does the pattern still fit?", len(found))
	}
	for _, m := range found {
		if !locale.Has("rung." + m[1]) {
			t.Errorf("the catalogue lacks rung.%s", m[1])
		}
	}
}

// TestEveryFindingHasASentence finds the codes of the audit.
func TestEveryFindingHasASentence(t *testing.T) {
	code := regexp.MustCompile(`(?:red\(|amber\(|Finding\{Code: )"([a-z-]+)"`)
	found := 0
	for _, pattern := range []string{"../incident/*.go", "../notify/*.go", "../notify/webhook/*.go", "../cmd/meldklok/*.go"} {
		for path, text := range source(t, pattern) {
			for _, m := range code.FindAllStringSubmatch(text, -1) {
				found++
				if !locale.Has("health."+m[1]) || !locale.Has("health."+m[1]+".todo") {
					t.Errorf("%s: the catalogue lacks health.%s or its .todo", path, m[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d findings found: does the pattern still fit?", found)
	}
}
