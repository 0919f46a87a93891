package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/search"
)

// Finder finds incidents by their words ([search.Index]). It knows nothing of
// who may see what.
type Finder interface {
	Find(query string, most int) []search.Hit
	Progress() search.Progress
}

const (
	shownHits    = 50
	lookedAt     = 1000 // hits that are asked for before a page is full
	longestQuery = 200
)

// searchData is what was asked and what was found.
type searchData struct {
	Query    string
	Asked    bool
	Hits     []hitView
	More     bool
	Progress search.Progress
	Off      bool // there is no index
}

type hitView struct {
	incident.Row
	In []string // where the words occur
}

// search shows what was found. The words stay in the address, so that a search
// can be kept as a bookmark; they are never logged.
func (p *Pages) search(c echo.Context) error {
	d, err := p.searchData(c)
	if err != nil {
		return err
	}
	v := p.view(c, "search", d)
	v.set("search", "q", d.Query)
	return p.render(c, http.StatusOK, v)
}

// searchHits is the part of the page that changes as somebody types.
func (p *Pages) searchHits(c echo.Context) error {
	d, err := p.searchData(c)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	v := &View{Lang: p.language(c), Page: "search", Me: me(c), Now: p.now(), Data: d}
	if err := p.templates.execute(&buf, "hits", v); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, buf.Bytes())
}

func (p *Pages) searchData(c echo.Context) (d searchData, err error) {
	q := strings.TrimSpace(c.QueryParam("q"))
	d.Query = strings.ToValidUTF8(q[:min(len(q), longestQuery)], "")
	d.Asked = d.Query != ""
	if p.cfg.Search == nil {
		d.Off = true
		return d, nil
	}
	d.Progress = p.cfg.Search.Progress()
	d.Hits, d.More, err = p.hits(c.Request().Context(), p.sight(c), d.Query)
	return d, err
}

// hits asks for each hit whether the person may see it, until a page is full.
func (p *Pages) hits(ctx context.Context, sight incident.Sight, query string) (views []hitView, more bool, err error) {
	for n, hit := range p.cfg.Search.Find(query, lookedAt+1) {
		if n == lookedAt {
			return views, true, nil
		}
		row, err := sight.Row(ctx, hit.Ref)
		if errors.Is(err, incident.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if len(views) == shownHits {
			return views, true, nil
		}
		views = append(views, hitView{row, places(hit.In)})
	}
	return views, false, nil
}

// places names the places of a hit, for the catalogue.
func places(in search.Place) (names []string) {
	for _, x := range []struct {
		in   search.Place
		name string
	}{
		{search.InRef, "ref"}, {search.InTitle, "title"}, {search.InReporter, "reporter"},
		{search.InDecision, "decision"}, {search.InTalk, "talk"}, {search.InText, "text"},
	} {
		if in&x.in != 0 {
			names = append(names, x.name)
		}
	}
	return names
}

// Places says in words where a hit was found.
func (v *View) Places(names []string) []string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = v.Word("found", n)
	}
	return words
}
