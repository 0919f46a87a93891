package search

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meldklok/incident"
)

// Config is what the index is built from.
type Config struct {
	Service *incident.Service
	Bound   int64 // bytes of memory; 0: 64 MiB
	Log     *slog.Logger
	// Every is how often the record is asked for changes; 0: each second.
	Every time.Duration
}

const (
	defaultBound = 64 << 20
	slice        = 20       // incidents between two pauses
	mostText     = 64 << 10 // bytes of a report that are indexed
	mostRaw      = 8 << 20  // a report larger than this is found by what its log says of it
	mostDead     = 30       // per cent of replaced documents that is put up with
)

// Index answers searches while it is being built. It is safe for concurrent use.
type Index struct {
	cfg Config

	mu       sync.RWMutex
	current  *index
	progress Progress
}

// Progress says how far the index reaches.
type Progress struct {
	Done, Of int          // incidents; equal when the index is complete
	Building bool         // incidents are missing because building goes on
	Before   incident.Ref // incidents older than this are left out: the bound is reached; zero: none
	Bytes    int64
}

// New returns an empty index. [Index.Run] fills it.
func New(cfg Config) *Index {
	if cfg.Bound <= 0 {
		cfg.Bound = defaultBound
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Index{cfg: cfg, current: newIndex(), progress: Progress{Building: true}}
}

// Find returns the incidents that hold a word for each word of the query, which
// may be a word's beginning; best first. Whether somebody may see them is not
// its business.
func (x *Index) Find(query string) []Hit {
	x.mu.RLock()
	in := x.current
	x.mu.RUnlock()
	return in.find(terms(query))
}

// Progress says how far the index reaches.
func (x *Index) Progress() Progress {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p := x.progress
	p.Bytes, _ = x.current.size()
	return p
}

// Run builds the index and follows the record until ctx ends. It never fails:
// what cannot be read is logged and left out, and searching goes on without it.
func (x *Index) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		into := x.begin()
		head, err := x.build(ctx, into)
		if err != nil {
			x.trouble(ctx, err)
			continue
		}
		x.settle(into)
		if err := x.follow(ctx, into, head); err != nil {
			x.trouble(ctx, err)
		}
	}
	return nil
}

// trouble waits a while after something went wrong.
func (x *Index) trouble(ctx context.Context, err error) {
	if ctx.Err() == nil {
		x.cfg.Log.Error("the search index could not go on; it is built anew", "err", err)
		pause(ctx, 10*time.Second)
	}
}

// begin starts a new index. The first one answers while it grows; a later one
// takes the place of the one before when it is whole.
func (x *Index) begin() *index {
	into := newIndex()
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, docs := x.current.size(); docs == 0 {
		x.current = into
	}
	x.progress = Progress{Building: true}
	return into
}

func (x *Index) settle(into *index) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.current = into
	x.progress.Building = false
}

// build walks all incidents, newest first, slice by slice, with a pause as long
// as each slice took. It returns the entry of the chain from which changes have
// to be followed.
func (x *Index) build(ctx context.Context, into *index) (head uint64, err error) {
	err = x.cfg.Service.Store.View(ctx, func(v incident.View) error {
		c := v.Counters()
		head = c.Head.Seq
		x.say(func(p *Progress) { p.Of = int(c.Incidents) })
		return nil
	})
	var before incident.Ref
	for err == nil {
		began := time.Now()
		refs, listErr := x.next(ctx, before)
		if listErr != nil || len(refs) == 0 {
			return head, listErr
		}
		for _, ref := range refs {
			if err := x.add(ctx, into, ref); err != nil {
				return head, err
			}
			x.say(func(p *Progress) { p.Done++ })
			before = ref
			if size, _ := into.size(); size >= x.cfg.Bound*9/10 { // some room is left for what comes in
				return head, x.full(ctx, before)
			}
		}
		if pause(ctx, time.Since(began)); ctx.Err() != nil {
			return head, ctx.Err()
		}
	}
	return head, err
}

// full notes from where incidents are left out, if there are any.
func (x *Index) full(ctx context.Context, last incident.Ref) error {
	more, err := x.next(ctx, last)
	if len(more) > 0 {
		x.say(func(p *Progress) { p.Before = last })
	}
	return err
}

func (x *Index) say(change func(*Progress)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.progress)
}

