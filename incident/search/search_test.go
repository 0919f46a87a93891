package search

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for _, row := range []struct{ why, text, want string }{
		{"lower case", "Lijst van de HR-afdeling", "afdeling de hr hr-afdeling lijst van"},
		{"diacritics go", "Coördinator beëindigt één crèche", "beeindigt coordinator creche een"},
		{"letters that do not come apart", "Straße Ærø Łódź", "aero lodz strasse"},
		{"an address, whole and in parts", "van Jan.Smit@Example.org:", "example jan jan.smit@example.org org smit van"},
		{"a reference, whole and in parts", "zie (2026-0042).", "0042 2026 2026-0042 zie"},
		{"signs alone are no words", "-- ... @ /", ""},
		{"data that is no word", strings.Repeat("a", 60), strings.Repeat("a", longestWord)},
	} {
		var got []string
		words(row.text, func(w string) { got = append(got, w) })
		slices.Sort(got)
		if s := strings.Join(slices.Compact(got), " "); s != row.want {
			t.Errorf("%s: %q", row.why, s)
		}
	}
}

func ref(n int) incident.Ref { return incident.Ref{Year: 2026, Number: uint32(n)} }

func filled(texts ...string) *index {
	x := newIndex()
	for i, text := range texts {
		d := document{}
		d.say(InRef, ref(i+1).String())
		title, body, _ := strings.Cut(text, "|")
		d.say(InTitle, title)
		d.say(InText, body)
		x.put(ref(i+1), d)
	}
	return x
}

func found(x *index, query string) (s string) {
	for _, h := range x.find(terms(query), 1000) {
		s += fmt.Sprint(" ", h.Ref.Number)
	}
	return strings.TrimSpace(s)
}

func TestFind(t *testing.T) {
	x := filled("Laptop gestolen|bij de coördinator", "Lijst gemaild|naar jan.smit@example.org, laptop niet", "Lijst op straat|gevonden", "Iets|met lijsten")
	for _, row := range []struct{ why, query, want string }{
		{"a word", "straat", "3"},
		{"the beginning of a word", "ges", "1"},
		{"a title before a text", "laptop", "1 2"},
		{"a whole word before a beginning, the newest of equals first", "lijst", "3 2 4"},
		{"all words", "lijst gemaild", "2"},
		{"one word is missing", "lijst gestolen", ""},
		{"accents or not", "coordinator", "1"},
		{"accents in the query", "coÖrdinator", "1"},
		{"part of an address", "jan.smit@exa", "2"},
		{"a reference", "2026-0004", "4"},
		{"the beginning of a reference finds all", "2026-", "4 3 2 1"},
		{"nothing asked", " ", ""},
		{"signs", "@-", ""},
	} {
		if got := found(x, row.query); got != row.want {
			t.Errorf("%s: %q finds %q, want %q", row.why, row.query, got, row.want)
		}
	}
}

func TestAChangedIncidentIsFoundByItsNewWordsOnly(t *testing.T) {
	x := filled("oud", "ander")
	d := document{}
	d.say(InTitle, "nieuw")
	x.put(ref(1), d)
	x.put(ref(1), d) // said again: nothing changes
	if a, b := found(x, "oud"), found(x, "nieuw"); a != "" || b != "1" || x.dead() != 33 {
		t.Errorf("old %q, new %q, %d per cent dead", a, b, x.dead())
	}
}

// TestFindAgainstReadingEverything: the index finds what a search through all
// words would find.
func TestFindAgainstReadingEverything(t *testing.T) {
	word := rapid.StringMatching(`[a-c]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.SliceOfN(word, 0, 6), 1, 12).Draw(t, "texts")
		x := newIndex()
		last := map[int][]string{}
		for i, text := range texts {
			n := i%7 + 1 // some change
			d := document{}
			d.say(InText, strings.Join(text, " "))
			x.put(ref(n), d)
			last[n] = text
			if rapid.Bool().Draw(t, "sort") {
				x.sort()
			}
		}
		query := rapid.SliceOfN(word, 1, 3).Draw(t, "query")
		for n, text := range last {
			want := !slices.ContainsFunc(query, func(q string) bool {
				return !slices.ContainsFunc(text, func(w string) bool { return strings.HasPrefix(w, q) })
			})
			got := slices.ContainsFunc(x.find(query, 1000), func(h Hit) bool { return h.Ref == ref(n) })
			if got != want {
				t.Fatalf("%v in %v: found %v, want %v", query, text, got, want)
			}
		}
		all, most := x.find(query, 1000), rapid.IntRange(1, 4).Draw(t, "most")
		if few := x.find(query, most); !slices.Equal(few, all[:min(most, len(all))]) {
			t.Fatalf("the best %d of %v: %v", most, all, few)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("Coördinator jan@example.org 2026-0042")
	f.Add("\xff\xfe ﬁ ½ Ǆ")
	f.Fuzz(func(t *testing.T, text string) {
		words(text, func(w string) {
			if w == "" || len(w) > longestWord || strings.ContainsAny(w, " \n") {
				t.Errorf("%q is no word", w)
			}
		})
		for _, q := range terms(text) {
			if q == "" {
				t.Error("an empty term")
			}
		}
	})
}

// TestTheBoundMeansMemory: what the index believes to hold is what the heap
// grows by, within a factor of two.
func TestTheBoundMeansMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("fills memory: run it without -short")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	x := newIndex()
	for n := range 5000 {
		d := document{}
		for range 150 {
			d[fmt.Sprintf("woord%d", int(rnd.ExpFloat64()*4000))] |= InText
		}
		x.put(ref(n+1), d)
	}
	grew := heap() - before
	size, docs := x.size()
	t.Logf("%d incidents: %d KiB by our count, the heap grew by %d KiB", docs, size>>10, grew>>10)
	if grew > 2*size || size > 2*grew {
		t.Error("the count has lost touch with the heap")
	}
	runtime.KeepAlive(x)
}

func BenchmarkFind(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	x := newIndex()
	for n := range 100_000 {
		d := document{ref(n + 1).String(): InRef}
		for range 60 {
			d[fmt.Sprintf("woord%d", int(rnd.ExpFloat64()*4000))] |= InText
		}
		x.put(ref(n+1), d)
	}
	for _, query := range []string{"w", "woord1 woord2", "2026-00421", "woord19999"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				x.find(terms(query), 1000)
			}
		})
	}
}
