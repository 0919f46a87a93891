package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// requestsData is the open requests of people, and the forms to enter one and to
// look for what is kept about somebody.
type requestsData struct {
	Open   []incident.Row
	Rights []incident.Right
}

func (p *Pages) requests(c echo.Context) error {
	v, err := p.requestsView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) requestsView(c echo.Context) (*View, error) {
	rows, err := p.sight(c).Board(c.Request().Context(), 0)
	if err != nil {
		return nil, err
	}
	d := requestsData{Rights: incident.RightsOfPeople()}
	for _, r := range rows {
		if r.Duty.Kind == incident.DutyRequest {
			d.Open = append(d.Open, r)
		}
	}
	return p.view(c, "requests", d), nil
}

// newRequest records a request that came by another door.
func (p *Pages) newRequest(c echo.Context) error {
	return p.requested(c, "request", func(values url.Values) (string, error) {
		received, err := moment(values, "received")
		if err != nil {
			return "", err
		}
		ref, err := p.cfg.Service.OpenRequest(c.Request().Context(), actor(c), incident.Form{
			Lang: p.language(c), What: values.Get("what"), Name: values.Get("name"), Email: values.Get("email"), Phone: values.Get("phone"),
			Right: incident.Right(values.Get("right")), Received: received,
		})
		return "/incidents/" + ref.String() + "?done=request", err
	})
}

// requested carries out a form of the page of requests and goes where it says.
func (p *Pages) requested(c echo.Context, name string, do func(url.Values) (string, error)) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	next, err := do(values)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	v, viewErr := p.requestsView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(name, values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// ---- what is kept about somebody ----

// subjectSearch is one search under way or done. It lives in memory only and
// belongs to the person who began it.
type subjectSearch struct {
	by     people.ID
	who    incident.Subject
	began  time.Time
	looked atomic.Int64

	mu    sync.Mutex
	done  bool
	err   error
	found []incident.SubjectFind
}

func (s *subjectSearch) state() (done bool, found []incident.SubjectFind, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done, s.found, s.err
}

// subjects are the searches of the last half hour.
type subjects struct {
	mu   sync.Mutex
	runs map[string]*subjectSearch
}

const (
	subjectKept  = 30 * time.Minute
	mostSearches = 10
)

// begin starts a search in the background; it refuses while too many are kept.
func (p *Pages) begin(by people.Person, who incident.Subject) (id string, err error) {
	if err := who.Check(); err != nil {
		return "", err
	}
	if id, err = newOnce(); err != nil {
		return "", err
	}
	run := &subjectSearch{by: by.ID, who: who, began: p.now()}
	p.subjects.mu.Lock()
	defer p.subjects.mu.Unlock()
	for id, old := range p.subjects.runs {
		if p.now().Sub(old.began) > subjectKept {
			delete(p.subjects.runs, id)
		}
	}
	if len(p.subjects.runs) >= mostSearches {
		return "", refuse("", "busy")
	}
	if p.subjects.runs == nil {
		p.subjects.runs = map[string]*subjectSearch{}
	}
	p.subjects.runs[id] = run
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), subjectKept)
		defer cancel()
		sees := func(inc *incident.Incident) bool { return incident.MaySee(by, inc) }
		found, err := p.cfg.Service.FindSubject(ctx, who, sees, func(n int) { run.looked.Store(int64(n)) })
		run.mu.Lock()
		defer run.mu.Unlock()
		run.done, run.found, run.err = true, found, err
	}()
	return id, nil
}

// search returns the search of a path, if it is the reader's own.
func (p *Pages) searchOf(c echo.Context) (*subjectSearch, error) {
	p.subjects.mu.Lock()
	defer p.subjects.mu.Unlock()
	run := p.subjects.runs[c.Param("search")]
	if run == nil || me(c) == nil || run.by != me(c).ID {
		return nil, fmt.Errorf("web: search: %w", incident.ErrNotFound)
	}
	return run, nil
}

