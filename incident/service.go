package incident

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"meldklok/incident/people"
)

// Service is what both doors call: the one for mail and the one for people.
// It carries commands to the record and keeps no state of its own.
type Service struct {
	Store   Store
	Read    func(raw []byte, in Incoming, o ReadOptions) Reading // the mail parser
	Now     func() time.Time
	Rules   []Rule
	Tokens  Tokens
	Options ReadOptions
	MaxSize int64 // bytes of one delivery; 0: 50 MiB
	Log     *slog.Logger

	// Forgotten, if set, removes what other rooms keep about a person, in the
	// transaction that forgets them.
	Forgotten func(tx Tx, id people.ID) error

	// DropKept, if set, removes those mails that lie in a folder, for want of a
	// relay, of which gone says by their Message-ID that they were destroyed.
	DropKept func(gone func(messageID string) (bool, error)) error

	AccessKept time.Duration // how long the access log reaches back; 0: [AccessKept]

	looks  looks    // recent ones
	scans  places   // of reports with files
	large  places   // of large deliveries being read
	claims sync.Map // items whose caller gives them their outcome
}

// Act returns the act of somebody at this moment.
func (s *Service) Act(by Actor) Act { return Act{By: by, Now: s.Now().UTC(), Rules: s.Rules} }

// Do lets somebody do something to an incident. It returns ErrNotFound for an
// unknown reference, and a *Refusal that says what to change.
func (s *Service) Do(ctx context.Context, ref Ref, by Actor, cmd Command) (inc *Incident, err error) {
	return s.DoWith(ctx, ref, by, cmd, func(Tx) error { return nil })
}

// DoWith is [Service.Do] with something more that belongs into the same
// transaction, such as the note that a request was carried out.
func (s *Service) DoWith(ctx context.Context, ref Ref, by Actor, cmd Command, also func(Tx) error) (inc *Incident, err error) {
	var bodies []Body
	err = s.Store.Update(ctx, func(tx Tx) error {
		act := s.Act(by)
		act.Org = tx.Org()
		if inc, err = tx.Incident(ref); err != nil {
			return err
		}
		if bodies, err = cmd.Decide(inc, act); err != nil {
			return err
		}
		if inc, err = tx.Append(Stream{ref}, act, bodies...); err != nil {
			return err
		}
		return also(tx)
	})
	if err == nil {
		s.logRecorded(ref, bodies)
	}
	return inc, err
}

// Merge records that dup is the same case as keep.
func (s *Service) Merge(ctx context.Context, dup, keep Ref, by Actor, reasons string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		act := s.Act(by)
		d, err := tx.Incident(dup)
		if err != nil {
			return err
		}
		k, err := tx.Incident(keep)
		if err != nil {
			return &Refusal{Field: "into", Code: "no-such-incident"}
		}
		inDup, inKeep, err := MergeDecision(d, k, reasons)
		if err != nil {
			return err
		}
		if _, err := tx.Append(Stream{keep}, act, inKeep...); err != nil {
			return err
		}
		_, err = tx.Append(Stream{dup}, act, inDup...)
		return err
	})
}

// Incident returns one incident.
func (s *Service) Incident(ctx context.Context, ref Ref) (inc *Incident, err error) {
	err = s.Store.View(ctx, func(v View) error {
		inc, err = v.Incident(ref)
		return err
	})
	return inc, err
}

// Entries returns an incident's whole log, as it may be used: of a frozen one
// without the personal parts.
func (s *Service) Entries(ctx context.Context, ref Ref) ([]Entry, error) {
	inc, err := s.Incident(ctx, ref)
	if err != nil {
		return nil, err
	}
	entries, err := s.wholeLog(ctx, ref)
	if err != nil {
		return nil, err
	}
	return inc.unused(entries)
}

func (s *Service) wholeLog(ctx context.Context, ref Ref) (entries []Entry, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for e, err := range v.Log(Stream{ref}, 1) {
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

// Row is an incident in a list, with a headline that people recognise.
type Row struct {
	*Incident
	Headline string
	Duty     Duty // on the board: the duty the row is about
}

// Board returns the open duties, nearest deadline first, at most limit. It
// keeps nothing back: pages ask a person's [Sight].
func (s *Service) Board(ctx context.Context, limit int) ([]Row, error) {
	return s.board(ctx, limit, everything)
}

func everything(*Incident) bool { return true }

func (s *Service) board(ctx context.Context, limit int, sees func(*Incident) bool) (rows []Row, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for o, err := range v.OpenDuties() {
			if err != nil || !sees(o.Incident) {
				continue // one that is damaged hides no other; health names it
			}
			if rows = append(rows, Row{Incident: o.Incident, Duty: o.Duty, Headline: Headline(v, o.Incident)}); len(rows) == limit {
				break
			}
		}
		return nil
	})
	return rows, err
}

// List returns incidents, newest first, those before the given one, at most
// limit. It keeps nothing back: pages ask a person's [Sight].
func (s *Service) List(ctx context.Context, before Ref, limit int) ([]Row, error) {
	return s.list(ctx, before, limit, everything)
}

func (s *Service) list(ctx context.Context, before Ref, limit int, sees func(*Incident) bool) (rows []Row, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for inc, err := range v.Incidents(before) {
			if err != nil || !sees(inc) {
				continue // as on the board
			}
			if rows = append(rows, Row{Incident: inc, Headline: Headline(v, inc)}); len(rows) == limit {
				break
			}
		}
		return nil
	})
	return rows, err
}

