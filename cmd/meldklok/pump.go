package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"meldklok/incident"
)

// pump gives accepted deliveries their outcome. It holds none of them: what is
// waiting is what the record says is waiting, so a restart loses nothing.
type pump struct {
	service *incident.Service
	log     *slog.Logger
	period  time.Duration
	bell    chan struct{}
	settled func(incident.Settled) // told of each outcome; nil: nobody
}

// pumpWorkers is how many deliveries are being given an outcome at once. More would
// give a few more an outcome, and let senders wait much longer for their 250.
const pumpWorkers = 8

func newPump(service *incident.Service, log *slog.Logger, period time.Duration) *pump {
	return &pump{service: service, log: log, period: period, bell: make(chan struct{}, 1)}
}

// wake makes the pump look.
func (p *pump) wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// run pumps until ctx ends.
func (p *pump) run(ctx context.Context) error {
	for {
		if err := p.drain(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("deliveries could not be processed; they are tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.bell:
		case <-time.After(p.period):
		}
	}
}

// drain processes until nothing is waiting.
func (p *pump) drain(ctx context.Context) error {
	for {
		items, err := p.service.PendingItems(ctx, 100)
		if err != nil || len(items) == 0 {
			return err
		}
		var workers sync.WaitGroup
		var mu sync.Mutex
		var failed error
		queue := make(chan uint64)
		for range min(pumpWorkers, len(items)) {
			workers.Go(func() {
				for item := range queue {
					out, err := p.service.Process(ctx, item)
					switch {
					case err == nil && p.settled != nil:
						p.settled(out)
					case err != nil && !errors.Is(err, incident.ErrNotFound):
						mu.Lock()
						failed = errors.Join(failed, err)
						mu.Unlock()
					}
				}
			})
		}
		for _, item := range items {
			queue <- item
		}
		close(queue)
		workers.Wait()
		if failed != nil {
			return failed
		}
	}
}
