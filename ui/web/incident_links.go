package web

import (
	"context"
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// relate records that two cases belong together.
func (p *Pages) relate(c echo.Context) error { return p.linkOr(c, "link", false) }

// unrelate records that they no longer do.
func (p *Pages) unrelate(c echo.Context) error { return p.linkOr(c, "unlink", true) }

func (p *Pages) linkOr(c echo.Context, name string, undo bool) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	from, err := ref(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	to, err := incident.ParseRef(values.Get("to"))
	if err != nil {
		err = &fieldError{"to", err}
	} else if _, err = p.sight(c).Incident(ctx, to); errors.Is(err, incident.ErrNotFound) {
		err = refuse("to", "no-such-incident")
	} else if err == nil {
		err = p.cfg.Service.Link(ctx, from, to, actor(c), values.Get("reason"), undo)
	}
	return p.acted(c, from, name, values, err)
}

// linkView is a related case that the reader may see.
type linkView struct {
	incident.Link
	Headline string
	Status   incident.Status
}

// links lists the related cases that the reader may see. Hidden says of every case
// that the log names whether the page must not.
func (p *Pages) links(ctx context.Context, sight incident.Sight, inc *incident.Incident, entries []incident.Entry) (list []linkView, hidden map[incident.Ref]bool, err error) {
	hidden = map[incident.Ref]bool{}
	for _, e := range entries {
		for _, ref := range references(e.Body) {
			if _, asked := hidden[ref]; asked || ref.IsZero() {
				continue
			}
			_, err := sight.Incident(ctx, ref)
			if hidden[ref] = errors.Is(err, incident.ErrNotFound); err != nil && !hidden[ref] {
				return nil, nil, err
			}
		}
	}
	for _, l := range inc.Links {
		if hidden[l.To] {
			continue
		}
		row, err := sight.Row(ctx, l.To)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, linkView{l, row.Headline, row.Status()})
	}
	return list, hidden, nil
}

// Linked lists the related cases as the options of a field.
func (v *View) Linked(d incidentData) Field {
	f := v.Field("unlink", "to")
	for _, l := range d.Links {
		ref := l.To.String()
		f.Options = append(f.Options, Option{Value: ref, Label: strings.TrimSpace(ref + " " + l.Headline), Chosen: ref == v.value("unlink", "to")})
	}
	return f
}
