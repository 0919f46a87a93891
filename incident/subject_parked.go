package incident

import (
	"context"
	"errors"
	"slices"
)

// settleNow gives what came in a moment ago its outcome, so that a search sees it
// too. What somebody else settles meanwhile is settled.
func (s *Service) settleNow(ctx context.Context) error {
	const most = 100
	items, err := s.PendingItems(ctx, most)
	for _, item := range items {
		if _, err := s.Process(ctx, item); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return err
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

// subjectReviewed looks through the messages that somebody looked at and that were
// no report: they are kept for their period, and no longer listed anywhere.
// One that answers or brings back a mail about an incident is for whoever sees that.
func (s *Service) subjectReviewed(ctx context.Context, who Subject, sees func(*Incident) bool) (found []SubjectFind, err error) {
	kept, err := s.reviewed(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		raw, err := s.raw(ctx, d.Item)
		switch {
		case errors.Is(err, ErrDestroyed), errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		_, r := s.read(raw, d)
		if seen, err := s.seesAbout(ctx, r, sees); err != nil || !seen {
			if err != nil {
				return nil, err
			}
			continue
		}
		f := SubjectFind{Parked: d.Item, Seen: true, At: d.Arrived, From: r.From, Title: r.Subject}
		if who.in(r.From.Name, r.From.Email) {
			f.Where, f.Text = append(f.Where, FoundReporter), r.Text
		}
		if who.in(r.Subject, r.Text) {
			f.Where = append(f.Where, FoundText)
		}
		if len(f.Where) > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}

// seesAbout reports whether somebody may see what a message answers or brings back.
func (s *Service) seesAbout(ctx context.Context, r Reading, sees func(*Incident) bool) (seen bool, err error) {
	ids := slices.Concat(r.InReplyTo, r.Addressees)
	if r.Bounce != nil {
		ids = append(ids, r.Bounce.MessageID)
	}
	err = s.Store.View(ctx, func(v View) error {
		seen = !slices.ContainsFunc(ids, func(id string) bool {
			mark, ok := s.Tokens.Read(id)
			return ok && !Sight{s, sees}.about(v, mark.Ref)
		})
		return nil
	})
	return seen, err
}

// reviewed lists the messages that were parked, looked at, and not promoted, and
// whose period is not over.
func (s *Service) reviewed(ctx context.Context) (kept []Delivered, err error) {
	err = s.Store.View(ctx, func(v View) error {
		kept = nil
		parked := map[uint64]Delivered{}
		for e, err := range v.Log(OrgStream(), 1) {
			if err != nil {
				return err
			}
			switch b := e.Body.(type) {
			case *Parked:
				parked[b.Item] = Delivered{Item: b.Item, Channel: b.Channel, Arrived: b.Arrived}
			case *Unparked:
				if b.Ref.IsZero() && e.N > v.Org().ParkedGone {
					kept = append(kept, parked[b.Item])
				}
			}
		}
		return nil
	})
	return kept, err
}

// eraseReviewed destroys a message that somebody looked at and that was no report,
// before its period is over.
func (s *Service) eraseReviewed(ctx context.Context, by Actor, item uint64, request Ref, reasons string) error {
	kept, err := s.reviewed(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(kept, func(d Delivered) bool { return d.Item == item }) {
		return refuse("", "nothing-to-erase")
	}
	b := &Destroyed{What: KeepParked, Parts: PartPersonal | PartOriginals, Items: []uint64{item}, Under: UnderRequest, Request: request, Reasons: reasons}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if len(tx.Org().Held) > 0 {
			return refuse("", "erase-held")
		}
		if err := tx.Destroy(item, b.Parts); err != nil {
			return err
		}
		_, err := tx.Append(OrgStream(), s.Act(by), b)
		return err
	})
	if err != nil {
		return err
	}
	return s.disposeNow(ctx)
}
