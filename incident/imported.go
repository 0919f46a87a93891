package incident

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"meldklok/incident/risk"
)

// Imported: the incident was taken over from another register. What that
// register says and no other entry can hold stands here; the row itself, as it
// was, is the report. Imported decisions were taken by others, before.
type Imported struct {
	noPersonal
	OwnReference  string    `json:"own_reference,omitempty"` // its number there
	Source        string    `json:"source,omitempty"`        // which register, in words
	Line          int       `json:"line,omitempty"`          // of the file
	Aware         time.Time `json:"aware,omitzero"`
	DaysOnly      bool      `json:"days_only,omitempty"` // some moments are known to the day: lateness is counted in our favour
	APOutcome     Outcome   `json:"ap_outcome,omitempty"`
	PeopleOutcome Outcome   `json:"people_outcome,omitempty"`
	PeopleTold    time.Time `json:"people_told,omitzero"`
	Effects       string    `json:"effects,omitempty"`
	Measures      string    `json:"measures,omitempty"`
	Severity      string    `json:"severity,omitempty"` // as the other register says it
	Closed        bool      `json:"closed,omitempty"`   // it was handled there: no duty, no alert
	ClosedAt      time.Time `json:"closed_at,omitzero"`
}

// Kind implements Body.
func (Imported) Kind() Kind { return "imported" }

// CodeImported marks a decision that was taken before the import.
const CodeImported = "imported"

func (inc *Incident) applyImported(b *Imported) {
	kept := *b
	inc.Imported, inc.Closed = &kept, b.Closed
}

// Moment is an instant that another register may know to the day only. At is
// then the beginning of that day in Amsterdam.
type Moment struct {
	At      time.Time
	DayOnly bool
}

// Latest is the last instant the moment can mean.
func (m Moment) Latest() time.Time {
	if m.DayOnly {
		return nextDay(m.At).Add(-time.Second)
	}
	return m.At
}

// ImportCell is one cell of a row as it was: heading and text.
type ImportCell struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
}

// ImportRow is one incident of another register. Zero values are unknown.
type ImportRow struct {
	Line         int
	OwnReference string
	Title        string
	Summary      string

	OccurredFrom, OccurredUntil Moment
	Received, Aware             Moment
	FiledAt, PeopleTold, Closed Moment

	Filed       risk.Answer // was it notified to the AP
	Number      string
	Reasons     string // for not notifying
	Delay       string
	Told        risk.Answer // were the people told
	ToldReasons string
	Effects     string
	Measures    string
	Severity    string
	IsClosed    bool
	Facts       risk.Facts

	Cells []ImportCell // the row as it was
}

// ImportOptions is what holds for all rows of a file.
type ImportOptions struct {
	Source string // tells two registers apart that both have a number 1
	Open   bool   // take over open incidents, with their true clock and its alerts
}

// ImportOutcome is what became of a row.
type ImportOutcome struct {
	Ref     Ref
	Known   bool // it was imported before; nothing was written
	Changed bool // and it reads otherwise now
}

// longestRow bounds the cells of a row together, in bytes: they are one piece of
// raw bytes.
const longestRow = chunkSize / 2

// Check returns a *Refusal that names the field for a row that cannot be
// imported. It looks at the row alone.
func (r ImportRow) Check(o ImportOptions, now time.Time) error {
	size := 0
	for _, c := range r.Cells {
		size += len(c.Heading) + len(c.Text)
	}
	for _, m := range []struct {
		field string
		at    Moment
	}{
		{"received", r.Received}, {"aware", r.Aware}, {"occurred-from", r.OccurredFrom}, {"occurred-until", r.OccurredUntil},
		{"filed", r.FiledAt}, {"told-at", r.PeopleTold}, {"closed", r.Closed},
	} {
		if m.at.At.After(now) {
			return refuse(m.field, "in-the-future")
		}
	}
	switch {
	case r.start().At.IsZero():
		return refuse("received", "required")
	case blank(r.Title + r.Summary):
		return refuse("title", "required")
	case size > longestRow:
		return refuse("", "too-long")
	case !r.IsClosed && !o.Open:
		return refuse("closed", "import-open")
	}
	return nil
}

// start is the moment by which the incident is placed: its receipt, or the
// nearest to it that is known.
func (r ImportRow) start() Moment {
	for _, m := range []Moment{r.Received, r.Aware, r.OccurredFrom, r.FiledAt} {
		if !m.At.IsZero() {
			return m
		}
	}
	return Moment{}
}

// FindImported returns what an earlier import made of the row, without writing
// anything: a dry run asks this.
func (s *Service) FindImported(ctx context.Context, r ImportRow, o ImportOptions) (out ImportOutcome, err error) {
	err = s.Store.View(ctx, func(v View) error { out = s.findImported(v, r, o); return nil })
	return out, err
}

func (s *Service) findImported(v View, r ImportRow, o ImportOptions) ImportOutcome {
	_, same := v.Lookup(s.importRowHash(r, o))
	if r.OwnReference != "" {
		known, ok := v.Lookup(s.importRefHash(r, o))
		return ImportOutcome{Ref: known.Ref, Known: ok, Changed: ok && !same}
	}
	known, ok := v.Lookup(s.importRowHash(r, o))
	return ImportOutcome{Ref: known.Ref, Known: ok}
}

func (s *Service) importRefHash(r ImportRow, o ImportOptions) []byte {
	return s.Store.MAC("import-reference", []byte(strings.ToLower(o.Source)), []byte(r.OwnReference))
}

func (s *Service) importRowHash(r ImportRow, o ImportOptions) []byte {
	parts := [][]byte{[]byte(strings.ToLower(o.Source))}
	for _, c := range r.Cells {
		parts = append(parts, []byte(c.Heading), []byte(c.Text))
	}
	return s.Store.MAC("import-row", parts...)
}

