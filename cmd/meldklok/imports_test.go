package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which rooms of ours each room may import. A room may always import
// its own sub-rooms' parent rules below; cmd may import everything.
func may() map[string][]string {
	return map[string][]string{
		"incident/risk/extract":     {},
		"incident/risk":             {"incident/risk/extract"},
		"incident/people":           {},
		"ui/locale":                 {},
		"incident":                  {"incident/risk", "incident/people"},
		"incident/store":            {"incident", "incident/people"},
		"incident/search":           {"incident"},
		"incident/dossier":          {"incident", "incident/people", "incident/risk", "ui/locale"},
		"incident/dossier/register": {"incident", "incident/people", "incident/risk", "ui/locale"},
		"incident/dossier/sheet":    {"incident", "incident/risk", "incident/risk/extract", "ui/locale"},
		"notify":                    {"incident", "incident/people", "notify/mailer", "ui/locale"},
		"notify/mailer":             {},
		"notify/mailer/mailertest":  {},
		"notify/mailbox":            {"incident"},
		"notify/mailbox/realtest":   {},
		"notify/webhook":            {"incident", "incident/people", "ui/locale"},
		"ui/session/providertest":   {},
		"ui/session":                {"incident", "incident/people"},
		"ui/web":                    {"incident", "incident/search", "incident/people", "incident/risk", "incident/dossier", "incident/dossier/register", "incident/dossier/sheet", "ui/locale", "ui/session"},
		"ui/api":                    {"incident", "incident/dossier/register", "ui/locale", "ui/session"},
		"ui":                        {"incident", "incident/people", "incident/dossier/register", "ui/locale", "ui/session", "ui/web", "ui/api"},
	}
}

// onlyThere names outside modules that one room alone may know.
func onlyThere() map[string]string {
	return map[string]string{
		"go.etcd.io/bbolt":                  "incident/store",
		"github.com/wneessen/go-mail":       "notify/mailer",
		"github.com/emersion/go-imap/v2":    "notify/mailbox",
		"github.com/jhillyerd/enmime/v2":    "notify/mailbox",
		"github.com/labstack/echo/v4":       "ui",
		"github.com/tink-crypto/tink-go/v2": "incident/store",
		"github.com/alecthomas/kong":        "cmd/meldklok",
		"github.com/coreos/go-oidc/v3":      "ui/session",
		"github.com/go-webauthn/webauthn":   "ui/session",
	}
}

// TestImports holds the table of rooms against what the rooms import.
func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, "meldklok/")
		if strings.HasPrefix(room, "cmd/") {
			continue
		}
		allowed, known := may()[room]
		if !known {
			t.Errorf("%s is a room that the table does not know", room)
			continue
		}
		for _, imp := range p.Imports {
			ours, isOurs := strings.CutPrefix(imp, "meldklok/")
			if isOurs && !slices.Contains(allowed, ours) {
				t.Errorf("%s may not import %s", room, ours)
			}
			for module, there := range onlyThere() {
				within := room == there || strings.HasPrefix(room, there+"/")
				if (imp == module || strings.HasPrefix(imp, module+"/")) && !within {
					t.Errorf("%s may not import %s: only %s knows it", room, imp, there)
				}
			}
		}
	}
}

// TestOneFileImportsBolt: no bbolt type leaves its file.
func TestOneFileImportsBolt(t *testing.T) {
	out, err := exec.Command("grep", "-rl", "--include=*.go", "go.etcd.io/bbolt", "../../incident").Output()
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.FieldsSeq(string(out)) {
		if !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(file, "/bolt.go") {
			t.Errorf("%s imports bbolt", file)
		}
	}
}

// TestTopLevel: the customer fixed what stands at the top.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"cmd", "incident", "notify", "ui", "go.mod", "go.sum", "README.md"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) && e.Name() != "meldklok-data" {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

// packages asks the go command.
func packages(t *testing.T) (list []listedPackage) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatal(err)
		}
		list = append(list, p)
	}
}
