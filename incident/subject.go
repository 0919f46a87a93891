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
	Person people.ID     `json:"person,omitempty"` // somebody of the organisation
	Where  []FoundIn     `json:"where"`
	At     time.Time     `json:"at,omitzero"` // received, UTC
	From   Address       `json:"from,omitzero"`
	Title  string        `json:"subject,omitempty"`
	Text   string        `json:"text,omitempty"` // of the person's own report; others' rights limit a copy of another's (GDPR art. 15(4))
	Gone   *Gone         `json:"destroyed,omitempty"`
	Acts   int           `json:"acts,omitempty"` // of a person: entries of logs that they made
	Roles  []people.Role `json:"roles,omitempty"`
}

// FoundIn names where a person was found.
type FoundIn string

// The places.
const (
	FoundReporter FoundIn = "reporter" // wrote the report, or is its quoted sender
	FoundText     FoundIn = "text"     // named in the text, the subject, or the name of a file
	FoundRegister FoundIn = "register" // named in title, summary or reasons: stays (GDPR art. 17(3)(b))
	FoundAccount  FoundIn = "account"  // is somebody of the organisation
)

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
	acts := map[people.ID]int{}
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
	parked, err := s.subjectParked(ctx, who, sees)
	if err != nil {
		return nil, err
	}
	staff, err := s.subjectStaff(ctx, who, acts)
	return append(append(found, parked...), staff...), err
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
	register := []string{inc.Title, inc.Summary}
	for _, e := range entries {
		if id, ok := e.By.Person(); ok {
			acts[id]++
		}
		switch b := e.Body.(type) {
		case *Reported:
			f, err := s.subjectReport(ctx, who, inc, b)
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

// subjectReport looks through one report: who wrote it, and what it says.
func (s *Service) subjectReport(ctx context.Context, who Subject, inc *Incident, b *Reported) (f SubjectFind, err error) {
	p := b.Private
	f = SubjectFind{Ref: inc.Ref, Report: b.Report, At: b.Received, From: p.From, Title: p.Subject}
	writers := []string{p.From.Name, p.From.Email, p.Sender}
	if p.Original != nil {
		writers = append(writers, p.Original.Name, p.Original.Email)
	}
	reading, err := s.reading(ctx, inc, b.Report)
	switch {
	case errors.Is(err, ErrDestroyed), errors.Is(err, ErrNotFound):
		if i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == b.Report }); i >= 0 {
			f.Gone = inc.Reports[i].Gone
		}
	case err != nil:
		return f, err
	}
	form := s.formOf(ctx, b)
	if who.in(append(writers, form...)...) {
		f.Where, f.Text = append(f.Where, FoundReporter), reading.Text
	}
	if who.in(append(p.Files, p.Subject, reading.Text)...) {
		f.Where = append(f.Where, FoundText)
	}
	return f, nil
}

// formOf returns what a form says of its writer beside what a mail would.
func (s *Service) formOf(ctx context.Context, b *Reported) []string {
	switch b.Channel {
	case ChannelForm, ChannelPhone, ChannelAPI:
	default:
		return nil
	}
	raw, err := s.raw(ctx, b.Item)
	if err != nil {
		return nil
	}
	f, _ := ReadForm(raw, b.Received)
	return []string{f.Name, f.Email, f.Phone}
}

func (s *Service) subjectParked(ctx context.Context, who Subject, sees func(*Incident) bool) (found []SubjectFind, err error) {
	items, err := Sight{s, sees}.Parked(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, p := range items {
		f := SubjectFind{Parked: p.Item, At: p.Arrived, From: p.From, Title: p.Subject}
		if who.in(p.From.Name, p.From.Email, p.Sender) {
			f.Where = append(f.Where, FoundReporter)
		}
		if who.in(p.Subject) {
			f.Where = append(f.Where, FoundText)
		}
		if len(f.Where) > 0 {
			found = append(found, f)
		}
	}
	return found, nil
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

// Handled is what became of one find when a person asked for it to be erased or
// restricted.
type Handled struct {
	SubjectFind
	Done    bool
	Refused *Refusal // why not
}

// EraseSubject destroys what a person wrote: their reports and what is known of
// them, each as [Service.Erase] allows it, and their account if they left. What
// others wrote about them, and the register, stays (GDPR art. 17(3)(b) and (e)).
func (s *Service) EraseSubject(ctx context.Context, by Actor, found []SubjectFind, request Ref, reasons string) (out []Handled, err error) {
	return handle(found, func(f SubjectFind) error {
		switch {
		case f.Person != "":
			return s.ForgetPerson(ctx, by, ErasePerson{Person: f.Person, Request: request, Reasons: reasons})
		case f.Parked != 0:
			return refuse("", "erase-parked")
		case slices.Contains(f.Where, FoundReporter):
			return s.Erase(ctx, by, Erase{Ref: f.Ref, Reports: []int{f.Report}, Request: request, Reasons: reasons})
		}
		return refuse("", "erase-register")
	})
}

// RestrictSubject has what a person wrote kept and not used (GDPR art. 18).
func (s *Service) RestrictSubject(ctx context.Context, by Actor, found []SubjectFind, reasons string) (out []Handled, err error) {
	done := map[Ref]bool{} // somebody may stand in one incident several times
	return handle(found, func(f SubjectFind) error {
		if f.Ref.IsZero() {
			return refuse("", "restrict-incident")
		}
		if done[f.Ref] {
			return nil
		}
		done[f.Ref] = true
		_, err := s.Do(ctx, f.Ref, by, SetBrake{Brake: BrakeFreeze, On: true, Reasons: reasons})
		return err
	})
}

// handle does something about each find. A refusal is said beside it; another
// error ends it.
func handle(found []SubjectFind, do func(SubjectFind) error) (out []Handled, err error) {
	for _, f := range found {
		h := Handled{SubjectFind: f}
		err := do(f)
		if errors.As(err, &h.Refused) {
			err = nil
		} else {
			h.Done = err == nil
		}
		if out = append(out, h); err != nil {
			return out, err
		}
	}
	return out, nil
}
