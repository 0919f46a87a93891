package incident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// SubjectFind is one place where something about a person stands.
type SubjectFind struct {
	Ref    Ref           `json:"ref,omitzero"`
	Report int           `json:"report,omitempty"` // of the incident
	Parked uint64        `json:"parked,omitempty"`
	Seen   bool          `json:"reviewed,omitempty"` // of a parked message: somebody looked, and it is kept for its period
	Person people.ID     `json:"person,omitempty"`   // somebody of the organisation
	Where  []FoundIn     `json:"where"`
	At     time.Time     `json:"at,omitzero"`   // received, UTC
	As     []Whose       `json:"as,omitempty"`  // of a report that they wrote, or that quotes them as its sender
	From   Address       `json:"from,omitzero"` // as put right
	Quoted Address       `json:"quoted,omitzero"`
	Phone  string        `json:"phone,omitempty"`
	Right  []PutRight    `json:"corrections,omitempty"` // what was put right about its writer, without the values
	Title  string        `json:"subject,omitempty"`
	Text   string        `json:"text,omitempty"` // of the person's own report; others' rights limit a copy of another's (GDPR art. 15(4))
	Gone   *Gone         `json:"destroyed,omitempty"`
	Acts   int           `json:"acts,omitempty"` // of a person: entries of logs that they made
	Roles  []people.Role `json:"roles,omitempty"`
}

// PutRight is one correction of what was known of a writer.
type PutRight struct {
	At      time.Time `json:"at"` // UTC
	Whose   Whose     `json:"whose"`
	Details []Detail  `json:"details"`
}

// FoundIn names where a person was found.
type FoundIn string

// The places.
const (
	FoundReporter FoundIn = "reporter" // wrote the report, or is its quoted sender
	FoundFormer   FoundIn = "former"   // stood as the writer's until that was put right; the log keeps it
	FoundText     FoundIn = "text"     // named in the text, the subject, the name of a file, or the reasons of a correction
	FoundRegister FoundIn = "register" // named in title, summary or reasons: stays (GDPR art. 17(3)(b))
	FoundAccount  FoundIn = "account"  // is somebody of the organisation
)

// Own reports whether the person wrote it, is quoted as its sender, or is it.
func (f SubjectFind) Own() bool {
	return f.Person != "" || slices.Contains(f.Where, FoundReporter)
}

// Since returns what is left of a find in an incident as it stands now: of a report
// that was destroyed meanwhile only that.
func (f SubjectFind) Since(inc *Incident) SubjectFind {
	i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == f.Report })
	if i < 0 {
		return f
	}
	r := inc.Reports[i]
	if r.Gone != nil {
		f.Text, f.Gone = "", r.Gone
	}
	if r.Forgotten != nil {
		f.From, f.Quoted, f.Phone, f.Title, f.Right, f.Gone = Address{}, Address{}, "", "", nil, r.Forgotten
	}
	return f
}

// CopyFor returns what was found as it may be handed to the person (GDPR art.
// 15(3)). Of what others wrote it names the place alone: who reported stays unknown
// (art. 15(4); Wet bescherming klokkenluiders art. 1a). A quoted sender does not
// learn who forwarded the message, nor the other way round.
func CopyFor(found []SubjectFind) []SubjectFind {
	out := slices.Clone(found)
	for i := range out {
		f := &out[i]
		if f.Report == 0 && f.Parked == 0 {
			continue
		}
		if !f.Own() {
			f.Title = ""
		}
		f.Right = slices.DeleteFunc(slices.Clone(f.Right), func(r PutRight) bool { return !slices.Contains(f.As, r.Whose) })
		if f.Report > 0 && !slices.Contains(f.As, WhoseReporter) {
			f.From, f.Phone = Address{}, ""
		}
		if f.Parked > 0 && !f.Own() {
			f.From = Address{}
		}
		if !slices.Contains(f.As, WhoseOriginal) {
			f.Quoted = Address{}
		}
	}
	return out
}

// Subject is whom a search is about: an address, a name, a telephone number.
type Subject []string

// shortestNeedle keeps a search from finding everybody.
const shortestNeedle = 3

// Check refuses a search that would find everybody, or nobody.
func (s Subject) Check() error {
	if len(s) == 0 {
		return refuse("who", "required")
	}
	for _, n := range s {
		if len(strings.TrimSpace(n)) < shortestNeedle {
			return refuse("who", "needle-short")
		}
	}
	return nil
}

// in reports whether any of the texts names the person, whatever the case.
func (s Subject) in(texts ...string) bool {
	for _, t := range texts {
		t = strings.ToLower(t)
		for _, n := range s {
			if strings.Contains(t, strings.ToLower(strings.TrimSpace(n))) {
				return true
			}
		}
	}
	return false
}

// subjectSlice is how many incidents are looked at between two snapshots.
const subjectSlice = 50

// FindSubject looks through everything for what is kept about a person. Content
// is sealed, so it opens report after report, each in a short snapshot of its
// own: nobody waits for it. Sees leaves out what the asker may not see; progress,
// if not nil, is told how many incidents were looked at.
func (s *Service) FindSubject(ctx context.Context, who Subject, sees func(*Incident) bool, progress func(int)) (found []SubjectFind, err error) {
	if err := who.Check(); err != nil {
		return nil, err
	}
	if err := s.settleNow(ctx); err != nil {
		return nil, err
	}
	acts := map[people.ID]int{}
	found, err = s.subjectIncidents(ctx, who, sees, progress, acts)
	if err != nil {
		return nil, err
	}
	parked, err := s.subjectParked(ctx, who, sees)
	if err != nil {
		return nil, err
	}
	reviewed, err := s.subjectReviewed(ctx, who, sees)
	if err != nil {
		return nil, err
	}
	staff, err := s.subjectStaff(ctx, who, acts)
	return slices.Concat(found, parked, reviewed, staff), err
}

