package ui_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"meldklok/incident"
)

// TestTheMarkupOfEveryPage renders every page in both languages and looks for
// what a browser would silently repair: tags that do not match, identifiers
// that stand twice, labels and links that lead nowhere, inline script or style.
func TestTheMarkupOfEveryPage(t *testing.T) {
	s, officer, ref := scene(t)
	inc := "/incidents/" + ref.String()
	for _, lang := range []string{"nl", "en"} {
		officer.Lang = lang
		if _, err := s.service.SetPerson(t.Context(), incident.System, officer); err != nil {
			t.Fatal(err)
		}
		link, err := s.sessions.Invite(t.Context(), incident.System, officer.ID)
		if err != nil {
			t.Fatal(err)
		}
		v, stranger := s.signedIn(officer), s.visitor()
		for _, path := range []string{"/melden", "/melding", "/sign-in", "/link/" + link, "/nergens"} {
			checkMarkup(t, lang+" "+path, stranger.get(path+"?lang="+lang))
		}
		for _, path := range append(s.walk(ref), "/incidents/2026-0001", "/incidents/2026-0002", "/incidents/2026-0004", inc+"/letters/controller/en", "/sign-in/sso/back?state=x&code=y", "/register?year=&late=yes&sort=received", "/settings/ladders/measure") {
			checkMarkup(t, lang+" "+path, v.get(path).want(http.StatusOK))
		}
		checkMarkup(t, lang+" refused", v.post(inc+"/file"))
		checkMarkup(t, lang+" invited", v.post("/people/p1/invite").want(http.StatusOK))
		checkMarkup(t, lang+" stale", stranger.post(inc+"/file", "text", "x"))
	}
}

func checkMarkup(t *testing.T, name string, p answer) {
	t.Helper()
	if missing := regexp.MustCompile(`>\s*((?:page|field|do|next|incident|board|report|health|code|status|duty|reason|kind|time)\.[a-z.-]+)\s*<`).FindStringSubmatch(p.body); missing != nil {
		t.Errorf("%s: shows the identifier %s", name, missing[1])
	}
	if strings.Contains(p.body, "ZgotmplZ") || strings.Contains(p.body, "<no value>") || strings.Contains(p.body, "%!") {
		t.Errorf("%s: a value could not be shown", name)
	}
	var open []string
	ids, wanted := map[string]int{}, map[string]string{}
	z := html.NewTokenizer(strings.NewReader(p.body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		tok := z.Token()
		for _, a := range tok.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "for", a.Key == "aria-describedby":
				for _, id := range strings.Fields(a.Val) {
					wanted[id] = fmt.Sprintf("%s %s", tok.Data, a.Key)
				}
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				wanted[a.Val[1:]] = "link"
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: inline %s on %s", name, a.Key, tok.Data)
			}
		}
		switch kind {
		case html.StartTagToken:
			if !slices.Contains([]string{"meta", "link", "input", "br", "img", "hr"}, tok.Data) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("%s: </%s> closes %v", name, tok.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: not closed: %v", name, open)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: the identifier %q stands %d times", name, id, n)
		}
	}
	for id, from := range wanted {
		if ids[id] == 0 {
			t.Errorf("%s: %s leads to %q, which is not there", name, from, id)
		}
	}
}
