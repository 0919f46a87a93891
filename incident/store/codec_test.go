package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meldklok/incident"
)

func drawRow(t *rapid.T) row {
	return row{
		stream:   incident.Stream{Ref: incident.Ref{Year: rapid.Uint16().Draw(t, "year"), Number: rapid.Uint32().Draw(t, "number")}},
		n:        rapid.Uint32().Draw(t, "n"),
		item:     rapid.Uint64().Draw(t, "item"),
		register: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "register"),
		personal: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "personal"),
	}
}

func TestRowComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRow(t)
		r.hash = link(sha256.Sum256([]byte("before")), 7, digestOf(r.frame()))
		back, framed, err := parseRow(append(r.frame(), r.hash[:]...))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(framed, r.frame()) || back.stream != r.stream || back.n != r.n || back.item != r.item || back.hash != r.hash ||
			!bytes.Equal(back.register, r.register) || !bytes.Equal(back.personal, r.personal) {
			t.Fatalf("went in as %+v and came out as %+v", r, back)
		}
	})
}

// A hash stands for one place and one row behind one past.
func TestLinkDependsOnEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		framed, prev := drawRow(t).frame(), sha256.Sum256([]byte("before"))
		same := link(prev, 7, digestOf(framed))
		i := rapid.IntRange(0, len(framed)-1).Draw(t, "byte")
		other := bytes.Clone(framed)
		other[i] ^= 1
		if link(prev, 7, digestOf(other)) == same || link(prev, 8, digestOf(framed)) == same || link(sha256.Sum256(nil), 7, digestOf(framed)) == same {
			t.Fatal("two chains share a hash")
		}
	})
}

// FuzzParseRow: no bytes make the parser panic, and there is one way to write
// what it reads.
func FuzzParseRow(f *testing.F) {
	r := row{stream: incident.Stream{Ref: incident.Ref{Year: 2026, Number: 42}}, n: 3, item: 9, register: []byte("abc"), personal: []byte("de")}
	f.Add(append(r.frame(), r.hash[:]...))
	f.Add(bytes.Repeat([]byte{1}, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, framed, err := parseRow(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.frame(), framed) {
			t.Errorf("%x is read like %x", framed, r.frame())
		}
	})
}

func drawTime(t *rapid.T, name string) time.Time {
	return time.Unix(rapid.Int64Range(-9e9, 9e9).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name+" ns")).UTC()
}

// Rows by time sort like their instants, from 1684 to 2255, and come back to
// the nanosecond.
func TestInstantsSortAndComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTime(t, "a"), drawTime(t, "b")
		if !instantFrom(instant(a)).Equal(a) {
			t.Fatalf("%s came back as %s", a, instantFrom(instant(a)))
		}
		if bytes.Compare(instant(a), instant(b)) != a.Compare(b) {
			t.Fatalf("%s and %s sort wrongly", a, b)
		}
		if bytes.Compare(instant(time.Time{}), instant(a)) >= 0 || !instantFrom(instant(time.Time{})).IsZero() {
			t.Fatal("no time does not sort first, or does not come back")
		}
	})
}

// Keys of incidents sort by year and number, those of entries by their place.
func TestKeysSortLikeWhatTheyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type place struct {
			ref  incident.Ref
			n    uint32
			what incident.What
		}
		draw := func(name string) place {
			return place{
				incident.Ref{Year: rapid.Uint16Range(2020, 2022).Draw(t, name), Number: rapid.Uint32().Draw(t, name)},
				rapid.Uint32().Draw(t, name), incident.What(rapid.Uint16().Draw(t, name)),
			}
		}
		a, b := draw("a"), draw("b")
		order := func(x, y place) int {
			if x.ref.Year != y.ref.Year {
				return int(x.ref.Year) - int(y.ref.Year)
			}
			switch {
			case x.ref.Number < y.ref.Number:
				return -1
			case x.ref.Number > y.ref.Number:
				return 1
			}
			return 0
		}
		if want := order(a, b); want != 0 {
			for _, keys := range [][2][]byte{
				{refKey(a.ref), refKey(b.ref)}, {dutyKey(a.ref, a.what), dutyKey(b.ref, b.what)},
				{entryKey(incident.Stream{Ref: a.ref}, a.n), entryKey(incident.Stream{Ref: b.ref}, b.n)},
			} {
				if got := bytes.Compare(keys[0], keys[1]); got*want < 0 || got == 0 {
					t.Fatalf("%v and %v sort as %d", a, b, got)
				}
			}
		}
		at := drawTime(t, "at")
		if ref, what, ok := splitTimed(timedKey(at, a.ref, a.what)); !ok || ref != a.ref || what != a.what || !instantFrom(timedKey(at, a.ref, a.what)).Equal(at) {
			t.Fatalf("%v came back as %v %v", a, ref, what)
		}
	})
}

