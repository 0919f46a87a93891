package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"meldklok/incident"
)

// rest lets everybody in the bubble finish, d later.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestLesson1ReadMailIsFetched: what a colleague or a phone has read, flagged
// or even marked deleted is fetched all the same, and its flags stay.
func TestLesson1ReadMailIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		data := []imap.Flag{imap.FlagSeen, imap.FlagFlagged, imap.FlagDeleted}
		raw := mailText("gelezen")
		_, err := s.user.Append("INBOX", literal{strings.NewReader(raw), int64(len(raw))}, &imap.AppendOptions{Time: testNow, Flags: data})
		must(t, err)
		s.put(mailText("ongelezen"), testNow)
		w, _ := r.watch(t, s.mailbox())
		rest(time.Second)
		checkSubjects(t, r, "gelezen", "ongelezen")
		flags := s.folder("INBOX")
		if len(flags[1]) != 3 || len(flags[2]) != 0 {
			t.Errorf("flags after reading: %v", flags)
		}
		if in := r.incoming[0]; in.Channel != incident.ChannelIMAP || *in.Cursor != (incident.Cursor{Mailbox: "privacy", Validity: 1, UID: 1}) || !in.Arrived.Equal(testNow) || in.History {
			t.Errorf("incoming %+v", in)
		}
		if st := w.Status(); !st.Connected || st.Trouble != nil || st.InFolder != 2 || st.Known != 2 || st.Missing != 0 || st.Backlog != 0 || st.Taken != 2 {
			t.Errorf("status %+v", st)
		}
	})
}

// TestLesson2MovedOnlyAfterCommit: with a folder to move to, a message leaves
// INBOX only when Accept said yes, and what a crash left behind follows later.
func TestLesson2MovedOnlyAfterCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		m := s.mailbox()
		m.MoveTo = "Meldklok"
		left := s.put(mailText("al bewaard, niet verplaatst"), testNow)
		r.uids[uidKey(1, left)], r.cursor = true, &incident.Cursor{Mailbox: "privacy", Validity: 1, UID: left}
		s.put(mailText("een"), testNow)
		s.put(mailText("weigert"), testNow)
		r.setRefuse(func(raw string) error {
			if strings.Contains(raw, "weigert") {
				return errors.New("disk full")
			}
			return nil
		})
		r.watch(t, m)
		rest(time.Second)
		if in, moved := s.folder("INBOX"), s.folder("Meldklok"); len(in) != 2 || in[3] == nil && len(moved) != 1 {
			t.Errorf("while one is refused: INBOX %v, moved %v", in, moved)
		}
		r.setRefuse(nil)
		rest(2 * time.Minute)
		if in, moved := s.folder("INBOX"), s.folder("Meldklok"); len(in) != 0 || len(moved) != 3 {
			t.Errorf("at the end: INBOX %v, moved %v", in, moved)
		}
		checkSubjects(t, r, "een", "weigert")
	})
}

// TestLesson2NoMoveLosesNothing: a server without MOVE is read and not changed,
// and the page says why nothing moves.
func TestLesson2NoMoveLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMailServer(t, func(s *mailServer) { s.caps = imap.CapSet{imap.CapIMAP4rev1: {}} })
		r, m := newRecord(), s.mailbox()
		m.MoveTo = "Meldklok"
		s.put(mailText("een"), testNow)
		w, _ := r.watch(t, m)
		rest(time.Second)
		checkSubjects(t, r, "een")
		if len(s.folder("INBOX")) != 1 {
			t.Error("the message is gone from INBOX")
		}
		if st := w.Status(); st.Trouble == nil || st.Trouble.Code != TroubleNoMove || st.LastGood.IsZero() {
			t.Errorf("status %+v", st)
		}
	})
}

// TestLesson2RenumberingLosesNothing: mail that others delete while we read
// shifts sequence numbers, and we use none.
func TestLesson2RenumberingLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		var want []string
		for i := range 20 {
			s.put(mailText(fmt.Sprint("mail ", i)), testNow)
			want = append(want, fmt.Sprint("mail ", i))
		}
		r.setRefuse(func(raw string) error {
			if strings.Contains(raw, "mail 5\r\n") && s.deleteOnce(1, 2, 3) {
				return nil
			}
			return nil
		})
		r.watch(t, s.mailbox())
		rest(time.Second)
		checkSubjects(t, r, want...)
	})
}

