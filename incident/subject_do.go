package incident

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

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
// What was done and what was refused is recorded ([RequestStep]).
func (s *Service) EraseSubject(ctx context.Context, by Actor, found []SubjectFind, request Ref, reasons string) ([]Handled, error) {
	if err := s.mayHandle(ctx, request, reasons); err != nil {
		return nil, err
	}
	out, err := handle(found, func(f SubjectFind) error {
		switch own := f.Own(); {
		case f.Person != "":
			return s.ForgetPerson(ctx, by, ErasePerson{Person: f.Person, Request: request, Reasons: reasons})
		case f.Parked != 0 && !f.Seen:
			return refuse("", "erase-parked")
		case f.Parked != 0 && own:
			return s.eraseReviewed(ctx, by, f.Parked, request, strings.TrimSpace(reasons))
		case f.Parked != 0:
			return refuse("", "erase-reviewed")
		case own:
			return s.Erase(ctx, by, Erase{Ref: f.Ref, Reports: []int{f.Report}, Request: request, Reasons: reasons})
		case slices.Contains(f.Where, FoundFormer):
			return refuse("", "erase-former")
		}
		return refuse("", "erase-register")
	})
	return out, errors.Join(err, s.noteHandled(ctx, by, RightErasure, request, out))
}

// mayHandle refuses before anything is done.
func (s *Service) mayHandle(ctx context.Context, request Ref, reasons string) error {
	if blank(reasons) {
		return refuse("reasons", "required")
	}
	return s.Store.View(ctx, func(v View) error { return checkRequest(v, request) })
}

// RestrictSubject has what a person wrote kept and not used (GDPR art. 18), and
// records what was done.
func (s *Service) RestrictSubject(ctx context.Context, by Actor, found []SubjectFind, request Ref, reasons string) ([]Handled, error) {
	if err := s.mayHandle(ctx, request, reasons); err != nil {
		return nil, err
	}
	done := map[Ref]bool{} // somebody may stand in one incident several times
	out, err := handle(found, func(f SubjectFind) error {
		if f.Ref.IsZero() {
			return refuse("", "restrict-incident")
		}
		if done[f.Ref] {
			return nil
		}
		done[f.Ref] = true
		_, err := s.Do(ctx, f.Ref, by, SetBrake{Brake: BrakeFreeze, On: true, Reasons: reasons, Request: request})
		return err
	})
	return out, errors.Join(err, s.noteHandled(ctx, by, RightRestriction, request, out))
}

// CorrectSubject puts right what is known of a person in every report that they
// wrote, or that quotes them as its sender (GDPR art. 16). C says what; of which
// report, and of whom in it, is filled in.
func (s *Service) CorrectSubject(ctx context.Context, by Actor, found []SubjectFind, c Correct) ([]Handled, error) {
	var own []SubjectFind // one for each of the two that a person can be in a report
	for _, f := range found {
		for _, as := range f.As {
			f.As = []Whose{as}
			own = append(own, f)
		}
	}
	switch {
	case len(own) == 0:
		return nil, refuse("who", "nobody-to-correct")
	case slices.ContainsFunc(own, func(f SubjectFind) bool { return f.writer() != own[0].writer() }):
		return nil, refuse("who", "several-people") // what is put right of one must not become known of another
	}
	if _, err := c.given(); err != nil {
		return nil, err
	}
	return handle(own, func(f SubjectFind) error {
		one := c
		one.Ref, one.Report, one.Whose = f.Ref, f.Report, f.As[0]
		_, err := s.Correct(ctx, by, one)
		return err
	})
}

// writer is by what the one or the other in a report is known apart from others.
func (f SubjectFind) writer() string {
	if f.As[0] == WhoseOriginal {
		return strings.ToLower(cmp.Or(f.Quoted.Email, f.Quoted.Name))
	}
	return strings.ToLower(cmp.Or(f.From.Email, f.From.Name, f.Phone))
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
