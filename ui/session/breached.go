package session

import (
	"bytes"
	"crypto/sha1" // the list is of SHA-1 digests; nothing is protected by it here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"meldklok/incident"
)

// Breached is a file of passwords that were found in leaks, as the service Have
// I Been Pwned publishes it: one SHA-1 digest a line, in hexadecimal, with
// «:COUNT» behind it, in ascending order. A line may hold the beginning of a
// digest only (ten digits or more), which keeps the file small. It is searched
// by halves, so it costs no memory.
type Breached struct{ path string }

// shortestPrefix is how much of a digest a line must hold: with 40 bits a good
// password is refused by accident once in a thousand times, even by a list of a
// thousand million.
const shortestPrefix = 10

// mostLine is more than any line of the file is long.
const mostLine = 128

// OpenBreached looks whether the file can be read and is such a list. The file is
// opened anew for every password, so a newer one can be moved into its place.
func OpenBreached(path string) (*Breached, error) {
	b := &Breached{path}
	for _, probe := range []string{strings.Repeat("0", 40), strings.Repeat("F", 40), "7" + strings.Repeat("F", 39)} {
		if _, err := b.has(probe); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// LeakedPasswords refuses the passwords of a list.
func LeakedPasswords(b *Breached) Option { return func(m *Manager) { m.breached = b } }

// Check refuses a password that stands in the list, with an *incident.Refusal. A
// list that cannot be read any more is an error: a rule must not end unnoticed.
// No list refuses nothing.
func (b *Breached) Check(password string) error {
	if b == nil {
		return nil
	}
	sum := sha1.Sum([]byte(password))
	found, err := b.has(strings.ToUpper(hex.EncodeToString(sum[:])))
	if err != nil {
		return err
	}
	if found {
		return &incident.Refusal{Field: "password", Code: "password-breached"}
	}
	return nil
}

// has reports whether a digest stands in the file, whole or by its beginning.
func (b *Breached) has(digest string) (bool, error) {
	f, err := os.Open(b.path)
	if err != nil {
		return false, fmt.Errorf("session: list of leaked passwords: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("session: list of leaked passwords: %w", err)
	}
	// Invariant: a line that matches begins in [low, high).
	low, high := int64(0), info.Size()
	for low < high {
		middle := low + (high-low)/2
		line, begin, end, err := lineAt(f, middle)
		if err != nil {
			return false, err
		}
		switch {
		case strings.HasPrefix(digest, line):
			return true, nil
		case digest > line:
			low = end
		default:
			high = begin
		}
	}
	return false, nil
}

// lineAt returns the digest of the line that holds the byte at an offset, where
// the line begins, and where the next one does.
func lineAt(f io.ReaderAt, offset int64) (digest string, begin, end int64, err error) {
	from := max(0, offset-mostLine)
	buf := make([]byte, 2*mostLine)
	n, err := f.ReadAt(buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, 0, fmt.Errorf("session: list of leaked passwords: %w", err)
	}
	buf = buf[:n]
	at := int(offset - from)
	start := bytes.LastIndexByte(buf[:at], '\n') + 1
	stop := len(buf)
	if i := bytes.IndexByte(buf[at:], '\n'); i >= 0 {
		stop = at + i + 1
	}
	digest, _, _ = strings.Cut(strings.TrimSpace(string(buf[start:stop])), ":")
	digest = strings.ToUpper(digest)
	if len(digest) < shortestPrefix || len(digest) > 40 || strings.Trim(digest, "0123456789ABCDEF") != "" {
		return "", 0, 0, fmt.Errorf("session: list of leaked passwords: the line at byte %d is no SHA-1 digest: want lines like 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3", from+int64(start))
	}
	return digest, from + int64(start), from + int64(stop), nil
}
