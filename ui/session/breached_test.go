package session_test

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/ui/session"
)

func digestOf(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// TestLeakedPasswords searches lists of any length, with whole digests and
// beginnings of them, with and without counts, and either kind of line end.
func TestLeakedPasswords(t *testing.T) {
	const leaked = "vier gelekte woorden hier"
	path := filepath.Join(t.TempDir(), "list")
	rapid.Check(t, func(t *rapid.T) {
		digests := rapid.SliceOfNDistinct(rapid.StringMatching(`[0-9A-F]{40}`), 0, 60, rapid.ID[string]).Draw(t, "digests")
		has := rapid.Bool().Draw(t, "has")
		if has {
			digests = append(digests, digestOf(leaked))
		}
		cut := rapid.SampledFrom([]int{40, 40, 12, 10}).Draw(t, "cut")
		end := rapid.SampledFrom([]string{"\n", "\r\n", ":1\r\n", ":24230577\n"}).Draw(t, "end")
		slices.Sort(digests)
		var text strings.Builder
		for _, d := range digests {
			text.WriteString(d[:cut] + end)
		}
		all := text.String()
		if rapid.Bool().Draw(t, "bare") {
			all = strings.TrimRight(all, "\r\n")
		}
		if err := os.WriteFile(path, []byte(all), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := session.OpenBreached(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := list.Check(leaked); refused(err, "password-breached") != has || (err == nil) == has {
			t.Fatalf("in the list: %v, answer: %v", has, err)
		}
	})
}

func TestAListOfLeakedPasswordsThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	for _, row := range []struct{ why, text string }{
		{"plain passwords", "password\nwelkom01\n"},
		{"another digest", strings.Repeat("a", 64) + "\n"},
		{"too short a beginning", "5BAA6\n"},
		{"lines without end", strings.Repeat("F", 4000)},
	} {
		if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := session.OpenBreached(path); err == nil {
			t.Errorf("%s was taken for a list", row.why)
		}
	}
	if _, err := session.OpenBreached(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestALostListStopsNewPasswords: a rule must not end because a file was moved.
func TestALostListStopsNewPasswords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte(digestOf(good)+":3\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := session.OpenBreached(path)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	h.m = session.New(h.record, time.Now, session.LeakedPasswords(list))
	id := h.person("officer@example.org")
	if err := h.m.SetPassword(h.ctx, incident.System, id, good); !refused(err, "password-breached") {
		t.Errorf("a leaked password: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := h.m.SetPassword(h.ctx, incident.System, id, good); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the list: %v", err)
	}
}
