package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
)

// A line of the register never goes by itself. Once its term is over a named
// officer may have it destroyed: the keys of everything in the incident go, its
// log with them. What stays is the chain, the number, and an entry in the
// organisation's log that says who had it destroyed, when and why, and nothing
// of what it said.

// GoneLine is a line of the register that was destroyed.
type GoneLine struct {
	Ref     Ref       `json:"ref"`
	At      time.Time `json:"at"` // UTC
	By      Actor     `json:"by"`
	Under   string    `json:"under"` // like "register 5y", or UnderRestore
	Reasons string    `json:"reasons,omitempty"`
}

// UnderRestore stands in Destroyed.Under when a restored backup still held what
// had been destroyed since.
const UnderRestore = "restore"

// mostGoneLines is how many of them the organisation's state keeps; the log has
// all.
const mostGoneLines = 100

func (o *Org) applyLineGone(e Entry, b *Destroyed) {
	o.LinesGone++
	o.GoneLines = append(o.GoneLines, GoneLine{b.Line, e.At, e.By, b.Under, b.Reasons})
	if len(o.GoneLines) > mostGoneLines {
		o.GoneLines = slices.Clone(o.GoneLines[len(o.GoneLines)-mostGoneLines:])
	}
}

// PastLine is a line of the register whose term is over, with everything that
// was merged into it.
type PastLine struct {
	Ref    Ref
	Title  string
	Merged []Ref     // go with it, before it
	Ended  time.Time // when everything about it was over, UTC
	Over   time.Time // when its term was over, UTC
	Stays  *Refusal  // why it cannot go now; nil: it can
}

// mostPast bounds a list of them.
const mostPast = 1000

// PastLines lists the lines whose term is over, oldest first, at most a
// thousand; more says that there are others. It leaves out what the asker may not
// see, and what was merged into another incident: it goes with that one.
func (s *Service) PastLines(ctx context.Context, sees func(*Incident) bool) (lines []PastLine, more bool, err error) {
	now := s.Now().UTC()
	for before, on := (Ref{}), true; on && err == nil; {
		err = s.Store.View(ctx, func(v View) error {
			on = false
			looked := 0
			for inc, err := range v.Incidents(before) {
				if err != nil {
					return err
				}
				if line, past := pastLine(v, inc, now); past && sees(inc) {
					lines = append(lines, line)
				}
				before = inc.Ref
				if looked++; looked == forgetLooks {
					on = true
					return ctx.Err()
				}
			}
			return nil
		})
	}
	slices.SortStableFunc(lines, func(a, b PastLine) int { return a.Over.Compare(b.Over) })
	if more = len(lines) > mostPast; more {
		lines = lines[:mostPast]
	}
	return lines, more, err
}

// pastLine says how the line of an incident stands. Past is false for one whose
// term is not over, or that goes with another.
func pastLine(v View, inc *Incident, now time.Time) (line PastLine, past bool) {
	err := lineMayGo(v, inc, now)
	line = PastLine{Ref: inc.Ref, Title: Headline(v, inc), Ended: endOf(v, inc)}
	if errors.As(err, &line.Stays) {
		switch line.Stays.Code {
		case "line-held", "line-request", "line-merged-stays": // the term is over, and something keeps it
		default:
			return line, false
		}
	}
	line.Over, _ = termOf(v.Org()).After(line.Ended)
	for _, dup := range mergedInto(v, inc) {
		line.Merged = append(line.Merged, dup.Ref)
	}
	return line, true
}

// termOf returns how long lines of the register are kept. A setting that cannot
// be read keeps them.
func termOf(org *Org) Term {
	periods, err := RetentionOf(org)
	if err != nil {
		return Term{}
	}
	return periods[KeepRegister]
}

// lineMayGo refuses unless the line of an incident may be destroyed: it and all
// that was merged into it have ended, their terms are over, and nothing holds them.
func lineMayGo(v View, inc *Incident, now time.Time) error {
	if !inc.Into.IsZero() {
		if _, err := v.Incident(inc.Into); err == nil {
			return &Refusal{Code: "line-merged", Args: map[string]any{"ref": inc.Into.String()}}
		}
	}
	ended := endOf(v, inc)
	over, ends := termOf(v.Org()).After(ended)
	switch {
	case inc.AnyOpen():
		return refuse("", "line-open")
	case ended.IsZero():
		return refuse("", "line-not-closed")
	case !ends:
		return refuse("", "line-kept")
	case over.After(now):
		return &Refusal{Code: "line-not-due", Args: map[string]any{"until": over}}
	case len(inc.Held) > 0 || len(v.Org().Held) > 0:
		return refuse("", "line-held")
	}
	for _, l := range inc.Links {
		to, err := v.Incident(l.To)
		if err == nil && to.Request != nil && to.AnyOpen() {
			return &Refusal{Code: "line-request", Args: map[string]any{"ref": l.To.String()}}
		}
	}
	return mergedMayGo(v, inc, now)
}

