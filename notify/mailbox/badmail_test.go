package mailbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// brokenFetch is a server that cannot give one message.
type brokenFetch struct {
	imapserver.SessionIMAP4rev2
	uid   imap.UID
	how   func() error
	dates bool // already the question about dates breaks
}

func (b *brokenFetch) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	uids, ok := set.(imap.UIDSet)
	if ok && uids.Contains(b.uid) && (len(o.BodySection) > 0) != b.dates {
		return b.how()
	}
	return b.SessionIMAP4rev2.Fetch(w, set, o)
}

// TestLesson4OneBadMessageBlocksNobody: whether the server refuses it, breaks
// the connection over it, or our own Accept fails on it, the messages before
// and after arrive, and the bad one is shown and tried again.
func TestLesson4OneBadMessageBlocksNobody(t *testing.T) {
	no := &imap.Error{Type: imap.StatusResponseTypeNo, Text: "cannot be retrieved"}
	for _, row := range []struct {
		why     string
		how     func() error
		dates   bool
		ours    bool
		trouble string
	}{
		{why: "the server refuses its body", how: func() error { return no }, trouble: TroubleMessage},
		{why: "the server crashes on its body", how: func() error { panic("x") }, trouble: TroubleMessage},
		{why: "the server crashes on its date", how: func() error { panic("x") }, dates: true, trouble: TroubleMessage},
		{why: "accept fails on it", ours: true, trouble: TroubleMessage},
	} {
		synctest.Test(t, func(t *testing.T) {
			var healed atomic.Bool
			s, r := newMailServer(t, func(s *mailServer) {
				s.wrap = func(inner imapserver.SessionIMAP4rev2) imapserver.Session {
					if row.ours || healed.Load() {
						return inner
					}
					return &brokenFetch{inner, 2, row.how, row.dates}
				}
			}), newRecord()
			if row.ours {
				r.refuse = func(raw string) error {
					if strings.Contains(raw, "slecht") {
						return errors.New("this one only")
					}
					return nil
				}
			}
			s.put(mailText("voor"), testNow)
			s.put(mailText("slecht"), testNow)
			s.put(mailText("na"), testNow)
			s.put(mailText("later"), testNow)
			w, stop := r.watch(t, s.mailbox())
			rest(3 * time.Minute)
			if got := r.subjects(); !slices.Equal(got, []string{"voor", "na", "later"}) && !(row.dates && slices.Equal(got, []string{"voor", "na", "later", "slecht"})) {
				t.Errorf("%s: kept %q", row.why, got)
			}
			if st := w.Status(); st.Trouble == nil || st.Trouble.Code != row.trouble || st.Aside != 1 {
				t.Errorf("%s: status %+v, trouble %+v", row.why, st, st.Trouble)
			}
			healed.Store(true)
			r.setRefuse(nil)
			if !row.ours {
				stop() // the broken session object lives as long as its connection
				w, _ = r.watch(t, s.mailbox())
			}
			rest(12 * time.Minute)
			if got := r.subjects(); !slices.Contains(got, "slecht") || len(got) != 4 {
				t.Errorf("%s: after it healed kept %q", row.why, got)
			}
			for i, in := range r.incoming {
				if !in.Arrived.Equal(testNow) || in.History {
					t.Errorf("%s: %s arrived %s, so its clock is wrong", row.why, r.subjects()[i], in.Arrived)
				}
			}
			if st := w.Status(); st.Trouble != nil || st.Aside != 0 {
				t.Errorf("%s: after it healed %+v %+v", row.why, st, st.Trouble)
			}
		})
	}
}

// TestStoreDownSetsNothingAside: when Accept fails for everybody, the fault is
// ours: all waits, nothing is skipped, and it comes in order afterwards.
func TestStoreDownSetsNothingAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		r.setRefuse(func(string) error { return errors.New("disk full") })
		for i := range 5 {
			s.put(mailText(fmt.Sprint(i)), testNow)
		}
		w, _ := r.watch(t, s.mailbox())
		rest(time.Hour)
		if st := w.Status(); st.Trouble == nil || st.Trouble.Code != TroubleStore || st.Aside != 0 || st.Age(testNow.Add(time.Hour)) < 59*time.Minute {
			t.Errorf("status %+v %+v", st, st.Trouble)
		}
		r.setRefuse(nil)
		rest(2 * time.Minute)
		checkSubjects(t, r, "0", "1", "2", "3", "4")
		if st := w.Status(); st.Trouble != nil {
			t.Errorf("afterwards %+v", st.Trouble)
		}
	})
}
