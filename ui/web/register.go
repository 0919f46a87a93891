package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// registerData is the register as it is filtered, sorted and paged.
type registerData struct {
	Columns []registerColumn
	Rows    []registerRow
	Count   int
	Outside register.Outside
	Sort    string
	Down    bool
	Prev    string // addresses of the pages beside this one; empty: none
	Next    string
	Query   string // of the address, for the downloads
	Years   []register.Year
	Figures []yearFigures
	Formats []string
	Choices map[string][]string
}

// registerColumn is a heading that sorts.
type registerColumn struct {
	Name, Link, Aria string
}

// registerRow is one line of the page: fewer columns than the files have.
type registerRow struct {
	Ref   incident.Ref
	Cells []string
}

type yearFigures struct {
	Year    int
	Figures []register.Figure
}

// shownColumns are those that fit on a page; the files hold them all.
func shownColumns() []string {
	return []string{"reference", "status", "title", "received", "cause", "people", "band", "ap", "due", "filed", "late", "told"}
}

// registerParams are the names of the filter, in the order of the form.
func registerParams() []string {
	return []string{"year", "from", "until", "status", "outcome", "verdict", "late", "q", "sort", "down"}
}

func (p *Pages) register(c echo.Context) error {
	values := c.QueryParams()
	if len(values) == 0 { // the page begins with this year; «year=» is everything
		values = url.Values{"year": {strconv.Itoa(p.now().In(incident.Amsterdam()).Year())}}
	}
	v := p.view(c, "register", nil)
	for _, name := range registerParams() {
		v.set("register", name, values.Get(name))
	}
	status := http.StatusOK
	f, err := registerFilter(values)
	if err != nil {
		if status, err = v.refused("register", values, err); err != nil {
			return err
		}
	}
	if v.Data, err = p.registerData(c, v, f, values); err != nil {
		return err
	}
	return p.render(c, status, v)
}

// registerFilter reads the filter from an address. It returns a *Refusal that
// names the field; what could be read then still filters.
func registerFilter(values url.Values) (f register.Filter, err error) {
	f = register.Filter{
		Status: incident.Status(values.Get("status")), Outcome: incident.Outcome(values.Get("outcome")),
		Verdict: values.Get("verdict"), Late: values.Get("late"), Query: values.Get("q"),
	}
	if year := values.Get("year"); year != "" {
		n, bad := strconv.Atoi(year)
		if bad != nil || n < 1990 || n > 2200 {
			err = refuse("year", "not-a-year")
		} else {
			f.Year(n)
		}
	}
	for _, day := range []struct {
		name string
		to   *time.Time
		add  int
	}{{"from", &f.From, 0}, {"until", &f.Until, 1}} {
		text := values.Get(day.name)
		if text == "" {
			continue
		}
		at, bad := register.ParseDay(text)
		if bad != nil {
			err = &fieldError{day.name, bad}
			continue
		}
		*day.to = at.In(incident.Amsterdam()).AddDate(0, 0, day.add).UTC()
	}
	return f, err
}

// registerReader reads the register as the person behind the request may see it.
func (p *Pages) registerReader(c echo.Context) register.Reader {
	person := me(c)
	return register.Reader{
		Service: p.cfg.Service, Words: register.NewWords(p.language(c)),
		May: func(inc *incident.Incident) bool { return person != nil && incident.MaySee(*person, inc) },
	}
}

func (p *Pages) registerData(c echo.Context, v *View, f register.Filter, values url.Values) (d registerData, err error) {
	ctx, reader := c.Request().Context(), p.registerReader(c)
	var rows []*register.Row
	d.Outside, err = reader.Each(ctx, f, func(r *register.Row) error { rows = append(rows, r); return nil })
	if err != nil {
		return d, err
	}
	d.Sort, d.Down = values.Get("sort"), values.Get("down") == "yes"
	register.Sort(reader.Words, rows, d.Sort, d.Down)
	d.Count = len(rows)
	for _, r := range d.page(rows, values) {
		line := registerRow{Ref: r.Reference}
		for _, id := range shownColumns() {
			column, _ := register.FindColumn(id)
			line.Cells = append(line.Cells, column.Cell(reader.Words, r).Text)
		}
		d.Rows = append(d.Rows, line)
	}
	d.headings(v, reader.Words, values)
	d.Query, d.Formats = registerQuery(values), register.Formats()
	d.Choices = map[string][]string{
		"status":  {"", "new", "open", "decided", "closed", "merged"},
		"outcome": {"", "open", "met", "waived", "does-not-apply", "moved"},
		"verdict": {"", "register", "notify", "notify-and-tell"},
		"late":    {"", "yes", "no"},
	}
	if d.Years, err = p.years(ctx); err != nil {
		return d, err
	}
	for _, y := range d.Years {
		d.Figures = append(d.Figures, yearFigures{y.Year, reader.Words.Figures(y)})
	}
	return d, nil
}

// page cuts the rows of the page asked for, and links those beside it.
func (d *registerData) page(rows []*register.Row, values url.Values) []*register.Row {
	n, err := strconv.Atoi(values.Get("page"))
	if err != nil || n < 1 || (n-1)*mostRows >= len(rows) {
		n = 1
	}
	from := (n - 1) * mostRows
	link := func(n int) string { return "/register?" + registerQuery(values) + "&page=" + strconv.Itoa(n) }
	if n > 1 {
		d.Prev = link(n - 1)
	}
	if n*mostRows < len(rows) {
		d.Next = link(n + 1)
	}
	return rows[from:min(from+mostRows, len(rows))]
}

// headings makes each heading a link that sorts by it, the other way round when
// it is sorted by it already.
func (d *registerData) headings(v *View, w *register.Words, values url.Values) {
	for _, id := range shownColumns() {
		h := registerColumn{Name: w.Heading(id)}
		next := url.Values{}
		for _, name := range registerParams() {
			next.Set(name, values.Get(name))
		}
		next.Set("sort", id)
		next.Set("down", "")
		if d.Sort == id {
			h.Aria = "ascending"
			if d.Down {
				h.Aria = "descending"
			} else {
				next.Set("down", "yes")
			}
		}
		h.Link = "/register?" + next.Encode()
		d.Columns = append(d.Columns, h)
	}
}

// registerQuery is the filter of an address without its page.
func registerQuery(values url.Values) string {
	kept := url.Values{}
	for _, name := range registerParams() {
		kept.Set(name, values.Get(name))
	}
	return kept.Encode()
}

// yearsCache keeps the figures for a minute: they walk the whole register. They
// are the same for everybody: counts without content.
type yearsCache struct {
	mu   sync.Mutex
	at   time.Time
	last []register.Year
}

func (p *Pages) years(ctx context.Context) ([]register.Year, error) {
	p.yearly.mu.Lock()
	defer p.yearly.mu.Unlock()
	now := p.now()
	if p.yearly.last != nil && now.Sub(p.yearly.at) < figuresLast && !now.Before(p.yearly.at) {
		return p.yearly.last, nil
	}
	years, err := register.Reader{Service: p.cfg.Service, Words: register.NewWords("nl")}.Years(ctx, register.Filter{})
	if err != nil {
		return nil, err
	}
	p.yearly.at, p.yearly.last = now, years
	return years, nil
}

// FormatName is how people call a format.
func (registerData) FormatName(format string) string { return strings.ToUpper(format) }
