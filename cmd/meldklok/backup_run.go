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
	looked  bool   // the list beside the backups was compared with the record
	behind  bool   // and knows of more than the record does
	listed  uint64 // how many destructions the list knows of
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
	if err := s.lookBack(ctx, org.Backups); err != nil {
		s.outcome(ctx, err)
		return
	}
	if err := s.tellDestroyed(ctx); err != nil {
		s.outcome(ctx, err)
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
	if out.Trial.Made && out.Trial.Err != nil && ctx.Err() == nil {
		s.app.log.Error("what went into the backup is not whole", "file", name, "err", out.Trial.Err)
	}
	if s.isBehind() {
		return nil // what lies there knows more than we do: nothing of it is removed or replaced
	}
	return errors.Join(s.keepDestroyed(ctx, s.cfg.BackupTo), s.rotate(ctx, name))
}

// tellDestroyed writes the list anew once something was destroyed, however long
// the next backup takes: should the disk be lost before that, a restore knows.
func (s *schedule) tellDestroyed(ctx context.Context) error {
	n := s.store.Destructions()
	if n == s.listed || s.isBehind() {
		return nil
	}
	if err := s.keepDestroyed(ctx, s.cfg.BackupTo); err != nil {
		return err
	}
	s.listed = n
	return nil
}

// lookBack compares the record, once, with what the list beside the backups says
// of it. When the list was made later than the record ends, or from another chain,
// somebody put an older copy of the data folder back (a snapshot of the machine, a
// file): references would be given out twice. A restore does not count: it says so in
// the log, and skips numbers.
func (s *schedule) lookBack(ctx context.Context, b incident.Backups) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked {
		return nil
	}
	l, err := readDestroyed(filepath.Join(s.cfg.BackupTo, destroyedFile))
	if errors.Is(err, os.ErrNotExist) {
		_, err := os.Stat(s.cfg.BackupTo)
		s.looked = err == nil
		return err
	}
	s.looked = true
	if err != nil { // the next one replaces it
		s.app.log.Warn("the list beside the backups cannot be read", "err", err)
		return nil
	}
	if l.Head == nil || l.belongs(s.store) != nil || (b.Restored != nil && !l.At.After(b.Since)) {
		return nil
	}
	fits, err := s.store.Holds(ctx, incident.Head{Seq: l.Head.Seq, Hash: l.Head.Hash})
	if s.behind = err == nil && !fits; s.behind {
		s.app.log.Error("the record is older than what it left beside its backups: was an older copy of the data folder put back?", "head", l.Head.Seq)
	}
	return err
}

func (s *schedule) isBehind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behind
}

// rotate removes the oldest backups once the newest is there, unless a test has
// found trouble.
func (s *schedule) rotate(ctx context.Context, newest string) error {
	org, err := s.service.Org(ctx)
	if err != nil {
		return err
	}
	spare, rests := org.Backups.Spared()
	if rests {
		return nil
	}
	return rotate(s.cfg.BackupTo, s.cfg.BackupKeep, append(spare, newest)...)
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
	if s.behind {
		f = append(f, incident.Finding{Code: "record-put-back", Level: incident.Red})
	}
	switch {
	case s.failing.IsZero():
	case s.noRoom:
		f = append(f, incident.Finding{Code: "backup-no-room", Level: incident.Amber})
	default:
		f = append(f, incident.Finding{Code: "backup-failing", Level: incident.Amber, Args: map[string]any{"since": now.Sub(s.failing)}})
	}
	return f
}
