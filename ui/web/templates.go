package web

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed pages/*.html
var pageFiles embed.FS

// templates are the pages by name, each with base.html around it. What a page
// says to everybody is set once in each language (settle), when somebody asks
// for it first; only what differs is worked out for each request.
type templates struct {
	plain map[string]*template.Template // as written; never executed, or it could not be copied

	mu    sync.Mutex
	ready map[inLanguage]*template.Template
}

// inLanguage names a page in one language.
type inLanguage struct{ page, lang string }

func loadTemplates() (*templates, error) {
	base, err := template.ParseFS(pageFiles, "pages/base.html", "pages/parts*.html")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	entries, err := pageFiles.ReadDir("pages")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	all := &templates{plain: map[string]*template.Template{}, ready: map[inLanguage]*template.Template{}}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name == "base" || strings.HasPrefix(name, "parts") {
			continue
		}
		clone, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("web: templates: %w", err)
		}
		if all.plain[name], err = clone.ParseFS(pageFiles, "pages/"+e.Name()); err != nil {
			return nil, fmt.Errorf("web: template %s: %w", name, err)
		}
	}
	return all, nil
}

// execute writes one part of the view's page: "base" is the whole.
func (t *templates) execute(w io.Writer, part string, v *View) error {
	page, err := t.in(v.Page, v.Lang)
	if err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, part, v); err != nil {
		return fmt.Errorf("web: page %s: %w", v.Page, err)
	}
	return nil
}

// in returns a page in a language.
func (t *templates) in(page, lang string) (*template.Template, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := inLanguage{page, lang}
	if made := t.ready[key]; made != nil {
		return made, nil
	}
	plain := t.plain[page]
	if plain == nil {
		return nil, fmt.Errorf("web: no template %q", page)
	}
	made, err := settle(plain, lang)
	if err != nil {
		return nil, fmt.Errorf("web: template %s: %w", page, err)
	}
	t.ready[key] = made
	return made, nil
}
