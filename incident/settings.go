package incident

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Changes says when a setting was last changed, by whom, and in which entries
// of the organisation's log its versions stand.
type Changes struct {
	At      time.Time `json:"at"`
	By      Actor     `json:"by"`
	Entries []uint32  `json:"entries"` // oldest first; at most the last [mostChanges]
}

// mostChanges bounds how many versions of one setting the folded organisation
// points to. Older ones stay in the log.
const mostChanges = 50

// applySetting folds a changed setting.
func (o *Org) applySetting(e Entry, b *SettingSet) {
	if o.Settings == nil {
		o.Settings = map[string]string{}
	}
	if o.Changed == nil {
		o.Changed = map[string]Changes{}
	}
	entries := append(slices.Clone(o.Changed[b.Name].Entries), e.N) // a clone: snapshots share the older list
	o.Settings[b.Name] = string(b.Value)
	o.Changed[b.Name] = Changes{At: e.At, By: e.By, Entries: entries[max(0, len(entries)-mostChanges):]}
}

// PutSetting records a setting that its own room has checked. One that says
// what it said already is not recorded again.
func (s *Service) PutSetting(ctx context.Context, by Actor, name string, value json.RawMessage) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if now, set := tx.Org().Settings[name]; set && now == string(value) {
			return nil
		}
		_, err := tx.Append(OrgStream(), s.Act(by), &SettingSet{Name: name, Value: value})
		return err
	})
}

// SettingChange is one version of a setting and the one it took the place of.
type SettingChange struct {
	At      time.Time // UTC
	By      Actor
	Was, Is string // JSON; Was is empty when there was none, or when it is out of reach
}

// SettingHistory returns the versions of a setting, newest first.
func (s *Service) SettingHistory(ctx context.Context, name string) (all []SettingChange, err error) {
	err = s.Store.View(ctx, func(v View) error {
		all = all[:0]
		was := ""
		for _, n := range v.Org().Changed[name].Entries {
			e, err := v.Entry(OrgStream(), n)
			if err != nil {
				return err
			}
			if b, ok := e.Body.(*SettingSet); ok {
				all = append(all, SettingChange{At: e.At, By: e.By, Was: was, Is: string(b.Value)})
				was = string(b.Value)
			}
		}
		slices.Reverse(all)
		return nil
	})
	return all, err
}
