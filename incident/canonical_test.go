package incident

import (
	"crypto/sha256"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func canonicalOf(pieces ...string) string {
	c := canonical{sum: sha256.New()}
	for _, p := range pieces {
		_, _ = c.Write([]byte(p))
	}
	return string(c.Sum())
}

// TestCanonical: line ends alone do not make another report; anything else does.
func TestCanonical(t *testing.T) {
	const mail = "Subject: x\n\nfirst\n\nsecond\n"
	same := []string{strings.ReplaceAll(mail, "\n", "\r\n"), strings.TrimRight(mail, "\n"), mail + "\r\n\n"}
	for _, text := range same {
		if canonicalOf(text) != canonicalOf(mail) {
			t.Errorf("%q is another report", text)
		}
	}
	other := []string{"Subject: x\n\nfirst\nsecond\n", "Subject: x\n\nfirst\r\r\nsecond", "Subject: x\n\nfirst\r\n\nsecond\r.", ""}
	for _, text := range other {
		if canonicalOf(text) == canonicalOf(mail) {
			t.Errorf("%q is the same report", text)
		}
	}
}

// TestCanonicalPieces: how the bytes were cut makes no difference, and the hash
// is that of the text with plain line ends.
func TestCanonicalPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune{'a', '\r', '\n'})).Draw(t, "text") + "a"
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		want := sha256.Sum256([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
		if canonicalOf(text[:cut], text[cut:]) != string(want[:]) {
			t.Fatalf("%q cut at %d", text, cut)
		}
	})
}