// deleteOnce expunges messages as another client would.
func (s *mailServer) deleteOnce(uids ...uint32) bool {
	if s.next++; s.next > 1 {
		return false
	}
	m := s.mailbox()
	m.MoveTo = "elsewhere" // opens for writing
	c, err := connect(context.Background(), m.withDefaults(), false)
	must(s.t, err)
	defer c.close()
	_, err = c.open(context.Background())
	must(s.t, err)
	must(s.t, c.client.Store(uidSet(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	must(s.t, c.client.UIDExpunge(uidSet(uids)).Close())
	return true
}

// TestLesson5ReconciliationFindsWhatIsMissing: a UID below the cursor that was
// never recorded is found within the hour, fetched, and counted.
func TestLesson5ReconciliationFindsWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		for _, subject := range []string{"een", "twee", "drie"} {
			s.put(mailText(subject), testNow)
		}
		w, _ := r.watch(t, s.mailbox())
		rest(time.Minute)
		r.mu.Lock()
		delete(r.uids, uidKey(1, 2)) // as if it had never been kept
		r.incoming, r.raw, r.hashes = nil, nil, map[[32]byte]bool{}
		r.mu.Unlock()
		rest(62 * time.Minute)
		checkSubjects(t, r, "twee")
		if st := w.Status(); st.Found != 1 || st.Known != 3 || st.Missing != 0 || *r.cursor != (incident.Cursor{Mailbox: "privacy", Validity: 1, UID: 3}) {
			t.Errorf("status %+v, cursor %+v", st, r.cursor)
		}
	})
}

// silent is a network that loses every byte from a chosen place on.
type silent struct {
	net.Conn
	after *atomic.Int64 // bytes that still come through
}

func (c *silent) Read(p []byte) (int, error) {
	if c.after.Load() <= 0 {
		_, _ = io.Copy(io.Discard, c.Conn)
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.after.Load())])
	c.after.Add(int64(-n))
	return n, err
}

// TestLesson7SilentServer: a server that stops answering anywhere, in the
// greeting, a reply or the middle of a body, is left within a minute, shown,
// and the next connection takes everything, once.
func TestLesson7SilentServer(t *testing.T) {
	for _, bytes := range []int64{0, 40, 150, 400, 700, 1100, 30_000, 60_000} {
		synctest.Test(t, func(t *testing.T) {
			left := new(atomic.Int64)
			left.Store(bytes)
			s, r := newMailServer(t, func(s *mailServer) {
				s.link = func(conn net.Conn) net.Conn { return &silent{conn, left} }
			}), newRecord()
			s.put(mailText("klein"), testNow)
			s.put(mailText("groot")+strings.Repeat("regel\r\n", 10_000), testNow)
			w, _ := r.watch(t, s.mailbox())
			rest(59 * time.Second)
			if st := w.Status(); !st.LastGood.IsZero() {
				t.Errorf("after %d bytes: good at %s", bytes, st.LastGood)
			}
			rest(2 * time.Second)
			if st := w.Status(); st.Trouble == nil || (st.Trouble.Code != TroubleTimeout && bytes >= 150) { // before signing in, the test's server leaves after half a minute
				t.Errorf("after %d bytes: %+v", bytes, st.Trouble)
			}
			left.Store(1 << 40)
			rest(2 * time.Minute)
			if got := r.subjects(); !slices.Equal(got, []string{"klein", "groot"}) || w.Status().Trouble != nil {
				t.Errorf("after %d bytes: kept %q, %+v", bytes, got, w.Status().Trouble)
			}
		})
	}
}

// TestSlowAcceptIsNoSilence: the watchdog watches the network, not ourselves.
func TestSlowAcceptIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		r.setRefuse(func(string) error { time.Sleep(5 * time.Minute); return nil })
		s.put(mailText("traag"), testNow)
		w, _ := r.watch(t, s.mailbox())
		rest(6 * time.Minute)
		checkSubjects(t, r, "traag")
		if st := w.Status(); st.Trouble != nil || st.Taken != 1 {
			t.Errorf("status %+v", st)
		}
	})
}

// TestLesson8IdleIsFasterPollIsTheBase: with IDLE a new mail is taken at once;
// when the server never tells, the poll finds it; and no wait is ever longer
// than nine minutes, whatever was asked for.
func TestLesson8IdleIsFasterPollIsTheBase(t *testing.T) {
	for why, deaf := range map[string]bool{"IDLE": false, "a server that tells nothing": true} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newMailServer(t, func(s *mailServer) {
				if deaf {
					s.wrap = func(inner imapserver.SessionIMAP4rev2) imapserver.Session { return deafIdle{inner} }
				}
			}), newRecord()
			m := s.mailbox()
			m.Poll = time.Hour
			r.watch(t, m)
			rest(time.Second)
			s.put(mailText("nieuw"), testNow)
			rest(time.Second)
			if early := len(r.subjects()) == 1; early == deaf {
				t.Errorf("%s: taken within a second: %t", why, early)
			}
			rest(10 * time.Minute)
			checkSubjects(t, r, "nieuw")
		})
	}
}

type deafIdle struct{ imapserver.SessionIMAP4rev2 }

func (deafIdle) Idle(_ *imapserver.UpdateWriter, stop <-chan struct{}) error { <-stop; return nil }