// next lists the incidents of the next slice.
func (x *Index) next(ctx context.Context, before incident.Ref) (refs []incident.Ref, err error) {
	err = x.cfg.Service.Store.View(ctx, func(v incident.View) error {
		for inc, err := range v.Incidents(before) {
			if err != nil {
				return err
			}
			if refs = append(refs, inc.Ref); len(refs) == slice {
				break
			}
		}
		return nil
	})
	return refs, err
}

// follow indexes what changes. It returns nil when the index has to be built
// anew: it is full, or much of it is dead.
func (x *Index) follow(ctx context.Context, into *index, head uint64) error {
	tick := time.NewTicker(x.cfg.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		changed, last, err := x.changes(ctx, head)
		if err != nil {
			return err
		}
		before := x.Progress().Before
		for i, ref := range changed {
			if !before.IsZero() && newer(before, ref) < 0 {
				continue // among those that are left out
			}
			if err := x.add(ctx, into, ref); err != nil {
				return err
			}
			if i%slice == slice-1 {
				pause(ctx, x.cfg.Every/10)
			}
		}
		head = last
		size, docs := into.size()
		x.say(func(p *Progress) { p.Done = docs; p.Of = max(p.Of, docs) })
		if size > x.cfg.Bound || (docs > 1000 && into.dead() > mostDead) {
			return nil
		}
	}
}

// changes lists the incidents that changed since an entry of the chain, each
// once, and says how far it looked.
func (x *Index) changes(ctx context.Context, after uint64) (refs []incident.Ref, last uint64, err error) {
	err = x.cfg.Service.Store.View(ctx, func(v incident.View) error {
		seen := map[incident.Ref]bool{}
		last = v.Counters().Head.Seq
		if last == after {
			return nil
		}
		for ref, err := range v.Changed(after) {
			if err != nil {
				return err
			}
			if !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
		return nil
	})
	return refs, last, err
}

// add indexes one incident. What cannot be read of it is left out.
func (x *Index) add(ctx context.Context, into *index, ref incident.Ref) error {
	s := x.cfg.Service
	inc, err := s.Incident(ctx, ref)
	if errors.Is(err, incident.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := s.Entries(ctx, ref)
	if err != nil {
		return err
	}
	d := document{}
	d.say(InRef, ref.String())
	d.say(InTitle, inc.Title, inc.Summary)
	for _, e := range entries {
		d.entry(e)
	}
	for _, r := range inc.Reports {
		if inc.Frozen() {
			break // kept and not used: its words find nothing
		}
		if r.Size <= mostRaw {
			d.report(ctx, s, inc, r)
		}
	}
	into.put(ref, d)
	return ctx.Err()
}

// pause waits, so that others can go first.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(min(d, 10*time.Second))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// document collects the words of one incident.
type document map[string]Place

func (d document) say(in Place, texts ...string) {
	for _, text := range texts {
		words(text[:min(len(text), mostText)], func(w string) { d[w] |= in })
	}
}

func (d document) entry(e incident.Entry) {
	switch b := e.Body.(type) {
	case *incident.Reported:
		p := b.Private
		d.say(InReporter, p.From.Name, p.From.Email)
		if p.Original != nil {
			d.say(InReporter, p.Original.Name, p.Original.Email)
		}
		d.say(InTitle, p.Subject)
		d.say(InText, p.Files...)
	case *incident.Asked:
		d.say(InTalk, b.Private.Text)
	case *incident.Decided:
		d.say(InDecision, b.Reasons, b.Against)
	case *incident.Advised:
		d.say(InDecision, b.Text)
	case *incident.Filed:
		d.say(InDecision, b.Filing.Number, b.Filing.Text, b.Filing.Delay)
	}
}

// report adds the text of a report. One that was destroyed, or cannot be read,
// has none.
func (d document) report(ctx context.Context, s *incident.Service, inc *incident.Incident, r incident.Report) {
	if slices.Contains([]incident.Channel{incident.ChannelForm, incident.ChannelPhone, incident.ChannelAPI}, r.Channel) {
		body, err := s.Raw(ctx, r.Item)
		if err != nil {
			return
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			return
		}
		form, _ := incident.ReadForm(raw, r.Received)
		d.say(InText, form.What, form.Who)
		d.say(InReporter, form.Name, form.Email, form.Phone)
		return
	}
	if reading, err := s.Reading(ctx, inc, r.N); err == nil {
		d.say(InText, reading.Text)
	}
}