func TestBrokenKeysAreRefused(t *testing.T) {
	for n := range 20 {
		key := make([]byte, n)
		if _, _, ok := splitDuty(key); ok != (n == incident.StreamSize+2) {
			t.Errorf("a duty key of %d bytes: %v", n, ok)
		}
		if _, _, ok := splitTimed(key); ok != (n == 8+incident.StreamSize+2) && n > 8 {
			t.Errorf("a timed key of %d bytes: %v", n, ok)
		}
	}
}

func onlyPacker(t testing.TB) *packer {
	t.Helper()
	p, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTheDictionaryNeverChanges: what was packed with it cannot be read without.
func TestTheDictionaryNeverChanges(t *testing.T) {
	const want = "7344708f55edf061baf61cdde9423625faac7de5d78b3955853d4e5befa6577e"
	if got := fmt.Sprintf("%x", sha256.Sum256(dictionary)); got != want {
		t.Errorf("the dictionary of the format has become %s: a better one is a new mark beside it", got)
	}
}

func TestPackedTextComesBack(t *testing.T) {
	p := onlyPacker(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "noise")
		if rapid.Bool().Draw(t, "text") {
			plain = []byte(strings.Repeat("een zin die terugkomt. ", rapid.IntRange(0, 5000).Draw(t, "times")))
		}
		packed := p.pack(plain)
		if len(packed) > len(plain)+1 {
			t.Fatalf("%d bytes became %d", len(plain), len(packed))
		}
		back, err := p.unpack(packed)
		if err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("%d bytes came back as %d: %v", len(plain), len(back), err)
		}
	})
	for _, bad := range [][]byte{nil, {9, 1, 2}, {packedZstd, 0xff, 0xff}} {
		if _, err := p.unpack(bad); err == nil {
			t.Errorf("%x was unpacked", bad)
		}
	}
}

// Sealed bytes open in their own place only.
func TestSealedBytesBelongToTheirPlace(t *testing.T) {
	r := inMemory(t)
	first, _ := r.NewItem()
	second, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.Store.keys.seal(first, Personal, []byte("text"), []byte("mail"), key8(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why     string
		item    uint64
		c       Compartment
		context []string
		opens   bool
	}{
		{"where it belongs", first, Personal, []string{"mail", string(key8(1))}, true},
		{"under another item's key", second, Personal, []string{"mail", string(key8(1))}, false},
		{"in another compartment", first, Register, []string{"mail", string(key8(1))}, false},
		{"as another field", first, Personal, []string{"outbox", string(key8(1))}, false},
		{"under another number", first, Personal, []string{"mail", string(key8(2))}, false},
	} {
		var context [][]byte
		for _, c := range row.context {
			context = append(context, []byte(c))
		}
		if _, err := r.Store.keys.open(row.item, row.c, sealed, context...); (err == nil) != row.opens {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// Purposes and parts of a keyed hash do not run together.
func TestMACFramesItsParts(t *testing.T) {
	r := inMemory(t)
	macs := [][]byte{
		r.MAC("a", []byte("bc")), r.MAC("ab", []byte("c")), r.MAC("abc"), r.MAC("a", []byte("b"), []byte("c")), r.MAC("a", []byte("bc"), nil), inMemory(t).MAC("a", []byte("bc")),
	}
	for i, m := range macs {
		if slices.ContainsFunc(macs[:i], func(o []byte) bool { return bytes.Equal(m, o) }) {
			t.Errorf("hash %d is another's", i)
		}
	}
	if !bytes.Equal(r.MAC("a", []byte("bc")), r.again().MAC("a", []byte("bc"))) {
		t.Error("a keyed hash changes with a restart")
	}
}
