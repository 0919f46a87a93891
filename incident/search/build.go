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
	slice        = 20       // changed incidents between two pauses
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
// may be a word's beginning; best first, at most so many. Whether somebody may
// see them is not its business.
func (x *Index) Find(query string, most int) []Hit {
	x.mu.RLock()
	in := x.current
	x.mu.RUnlock()
	return in.find(terms(query), most)
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

// build walks all incidents, newest first. It returns the entry of the chain
// from which changes have to be followed.
func (x *Index) build(ctx context.Context, into *index) (head uint64, err error) {
	err = x.cfg.Service.Store.View(ctx, func(v incident.View) error {
		of := int(v.Counters().Incidents) - v.Org().LinesGone
		x.say(func(p *Progress) { p.Of = of })
		return nil
	})
	if err != nil {
		return 0, err
	}
	full, last := false, incident.Ref{}
	return x.cfg.Service.Stroll(ctx, func(inc *incident.Incident) (bool, error) {
		if full {
			x.say(func(p *Progress) { p.Before = last })
			return false, nil
		}
		if err := x.add(ctx, into, inc); err != nil {
			return false, err
		}
		x.say(func(p *Progress) { p.Done++ })
		size, _ := into.size()
		full, last = size >= x.cfg.Bound*9/10, inc.Ref // some room is left for what comes in
		return true, nil
	})
}

func (x *Index) say(change func(*Progress)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.progress)
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
		changed, last, err := x.cfg.Service.Changes(ctx, head)
		if err != nil {
			return err
		}
		before := x.Progress().Before
		for i, ref := range changed {
			if !before.IsZero() && newer(before, ref) < 0 {
				continue // among those that are left out
			}
			if err := x.again(ctx, into, ref); err != nil {
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

// again indexes an incident that changed.
func (x *Index) again(ctx context.Context, into *index, ref incident.Ref) error {
	inc, err := x.cfg.Service.Incident(ctx, ref)
	if errors.Is(err, incident.ErrNotFound) {
		into.put(ref, document{}) // destroyed as a whole: its words find nothing any more
		return nil
	}
	if err != nil {
		return err
	}
	return x.add(ctx, into, inc)
}

// add indexes one incident. What cannot be read of it is left out.
func (x *Index) add(ctx context.Context, into *index, inc *incident.Incident) error {
	s := x.cfg.Service
	entries, err := s.Entries(ctx, inc.Ref)
	if errors.Is(err, incident.ErrNotFound) {
		into.put(inc.Ref, document{}) // destroyed a moment ago
		return nil
	}
	if err != nil {
		return err
	}
	d := document{}
	d.say(InRef, inc.Ref.String())
	d.say(InTitle, inc.Title, inc.Summary)
	for _, e := range entries {
		d.entry(e)
	}
	writers := incident.Writers(entries)
	for _, r := range inc.Reports {
		if inc.Frozen() {
			break // kept and not used: its words find nothing
		}
		w := writers[r.N]
		if w == nil {
			continue
		}
		d.writer(w)
		if r.Size <= mostRaw {
			d.report(ctx, s, inc, r, w)
		}
	}
	into.put(inc.Ref, d)
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
		d.say(InTitle, b.Private.Subject)
		d.say(InText, b.Private.Files...)
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

// writer adds who wrote a report, as put right: what stood there before finds
// nothing.
func (d document) writer(w *incident.Writer) {
	d.say(InReporter, w.From.Name, w.From.Email, w.Phone)
	if w.Original != nil {
		d.say(InReporter, w.Original.Name, w.Original.Email)
	}
}

// report adds the text of a report. One that was destroyed, or cannot be read,
// has none.
func (d document) report(ctx context.Context, s *incident.Service, inc *incident.Incident, r incident.Report, w *incident.Writer) {
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
		d.say(InReporter, w.PhoneOr(form.Phone))
		return
	}
	if reading, err := s.Reading(ctx, inc, r.N); err == nil {
		d.say(InText, reading.Text)
	}
}
