package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// linesData is the page of lines whose term is over: the preview of what goes,
// and what went before.
type linesData struct {
	Lines  []incident.PastLine
	More   bool
	Can    int // of them can go now
	Gone   []incident.GoneLine
	Copies string
	chosen []string
}

// Chosen reports whether a refused form had ticked a line.
func (d linesData) Chosen(ref incident.Ref) bool { return slices.Contains(d.chosen, ref.String()) }

func (p *Pages) lines(c echo.Context) error {
	v, err := p.linesView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) linesView(c echo.Context) (*View, error) {
	ctx := c.Request().Context()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	d := linesData{Gone: slices.Clone(org.GoneLines)}
	slices.Reverse(d.Gone)
	if d.Lines, d.More, err = p.cfg.Service.PastLines(ctx, p.sight(c).Sees); err != nil {
		return nil, err
	}
	for _, l := range d.Lines {
		if l.Stays == nil {
			d.Can++
		}
	}
	v := p.view(c, "lines", nil)
	d.Copies = p.copies(v)
	v.Data = d
	return v, nil
}

// destroyLines destroys the lines that a form names, or all that can go.
func (p *Pages) destroyLines(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	v, err := p.linesView(c)
	if err != nil {
		return err
	}
	out, err := p.destroyChosen(c.Request().Context(), actor(c), v.Data.(linesData), values)
	if err == nil && !slices.ContainsFunc(out, func(o incident.LineOutcome) bool { return o.Refused != nil }) {
		return c.Redirect(http.StatusSeeOther, "/retention/lines?done=lines")
	}
	if v, err = p.linesAgain(c, values, err); err != nil {
		return err
	}
	for _, o := range out {
		if o.Refused != nil {
			v.Form.Problems = append(v.Form.Problems, Problem{Text: o.Ref.String() + ": " + v.Refusal(o.Refused)})
		}
	}
	return p.render(c, http.StatusUnprocessableEntity, v)
}

// linesAgain shows the page with what was filled in, and why it was refused.
func (p *Pages) linesAgain(c echo.Context, values url.Values, cause error) (*View, error) {
	v, err := p.linesView(c)
	if err != nil {
		return nil, err
	}
	d := v.Data.(linesData)
	d.chosen = values["line"]
	v.Data = d
	if cause != nil {
		_, err = v.refused("lines", values, cause)
	}
	v.Form.Name, v.Form.Values = "lines", values
	return v, err
}

func (p *Pages) destroyChosen(ctx context.Context, by incident.Actor, d linesData, values url.Values) ([]incident.LineOutcome, error) {
	if values.Get("sure") != "yes" {
		return nil, refuse("sure", "line-sure")
	}
	var refs []incident.Ref
	if values.Get("all") == "yes" {
		for _, l := range d.Lines {
			if l.Stays == nil {
				refs = append(refs, l.Ref)
			}
		}
		return p.cfg.Service.DestroyLines(ctx, by, refs, values.Get("reasons"))
	}
	for _, s := range values["line"] {
		ref, err := incident.ParseRef(s)
		if err != nil {
			return nil, refuse("", "no-such-incident")
		}
		refs = append(refs, ref)
	}
	return p.cfg.Service.DestroyLines(ctx, by, refs, values.Get("reasons"))
}

// copies says until when backups still hold what is destroyed now.
func (p *Pages) copies(v *View) string {
	if p.cfg.Copies == nil {
		return v.T("copies.none")
	}
	b := p.cfg.Copies()
	switch until, ok := b.GoneBy(v.Now); {
	case !ok:
		return v.T("copies.none")
	case b.N == 0:
		return v.T("copies.empty", "until", until)
	default:
		return v.T("copies.scheduled", "n", b.N, "oldest", b.Oldest, "until", until)
	}
}

// goneView is what stands in the place of an incident whose line was destroyed:
// who had that done, when and why. Nil: that is not what went wrong, or not for
// this reader.
func (p *Pages) goneView(c echo.Context, cause error) *View {
	if !errors.Is(cause, incident.ErrDestroyed) || !errors.Is(cause, incident.ErrNotFound) || !readers().Admits(me(c)) {
		return nil
	}
	ref, err := ref(c)
	if err != nil {
		return nil
	}
	ctx := c.Request().Context()
	line, err := p.cfg.Service.GoneLine(ctx, ref)
	if err != nil {
		return nil
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil
	}
	v := p.view(c, "line-gone", nil)
	v.Data, v.Title = goneData{line, actorName(v, org.People, line.By)}, v.T("line-gone.title", "ref", ref.String())
	return v
}

// goneData is the page of a destroyed line.
type goneData struct {
	Line incident.GoneLine
	By   string
}