func (p *Pages) findSubject(c echo.Context) error {
	return p.requested(c, "subject", func(values url.Values) (string, error) {
		var who incident.Subject
		for _, name := range []string{"email", "name", "phone"} {
			if s := values.Get(name); s != "" {
				who = append(who, s)
			}
		}
		id, err := p.begin(*me(c), who)
		return "/requests/find/" + id, err
	})
}

// subjectData is what a search found.
type subjectData struct {
	ID      string
	Who     incident.Subject
	Looked  int64
	Done    bool
	Found   []incident.SubjectFind
	Handled []incident.Handled
	Copies  string
}

func (p *Pages) subject(c echo.Context) error {
	v, err := p.subjectView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) subjectView(c echo.Context) (*View, error) {
	run, err := p.searchOf(c)
	if err != nil {
		return nil, err
	}
	d := subjectData{ID: c.Param("search"), Who: run.who, Looked: run.looked.Load()}
	if d.Done, d.Found, err = p.foundBy(c, run); err != nil {
		return nil, err
	}
	v := p.view(c, "subject", nil)
	d.Copies = p.copies(v)
	v.Data = d
	return v, nil
}

// foundBy is what a search found and the reader may still see: a case may have
// been restricted since, and a report destroyed.
func (p *Pages) foundBy(c echo.Context, run *subjectSearch) (done bool, found []incident.SubjectFind, err error) {
	done, all, err := run.state()
	ctx, sight := c.Request().Context(), p.sight(c)
	for _, f := range all {
		var gone error
		switch {
		case !f.Ref.IsZero():
			var inc *incident.Incident
			if inc, gone = sight.Incident(ctx, f.Ref); gone == nil {
				f = f.Since(inc)
			}
		case f.Parked != 0 && !f.Seen:
			_, gone = sight.ParkedItem(ctx, f.Parked)
		}
		switch {
		case gone == nil:
			found = append(found, f)
		case !errors.Is(gone, incident.ErrNotFound):
			return done, nil, gone
		}
	}
	return done, found, err
}

// subjectExport sends what was found as JSON, or as a page to read.
func (p *Pages) subjectExport(c echo.Context) error {
	run, err := p.searchOf(c)
	if err != nil {
		return err
	}
	done, found, err := p.foundBy(c, run)
	if err != nil || !done {
		return firstError(err, refuse("", "busy"))
	}
	if c.QueryParam("as") == "html" {
		var page bytes.Buffer
		if err := SubjectPage(&page, p.language(c), run.who, incident.CopyFor(found), p.now()); err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="request.html"`)
		return c.HTMLBlob(http.StatusOK, page.Bytes())
	}
	raw, err := json.MarshalIndent(incident.CopyFor(found), "", "  ")
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="request.json"`)
	return c.Blob(http.StatusOK, "application/json", raw)
}

func firstError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// handleSubject erases or restricts what was found, and shows for each find what
// became of it.
func (p *Pages) handleSubject(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, err := p.subjectView(c)
	if err != nil {
		return err
	}
	d := v.Data.(subjectData)
	name, ctx := c.Param("action"), c.Request().Context()
	request, err := p.requestOf(c, values)
	switch {
	case err != nil:
	case name == "erase":
		d.Handled, err = p.cfg.Service.EraseSubject(ctx, actor(c), d.Found, request, values.Get("reasons"))
	case name == "limit":
		d.Handled, err = p.cfg.Service.RestrictSubject(ctx, actor(c), d.Found, request, values.Get("reasons"))
	default:
		return fmt.Errorf("web: no such action: %w", incident.ErrNotFound)
	}
	status := http.StatusOK
	if err != nil {
		if status, err = v.refused(name, values, err); err != nil {
			return err
		}
	}
	v.Data = d
	return p.render(c, status, v)
}

// Refusal says in a sentence why something was not done.
func (v *View) Refusal(r *incident.Refusal) string {
	return locale.T(v.Lang, "refusal."+r.Code, r.Args)
}
