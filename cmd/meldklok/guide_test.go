package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"meldklok/ui/locale"
)

var updateGuide = flag.Bool("update-guide", false, "write the table of findings into the operator's guide")

const (
	findingsFrom = "<!-- findings: generated from the catalogue; a test holds it -->\n"
	findingsTo   = "<!-- end of findings -->\n"
)

// TestGuideExplainsEveryFinding: the table of the guide is that of the catalogue.
// Write it anew with -update-guide.
func TestGuideExplainsEveryFinding(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), findingsFrom)
	_, after, ended := strings.Cut(rest, findingsTo)
	if !ok || !ended {
		t.Fatal("the guide has no place for the table of findings")
	}
	want := before + findingsFrom + findingsTable(t) + findingsTo + after
	if *updateGuide {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Error("the table of findings differs from the catalogue: go test -run TestGuide ./cmd/meldklok -update-guide")
	}
}

// findingsTable has a row for every finding that the catalogue words.
func findingsTable(t *testing.T) string {
	t.Helper()
	rows := []string{"| code | what it says | what to do |\n|---|---|---|\n"}
	for _, id := range locale.IDs() {
		code, ok := strings.CutPrefix(id, "health.")
		if !ok || code == "unknown" || strings.Contains(code, ".") || !locale.Has(id+".todo") {
			continue
		}
		args := map[string]any{}
		for _, name := range []string{"n", "name", "since", "relay", "reason", "off", "late", "open", "planned", "at", "when", "webhook", "mailbox"} {
			args[name] = "…"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", code, locale.T(locale.English, id, args), locale.T(locale.English, id+".todo", args)))
	}
	if len(rows) < 30 {
		t.Errorf("the catalogue words %d findings only", len(rows)-1)
	}
	return strings.Join(rows, "")
}

// TestManualPageNamesEveryCommand, and no sample names a setting that is not.
func TestManualPageNamesEveryCommand(t *testing.T) {
	page := newShell(t).ok("", "deploy", "man")
	app, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range app.Model.Children {
		if !strings.Contains(page, "\n.B "+node.Name+"\n") {
			t.Errorf("the manual page does not name %s", node.Name)
		}
	}
	known := map[string]bool{"MELDKLOK_CONFIG": true, "MELDKLOK_BENCH": true, "MELDKLOK_REAL": true} // the last two are for go test
	collectNames(app.Model.Node, known)
	for _, file := range []string{"README.md", "deploy/meldklok.service", "deploy/meldklok.socket"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsFuncSeq(string(raw), func(r rune) bool { return (r < 'A' || r > 'Z') && r != '_' }) {
			if strings.HasPrefix(word, "MELDKLOK_") && !known[word] {
				t.Errorf("%s names %s, which is no setting", file, word)
			}
		}
	}
}
