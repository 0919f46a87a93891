package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// settingWatched begins the name of the setting that keeps from when on a
// mailbox is watched.
const settingWatched = "mailbox-since:"

// WatchedFrom returns the moment from which on the mail of a mailbox counts;
// what it held before is history (DESIGN section 5). The first call fixes the
// moment, as an entry of the organisation's log: a later start of the program
// must not make old mail new, nor new mail old. kept is false when that
// happened before, under another moment than the proposed one.
func (s *Service) WatchedFrom(ctx context.Context, mailbox string, proposed time.Time) (from time.Time, kept bool, err error) {
	name := settingWatched + mailbox
	err = s.Store.Update(ctx, func(tx Tx) error {
		if text, ok := tx.Org().Settings[name]; ok {
			if err := json.Unmarshal([]byte(text), &from); err != nil {
				return fmt.Errorf("incident: start of mailbox %s: %w", mailbox, err)
			}
			kept = from.Equal(proposed)
			return nil
		}
		from, kept = proposed.UTC(), true
		value, err := json.Marshal(from)
		if err != nil {
			return fmt.Errorf("incident: start of mailbox %s: %w", mailbox, err)
		}
		_, err = tx.Append(OrgStream(), s.Act(System), &SettingSet{Name: name, Value: value})
		return err
	})
	return from, kept, err
}

// Cursor returns how far a watched mailbox was read; ok is false when it never
// was.
func (s *Service) Cursor(ctx context.Context, mailbox string) (c Cursor, ok bool, err error) {
	err = s.Store.View(ctx, func(v View) error { c, ok = v.Cursor(mailbox); return nil })
	return c, ok, err
}

// NotTaken returns those of the UIDs that were never accepted from the mailbox
// under this validity. It asks in slices, so that the comparison of a large
// mailbox holds up nobody.
func (s *Service) NotTaken(ctx context.Context, mailbox string, validity uint32, uids []uint32) (missing []uint32, err error) {
	const slice = 1000
	for from := 0; from < len(uids); from += slice {
		part := uids[from:min(from+slice, len(uids))]
		err := s.Store.View(ctx, func(v View) error {
			missing = append(missing, v.NotTaken(mailbox, validity, part)...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return missing, nil
}