func mergedMayGo(v View, inc *Incident, now time.Time) error {
	for _, dup := range mergedInto(v, inc) {
		over, _ := termOf(v.Org()).After(endOf(v, dup))
		if len(dup.Held) > 0 || dup.AnyOpen() || over.After(now) {
			return &Refusal{Code: "line-merged-stays", Args: map[string]any{"ref": dup.Ref.String()}}
		}
	}
	return nil
}

// mergedInto returns what was merged into an incident and is still there, those
// merged into the former before them: each stands before what it was merged into.
func mergedInto(v View, inc *Incident) (dups []*Incident) {
	const deepest = 10
	var walk func(*Incident, int)
	walk = func(at *Incident, depth int) {
		for _, ref := range at.Merged {
			dup, err := v.Incident(ref)
			if err != nil || dup.Into != at.Ref || depth == deepest {
				continue
			}
			walk(dup, depth+1)
			dups = append(dups, dup)
		}
	}
	walk(inc, 0)
	return dups
}

// LineOutcome is what became of one line that was to be destroyed.
type LineOutcome struct {
	Ref     Ref
	With    []Ref    // that had been merged into it, and went with it
	Refused *Refusal // why it stays; nil: it is gone
}

// DestroyLines destroys lines of the register whose term is over, each for good,
// and says of each what became of it. Only a named person who decides may, and
// only of incidents that they may see; reasons are required, and name nobody:
// they stay in the log.
func (s *Service) DestroyLines(ctx context.Context, by Actor, refs []Ref, reasons string) (out []LineOutcome, err error) {
	if blank(reasons) {
		return nil, refuse("reasons", "required")
	}
	if len(refs) == 0 {
		return nil, refuse("line", "line-none")
	}
	for _, ref := range refs {
		o := LineOutcome{Ref: ref}
		o.With, err = s.destroyLine(ctx, by, ref, strings.TrimSpace(reasons))
		if errors.As(err, &o.Refused) {
			err = nil
		}
		if err != nil {
			return out, errors.Join(fmt.Errorf("incident: destroy the line of %s: %w", ref, err), s.disposeNow(ctx))
		}
		out = append(out, o)
	}
	return out, s.disposeNow(ctx)
}

// destroyLine destroys one line with what was merged into it, in one
// transaction: an incident that is merged into nothing left would end nowhere.
func (s *Service) destroyLine(ctx context.Context, by Actor, ref Ref, reasons string) (with []Ref, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		with = nil
		who, err := lineDestroyer(tx.Org(), by)
		if err != nil {
			return err
		}
		inc, err := tx.Incident(ref)
		if errors.Is(err, ErrNotFound) || (err == nil && !MaySee(who, inc)) {
			return refuse("line", "no-such-incident")
		}
		if err != nil {
			return err
		}
		act := s.Act(by)
		if err := lineMayGo(tx, inc, act.Now); err != nil {
			return err
		}
		under := string(KeepRegister) + " " + termOf(tx.Org()).String()
		for _, x := range append(mergedInto(tx, inc), inc) {
			if !MaySee(who, x) {
				return &Refusal{Code: "line-merged-stays", Args: map[string]any{"ref": x.Ref.String()}}
			}
			if err := s.dropLine(tx, x, act, under, reasons); err != nil {
				return err
			}
			if x != inc {
				with = append(with, x.Ref)
			}
		}
		return nil
	})
	return with, err
}

// dropLine orders the destruction of one incident and says so in the
// organisation's log.
func (s *Service) dropLine(tx Tx, inc *Incident, act Act, under, reasons string) error {
	if err := tx.DestroyLine(inc.Ref); err != nil {
		return err
	}
	_, err := tx.Append(OrgStream(), act, &Destroyed{
		What: KeepRegister, Parts: PartRegister | PartPersonal | PartOriginals, Line: inc.Ref, Under: under, Reasons: reasons,
	})
	return err
}

// lineDestroyer returns the person who has a line destroyed: somebody with a
// name who decides, and no schedule and no tool.
func lineDestroyer(org *Org, by Actor) (people.Person, error) {
	id, named := by.Person()
	p, known := org.People.Find(id)
	if !named || !known || p.Inactive || !MayDecide(p, org) {
		return p, refuse("by", "line-nobody")
	}
	return p, nil
}

// GoneLine returns who had the line of an incident destroyed, when and why, or
// ErrNotFound. It reads the organisation's log when the line is not among the last.
func (s *Service) GoneLine(ctx context.Context, ref Ref) (line GoneLine, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for _, l := range v.Org().GoneLines {
			if l.Ref == ref {
				line = l
				return nil
			}
		}
		for e, err := range v.Log(OrgStream(), 1) {
			if err != nil {
				return err
			}
			if b, ok := e.Body.(*Destroyed); ok && b.Line == ref {
				line = GoneLine{b.Line, e.At, e.By, b.Under, b.Reasons}
				return nil
			}
		}
		return fmt.Errorf("destroyed line %s: %w", ref, ErrNotFound)
	})
	return line, err
}
