package notify

import (
	"context"

	"meldklok/incident"
)

// held reports whether the record was restored and nobody has let it send
// again. Until then rungs are queued as always, and none of them goes out: the
// machine that this one stands in for may still be sending. What is queued then
// and still needed goes out at the release, the later rungs in place of the
// earlier ones.
func (e *Engine) held(ctx context.Context) (held bool, err error) {
	err = e.cfg.Store.View(ctx, func(v incident.View) error { held = v.Org().Backups.Held; return nil })
	return held, err
}

// maySend returns a *incident.Refusal while sending is held.
func (e *Engine) maySend(ctx context.Context) error {
	held, err := e.held(ctx)
	if err == nil && held {
		return &incident.Refusal{Code: "sending-held"}
	}
	return err
}
