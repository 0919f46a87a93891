package mailbox

import (
	"io"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// bare is the floor of a catch-up: everything in one command, kept nowhere.
func (c *connection) bare(b *testing.B) (n int) {
	fetch := c.client.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		n++
		for item := message.Next(); item != nil; item = message.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				_, _ = io.Copy(io.Discard, body.Literal)
			}
		}
	}
	must(b, fetch.Close())
	return n
}
