package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	Period  string // in words
	Reach   register.Reach
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
func shownColumns() (shown []register.Column) {
	for _, id := range []string{"reference", "status", "title", "received", "cause", "people", "band", "ap", "due", "filed", "late", "told"} {
		column, _ := register.FindColumn(id)
		shown = append(shown, column)
	}
	return shown
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
	d.Sort, d.Down = values.Get("sort"), values.Get("down") == "yes"
	page, err := strconv.Atoi(values.Get("page"))
	if err != nil || page < 1 || page > mostPages {
		page = 1
	}
	found, err := reader.Browse(ctx, p.cfg.Ledger, register.Wanted{Filter: f, Sort: d.Sort, Down: d.Down, Skip: (page - 1) * mostRows, Most: mostRows})
	if err != nil {
		return d, err
	}
	d.Count, d.Outside, d.Period = found.Count, found.Outside, reader.Words.Period(f.From, f.Until)
	d.beside(found, values)
	columns := shownColumns()
	for _, r := range found.Rows {
		line := registerRow{Ref: r.Reference}
		for _, column := range columns {
			line.Cells = append(line.Cells, column.Cell(reader.Words, r).Text)
		}
		d.Rows = append(d.Rows, line)
	}
	d.headings(reader.Words, values)
	d.Query, d.Formats = registerQuery(values), register.Formats()
	d.Choices = map[string][]string{
		"status":  {"", "new", "open", "decided", "closed", "merged"},
		"outcome": {"", "open", "met", "waived", "does-not-apply", "moved"},
		"verdict": {"", "register", "notify", "notify-and-tell"},
		"late":    {"", "yes", "no"},
	}
	if d.Years, d.Reach, err = p.years(ctx); err != nil {
		return d, err
	}
	for _, y := range d.Years {
		d.Figures = append(d.Figures, yearFigures{y.Year, reader.Words.Figures(y)})
	}
	return d, nil
}

// mostPages bounds the number of a page, which somebody may type.
const mostPages = 1 << 24

// beside links the pages beside this one.
func (d *registerData) beside(found register.Found, values url.Values) {
	n := found.Skipped/mostRows + 1
	link := func(n int) string { return "/register?" + registerQuery(values) + "&page=" + strconv.Itoa(n) }
	if n > 1 {
		d.Prev = link(n - 1)
	}
	if n*mostRows < found.Count {
		d.Next = link(n + 1)
	}
}

// headings makes each heading a link that sorts by it, the other way round when
// it is sorted by it already.
func (d *registerData) headings(w *register.Words, values url.Values) {
	for _, column := range shownColumns() {
		id := column.ID
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

// years returns the figures per year, which are the same for everybody: counts
// without content. While the ledger is being filled there are none.
func (p *Pages) years(ctx context.Context) ([]register.Year, register.Reach, error) {
	now, ledger := p.now(), p.cfg.Ledger
	reach, err := ledger.Fresh(ctx)
	if err != nil || !reach.Ready {
		return nil, reach, err
	}
	return p.yearly.get(now, ledger.Version(), func() ([]register.Year, uint64) { return ledger.Years(now) }), reach, nil
}

// FormatName is how people call a format.
func (registerData) FormatName(format string) string { return strings.ToUpper(format) }