// TestLesson9NewValidity: a folder that was made anew is read from its start;
// what is known is recognised by content, and nothing is lost or doubled.
func TestLesson9NewValidity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		s.put(mailText("een"), testNow)
		s.put(mailText("twee"), testNow)
		r.watch(t, s.mailbox())
		rest(time.Second)
		must(t, s.user.Delete("INBOX"))
		must(t, s.user.Create("INBOX", nil))
		s.put(mailText("twee"), testNow)
		s.put(mailText("een"), testNow)
		s.put(mailText("drie"), testNow)
		rest(3 * time.Minute)
		checkSubjects(t, r, "een", "twee", "drie")
		if r.twice != 2 || r.cursor.Validity != 2 || r.cursor.UID != 3 {
			t.Errorf("recognised %d, cursor %+v", r.twice, r.cursor)
		}
	})
}

// TestLesson10And11SameMessageID: two mails with one Message-ID, and two
// without any, are all handed over; and a restart hands over none again.
func TestLesson10And11SameMessageID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		for i, id := range []string{"Message-ID: <zelfde@x>\r\n", "Message-ID: <zelfde@x>\r\n", "", ""} {
			s.put(fmt.Sprintf("Subject: %d\r\n%sFrom: a@b.example\r\n\r\nx", i, id), testNow)
		}
		_, stop := r.watch(t, s.mailbox())
		rest(time.Second)
		stop()
		r.watch(t, s.mailbox())
		rest(2 * time.Minute)
		checkSubjects(t, r, "0", "1", "2", "3")
		if r.twice != 0 {
			t.Errorf("%d were fetched again after a restart", r.twice)
		}
	})
}

// TestCrashBetweenCommitAndReply: AcceptAll committed, but its answer was lost.
// The messages come again, are recognised, and nothing is doubled.
func TestCrashBetweenCommitAndReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		s.put(mailText("een"), testNow)
		s.put(mailText("twee"), testNow)
		lost, m := false, s.mailbox()
		began := time.Now()
		lose := func(err error) error {
			if !lost {
				lost = true
				return errors.New("the answer got lost")
			}
			return err
		}
		w, err := NewWatcher(m, Seams{
			Accept:       func(ctx context.Context, in incident.Incoming) error { return lose(r.Accept(ctx, in)) },
			AcceptAll:    func(ctx context.Context, all []incident.Incoming) error { return lose(r.AcceptAll(ctx, all)) },
			MostTogether: 64 << 10, LoadCursor: r.LoadCursor, Missing: r.Missing, Now: func() time.Time { return testNow.Add(time.Since(began)) },
		})
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = w.Run(ctx)
		checkSubjects(t, r, "een", "twee")
		if r.twice != 2 {
			t.Errorf("recognised %d", r.twice)
		}
	})
}

// TestFirstConnection: what was there before the start moment is history; what
// came since is not; and a mail dragged in later is a report however old.
func TestFirstConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newMailServer(t, nil), newRecord()
		s.put(mailText("oud"), testNow.Add(-2*time.Hour))
		s.put(mailText("nieuw"), testNow.Add(-30*time.Minute))
		r.watch(t, s.mailbox())
		rest(time.Second)
		s.put(mailText("oud, net versleept"), testNow.Add(-48*time.Hour))
		rest(time.Minute)
		checkSubjects(t, r, "oud", "nieuw", "oud, net versleept")
		for i, history := range []bool{true, false, false} {
			if r.incoming[i].History != history {
				t.Errorf("%s: history is %t", r.subjects()[i], !history)
			}
		}
	})
}

// TestBacklog: a long backlog comes in, in order, in one session. (Ten thousand
// from a real server: BenchmarkRealBacklog.)
func TestBacklog(t *testing.T) {
	s, r := newMailServer(t, nil), newRecord()
	const n = 1500
	for i := range n {
		s.put(mailText(fmt.Sprint(i)), testNow)
	}
	w, _ := r.watch(t, s.mailbox())
	for began := time.Now(); w.Status().LastGood.IsZero() && time.Since(began) < 2*time.Minute; {
		time.Sleep(10 * time.Millisecond)
	}
	got := r.subjects()
	if len(got) != n || got[0] != "0" || got[n-1] != fmt.Sprint(n-1) || r.twice != 0 {
		t.Errorf("kept %d, recognised %d", len(got), r.twice)
	}
}

// TestTwoMailboxes: watchers share nothing.
func TestTwoMailboxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, ra, rb := newMailServer(t, nil), newMailServer(t, nil), newRecord(), newRecord()
		a.put(mailText("a"), testNow)
		b.put(mailText("b"), testNow)
		mb := b.mailbox()
		mb.Name = "second"
		ra.watch(t, a.mailbox())
		rb.watch(t, mb)
		rest(time.Second)
		checkSubjects(t, ra, "a")
		checkSubjects(t, rb, "b")
		if rb.cursor.Mailbox != "second" {
			t.Errorf("cursor %+v", rb.cursor)
		}
	})
}

// TestCutBody: a body that ends before its announced size is no message.
func TestCutBody(t *testing.T) {
	w := &watchdog{ctx: t.Context(), timer: time.NewTimer(time.Hour), limit: time.Hour}
	b := &watchedBody{r: strings.NewReader("half"), w: w, left: 10}
	if _, err := io.ReadAll(b); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read: %v", err)
	}
}
