package register

import (
	"context"
	"errors"
	"slices"

	"meldklok/incident"
)

// Wanted is a part of the register for a page: which rows, in which order, and
// which of them are shown.
type Wanted struct {
	Filter
	Sort string // a column; anything else: newest reference first
	Down bool
	Skip int // rows before the first that is shown; past the end: none
	Most int
}

// Found is that part. A row without a title has for one the headline that lists
// show to whoever may read the incident, which files do not hold.
type Found struct {
	Rows    []*Row
	Skipped int
	Count   int // all rows that are wanted
	Outside Outside
}

// Browse returns a part of the register. From the ledger it learns which
// incidents it is about; it opens those that are shown, and, for words that are
// looked for and for an order by text, those that may be.
func (x Reader) Browse(ctx context.Context, l *Ledger, want Wanted) (found Found, err error) {
	b := browsing{Reader: x, ctx: ctx, want: want, ledger: l}
	if err := b.prepare(); err != nil {
		return found, err
	}
	reach, err := l.Fresh(ctx)
	switch {
	case err != nil:
		return found, err
	case reach.Whole() || reach.Ready && want.Past(reach.Before):
		err = b.choose()
	default: // not all is in memory: every incident of the period is opened
		err = b.walk()
	}
	if err != nil {
		return found, err
	}
	if err := b.open(); err != nil {
		return found, err
	}
	return b.show()
}

// chosen is a row that is wanted, with the value by which it is sorted.
type chosen struct {
	ref incident.Ref
	key *Cell // nil: by reference
}

type browsing struct {
	Reader
	ctx     context.Context
	want    Wanted
	ledger  *Ledger
	name    func(incident.Actor) string
	column  *Column
	rows    []chosen
	outside Outside
	closed  []incident.Ref // restricted: whether they may be seen says only the incident
}

func (b *browsing) prepare() error {
	org, err := b.Service.Org(b.ctx)
	if err != nil {
		return err
	}
	b.name = func(a incident.Actor) string { return Who(org.People, a) }
	if c, ok := FindColumn(b.want.Sort); ok {
		b.column = &c
	}
	return nil
}

// opens reports whether an incident has to be opened to know whether it is
// wanted and where it stands.
func (b *browsing) opens() bool {
	return b.want.Query != "" || b.column != nil && !lined(b.column.ID)
}

// choose takes the rows that are wanted from the ledger, as far as it knows.
func (b *browsing) choose() error {
	f := b.want.Filter
	f.Query = ""
	from, until, plain := nanos(f.From), nanos(f.Until), f == Filter{From: f.From, Until: f.Until} && b.column == nil
	now, row := b.Service.Now().UTC(), Row{}
	b.ledger.each(func(line *line) bool {
		status := incident.Status(line.text(b.ledger.texts, codeStatus))
		switch {
		case !line.within(from, until):
		case line.flags&flagRestricted != 0 && b.May != nil:
			b.closed = append(b.closed, line.ref)
		case !inRegister(status):
			b.outside.Add(status)
		case plain:
			b.rows = append(b.rows, chosen{ref: line.ref})
		default:
			if line.fill(&row, b.ledger.texts, now); f.Match(b.Words, &row) {
				b.rows = append(b.rows, chosen{line.ref, b.key(&row)})
			}
		}
		return true
	})
	return b.addClosed()
}

// key is the value of the column by which is sorted, if the row has it.
func (b *browsing) key(r *Row) *Cell {
	if b.column == nil {
		return nil
	}
	cell := b.column.Cell(b.Words, r)
	return &cell
}

// addClosed asks for each restricted incident whether it may be seen.
func (b *browsing) addClosed() error {
	if len(b.closed) == 0 {
		return nil
	}
	for _, ref := range b.closed {
		inc, err := b.Service.Incident(b.ctx, ref)
		if err != nil {
			return err
		}
		b.weigh(inc)
	}
	slices.SortFunc(b.rows, func(x, y chosen) int { return order(y.ref, x.ref) })
	return nil
}

// walk takes the rows that are wanted from the record.
func (b *browsing) walk() error {
	return b.Service.Walk(b.ctx, b.want.Before(), func(inc *incident.Incident) (bool, error) {
		if b.want.Past(inc.Ref) {
			return false, b.ctx.Err()
		}
		b.weigh(inc)
		return true, b.ctx.Err()
	})
}

// weigh adds an incident if it is wanted as far as a line would tell.
func (b *browsing) weigh(inc *incident.Incident) {
	f := b.want.Filter
	f.Query = ""
	row := RowOf(inc, b.name, b.Service.Now().UTC())
	period := Filter{From: f.From, Until: f.Until}
	switch {
	case b.May != nil && !b.May(inc):
	case !period.Match(b.Words, &row):
	case !InRegister(inc):
		b.outside.Add(inc.Status())
	case f.Match(b.Words, &row):
		b.rows = append(b.rows, chosen{inc.Ref, b.key(&row)})
	}
}

// openBatch is how many incidents are opened in one snapshot.
const openBatch = 200

// open looks into the incidents where the ledger does not know enough, and
// sorts.
func (b *browsing) open() error {
	if b.opens() {
		kept := b.rows[:0]
		for part := range slices.Chunk(b.rows, openBatch) {
			rows, err := b.read(part)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if b.want.Match(b.Words, r.plain) {
					kept = append(kept, chosen{r.plain.Reference, b.key(r.shown())})
				}
			}
		}
		b.rows = kept
	}
	if b.column != nil {
		slices.SortStableFunc(b.rows, func(x, y chosen) int { return b.want.before(x, y) })
	}
	return nil
}

func (want Wanted) before(x, y chosen) int {
	if by := compareCells(*x.key, *y.key, want.Down); by != 0 {
		return by
	}
	return order(y.ref, x.ref)
}

// opened is an incident as files show it, and its headline.
type opened struct {
	plain    *Row
	headline string
}

// shown is the row of the page.
func (o opened) shown() *Row {
	if o.plain.Title != "" || o.headline == "" {
		return o.plain
	}
	r := *o.plain
	r.Title = o.headline
	return &r
}

// read opens incidents. What may not be seen any more is left out.
func (b *browsing) read(rows []chosen) (list []opened, err error) {
	if err := b.ctx.Err(); err != nil {
		return nil, err
	}
	now := b.Service.Now().UTC()
	err = b.Service.Store.View(b.ctx, func(v incident.View) error {
		list = list[:0]
		for _, c := range rows {
			inc, err := v.Incident(c.ref)
			if errors.Is(err, incident.ErrNotFound) || err == nil && b.May != nil && !b.May(inc) {
				continue
			}
			if err != nil {
				return err
			}
			r := RowOf(inc, b.name, now)
			list = append(list, opened{&r, incident.Headline(v, inc)})
		}
		return nil
	})
	return list, err
}

// show cuts out the page and opens its incidents.
func (b *browsing) show() (Found, error) {
	found := Found{Count: len(b.rows), Outside: b.outside}
	if b.want.Skip < len(b.rows) {
		found.Skipped = b.want.Skip
	}
	rows, err := b.read(b.rows[found.Skipped:min(found.Skipped+b.want.Most, len(b.rows))])
	for _, r := range rows {
		found.Rows = append(found.Rows, r.shown())
	}
	return found, err
}
