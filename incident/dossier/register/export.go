package register

import (
	"context"
	"io"

	"meldklok/incident"
	"meldklok/incident/people"
)

// Reader reads the register from the record, as somebody may see it.
type Reader struct {
	Service *incident.Service
	Words   *Words
	// May says whether the reader may see an incident; nil: all.
	May func(*incident.Incident) bool
}

// Each calls fn with the rows that the filter wants, newest reference first,
// and returns how many incidents of the period are outside the register. No
// snapshot is held while fn runs.
func (x Reader) Each(ctx context.Context, f Filter, fn func(*Row) error) (o Outside, err error) {
	org, err := x.Service.Org(ctx)
	if err != nil {
		return o, err
	}
	now := x.Service.Now().UTC()
	name := func(a incident.Actor) string { return Who(org.People, a) }
	err = x.Service.Walk(ctx, f.Before(), func(inc *incident.Incident) (bool, error) {
		switch {
		case f.Past(inc.Ref):
			return false, nil
		case x.May != nil && !x.May(inc):
			return true, nil
		case !InRegister(inc):
			if period := (Filter{From: f.From, Until: f.Until}); period.Match(x.Words, &Row{ReceivedAt: inc.Received}) {
				o.Add(inc.Status())
			}
			return true, nil
		}
		row := RowOf(inc, name, now)
		if !f.Match(x.Words, &row) {
			return true, nil
		}
		return true, fn(&row)
	})
	return o, err
}

// Who names a person of the organisation, or the tool that a token belongs to.
// Nobody else decides anything.
func Who(directory people.Directory, a incident.Actor) string {
	if name, ok := a.Token(); ok {
		return name
	}
	id, ok := a.Person()
	if !ok {
		return ""
	}
	p, _ := directory.Find(id)
	if p.Name == "" {
		return p.Email
	}
	return p.Name
}

// Export writes the rows that the filter wants as a file in one of the
// [Formats].
func (x Reader) Export(ctx context.Context, format string, f Filter, out io.Writer) error {
	about, err := x.about(ctx, f)
	if err != nil {
		return err
	}
	w, err := NewWriter(format, out, x.Words, about)
	if err != nil {
		return err
	}
	outside, err := x.Each(ctx, f, w.Row)
	if err != nil {
		return err
	}
	return w.Close(outside)
}

// about takes the head of the chain before the first row is read: what the file
// shows is at least what that head vouches for.
func (x Reader) about(ctx context.Context, f Filter) (a About, err error) {
	unfiltered := Filter{From: f.From, Until: f.Until}
	a = About{From: f.From, Until: f.Until, Filtered: f != unfiltered, Made: x.Service.Now().UTC()}
	err = x.Service.Store.View(ctx, func(v incident.View) error {
		a.Head, a.Organisation = v.Counters().Head, incident.OrganisationOf(v.Org()).Name
		return nil
	})
	return a, err
}

// Years adds the whole register up by year, or one period of it.
func (x Reader) Years(ctx context.Context, f Filter) ([]Year, error) {
	years := Years{}
	_, err := x.Each(ctx, Filter{From: f.From, Until: f.Until}, func(r *Row) error {
		years.Add(r)
		return nil
	})
	return years.Sorted(), err
}
