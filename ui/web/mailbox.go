package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// mailboxData is how the watched mailboxes stand. The page shows no case: it is
// for administrators too.
type mailboxData struct {
	Boxes  []mailboxView
	Parked int
	Tests  bool // mailboxes can be tested from here
}

// mailboxView is one watched mailbox with what is wrong, in words.
type mailboxView struct {
	incident.WatchedMailbox
	Explained []explained
	Steps     []incident.MailboxStep // of a test that was just made
}

// Well reports that nothing is wrong.
func (m mailboxView) Well() bool { return len(m.Explained) == 0 && m.Trouble == "" }

// ProbeState names how the last probe stands: none, sent, seen or lost.
func (m mailboxView) ProbeState(now time.Time) string {
	switch {
	case !m.Probed || m.Probe.Message == 0:
		return "none"
	case !m.Probe.Seen.IsZero():
		return "seen"
	case m.Probe.Lost(m.LastGood, now):
		return "lost"
	}
	return "sent"
}

// mailbox shows the mailboxes that are watched, and what to do.
func (p *Pages) mailbox(c echo.Context) error {
	d, err := p.mailboxes(c)
	if err != nil {
		return err
	}
	return p.show(c, "mailbox", d)
}

func (p *Pages) mailboxes(c echo.Context) (d mailboxData, err error) {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return d, err
	}
	d.Parked, d.Tests = org.Parked, p.cfg.TryMailbox != nil && keepers().Admits(me(c))
	lang := p.language(c)
	for _, m := range p.cfg.Mailboxes(lang) {
		view := mailboxView{WatchedMailbox: m}
		for _, f := range m.Findings(p.now()) {
			view.Explained = append(view.Explained, explained{Finding: f, Text: finding(lang, f), Todo: todo(lang, f)})
		}
		d.Boxes = append(d.Boxes, view)
	}
	return d, nil
}

// tryMailbox tests one mailbox, and shows what each step came to. Nothing in
// the mailbox changes.
func (p *Pages) tryMailbox(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	d, err := p.mailboxes(c)
	if err != nil {
		return err
	}
	for i, box := range d.Boxes {
		if box.Name != values.Get("name") || !d.Tests {
			continue
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), mailboxTest)
		defer cancel()
		if d.Boxes[i].Steps, err = p.cfg.TryMailbox(ctx, p.language(c), box.Name); err != nil {
			return err
		}
		return p.show(c, "mailbox", d)
	}
	return fmt.Errorf("web: mailbox: %w", incident.ErrNotFound)
}

// mailboxTest bounds the test of a mailbox: somebody waits for the page.
const mailboxTest = 40 * time.Second

// Flag says why a received time deserves a look.
func (v *View) Flag(code string) string { return v.either("received-flag."+code, "reports.flag") }

// Origin says in words what the organisation's own mail server found out about
// the sender: «SPF klopt, DKIM ontbreekt».
func (v *View) Origin(auth string) string {
	var found []string
	for one := range strings.FieldsSeq(auth) {
		check, verdict, _ := strings.Cut(one, "=")
		if !locale.Has("auth." + verdict) {
			verdict = "error"
		}
		found = append(found, v.T("auth."+verdict, "check", strings.ToUpper(check)))
	}
	return strings.Join(found, ", ")
}