// Headline is the title that a person gave, or else the subject of the first
// report, as long as that may be used and has not been destroyed.
func Headline(v View, inc *Incident) string {
	if inc.Title != "" || len(inc.Reports) == 0 || inc.Frozen() {
		return inc.Title
	}
	e, err := v.Entry(Stream{inc.Ref}, inc.Reports[0].Entry)
	if err != nil {
		return ""
	}
	if b, ok := e.Body.(*Reported); ok {
		return b.Private.Subject
	}
	return ""
}

// Reading reads the n-th report of an incident again from its raw bytes. It
// refuses while these may not be used ([Service.Usable]).
func (s *Service) Reading(ctx context.Context, inc *Incident, n int) (Reading, error) {
	if err := s.Usable(ctx, inc.Ref); err != nil {
		return Reading{}, err
	}
	return s.reading(ctx, inc, n)
}

// reading is Reading for those who may look all the same.
func (s *Service) reading(ctx context.Context, inc *Incident, n int) (Reading, error) {
	for _, r := range inc.Reports {
		if r.N == n {
			d := Delivered{Item: r.Item, Channel: r.Channel, Arrived: r.Received, Size: r.Size}
			raw, err := s.raw(ctx, r.Item)
			if err != nil {
				return Reading{}, err
			}
			_, reading := s.read(raw, d)
			return reading, nil
		}
	}
	return Reading{}, fmt.Errorf("report %d of %s: %w", n, inc.Ref, ErrNotFound)
}

// Raw returns a reader over the raw bytes of an item.
func (s *Service) Raw(ctx context.Context, item uint64) (r io.Reader, err error) {
	err = s.Store.View(ctx, func(v View) error { r = v.Raw(item); return nil })
	return r, err
}

// Org returns the organisation: people and settings. The caller must not
// change it.
func (s *Service) Org(ctx context.Context) (org *Org, err error) {
	err = s.Store.View(ctx, func(v View) error { org = v.Org(); return nil })
	return org, err
}

// SetPerson adds a person (empty ID) or states a changed one, and returns the ID.
func (s *Service) SetPerson(ctx context.Context, by Actor, p people.Person) (id people.ID, err error) {
	p.Email, p.Name = strings.TrimSpace(p.Email), strings.TrimSpace(p.Name)
	if p.Lang != "en" {
		p.Lang = "nl"
	}
	switch {
	case !strings.Contains(p.Email, "@") || strings.ContainsAny(p.Email, " \r\n<>"):
		return "", refuse("email", "not-an-address")
	case len(p.Roles) == 0:
		return "", refuse("role", "choose-one")
	}
	fresh, err := s.keysFor(ctx, p.ID)
	if err != nil {
		return "", err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		org := tx.Org()
		id = p.ID
		if other, taken := org.People.FindEmail(p.Email); taken && other.ID != p.ID {
			return refuse("email", "address-taken")
		}
		if id == "" {
			id = people.ID("p" + strconv.Itoa(len(org.People)+1))
		} else if _, ok := org.People.Find(id); !ok {
			return fmt.Errorf("person: %w", ErrNotFound)
		}
		q := p
		q.ID = id
		body := org.SetPerson(q)
		if body.Key == 0 {
			body.Key = fresh
		}
		_, err := tx.Append(OrgStream(), s.Act(by), body)
		return err
	})
	return id, err
}

// keysFor reserves keys for a person who has none yet, or whose keys were
// destroyed.
func (s *Service) keysFor(ctx context.Context, id people.ID) (key uint64, err error) {
	org, err := s.Org(ctx)
	if err != nil || org.Keys[id] != 0 {
		return 0, err
	}
	return s.Store.NewItem()
}

// ReportForm records a report from the open form. It returns the reference and
// the receipt code by which the reporter can come back; the code itself is
// nowhere stored.
func (s *Service) ReportForm(ctx context.Context, f Form, channel Channel) (ref Ref, code string, err error) {
	now := s.Now().UTC()
	if err := f.Check(now); err != nil {
		return Ref{}, "", err
	}
	if code, err = newCode(); err != nil {
		return Ref{}, "", err
	}
	f.CodeHash = s.codeHash(code)
	raw, err := f.Raw()
	if err != nil {
		return Ref{}, "", err
	}
	out, err := s.Record(ctx, Incoming{Channel: channel, Arrived: now, Body: bytes.NewReader(raw)})
	return out.Ref, code, err
}

// FindByCode returns the incident behind a receipt code, or ErrNotFound.
func (s *Service) FindByCode(ctx context.Context, code string) (ref Ref, err error) {
	err = s.Store.View(ctx, func(v View) error {
		k, ok := v.Lookup(s.codeHash(code))
		if !ok {
			return fmt.Errorf("receipt code: %w", ErrNotFound)
		}
		ref = k.Ref
		return nil
	})
	return ref, err
}

func (s *Service) codeHash(code string) []byte {
	plain := strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	return s.Store.MAC("receipt-code", []byte(plain))
}

// newCode makes a receipt code of 80 random bits, in groups that can be copied
// by hand.
func newCode() (string, error) {
	raw := make([]byte, 10)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("incident: receipt code: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], nil
}
