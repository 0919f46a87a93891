package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"meldklok/incident"
)

// rawSums says what the logs say of raw bytes: the first half of the SHA-256 of
// each item's. It is kept while a record is verified.
type rawSums map[uint64][sha256.Size / 2]byte

// note passes entries on and notes what they say of raw bytes.
func (s rawSums) note(open opener) opener {
	return func(seq uint64, r row) (incident.Entry, error) {
		e, err := open(seq, r)
		switch b := e.Body.(type) {
		case *incident.Reported:
			s.set(b.Item, b.Private.SHA256)
		case *incident.Attached:
			s.set(b.Item, b.Hash)
		}
		return e, err
	}
}

func (s rawSums) set(item uint64, sum []byte) {
	if len(sum) == sha256.Size {
		s[item] = [sha256.Size / 2]byte(sum)
	}
}

// check compares the whole raw bytes of an item with what its log says.
func (s rawSums) check(item uint64, sum []byte) error {
	want, said := s[item]
	delete(s, item)
	if said && want != [sha256.Size / 2]byte(sum) {
		return fmt.Errorf("the raw bytes of item %d are not those that its log speaks of", item)
	}
	return nil
}

// raw opens every piece of raw bytes and looks whether pieces follow each
// other up to one marked as the last, and are those that were recorded.
func (c *checker) raw() error {
	var item uint64
	next, done, sum := 0, true, sha256.New()
	cut := func(v *view) error {
		if !done && v.r.Get(tableStaging, key8(item)) == nil {
			return fmt.Errorf("the raw bytes of item %d are cut short", item)
		}
		return nil
	}
	return c.each(tableBlob, func(v *view, k, value []byte) error {
		if number(k) != item {
			if err := cut(v); err != nil {
				return err
			}
			item, next, done = number(k), 0, false
			sum.Reset()
		}
		if string(k) != string(chunkKey(item, next)) || done {
			return fmt.Errorf("the raw bytes of item %d lack piece %d", item, next)
		}
		piece, last, err := c.s.openChunk(item, next, value)
		if errors.Is(err, ErrDestroyed) {
			next, done = next+1, value[0] == 1
			return nil
		}
		if err != nil {
			return fmt.Errorf("the raw bytes of item %d, piece %d: %w", item, next, err)
		}
		sum.Write(piece)
		if next, done = next+1, last; done {
			return c.sums.check(item, sum.Sum(nil))
		}
		return nil
	}, cut)
}

// items opens what waits for an outcome, what is parked, and the credentials.
func (c *checker) items() error {
	err := c.each(tablePending, func(v *view, k, value []byte) error {
		var d incident.Delivered
		return errors.Join(v.openItem(number(k), "pending", value, &d), v.hasRaw(number(k)))
	}, nil)
	if err != nil {
		return err
	}
	err = c.each(tableParked, func(v *view, k, value []byte) error {
		var p incident.ParkedItem
		return errors.Join(v.openItem(number(k), "parked", value, &p), v.hasRaw(number(k)))
	}, nil)
	if err != nil {
		return err
	}
	return c.each(tableCredential, func(v *view, k, value []byte) error {
		_, err := c.s.keys.open(c.s.orgItem, Personal, value, []byte("credential"), k)
		if err != nil {
			return fmt.Errorf("a credential: %w", err)
		}
		return nil
	}, nil)
}

func (v *view) hasRaw(item uint64) error {
	if v.r.Get(tableBlob, chunkKey(item, 0)) == nil {
		return fmt.Errorf("the raw bytes of item %d are missing", item)
	}
	return nil
}

// outbox opens every mail and looks for it in the index where it belongs.
func (c *checker) outbox() error {
	return c.each(tableOutbox, func(v *view, k, value []byte) error {
		id := number(k)
		m, err := v.decodeMessage(id, value)
		if errors.Is(err, ErrDestroyed) {
			return nil
		}
		if err != nil {
			return err
		}
		table, key := place(m)
		placed := v.r.Get(table, key) != nil
		mail, err := v.Mail(id)
		switch forgotten := errors.Is(err, incident.ErrNotFound); {
		case forgotten && m.State.Final():
			return nil // its bytes have aged out
		case err != nil:
			return err
		case !placed:
			return fmt.Errorf("mail %d is missing from the table of %s", id, tableName(table))
		}
		if sum := sha256.Sum256(mail); len(m.Hash) > 0 && string(m.Hash) != string(sum[:]) {
			return fmt.Errorf("mail %d: its bytes are not those that were queued", id)
		}
		return nil
	}, nil)
}

