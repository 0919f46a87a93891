package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/notify/mailbox"
)

// maxFacts bounds the input of assess.
const maxFacts = 1 << 20

// assessCommand scores facts. It needs no data and writes none.
type assessCommand struct {
	Schema bool `help:"Print the JSON schema of the input."`
}

// Run implements the command.
func (c *assessCommand) Run(w world) error {
	if c.Schema {
		_, err := w.stdout.Write(risk.Schema())
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(w.stdin, maxFacts))
	if err != nil {
		return err
	}
	facts, err := risk.Parse(raw)
	if err != nil {
		var field *risk.FieldError
		if errors.As(err, &field) {
			return exit(exitRefused, fmt.Errorf("%w (meldklok assess --schema prints what is allowed)", err))
		}
		return exit(exitRefused, err)
	}
	return writeJSON(w.stdout, risk.Assess(facts))
}

// scanCommand shows what a mail would score.
type scanCommand struct{}

// Run implements the command.
func (c *scanCommand) Run(_ context.Context, w world) error {
	raw, err := io.ReadAll(io.LimitReader(w.stdin, 64<<20))
	if err != nil {
		return err
	}
	now := w.now().UTC()
	in := incident.Incoming{Channel: incident.ChannelPipe, Arrived: now}
	r := mailbox.Read(raw, in, incident.ReadOptions{Now: now})
	doc := risk.Document{Subject: r.Subject, Text: r.Text, Received: r.Received}
	for _, a := range r.Attachments {
		doc.Attachments = append(doc.Attachments, risk.Attachment{Name: a.Name, Type: a.Type, Data: a.Data})
	}
	return writeJSON(w.stdout, risk.Scan(doc))
}
