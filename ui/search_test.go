package ui_test

import (
	"net/http"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/search"
	"meldklok/ui"
)

// fakeIndex answers every query alike.
type fakeIndex struct {
	hits     []search.Hit
	progress search.Progress
}

func (f *fakeIndex) Find(query string, _ int) []search.Hit {
	if query == "" {
		return nil
	}
	return f.hits
}
func (f *fakeIndex) Progress() search.Progress { return f.progress }

// TestSearchPage: hits that the person may see, with or without scripts, and
// what the index does not reach.
func TestSearchPage(t *testing.T) {
	index := &fakeIndex{}
	s := newSite(t, func(c *ui.Config) { c.Search = index })
	owner, other := s.named("Eigenaar", people.Officer), s.named("Ander", people.Officer)
	one, two := s.mailIn("Eerste laptop", "Gestolen."), s.mailIn("Tweede laptop", "Ook gestolen.")
	index.hits = []search.Hit{{Ref: one, In: search.InTitle | search.InText}, {Ref: two, In: search.InRef}, {Ref: incident.Ref{Year: 2026, Number: 99}}}
	s.do(one, owner, incident.Restrict{Reasons: "Betreft Ander"})
	mine, theirs := s.signedIn(owner), s.signedIn(other)

	checkMarkup(t, "search", mine.get("/search").want(http.StatusOK, "Zoek in alle dossiers").lacks("Niets gevonden", "Eerste laptop"))
	checkMarkup(t, "hits", mine.get("/search?q=laptop").want(http.StatusOK, "Eerste laptop", "Tweede laptop", "2 dossiers", "onderwerp of samenvatting en tekst van een melding", `value="laptop"`))
	for _, path := range []string{"/search?q=laptop", "/search/hits?q=laptop"} {
		theirs.get(path).want(http.StatusOK, "Tweede laptop", "1 dossier").lacks("Eerste laptop", one.String())
	}
	if part := mine.get("/search/hits?q=laptop").body; len(part) == 0 || part[0] == '<' && part[1] == '!' {
		t.Error("the part is not a whole page")
	}
	index.progress = search.Progress{Building: true, Done: 3, Of: 70}
	mine.get("/search?q=laptop").want(http.StatusOK, "3 van 70 dossiers")
	index.progress = search.Progress{Before: incident.Ref{Year: 2024, Number: 310}}
	mine.get("/search?q=laptop").want(http.StatusOK, "van voor 2024-0310", "jaren voor 2024")
	index.hits = nil
	checkMarkup(t, "nothing", mine.get("/search?q=%3Cscript%3Ezebra").want(http.StatusOK, "Niets gevonden"))
}
