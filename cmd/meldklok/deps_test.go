package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestEveryDependencyHasAReason: each direct requirement of go.mod says what it is
// for, and one that says it is for tests is in no program that is shipped.
func TestEveryDependencyHasAReason(t *testing.T) {
	raw, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	shipped := map[string]bool{}
	for _, module := range strings.Fields(string(out)) {
		shipped[module] = true
	}
	_, block, _ := strings.Cut(string(raw), "\nrequire (\n")
	block, _, found := strings.Cut(block, "\n)")
	if !found {
		t.Fatal("go.mod has no block of requirements")
	}
	for line := range strings.SplitSeq(block, "\n") {
		required, reason, _ := strings.Cut(line, " // ")
		module := strings.Fields(required)[0]
		if len(strings.Fields(reason)) == 0 || reason == "indirect" {
			t.Errorf("%s: no reason is given", module)
		}
		if forTests := strings.HasPrefix(reason, "tests:"); forTests == shipped[module] {
			t.Errorf("%s: %q, but it is shipped: %v", module, reason, shipped[module])
		}
	}
}
