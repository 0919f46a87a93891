package main

import (
	"context"
	"fmt"

	"meldklok/incident"
	"meldklok/notify/mailbox"
	"meldklok/ui/locale"
)

// tryMailbox tests a watched mailbox for a page, as meldklok mailbox test does
// for a terminal.
func (a *App) tryMailbox(ctx context.Context, lang, name string) (steps []incident.MailboxStep, err error) {
	for _, w := range a.watches {
		if w.Name != name {
			continue
		}
		tried, err := mailbox.Check(ctx, w.Mailbox)
		if err != nil {
			return nil, fmt.Errorf("test of mailbox %s: %w", name, err)
		}
		reached := true
		for _, s := range tried {
			step := incident.MailboxStep{Name: locale.T(lang, "mailbox-step."+s.Name, nil), OK: s.OK, Tried: reached}
			if s.Trouble != nil {
				step.Trouble, step.Said, reached = s.Trouble.In(lang), s.Trouble.Detail, false
			}
			steps = append(steps, step)
		}
		return steps, nil
	}
	return nil, fmt.Errorf("mailbox %q: %w", name, incident.ErrNotFound)
}
