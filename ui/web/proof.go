package web

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// proof hands out the proof of alert: every rung, recipient, attempt and reply,
// as a file to keep with the case or to give to the AP when it asks «why late?».
func (p *Pages) proof(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	if p.cfg.Proof == nil {
		return fmt.Errorf("proof of %s: %w", ref, incident.ErrNotFound)
	}
	ctx := c.Request().Context()
	inc, err := p.cfg.Service.Incident(ctx, ref)
	if err != nil {
		return err
	}
	alerts, err := p.cfg.Service.Alerts(ctx, ref)
	if err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	file, err := p.cfg.Proof(p.view(c, "incident", nil).Lang, inc, alerts, org, p.cfg.Now())
	if err != nil {
		return err
	}
	attach(c, ref.String()+"-alerts.html")
	return c.Blob(http.StatusOK, "application/octet-stream", file)
}