// tagged checks the rows that only their tag vouches for.
func (c *checker) tagged() error {
	for t, size := range map[Table]int{tableKnown: knownSize, tableCursor: cursorSize, tableTaken: 0} {
		err := c.each(t, func(v *view, k, value []byte) error {
			if _, ok := c.s.tagged(t, k, value, size); !ok {
				return fmt.Errorf("the table of %s has a damaged row", tableName(t))
			}
			return nil
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// counts compares the counters with the rows, in one snapshot: keys only, but
// for the tables that are summed.
func (c *checker) counts() error {
	return c.s.view(c.ctx, func(v *view) error {
		counters, err := c.s.readCounters(v.r)
		if err != nil {
			return err
		}
		type figure struct {
			what        string
			says, found int64
		}
		figures := []figure{
			{"entries", int64(counters.Seq), v.rows(tableLog)},
			{"places of entries", int64(counters.Seq), v.rows(tableStream)},
			{"incidents", counters.Incidents, v.rows(tableState)},
			{"open duties", counters.OpenDuties, v.rows(tableDuty)},
			{"open duties on the board", counters.OpenDuties, v.rows(tableClock)},
			{"next alerts of duties", counters.PlannedOpen, v.planned()},
			{"mails to send", counters.Queued, v.rows(tableReady) + v.rows(tableWait)},
		}
		for _, t := range recordTables() {
			if counted(t) {
				figures = append(figures, figure{tableName(t), counters.Rows[t], v.rows(t)})
			}
		}
		for _, f := range figures {
			if f.says != f.found {
				return fmt.Errorf("the record counts %d %s, there are %d", f.says, f.what, f.found)
			}
		}
		for _, t := range recordTables() {
			if !summed(t) {
				continue
			}
			if err := v.asWritten(t, counters); err != nil {
				return err
			}
		}
		return errors.Join(v.checkMeta(), v.checkNumbers(counters), v.checkOrg(), v.checkFloor(counters), c.checkGone(v), v.auditOrgGone())
	})
}

// rows counts the rows of a table.
func (v *view) rows(t Table) (n int64) {
	v.r.Ascend(t, nil, func(_, _ []byte) bool { n++; return true })
	return n
}

// planned counts the next alerts of duties, without the chores.
func (v *view) planned() (n int64) {
	v.r.Ascend(tablePlan, nil, func(k, _ []byte) bool {
		if isDutyPlan(k) {
			n++
		}
		return true
	})
	return n
}

func (v *view) checkMeta() error {
	for key, want := range map[string]uint64{
		string(metaFormat): FormatVersion, string(metaFold): incident.FoldVersion, string(metaOrgItem): v.s.orgItem,
	} {
		if got := v.r.Get(tableMeta, []byte(key)); len(got) != 8 || number(got) != want {
			return fmt.Errorf("the row %q is damaged", key)
		}
	}
	return nil
}

// checkNumbers looks whether a number that was given out could be given out again.
func (v *view) checkNumbers(c counters) (err error) {
	v.r.Descend(tableOutbox, nil, func(k, _ []byte) bool {
		if number(k) > c.Message {
			err = fmt.Errorf("mail %d lies beyond the last number %d", number(k), c.Message)
		}
		return false
	})
	v.r.Descend(tableState, nil, func(k, _ []byte) bool {
		s, bad := incident.StreamFromKey(k)
		if bad != nil || s.Ref.Number > c.Numbers[s.Ref.Year] {
			err = fmt.Errorf("incident %s lies beyond the last number of its year", s.Ref)
		}
		return err == nil
	})
	return err
}

// checkOrg compares the organisation in use with its log. One that was changed
// a moment ago may be ahead of this snapshot, or behind.
func (v *view) checkOrg() error {
	org, err := v.foldOrg()
	switch {
	case err != nil:
		return fmt.Errorf("the organisation's log: %w", err)
	case org.Entries == v.org.Entries && !sameJSON(org, v.org):
		return errors.New("the organisation's log does not give the organisation in use")
	case int64(org.Parked) != v.rows(tableParked):
		return errors.New("the organisation's log does not give the parked messages")
	}
	return nil
}

// tableName is a table in the words of a person who reads what Verify found.
func tableName(t Table) string {
	names := []struct {
		t    Table
		name string
	}{
		{tableMeta, "the record's own rows"}, {tableLog, "entries"}, {tableStream, "places of entries"}, {tableState, "states"},
		{tableDuty, "open duties"}, {tablePlan, "next alerts"}, {tableClock, "deadlines"}, {tableBlob, "pieces of raw bytes"},
		{tableStaging, "unfinished deliveries"}, {tablePending, "deliveries without an outcome"}, {tableParked, "parked messages"},
		{tableKnown, "known hashes"}, {tableCursor, "mailbox cursors"}, {tableTaken, "messages taken from mailboxes"}, {tableOutbox, "mails"}, {tableMail, "bytes of mails"},
		{tableReady, "mails that can go"}, {tableWait, "mails that wait"}, {tableEnded, "ended mails"}, {tableCredential, "credentials"}, {tableAccess, "looks at personal parts"},
		{tableKeys, "keys"},
	}
	i := slices.IndexFunc(names, func(n struct {
		t    Table
		name string
	}) bool {
		return n.t == t
	})
	return names[i].name
}
