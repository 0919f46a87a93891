package mailbox

import (
	"context"
	"errors"
	"io"
	"time"
)

// Step is one thing that Check tried.
type Step struct {
	Name    string   `json:"name"` // one of Steps
	OK      bool     `json:"ok"`
	Trouble *Trouble `json:"trouble,omitempty"` // why not; nil when OK or when a step before it failed
}

// Steps lists what Check tries, in order.
func Steps() []string {
	return []string{stageConnect, stageTLS, stageToken, stageSignIn, stageFolder, stageFetch, stageIdle, stageMove}
}

// Check tries everything that watching a mailbox needs, and changes nothing in
// it except that a missing folder to move to is made. Every step is in the
// answer; after the first that fails the rest is not tried. Without IDLE a
// mailbox can be watched, so that step's trouble has no code.
func Check(ctx context.Context, m Mailbox) ([]Step, error) {
	if m.Since.IsZero() {
		m.Since = time.Unix(0, 0) // of no importance here
	}
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return nil, err
	}
	failedAt, canIdle, err := tryAll(ctx, m)
	var steps []Step
	for _, name := range Steps() {
		step := Step{Name: name, OK: err == nil || name != failedAt}
		if name == stageIdle && step.OK {
			step.OK = canIdle
		}
		if !step.OK && err != nil && name == failedAt {
			t := Explain(err)
			step.Trouble = &t
		}
		steps = append(steps, step)
		if name == failedAt {
			break
		}
	}
	return notTried(steps), nil
}

// notTried fills up the list with the steps that were not reached.
func notTried(steps []Step) []Step {
	for _, name := range Steps()[len(steps):] {
		steps = append(steps, Step{Name: name})
	}
	return steps
}

// tryAll goes as far as it can, and names the step that failed.
func tryAll(ctx context.Context, m Mailbox) (failedAt string, canIdle bool, err error) {
	c, err := connect(ctx, m, true)
	if err != nil {
		return stepOf(err), false, err
	}
	defer c.close()
	if _, err := c.open(ctx); err != nil {
		return stageFolder, false, err
	}
	if err := c.tryFetch(ctx); err != nil {
		return stageFetch, false, err
	}
	canIdle = c.canIdle(ctx)
	if m.MoveTo != "" {
		if err := c.prepareMove(ctx); err != nil {
			return stageMove, canIdle, err
		}
	}
	return "", canIdle, nil
}

// tryFetch reads the newest message, if there is one, and throws it away.
func (c *connection) tryFetch(ctx context.Context) error {
	uids, err := c.after(ctx, 0)
	if err != nil || len(uids) == 0 {
		return err
	}
	newest := uids[len(uids)-1]
	if _, err := c.list(ctx, []uint32{newest}); err != nil {
		return err
	}
	_, err = c.body(ctx, newest, func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err })
	return err
}

// stepOf is the step during which a connection failed.
func stepOf(err error) string {
	at := new(stage)
	if !errors.As(err, &at) {
		return stageConnect
	}
	if at.doing == stageGreeting {
		return stageTLS
	}
	return at.doing
}
