package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// relaysData is how the ways out for mail stand, and what came of a test.
type relaysData struct {
	Roads  []incident.RelayStatus
	Trials []incident.RelayTrial
	To     string
	Folder string
}

func (p *Pages) relaysView(c echo.Context) (*View, error) {
	if p.cfg.Roads == nil {
		return nil, fmt.Errorf("web: relays: %w", incident.ErrNotFound)
	}
	return p.view(c, "relays", relaysData{Roads: p.cfg.Roads.Roads(), To: me(c).Email, Folder: p.cfg.MailNotice()}), nil
}

func (p *Pages) relays(c echo.Context) error {
	v, err := p.relaysView(c)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

// roadTest bounds a test of every relay together.
const roadTest = 60 * time.Second

// tryRelays sends a test mail over every relay to whoever asks for it.
func (p *Pages) tryRelays(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if p.cfg.Roads == nil {
		return fmt.Errorf("web: relays: %w", incident.ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), roadTest)
	defer cancel()
	trials, tryErr := p.cfg.Roads.TryRelays(ctx, *me(c))
	v, err := p.relaysView(c)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if tryErr != nil {
		if status, err = v.refused("relays", values, tryErr); err != nil {
			return err
		}
	}
	d := v.Data.(relaysData)
	d.Trials = trials
	v.Data = d
	return p.render(c, status, v)
}

// MailReason says why a relay did not take a mail, and what to do.
func (v *View) MailReason(reason string) string {
	if id := "mail-reason." + reason; locale.Has(id) {
		return v.T(id)
	}
	return v.T("mail-reason.other", "reason", reason)
}

// webhooksData is how the receivers of the second road stand.
type webhooksData struct {
	Hooks  []incident.HookStatus
	Trials []incident.HookTrial
	Tested bool
	Any    bool // one of them can be tested
}

func (p *Pages) webhooksData() (d webhooksData) {
	if p.cfg.Hooks == nil {
		return d
	}
	d.Hooks = p.cfg.Hooks.Hooks()
	for _, h := range d.Hooks {
		d.Any = d.Any || !h.Beat
	}
	return d
}

func (p *Pages) webhooks(c echo.Context) error { return p.show(c, "webhooks", p.webhooksData()) }

// tryWebhooks posts a test to every receiver.
func (p *Pages) tryWebhooks(c echo.Context) error {
	d := p.webhooksData()
	if p.cfg.Hooks != nil {
		ctx, cancel := context.WithTimeout(c.Request().Context(), roadTest)
		defer cancel()
		d.Trials, d.Tested = p.cfg.Hooks.Try(ctx), true
	}
	return p.show(c, "webhooks", d)
}

// HookReason says why a receiver did not take a post.
func (v *View) HookReason(reason string) string {
	if id := "hook-reason." + reason; locale.Has(id) {
		return v.T(id)
	}
	return v.T("hook-reason.other", "reason", reason)
}
