package web

import (
	"bytes"
	"html/template"
	"regexp"
	"testing"
	"text/template/parse"

	"meldklok/ui/locale"
)

// TestSettledPartsAreTheWrittenOnes: an input and a frame that were drawn in
// advance are, byte for byte, what the template draws for somebody.
func TestSettledPartsAreTheWrittenOnes(t *testing.T) {
	all, err := loadTemplates()
	if err != nil {
		t.Fatal(err)
	}
	const page = `{{define "base"}}{{$base := print "/incidents/" 7}}{{template "text" (.Field "link" "to")}}{{template "area" ($.Field "confirm" "reason" "optional")}}` +
		`{{template "act-open" (.Act "confirm" $base)}}{{template "act-close" (.Button "confirm")}}<p title="{{.T "access.link"}}">{{.T "access.link"}}</p>{{end}}`
	for _, lang := range locale.Languages() {
		for _, row := range []struct {
			why  string
			view View
		}{
			{"nobody filled anything in", View{}},
			{"one input has a value", View{defaults: map[string][]string{"link.to": {"2026-0001 & <more>"}}}},
			{"a form was refused", View{Form: Form{Name: "confirm", Values: map[string][]string{"reason": {"why"}}, Problems: []Problem{{Field: "reason", Text: "too short"}}}}},
		} {
			row.view.Lang = lang
			draw := func(settled bool) string {
				made, err := template.Must(all.plain["incident"].Clone()).Parse(page)
				if err != nil {
					t.Fatal(err)
				}
				if settled {
					if made, err = settle(made, lang); err != nil {
						t.Fatal(err)
					}
				}
				var out bytes.Buffer
				if err := made.ExecuteTemplate(&out, "base", &row.view); err != nil {
					t.Fatal(err)
				}
				return out.String()
			}
			if got, want := draw(true), draw(false); got != want {
				t.Errorf("%s, %s:\n got %s\nwant %s", row.why, lang, got, want)
			}
		}
	}
}

// TestNothingIsLeftToSettle: what can be set in advance is. It fails when a
// page asks in a way that settle does not know.
func TestNothingIsLeftToSettle(t *testing.T) {
	all, err := loadTemplates()
	if err != nil {
		t.Fatal(err)
	}
	asks := regexp.MustCompile(`^\{\{(\.|\$\.)T "[^"]*"\}\}$`)
	for page := range all.plain {
		made, err := all.in(page, locale.Dutch)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range made.Templates() {
			if part.Tree == nil {
				continue
			}
			eachNode(part.Tree.Root, func(n parse.Node) {
				if n.Type() == parse.NodeAction && asks.MatchString(n.String()) {
					t.Errorf("%s, %s: %s", page, part.Name(), n)
				}
			})
		}
	}
}

func eachNode(n parse.Node, do func(parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			eachNode(inner, do)
		}
		return
	case *parse.IfNode:
		eachNode(n.List, do)
		eachNode(n.ElseList, do)
	case *parse.RangeNode:
		eachNode(n.List, do)
		eachNode(n.ElseList, do)
	case *parse.WithNode:
		eachNode(n.List, do)
		eachNode(n.ElseList, do)
	}
	do(n)
}

// TestSentencesStandInTextOnly: a sentence is escaped for text and for quoted
// attributes that hold text. In a script, a style or a link it would need more.
func TestSentencesStandInTextOnly(t *testing.T) {
	entries, err := pageFiles.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	bad := regexp.MustCompile(`(?i)\s(?:(?:href|src|action|formaction|style|srcdoc|on[a-z]+)="[^"]*|[a-z-]+=)\{\{\$?\.T "`)
	inside := regexp.MustCompile(`(?is)<(script|style)\b[^>]*>[^<]*\{\{`)
	for _, e := range entries {
		raw, err := pageFiles.ReadFile("pages/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range []*regexp.Regexp{bad, inside} {
			if found := re.Find(raw); found != nil {
				t.Errorf("%s: %s", e.Name(), found)
			}
		}
	}
}
