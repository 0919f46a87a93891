package store

import (
	"encoding/binary"
	"time"

	"meldklok/incident"
)

// The tables. doc.go draws what stands in each.
const (
	tableMeta       Table = 'M'
	tableLog        Table = 'L'
	tableStream     Table = 'S'
	tableState      Table = 'T'
	tableDuty       Table = 'D'
	tablePlan       Table = 'N'
	tableClock      Table = 'C'
	tableBlob       Table = 'B'
	tableStaging    Table = 'G'
	tablePending    Table = 'P'
	tableParked     Table = 'K'
	tableKnown      Table = 'H'
	tableCursor     Table = 'U'
	tableTaken      Table = 'V'
	tableOutbox     Table = 'O'
	tableMail       Table = 'X'
	tableReady      Table = 'R'
	tableWait       Table = 'W'
	tableEnded      Table = 'E'
	tableCredential Table = 'A'
	tableAccess     Table = 'J'

	// tableKeys is the one table of the key file.
	tableKeys Table = 'Y'
)

func recordTables() []Table {
	return []Table{
		tableMeta, tableLog, tableStream, tableState, tableDuty, tablePlan, tableClock,
		tableBlob, tableStaging, tablePending, tableParked, tableKnown, tableCursor, tableTaken,
		tableOutbox, tableMail, tableReady, tableWait, tableEnded, tableCredential, tableAccess,
	}
}

func keyTables() []Table { return []Table{tableMeta, tableKeys} }

// appendOnly names the tables that only grow at their end.
func appendOnly(t Table) bool {
	switch t {
	case tableLog, tableStream, tableState, tableBlob, tableDuty, tableMail, tableOutbox, tableKeys, tableAccess:
		return true
	}
	return false
}

// Compartment is a part of an incident that can be destroyed on its own.
type Compartment byte

// The compartments. The values are part of the file's format.
const (
	Register  Compartment = 1 // facts, effects, measures, reasons: kept
	Personal  Compartment = 2 // the reporter, correspondence
	Originals Compartment = 3 // raw mail and attachments
)

func key8(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func number(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// instant writes a moment so that it sorts: nanoseconds since 1970, the sign
// bit flipped. The zero time sorts first.
func instant(t time.Time) []byte {
	if t.IsZero() {
		return key8(0)
	}
	return key8(uint64(t.UnixNano()) ^ 1<<63)
}

func instantFrom(b []byte) time.Time {
	n := number(b)
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n^1<<63)).UTC()
}

func join(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	key := make([]byte, 0, n)
	for _, p := range parts {
		key = append(key, p...)
	}
	return key
}

func streamKey(s incident.Stream) []byte { return s.AppendKey(make([]byte, 0, incident.StreamSize)) }

func refKey(ref incident.Ref) []byte { return streamKey(incident.Stream{Ref: ref}) }

func entryKey(s incident.Stream, n uint32) []byte {
	return binary.BigEndian.AppendUint32(s.AppendKey(make([]byte, 0, incident.StreamSize+4)), n)
}

// dutyKey places a row of an incident: stream, then what.
func dutyKey(ref incident.Ref, what incident.What) []byte {
	return binary.BigEndian.AppendUint16(refKey(ref), uint16(what))
}

// timedKey places a row in an index by time.
func timedKey(at time.Time, ref incident.Ref, what incident.What) []byte {
	return join(instant(at), dutyKey(ref, what))
}

// splitTimed reads what timedKey wrote, without the instant.
func splitTimed(k []byte) (ref incident.Ref, what incident.What, ok bool) {
	return splitDuty(k[min(8, len(k)):])
}

// splitDuty reads what dutyKey wrote.
func splitDuty(k []byte) (ref incident.Ref, what incident.What, ok bool) {
	s, err := incident.StreamFromKey(k)
	if err != nil || len(k) != incident.StreamSize+2 {
		return incident.Ref{}, 0, false
	}
	return s.Ref, incident.What(binary.BigEndian.Uint16(k[incident.StreamSize:])), true
}
