package mailbox

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
)

// errNoMove is a server without MOVE (RFC 6851). The library's stand-in copies,
// marks deleted and expunges without waiting for the copy: when that fails the
// mail is gone. So without MOVE nothing is moved.
var errNoMove = errors.New("the server cannot move messages")

// prepareMove checks that a move can work and makes the folder if need be.
func (c *connection) prepareMove(ctx context.Context) error {
	if !c.has(ctx, imap.CapMove) {
		return &stage{stageMove, errNoMove}
	}
	return c.do(ctx, stageMove, func() error {
		if _, err := c.client.Status(c.m.MoveTo, &imap.StatusOptions{UIDValidity: true}).Wait(); err == nil || !refused(err) {
			return err
		}
		return c.client.Create(c.m.MoveTo, nil).Wait()
	})
}

// move puts messages that are safely kept into the other folder. One that is
// gone already is no error.
func (c *connection) move(ctx context.Context, uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	return c.do(ctx, stageMove, func() error {
		_, err := c.client.Move(uidSet(uids), c.m.MoveTo).Wait()
		return err
	})
}
