package incident

import (
	"cmp"
	"slices"
	"time"
)

// What is known of somebody who reported can be put right (GDPR art. 16). What
// they said stays as it came in, and so does every earlier correction: the log
// says what was known when. A correction is sealed with the keys of its report,
// so it goes with that; [Writer] is who wrote a report with all of them applied.

// Whose says of whom something is put right. Stored values.
type Whose string

// The persons.
const (
	WhoseReporter Whose = "reporter" // who wrote the report
	WhoseOriginal Whose = "original" // whom a forwarded mail quotes as its sender
)

// Detail is one thing that is known of somebody. Stored values.
type Detail string

// The details.
const (
	DetailName  Detail = "name"
	DetailEmail Detail = "email"
	DetailPhone Detail = "phone" // of a reporter only
)

// Corrected: what is known of somebody who reported was put right.
type Corrected struct {
	Report    int      `json:"report"`
	Item      uint64   `json:"item"` // of the report: whose keys seal this too
	Whose     Whose    `json:"whose"`
	Details   []Detail `json:"details"`             // what was put right
	Reach     Reach    `json:"reach,omitempty"`     // with an address among them: how the reporter can be asked from now on
	Receipt   bool     `json:"receipt,omitempty"`   // the receipt had not reached the old address and goes to the new one
	Questions []int    `json:"questions,omitempty"` // the same of questions
	Request   Ref      `json:"request,omitzero"`    // the request that asked for it

	Private CorrectedPrivate `json:"-"`
}

// CorrectedPrivate is the personal part of a correction. Of the details that it
// is about, an empty one was taken away. The reasons stand here because they will
// often name somebody.
type CorrectedPrivate struct {
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Reasons string `json:"reasons,omitempty"`
}

// Kind implements Body.
func (Corrected) Kind() Kind       { return "corrected" }
func (b *Corrected) personal() any { return &b.Private }

// gone reports whether the personal part was destroyed, or is not to be used: the
// reasons of a correction are never empty.
func (b *Corrected) gone() bool { return b.Private.Reasons == "" }

func (p *CorrectedPrivate) detail(d Detail) *string {
	switch d {
	case DetailEmail:
		return &p.Email
	case DetailPhone:
		return &p.Phone
	}
	return &p.Name
}

// applyCorrected folds a correction: where it stands, how the reporter can be
// reached now, and what has to go to the new address.
func (inc *Incident) applyCorrected(e Entry, b *Corrected) {
	i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == b.Report })
	if i < 0 {
		return
	}
	r := &inc.Reports[i]
	r.Corrected = append(r.Corrected, e.N)
	if b.Whose == WhoseReporter && slices.Contains(b.Details, DetailEmail) {
		r.Reach = b.Reach
	}
	if b.Receipt && !slices.Contains(inc.Receipts, b.Report) {
		inc.Receipts = append(inc.Receipts, b.Report)
	}
	for _, n := range b.Questions {
		if !slices.Contains(inc.Asking, n) {
			inc.Asking = append(inc.Asking, n)
		}
	}
}

// Writer is who wrote a report, as it is known at some point of the log: what
// came in with it, and every correction up to there.
type Writer struct {
	ReportPrivate
	Corrections []Correction // oldest first
}

// Correction is one correction as a page tells of it.
type Correction struct {
	At      time.Time // UTC
	By      Actor
	Whose   Whose
	Request Ref // zero: none was recorded
	Details []Detail
	Changes []Change // the same with what they say; none once that was destroyed
	Reasons string
}

// Change is what one correction did to one detail.
type Change struct {
	Detail   Detail
	Was, Now string
}

// correct applies a correction. One whose personal part is gone changes nothing:
// what it put right is gone too.
func (w *Writer) correct(e Entry, b *Corrected) {
	c := Correction{At: e.At, By: e.By, Whose: b.Whose, Request: b.Request, Details: b.Details, Reasons: b.Private.Reasons}
	if !b.gone() {
		if b.Whose == WhoseOriginal && w.Original != nil {
			own := *w.Original // the other belongs to the entry that said it
			w.Original = &own
		}
		for _, d := range b.Details {
			at, now := w.detail(b.Whose, d), *b.Private.detail(d)
			c.Changes = append(c.Changes, Change{d, *at, now})
			*at = now
		}
		w.Anonymous = w.Anonymous && w.From == (Address{}) && w.Phone == ""
	}
	w.Corrections = append(w.Corrections, c)
}

// detail is where something of somebody stands.
func (w *Writer) detail(whose Whose, d Detail) *string {
	a := &w.From
	if whose == WhoseOriginal {
		if w.Original == nil {
			w.Original = &Address{}
		}
		a = w.Original
	}
	switch d {
	case DetailEmail:
		return &a.Email
	case DetailPhone:
		return &w.Phone
	}
	return &a.Name
}

// PhoneOr is the telephone number, given what the form says in its raw bytes:
// that counts until somebody put it right.
func (w *Writer) PhoneOr(said string) string {
	for _, c := range w.Corrections {
		if slices.ContainsFunc(c.Changes, func(x Change) bool { return x.Detail == DetailPhone }) {
			return w.Phone
		}
	}
	return cmp.Or(w.Phone, said)
}

// phoneInRaw reports whether a telephone number may stand in the raw bytes of a
// form alone: that of an earlier version.
func (w *Writer) phoneInRaw(b *Reported) bool {
	return b.Channel.IsForm() && w.Phone == "" && w.PhoneOr("it") != ""
}

// Former lists what stood there before it was put right, and does no longer.
func (w *Writer) Former() (texts []string) {
	for _, c := range w.Corrections {
		for _, x := range c.Changes {
			if x.Was != "" && *w.detail(c.Whose, x.Detail) != x.Was {
				texts = append(texts, x.Was)
			}
		}
	}
	return texts
}

// Writers returns who wrote each report of a log, by the number of the report, as
// it is known at its end.
func Writers(entries []Entry) map[int]*Writer {
	all := map[int]*Writer{}
	for _, e := range entries {
		switch b := e.Body.(type) {
		case *Reported:
			all[b.Report] = &Writer{ReportPrivate: b.Private}
		case *Corrected:
			if w := all[b.Report]; w != nil {
				w.correct(e, b)
			}
		}
	}
	return all
}

// WriterOf reads who wrote one report of an incident. It opens only the entries
// that are about that.
func WriterOf(v View, inc *Incident, report int) (w Writer, b *Reported, err error) {
	i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == report })
	if i < 0 {
		return w, nil, refuse("report", "no-such-report")
	}
	for _, n := range append([]uint32{inc.Reports[i].Entry}, inc.Reports[i].Corrected...) {
		e, err := v.Entry(Stream{inc.Ref}, n)
		if err != nil {
			return w, nil, err
		}
		switch x := e.Body.(type) {
		case *Reported:
			w.ReportPrivate, b = x.Private, x
		case *Corrected:
			w.correct(e, x)
		}
	}
	return w, b, nil
}