// subjectIncidents looks through every incident that the asker may see, and counts
// in acts who made how many entries of their logs.
func (s *Service) subjectIncidents(ctx context.Context, who Subject, sees func(*Incident) bool, progress func(int), acts map[people.ID]int) (found []SubjectFind, err error) {
	looked := 0
	for before, more := (Ref{}), true; more; {
		var slice []*Incident
		if slice, before, err = s.slice(ctx, before); err != nil {
			return nil, err
		}
		for _, inc := range slice {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !sees(inc) {
				continue
			}
			one, err := s.subjectIn(ctx, who, inc, acts)
			if err != nil {
				return nil, err
			}
			found = append(found, one...)
		}
		if looked += len(slice); progress != nil {
			progress(looked)
		}
		more = len(slice) == subjectSlice
	}
	return found, nil
}

func (s *Service) slice(ctx context.Context, before Ref) (slice []*Incident, next Ref, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for inc, err := range v.Incidents(before) {
			if err != nil {
				return err
			}
			if slice, next = append(slice, inc), inc.Ref; len(slice) == subjectSlice {
				return nil
			}
		}
		return nil
	})
	return slice, next, err
}

// subjectIn looks through one incident.
func (s *Service) subjectIn(ctx context.Context, who Subject, inc *Incident, acts map[people.ID]int) (found []SubjectFind, err error) {
	entries, err := s.wholeLog(ctx, inc.Ref)
	if err != nil {
		return nil, err
	}
	writers := Writers(entries)
	register := []string{inc.Title, inc.Summary}
	for _, e := range entries {
		if id, ok := e.By.Person(); ok {
			acts[id]++
		}
		switch b := e.Body.(type) {
		case *Reported:
			f, err := s.subjectReport(ctx, who, inc, b, writers[b.Report])
			if err != nil {
				return nil, err
			}
			if len(f.Where) > 0 {
				found = append(found, f)
			}
		case *Decided:
			register = append(register, b.Reasons)
		case *Filed:
			register = append(register, b.Filing.Text, b.Filing.Delay)
		}
	}
	if who.in(register...) {
		found = append(found, SubjectFind{Ref: inc.Ref, At: inc.Received, Title: inc.Title, Where: []FoundIn{FoundRegister}})
	}
	return found, nil
}

// subjectReport looks through one report: who wrote it, as far as that is known
// now, who stood there before, and what it says.
func (s *Service) subjectReport(ctx context.Context, who Subject, inc *Incident, b *Reported, w *Writer) (f SubjectFind, err error) {
	reading, err := s.reading(ctx, inc, b.Report)
	gone := errors.Is(err, ErrDestroyed) || errors.Is(err, ErrNotFound)
	if err != nil && !gone {
		return f, err
	}
	said := s.formOf(ctx, b)
	f = SubjectFind{Ref: inc.Ref, Report: b.Report, At: b.Received, From: w.From, Phone: w.PhoneOr(said.Phone), Title: w.Subject}
	if i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == b.Report }); gone && i >= 0 {
		f.Gone = inc.Reports[i].Gone
	}
	texts := append([]string{w.Subject, reading.Text}, w.Files...)
	for _, c := range w.Corrections {
		f.Right, texts = append(f.Right, PutRight{c.At, c.Whose, c.Details}), append(texts, c.Reasons)
	}
	if who.in(f.From.Name, f.From.Email, f.Phone, w.Sender) {
		f.As = append(f.As, WhoseReporter)
	}
	if w.Original != nil {
		f.Quoted = *w.Original
		if who.in(f.Quoted.Name, f.Quoted.Email) {
			f.As = append(f.As, WhoseOriginal)
		}
	}
	switch {
	case len(f.As) > 0:
		f.Where, f.Text = append(f.Where, FoundReporter), reading.Text
	case who.in(append(w.Former(), said.Name, said.Email, said.Phone)...):
		f.Where = append(f.Where, FoundFormer)
	}
	if who.in(texts...) {
		f.Where = append(f.Where, FoundText)
	}
	return f, nil
}

// formOf returns what a form said of its writer when it came in; nothing for a
// mail, or when that was destroyed.
func (s *Service) formOf(ctx context.Context, b *Reported) (f Form) {
	switch b.Channel {
	case ChannelForm, ChannelPhone, ChannelAPI:
	default:
		return f
	}
	if raw, err := s.raw(ctx, b.Item); err == nil {
		f, _ = ReadForm(raw, b.Received)
	}
	return f
}

func (s *Service) subjectStaff(ctx context.Context, who Subject, acts map[people.ID]int) (found []SubjectFind, err error) {
	org, err := s.Org(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range org.People {
		if who.in(p.Name, p.Email) {
			found = append(found, SubjectFind{
				Person: p.ID, From: Address{Name: p.Name, Email: p.Email}, Roles: p.Roles, Acts: acts[p.ID], Where: []FoundIn{FoundAccount},
			})
		}
	}
	return found, nil
}
