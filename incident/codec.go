package incident

import (
	"encoding/json"
	"fmt"
	"time"
)

// entryVersion is the version under which bodies are written today.
const entryVersion = 1

// stored is the form of an entry's register part on disk.
type stored struct {
	V    int             `json:"v"`
	At   time.Time       `json:"at"`
	By   Actor           `json:"by"`
	Kind Kind            `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// Codec turns entries into the two plain texts that the record seals, and
// back. It holds no state between calls and is safe for concurrent use.
type Codec struct{ kinds map[Kind]func() Body }

// NewCodec returns a codec that knows every kind.
func NewCodec() *Codec { return &Codec{kinds: bodies()} }

// Encode returns the register part and the personal part of an entry; the
// personal part is nil if the kind has none.
func (c *Codec) Encode(e Entry) (register, personal []byte, err error) {
	if _, ok := c.kinds[e.Body.Kind()]; !ok {
		return nil, nil, fmt.Errorf("incident: unknown kind %q", e.Body.Kind())
	}
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("incident: encode %s: %w", e.Body.Kind(), err)
	}
	register, err = json.Marshal(stored{V: entryVersion, At: e.At.UTC(), By: e.By, Kind: e.Body.Kind(), Body: body})
	if err != nil {
		return nil, nil, fmt.Errorf("incident: encode %s: %w", e.Body.Kind(), err)
	}
	if p := e.Body.personal(); p != nil {
		if personal, err = json.Marshal(p); err != nil {
			return nil, nil, fmt.Errorf("incident: encode personal part of %s: %w", e.Body.Kind(), err)
		}
	}
	return register, personal, nil
}

// Decode reads an entry's parts. A nil personal part (destroyed on schedule)
// leaves the body's personal part empty. Seq, Stream and N are the caller's.
func (c *Codec) Decode(register, personal []byte) (Entry, error) {
	var s stored
	if err := json.Unmarshal(register, &s); err != nil {
		return Entry{}, fmt.Errorf("incident: decode entry: %w", err)
	}
	make, ok := c.kinds[s.Kind]
	if !ok {
		return Entry{}, fmt.Errorf("incident: entry of unknown kind %q: written by a newer program?", s.Kind)
	}
	if s.V > entryVersion {
		return Entry{}, fmt.Errorf("incident: entry version %d is newer than this program's %d", s.V, entryVersion)
	}
	body := make()
	if err := json.Unmarshal(s.Body, body); err != nil {
		return Entry{}, fmt.Errorf("incident: decode %s: %w", s.Kind, err)
	}
	if p := body.personal(); p != nil && personal != nil {
		if err := json.Unmarshal(personal, p); err != nil {
			return Entry{}, fmt.Errorf("incident: decode personal part of %s: %w", s.Kind, err)
		}
	}
	return Entry{At: s.At, By: s.By, Body: body}, nil
}

// SealedBy returns the number of the keys that seal an entry, when these are not
// the keys of its log: a report, with what was put right about its writer, and a
// person can each be forgotten alone.
func SealedBy(b Body) (item uint64, ok bool) {
	switch b := b.(type) {
	case *Reported:
		return b.Item, b.Item != 0
	case *Corrected:
		return b.Item, b.Item != 0
	case *PersonSet:
		return b.Key, b.Key != 0
	}
	return 0, false
}
