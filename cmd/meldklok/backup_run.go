package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"meldklok/incident"
	"meldklok/incident/store"
)

// schedule makes the scheduled backups and test restores.
type schedule struct {
	*keeper
	cfg *parsed
	app *App

	mu      sync.Mutex
	failing time.Time // since when backups fail; zero: they do not
	again   time.Time // not before; after a failure
	noRoom  bool
}

const (
	// lookEvery is how often the schedule is looked at.
	lookEvery = time.Minute
	// retryAfter is when a failed backup is tried again.
	retryAfter = 10 * time.Minute
)

// run keeps the schedule until ctx ends.
func (s *schedule) run(ctx context.Context) error {
	after := s.app.after
	if after == nil {
		after = time.After
	}
	if err := s.tidy(); err != nil {
		s.app.log.Warn("what an interrupted backup left could not be removed", "err", err)
	}
	for {
		s.turn(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-after(lookEvery):
		}
	}
}

// tidy removes what a crash left: an unpacked trial, half-written files.
func (s *schedule) tidy() error {
	err := store.Untidy(s.trialFolder())
	if s.cfg.BackupTo == "" {
		return err
	}
	entries, _ := os.ReadDir(s.cfg.BackupTo) // a missing folder is found out by the next backup
	for _, e := range entries {
		if name, half := strings.CutSuffix(e.Name(), ".partial"); half && scheduledName.MatchString(name) {
			err = errors.Join(err, os.Remove(filepath.Join(s.cfg.BackupTo, e.Name())))
		}
	}
	return err
}

// turn makes what is due.
func (s *schedule) turn(ctx context.Context) {
	plan, now := s.cfg.BackupConfig.plan(), s.now()
	org, err := s.service.Org(ctx)
	if err != nil || plan.Every == 0 || s.waiting(now) {
		return
	}
	if plan.Due(org.Backups, now) {
		s.outcome(ctx, s.backUp(ctx, org.Backups, now))
		if org, err = s.service.Org(ctx); err != nil {
			return
		}
	}
	if s.cfg.BackupIdentity != "" && plan.TestDue(org.Backups, now) {
		s.outcome(ctx, s.test(ctx))
	}
}

// waiting reports whether a failure was a moment ago.
func (s *schedule) waiting(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.again.Sub(now)
	return left > 0 && left <= retryAfter
}

// backUp makes the next backup and rotates.
func (s *schedule) backUp(ctx context.Context, b incident.Backups, now time.Time) error {
	name := nameOf(now)
	trial := s.cfg.BackupIdentity == "" && (b.Last == nil || s.cfg.BackupConfig.plan().TestDue(b, now))
	out, err := s.make(ctx, filepath.Join(s.cfg.BackupTo, name), s.to, true, trial)
	if err != nil {
		return err
	}
	s.app.log.Info("backup made", "file", name, "bytes", out.Size, "head", out.Seq)
	if out.Trial.Err != nil && ctx.Err() == nil {
		s.app.log.Error("what went into the backup is not whole", "file", name, "err", out.Trial.Err)
	}
	return errors.Join(s.keepDestroyed(ctx, s.cfg.BackupTo), rotate(s.cfg.BackupTo, s.cfg.BackupKeep, name, b.File))
}

// test restores the newest backup of the folder.
func (s *schedule) test(ctx context.Context) error {
	keys, err := readIdentities(s.cfg.BackupIdentity)
	if err != nil {
		return err
	}
	names, err := scheduled(s.cfg.BackupTo)
	if err != nil || len(names) == 0 {
		return err
	}
	t, err := s.try(ctx, filepath.Join(s.cfg.BackupTo, names[0]), keys)
	if err == nil && t.Err != nil {
		s.app.log.Error("a backup is not whole", "file", names[0], "err", t.Err)
	}
	return err
}

// outcome notes how an attempt ended.
func (s *schedule) outcome(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.noRoom = errors.Is(err, errNoRoom)
	switch {
	case err == nil:
		s.failing, s.again = time.Time{}, time.Time{}
		return
	case ctx.Err() != nil:
		return
	case s.failing.IsZero():
		s.failing = now
	}
	s.again = now.Add(retryAfter)
	s.app.log.Error("a backup or its test failed; it is tried again", "err", outOfReach(err))
}

// findings are those about backups, and about sending that is held.
func (s *schedule) findings(now time.Time) (f []incident.Finding) {
	if org, err := s.service.Org(context.Background()); err == nil {
		f = org.BackupFindings(s.cfg.BackupConfig.plan(), now)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failing.IsZero():
	case s.noRoom:
		f = append(f, incident.Finding{Code: "backup-no-room", Level: incident.Amber})
	default:
		f = append(f, incident.Finding{Code: "backup-failing", Level: incident.Amber, Args: map[string]any{"since": now.Sub(s.failing)}})
	}
	return f
}
