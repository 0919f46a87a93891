package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/sheet"
	"meldklok/incident/people"
)

// uploads keeps the tables that officers handed in while they look at them: in
// memory only, a few, for a while. Nothing of a file touches the disk before
// somebody says so.
type uploads struct {
	now  func() time.Time
	mu   sync.Mutex
	kept map[string]*upload
}

type upload struct {
	by    people.ID
	at    time.Time
	table sheet.Table
}

const (
	mostUploads = 4
	uploadKept  = 30 * time.Minute
)

func newUploads(now func() time.Time) *uploads {
	return &uploads{now: now, kept: map[string]*upload{}}
}

// put keeps a table and returns its name; the oldest makes room.
func (u *uploads) put(by people.ID, t sheet.Table) (string, error) {
	name, err := newOnce()
	if err != nil {
		return "", err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tidy()
	for len(u.kept) >= mostUploads {
		oldest := ""
		for id, k := range u.kept {
			if oldest == "" || k.at.Before(u.kept[oldest].at) {
				oldest = id
			}
		}
		delete(u.kept, oldest)
	}
	u.kept[name] = &upload{by, u.now(), t}
	return name, nil
}

// get returns a table to whoever handed it in.
func (u *uploads) get(name string, by people.ID) (sheet.Table, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tidy()
	k := u.kept[name]
	if k == nil || k.by != by {
		return sheet.Table{}, false
	}
	return k.table, true
}

func (u *uploads) tidy() {
	for id, k := range u.kept {
		if u.now().Sub(k.at) > uploadKept {
			delete(u.kept, id)
		}
	}
}

// importData is a file on its way into the register.
type importData struct {
	ID      string // empty: nothing was handed in yet
	Columns []importColumn
	Lines   []importLine
	More    int // lines beyond those shown
	Total   sheet.Total
	Said    string // the total in words
	Ask     bool   // the order of days is asked
	Done    bool
	Orders  []string
	Open    bool
	Source  string
}

type importColumn struct {
	Name, Heading, Sample string
	Options               []Option
}

type importLine struct {
	Number  int
	Ref     incident.Ref
	Said    string
	Bad     bool
	Details []string
}

func (p *Pages) importForm(c echo.Context) error { return p.show(c, "register-import", importData{}) }

// importUpload takes a file, keeps its table, and leads to what was read.
func (p *Pages) importUpload(c echo.Context) error {
	values, files, err := p.readReport(c)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		err = refuse("file", "import-too-large")
	case err == nil && len(files) == 0:
		err = refuse("file", "import-file")
	}
	var table sheet.Table
	if err == nil {
		table, err = sheet.Read(files[0].Data)
	}
	if err != nil {
		return p.importRefused(c, values, err)
	}
	id, err := p.uploads.put(me(c).ID, table)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/register/import/"+id)
}

func (p *Pages) importRefused(c echo.Context, values url.Values, err error) error {
	v := p.view(c, "register-import", importData{})
	status, err := v.refused("register-import", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// importLook shows line by line what would become of a file. It writes nothing.
func (p *Pages) importLook(c echo.Context) error {
	return p.importRun(c, c.QueryParams(), true)
}

// importTake takes a file over.
func (p *Pages) importTake(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	return p.importRun(c, values, false)
}

func (p *Pages) importRun(c echo.Context, values url.Values, dry bool) error {
	table, ok := p.uploads.get(c.Param("id"), me(c).ID)
	if !ok && dry {
		return fmt.Errorf("web: upload: %w", incident.ErrNotFound)
	}
	if !ok {
		return p.importRefused(c, values, refuse("", "import-gone"))
	}
	v := p.view(c, "register-import", nil)
	for _, name := range []string{"dates", "source", "open"} {
		v.set("register-import", name, values.Get(name))
	}
	options, o, err := importOptions(table, values)
	status := http.StatusOK
	if err != nil {
		dry = true // the page shows what stands, and nothing is taken over
		if status, err = v.refused("register-import", values, err); err != nil {
			return err
		}
	}
	if v.Data, err = p.importData(c.Request().Context(), c, v, table, options, o, dry); err != nil {
		return err
	}
	return p.render(c, status, v)
}

// importOptions reads how a file is to be read; at first it is guessed.
func importOptions(t sheet.Table, values url.Values) (options sheet.Options, o incident.ImportOptions, err error) {
	options.Mapping = sheet.Guess(t.Headings)
	o = incident.ImportOptions{Source: strings.TrimSpace(values.Get("source")), Open: values.Get("open") == "yes"}
	if options.Order, err = sheet.ParseOrder(values.Get("dates")); err != nil {
		return options, o, err
	}
	if !values.Has("c0") {
		return options, o, nil
	}
	mapping, err := sheet.ParseMapping(len(t.Headings), func(i int) string { return values.Get("c" + strconv.Itoa(i)) })
	if err == nil {
		options.Mapping = mapping
	}
	return options, o, err
}

// shownLines is how many lines of the report a page shows; those with problems
// come first.
const shownLines = 300

func (p *Pages) importData(ctx context.Context, c echo.Context, v *View, t sheet.Table, options sheet.Options, o incident.ImportOptions, dry bool) (d importData, err error) {
	d = importData{ID: c.Param("id"), Done: !dry, Orders: []string{"", "dmy", "mdy"}, Open: o.Open, Source: o.Source}
	for i, h := range t.Headings {
		d.Columns = append(d.Columns, importColumn{Name: "c" + strconv.Itoa(i), Heading: h, Sample: sample(t, i), Options: fieldOptions(v.Lang, options.Mapping[i])})
	}
	result := sheet.Convert(t, options)
	d.Ask = result.AskOrder
	var good, bad []importLine
	for _, l := range result.Lines {
		did, err := sheet.Take(ctx, p.cfg.Service, actor(c), l, o, dry)
		if err != nil {
			return d, err
		}
		d.Total.Add(did)
		line := importLine{Number: did.Row.Line, Ref: did.Ref, Said: sheet.SayOutcome(v.Lang, did), Bad: did.Outcome == sheet.Refused}
		for _, problem := range append(did.Problems, did.Notes...) {
			line.Details = append(line.Details, sheet.SayProblem(v.Lang, problem))
		}
		if len(line.Details) > 0 {
			bad = append(bad, line)
		} else {
			good = append(good, line)
		}
	}
	d.Lines = append(bad, good...)
	if d.More = max(0, len(d.Lines)-shownLines); d.More > 0 {
		d.Lines = d.Lines[:shownLines]
	}
	d.Said = sheet.SayTotal(v.Lang, d.Total, dry)
	return d, nil
}

// sample is the first cell of a column that holds anything.
func sample(t sheet.Table, column int) string {
	for _, row := range t.Rows {
		if cell := []rune(row[column]); len(cell) > 0 {
			return string(cell[:min(len(cell), 60)])
		}
	}
	return ""
}

func fieldOptions(lang, chosen string) []Option {
	options := []Option{{Value: "", Label: sheet.Say(lang, ""), Chosen: chosen == ""}}
	for _, f := range sheet.Fields() {
		options = append(options, Option{Value: f.ID, Label: sheet.Say(lang, f.ID), Chosen: chosen == f.ID})
	}
	return options
}
