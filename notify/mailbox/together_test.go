package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// checkGroups compares how many messages were accepted together each time.
func checkGroups(t *testing.T, r *record, want ...int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.groups, want) {
		t.Errorf("accepted together: %v, want %v", r.groups, want)
	}
}

// TestBacklogIsTakenTogether: a backlog is taken in groups, in order, and each
// message has its own place and date.
func TestBacklogIsTakenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		for i := range 600 {
			s.put(mailText(fmt.Sprint("bericht ", i)), testNow.Add(time.Duration(i)*time.Second))
		}
		w, _ := r.watch(t, s.mailbox())
		rest(time.Second)
		checkGroups(t, r, 250, 250, 100)
		for i, in := range r.incoming {
			if in.Cursor.UID != uint32(i+1) || !in.Arrived.Equal(testNow.Add(time.Duration(i)*time.Second)) || r.subjects()[i] != fmt.Sprint("bericht ", i) {
				t.Fatalf("message %d: %+v %+v", i, in, *in.Cursor)
			}
		}
		if st := w.Status(); len(r.raw) != 600 || st.Taken != 600 || st.Known != 600 || st.Missing != 0 || st.Backlog != 0 {
			t.Errorf("kept %d, status %+v", len(r.raw), st)
		}
	})
}

// TestLargeMessagesComeAlone: what does not fit in memory with others is
// streamed by itself, in its turn.
func TestLargeMessagesComeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		for i, size := range []int{0, 0, 100 << 10, 0, 0} {
			s.put(mailText(fmt.Sprint(i))+strings.Repeat("x", size), testNow)
		}
		r.watch(t, s.mailbox())
		rest(time.Second)
		checkSubjects(t, r, "0", "1", "2", "3", "4")
		checkGroups(t, r, 2, 2)
	})
}

// smallerSaid is a connection on which the server understates sizes.
type smallerSaid struct{ net.Conn }

func (c smallerSaid) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	copy(p, bytes.ReplaceAll(p[:n], []byte("RFC822.SIZE 1"), []byte("RFC822.SIZE 0")))
	return n, err
}

// TestSizeThatIsNotTrue: a message that turns out larger than the server said is
// not held in memory with others, and all of them arrive.
func TestSizeThatIsNotTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, func(s *mailServer) { s.link = func(c net.Conn) net.Conn { return smallerSaid{c} } }), newRecord()
		s.put(mailText("voor"), testNow)
		s.put(mailText("groot")+strings.Repeat("x", 100<<10), testNow)
		s.put(mailText("na"), testNow)
		w, _ := r.watch(t, s.mailbox())
		rest(time.Second)
		checkSubjects(t, r, "voor", "groot", "na")
		checkGroups(t, r)
		if st := w.Status(); st.Trouble != nil || st.Aside != 0 {
			t.Errorf("status %+v %+v", st, st.Trouble)
		}
	})
}

// fetched counts questions for content.
type fetched struct {
	imapserver.SessionIMAP4rev2
	count *atomic.Int32
}

func (f fetched) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	if len(o.BodySection) > 0 {
		f.count.Add(1)
	}
	return f.SessionIMAP4rev2.Fetch(w, set, o)
}

// TestRefusedTogether: when one of a group is refused, its neighbours are kept all
// the same, it is found one by one, and those behind come together again.
func TestRefusedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		s, r := newMailServer(t, func(s *mailServer) {
			s.wrap = func(inner imapserver.SessionIMAP4rev2) imapserver.Session { return fetched{inner, &asked} }
		}), newRecord()
		for i := range 300 {
			s.put(mailText(fmt.Sprint(i)), testNow)
		}
		r.setRefuse(func(raw string) error {
			if strings.Contains(raw, "Subject: 42\r\n") {
				return errors.New("this one only")
			}
			return nil
		})
		w, _ := r.watch(t, s.mailbox())
		rest(time.Minute)
		if got := r.subjects(); len(got) != 299 || slices.Contains(got, "42") || w.Status().Aside != 1 {
			t.Errorf("kept %d, aside %d", len(got), w.Status().Aside)
		}
		if n := asked.Load(); n > 60 {
			t.Errorf("%d questions for content: the whole backlog was fetched one by one", n)
		}
		r.setRefuse(nil)
		rest(12 * time.Minute)
		if got := r.subjects(); len(got) != 300 || w.Status().Aside != 0 {
			t.Errorf("in the end %d, aside %d", len(got), w.Status().Aside)
		}
	})
}