// Import takes over one incident of another register. A row that was imported
// before changes nothing, whether it reads the same or not: its own number in
// the other register, or else its whole content, is known again. It returns
// the *Refusal of [ImportRow.Check].
func (s *Service) Import(ctx context.Context, by Actor, r ImportRow, o ImportOptions) (out ImportOutcome, err error) {
	if err := r.Check(o, s.Now().UTC()); err != nil {
		return out, err
	}
	if out, err = s.FindImported(ctx, r, o); err != nil || out.Known {
		return out, err
	}
	item, err := s.Store.NewItem()
	if err != nil {
		return out, err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if out = s.findImported(tx, r, o); out.Known {
			return nil
		}
		out.Ref, err = s.importInto(tx, s.Act(by), item, r, o)
		return err
	})
	return out, err
}

// importInto writes the incident, its raw row, and by what it is known again.
func (s *Service) importInto(tx Tx, act Act, item uint64, r ImportRow, o ImportOptions) (Ref, error) {
	raw, err := Form{Format: 1, Lang: "nl", What: strings.TrimSpace(r.Title + "\n\n" + r.Summary), Row: r.Cells}.Raw()
	if err != nil {
		return Ref{}, err
	}
	ref, err := tx.Create(r.start().At.In(Amsterdam()).Year(), item)
	if err != nil {
		return Ref{}, err
	}
	if err := tx.PutChunk(item, 0, raw, true); err != nil {
		return Ref{}, err
	}
	bodies, err := r.bodies(item, raw, o, act)
	if err != nil {
		return Ref{}, err
	}
	if _, err := tx.Append(Stream{ref}, act, bodies...); err != nil {
		return Ref{}, err
	}
	if r.OwnReference != "" {
		if err := tx.Remember(s.importRefHash(r, o), Known{Ref: ref}); err != nil {
			return Ref{}, err
		}
	}
	return ref, tx.Remember(s.importRowHash(r, o), Known{Ref: ref})
}

// bodies says a row in entries. A closed incident gets its filing and its
// reasons, but no duty: what has no open duty has no ladder.
func (r ImportRow) bodies(item uint64, raw []byte, o ImportOptions, act Act) (out []Body, err error) {
	start, sum := r.start(), sha256.Sum256(raw)
	out = []Body{
		&Reported{
			Report: 1, Channel: ChannelImport, Received: start.At.UTC(), Basis: BasisStated, Arrived: act.Now, Item: item, Size: int64(len(raw)),
			Machine: "no-address", Private: ReportPrivate{SHA256: sum[:]},
		},
		r.imported(o),
		&Described{Title: firstLine(strings.TrimSpace(r.Title + "\n" + r.Summary)), Summary: strings.TrimSpace(r.Summary)},
	}
	if p := (Period{From: utcOf(r.OccurredFrom), Until: utcOf(r.OccurredUntil)}); p != (Period{}) {
		out = append(out, &Happened{Period: p})
	}
	if len(risk.Answered(r.Facts)) > 0 {
		out = append(out, &Assessed{Facts: r.Facts, Score: ScoreOf(risk.Assess(r.Facts)), Machine: true})
	}
	if !r.IsClosed {
		aware, basis := start, ClockReceipt
		if !r.Aware.At.IsZero() {
			aware, basis = r.Aware, ClockKnown
		}
		if out, err = appendDuty(out, DutyAP, aware.At, basis, act); err != nil {
			return nil, err
		}
	}
	if !r.FiledAt.At.IsZero() {
		out = append(out, &Filed{Filing: Filing{
			Kind: FilingInitial, Number: r.Number, At: r.FiledAt.At.UTC(), Channel: string(ChannelImport), Delay: r.Delay, Due: r.due(),
		}})
	}
	if r.Filed == risk.No {
		out = append(out, &Decided{Decision: DecideWaive, Duty: DutyAP, Code: CodeImported, Reasons: r.Reasons})
	}
	switch {
	case r.Told == risk.Yes:
		out = append(out, &Decided{Decision: DecideTold, Duty: DutyPeople, Code: CodeImported, Reasons: r.ToldReasons})
	case r.Told == risk.No && r.ToldReasons != "":
		out = append(out, &Decided{Decision: DecideWaive, Duty: DutyPeople, Code: CodeImported, Reasons: r.ToldReasons})
	}
	return out, nil
}

func (r ImportRow) imported(o ImportOptions) *Imported {
	b := &Imported{
		OwnReference: r.OwnReference, Source: o.Source, Line: r.Line,
		Aware: utcOf(r.Aware), PeopleTold: utcOf(r.PeopleTold),
		DaysOnly: r.Received.DayOnly || r.Aware.DayOnly || r.FiledAt.DayOnly,
		Effects:  r.Effects, Measures: r.Measures, Severity: r.Severity, Closed: r.IsClosed, ClosedAt: utcOf(r.Closed),
	}
	b.APOutcome, b.PeopleOutcome = outcomeOf(r.Filed), outcomeOf(r.Told)
	return b
}

func utcOf(m Moment) time.Time { return utc(m.At) }

func outcomeOf(done risk.Answer) Outcome {
	switch done {
	case risk.Yes:
		return OutcomeMet
	case risk.No:
		return OutcomeWaived
	}
	return ""
}

// due is the latest deadline the row can mean, so that nothing is called late
// that may have been in time. Without any moment of awareness nothing is late.
func (r ImportRow) due() time.Time {
	for _, m := range []Moment{r.Aware, r.Received} {
		if !m.At.IsZero() {
			return Deadline(m.Latest(), 72)
		}
	}
	return r.FiledAt.At.UTC()
}
