package incident

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Ref is the reference of an incident: the year in which its first report was
// received (Europe/Amsterdam) and a running number that is never used again.
type Ref struct {
	Year   uint16
	Number uint32
}

// String writes the reference as people quote it: 2026-0042.
func (r Ref) String() string { return fmt.Sprintf("%04d-%04d", r.Year, r.Number) }

// IsZero reports whether r names no incident.
func (r Ref) IsZero() bool { return r == Ref{} }

// ParseRef reads a reference as written by [Ref.String]; leading and trailing
// space is ignored. It returns a *Refusal when s is not one.
func ParseRef(s string) (Ref, error) {
	year, number, ok := strings.Cut(strings.TrimSpace(s), "-")
	y, errY := strconv.ParseUint(year, 10, 16)
	n, errN := strconv.ParseUint(number, 10, 32)
	if !ok || errY != nil || errN != nil || len(year) != 4 || y == 0 || n == 0 {
		return Ref{}, refuse("reference", "not-a-reference")
	}
	return Ref{Year: uint16(y), Number: uint32(n)}, nil
}

// MarshalText implements encoding.TextMarshaler; the zero Ref is empty.
func (r Ref) MarshalText() ([]byte, error) {
	if r.IsZero() {
		return nil, nil
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ref) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*r = Ref{}
		return nil
	}
	ref, err := ParseRef(string(b))
	*r = ref
	return err
}

// Stream names one log of the record: an incident's, or (the zero value) the
// organisation's own.
type Stream struct{ Ref Ref }

// OrgStream is the organisation's own log: people, settings, parked mail.
func OrgStream() Stream { return Stream{} }

// IsOrg reports whether s is the organisation's own log.
func (s Stream) IsOrg() bool { return s.Ref.IsZero() }

// StreamSize is the length of a stream's key in bytes.
const StreamSize = 6

// AppendKey appends the stream's key, which sorts by year and number.
func (s Stream) AppendKey(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, s.Ref.Year)
	return binary.BigEndian.AppendUint32(b, s.Ref.Number)
}

// StreamFromKey reads what [Stream.AppendKey] wrote. It returns an error when
// b is too short to hold a stream.
func StreamFromKey(b []byte) (Stream, error) {
	if len(b) < StreamSize {
		return Stream{}, fmt.Errorf("stream key of %d bytes", len(b))
	}
	return Stream{Ref{Year: binary.BigEndian.Uint16(b), Number: binary.BigEndian.Uint32(b[2:])}}, nil
}

// String names the stream for logs and messages.
func (s Stream) String() string {
	if s.IsOrg() {
		return "organisation"
	}
	return s.Ref.String()
}
