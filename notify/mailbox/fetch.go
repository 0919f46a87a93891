package mailbox

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// after lists the UIDs above one, in order.
func (c *connection) after(ctx context.Context, uid uint32) (uids []uint32, err error) {
	var above imap.UIDSet
	above.AddRange(imap.UID(uid)+1, 0) // "n:*", which always names the last message too
	err = c.do(ctx, stageList, func() error {
		data, err := c.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{above}}, nil).Wait()
		if err != nil {
			return err
		}
		for _, u := range searchedUIDs(data) {
			if uint32(u) > uid {
				uids = append(uids, uint32(u))
			}
		}
		return nil
	})
	slices.Sort(uids)
	return slices.Compact(uids), err
}

// searchedUIDs reads a search result; the library panics on one that no
// correct server sends.
func searchedUIDs(data *imap.SearchData) (uids []imap.UID) {
	defer func() {
		if recover() != nil {
			uids = nil
		}
	}()
	return data.AllUIDs()
}

// listed is what the server says of a message without giving its content.
type listed struct {
	date time.Time // INTERNALDATE
	size int64     // RFC822.SIZE in bytes: a hint, some servers estimate it
}

// list asks for date and size of some messages. A message that is gone is not
// among the answers. ENVELOPE and BODYSTRUCTURE are never asked for: one malformed
// answer would end the connection, at every attempt.
func (c *connection) list(ctx context.Context, uids []uint32) (found map[uint32]listed, err error) {
	found = map[uint32]listed{}
	err = c.do(ctx, stageFetch, func() error {
		fetch := c.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true})
		defer fetch.Close()
		for message := fetch.Next(); message != nil; message = fetch.Next() {
			data, err := message.Collect()
			if err != nil {
				return err
			}
			found[uint32(data.UID)] = listed{data.InternalDate, data.RFC822Size}
		}
		return fetch.Close()
	})
	return found, err
}

// What a message may be like without harm to the connection.
var (
	errNoBody   = errors.New("the server gives no content for this message")
	errNotSmall = errors.New("the message is larger than the server said")
)

// body streams one message to take. found is false when it is gone. The
// watchdog watches the network only: while take is busy with what it has read,
// nobody waits for the server.
func (c *connection) body(ctx context.Context, uid uint32, take func(io.Reader) error) (found bool, err error) {
	w := c.watch(ctx)
	defer w.stop()
	fetch := c.client.Fetch(uidSet([]uint32{uid}), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	message := fetch.Next()
	if message == nil {
		return false, w.judge(stageFetch, fetch.Close())
	}
	var outcome error = &stage{stageFetch, errNoBody}
	for item := message.Next(); item != nil; item = message.Next() {
		if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
			w.rest()
			watched := &watchedBody{r: body.Literal, w: w, left: body.Literal.Size()}
			outcome = take(watched)
			w.again()
			if watched.broken {
				// The connection is gone. Draining would read beside the
				// client's own reader, which is winding up.
				return true, cmp.Or(outcome, watched.err)
			}
			break
		}
	}
	if err := fetch.Close(); err != nil { // drains, so that the connection can be used
		return true, w.judge(stageFetch, err)
	}
	return true, outcome
}

// bodies fetches several small messages with one command, each read whole. What is
// gone is not among them. It gives up when one is over most bytes, comes without
// content or breaks off: which one that is, is found by fetching them one by one.
func (c *connection) bodies(ctx context.Context, uids []uint32, most int64) (found map[uint32][]byte, err error) {
	w := c.watch(ctx)
	defer w.stop()
	fetch := c.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	found = map[uint32][]byte{}
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		uid, body, failed := c.small(message, w, most)
		if failed != nil {
			err = cmp.Or(err, failed)
			if !usable(failed) {
				return nil, failed
			}
			continue // so that the connection can be used
		}
		found[uid] = body
		w.again()
	}
	if closed := fetch.Close(); closed != nil {
		return nil, w.judge(stageFetch, closed)
	}
	return found, err
}

// small reads one message of several.
func (c *connection) small(message *imapclient.FetchMessageData, w *watchdog, most int64) (uid uint32, raw []byte, err error) {
	err = &stage{stageFetch, errNoBody}
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			if item.Literal.Size() > most {
				return uid, nil, &stage{stageFetch, errNotSmall}
			}
			body := &watchedBody{r: item.Literal, w: w, left: item.Literal.Size()}
			raw, err = io.ReadAll(body)
			if w.again(); err != nil {
				return uid, nil, err
			}
		}
	}
	return uid, raw, err
}

// watchedBody runs the watchdog while it waits, and knows a cut-off body.
type watchedBody struct {
	r    io.Reader
	w    *watchdog
	left int64

	broken bool // the server's side failed
	err    error
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.w.again()
	defer b.w.rest()
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.w.judge(stageFetch, err)
		b.broken, b.err = true, err
	}
	return n, err
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}
