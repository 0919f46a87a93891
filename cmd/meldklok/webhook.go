package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
	"meldklok/notify"
	"meldklok/notify/webhook"
)

// noSecret stands for a webhook that has none in the list of secret files.
const noSecret = "-"

// webhooks reads the receivers of the second road, and whether each can have
// its secret now: a signing key that is missing is better found at the start
// than in the night.
func (c ServeConfig) webhooks() (targets []webhook.Target, err error) {
	var errs []error
	if len(c.WebhookSecrets) > len(c.Webhooks) {
		errs = append(errs, errors.New("--webhook-secret-file: more files than webhooks"))
	}
	for i, text := range c.Webhooks {
		target, err := webhook.Parse(text)
		if err == nil {
			err = c.webhookSecret(i, &target)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--webhook: %w", err))
		}
		targets = append(targets, target)
	}
	if c.Heartbeat != "" {
		target, err := webhook.Parse("heartbeat+" + c.Heartbeat)
		if err != nil {
			errs = append(errs, fmt.Errorf("--heartbeat: %w", err))
		}
		targets = append(targets, target)
	}
	return targets, errors.Join(errs...)
}

// webhookSecret gives a target the secret at the same place in the list.
func (c ServeConfig) webhookSecret(i int, t *webhook.Target) error {
	file := noSecret
	if i < len(c.WebhookSecrets) {
		file = c.WebhookSecrets[i]
	}
	takes, needs := t.TakesSecret()
	switch {
	case file == noSecret && needs:
		return fmt.Errorf("%s is signed: give the file with its key with --webhook-secret-file", t.Name())
	case file == noSecret:
		return nil
	case !takes:
		return fmt.Errorf("%s has no use for a secret: write - at its place among the --webhook-secret-file", t.Name())
	}
	t.Secret = secretFile(file)
	secret, err := t.Secret(context.Background())
	if err == nil && t.Format == webhook.JSON {
		_, err = webhook.Key(secret)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name(), err)
	}
	return nil
}

// newWebhooks makes the second road. The engine is made after it, and before
// anything runs.
func (a *App) newWebhooks() *webhook.Road {
	return webhook.New(webhook.Config{
		Targets: a.cfg.targets, URL: a.cfg.URL, Now: a.now, Log: a.log, Dial: a.dial,
		Record: feedLog{a},
		Peer:   func(name string, at time.Time) { a.engine.NotePeer(name, at) },
	})
}

// held reports whether a restored record waits for its release: then the second
// road is silent too, and no ping says that all is well.
func (a *App) held() bool {
	org, err := a.service.Org(context.Background())
	return err == nil && org.Backups.Held
}

// audited notes that the engine turned, and passes the result of an audit on to
// the second road.
func (a *App) audited(h incident.Health) {
	a.mu.Lock()
	a.turned = h.Turned
	a.mu.Unlock()
	if !a.held() {
		a.webhooks.Audited(h)
	}
}

// alerted counts queued rungs and passes them on to the second road. Without a relay no mail
// leaves this machine, so every rung goes over it.
func (a *App) alerted(f notify.Fired) {
	a.metrics.rungsFired(f)
	if a.held() {
		return
	}
	batch := webhook.Alerts{At: f.At, Head: f.Head, MailDown: f.MailDown || len(a.cfg.relays) == 0}
	for _, r := range f.Rungs {
		a.log.Info("a rung was fired", "incident", r.Ref.String(), "duty", string(r.Duty), "rung", r.Rung)
		batch.List = append(batch.List, webhook.Alert{Ref: r.Ref, Duty: r.Duty, Rung: r.Rung, Rank: r.Rank, Due: r.Due})
	}
	a.webhooks.Alerted(batch)
}
