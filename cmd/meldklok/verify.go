package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"meldklok/incident"
)

// verifyCommand replays the record.
type verifyCommand struct {
	File string `help:"Check the case file of one incident (export --incident) instead; needs no record." type:"existingfile" placeholder:"FILE.zip"`
	Head string `help:"A head that left the record earlier, as an alert mail states it: NUMBER:HASH. Then a rewritten or cut-off end is found too." placeholder:"N:HASH"`
}

// Run implements the command.
func (c *verifyCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	if c.File == "" {
		return atDesk(ctx, w, place, args, c)
	}
	head, err := parseHead(c.Head)
	if err != nil {
		return exit(exitUsage, err)
	}
	return verifyCaseFile(w.stdout, c.File, head)
}

func (c *verifyCommand) do(ctx context.Context, d *desk) error {
	head, err := parseHead(c.Head)
	if err != nil {
		return exit(exitUsage, err)
	}
	v, err := d.store.Verify(ctx, head)
	if err != nil {
		return exit(exitFailed, fmt.Errorf("the record is NOT whole: %w", err))
	}
	fmt.Fprintf(d.stdout, "whole: %d entries, %d incidents; head %d:%x\n", v.Entries, v.Incidents, v.Head.Seq, v.Head.Hash)
	return nil
}

// parseHead reads "1234:abcd…" or "1234 abcd…"; empty is no head.
func parseHead(text string) (*incident.Head, error) {
	if text == "" {
		return nil, nil
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == ' ' })
	if len(fields) != 2 {
		return nil, fmt.Errorf("--head %q: want NUMBER:HASH", text)
	}
	seq, err := strconv.ParseUint(fields[0], 10, 64)
	hash, hexErr := hex.DecodeString(fields[1])
	if err != nil || hexErr != nil || len(hash) != 32 {
		return nil, fmt.Errorf("--head %q: want NUMBER:HASH", text)
	}
	h := &incident.Head{Seq: seq}
	copy(h.Hash[:], hash)
	return h, nil
}
