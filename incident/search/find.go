package search

import (
	"slices"
	"strings"

	"meldklok/incident"
)

// Hit is an incident that has all the words.
type Hit struct {
	Ref   incident.Ref
	In    Place // where the words occur
	Score int
}

// mostWords is how many words one prefix stands for; a word itself always
// counts.
const mostWords = 2000

// matches lists the words that begin with a term.
func (x *index) matches(term string) (list []string) {
	from, _ := slices.BinarySearch(x.names, term)
	for _, w := range x.names[from:] {
		if !strings.HasPrefix(w, term) || len(list) == mostWords {
			break
		}
		list = append(list, w)
	}
	for _, w := range x.fresh {
		if strings.HasPrefix(w, term) {
			list = append(list, w)
		}
	}
	return list
}

// tally is what the terms of a query found of a document so far.
type tally struct {
	score uint32
	terms byte // how many, in order
	in    Place
}

// tallies returns an empty tally for each document, and what gives them back: at a
// hundred thousand documents they are most of what a search would allocate.
func (x *index) tallies() (found []tally, done func()) {
	spare, _ := x.spare.Get().(*[]tally)
	if spare == nil || cap(*spare) < len(x.docs) {
		spare = new(make([]tally, len(x.docs)+len(x.docs)/8))
	}
	found = (*spare)[:len(x.docs)]
	clear(found)
	return found, func() { x.spare.Put(spare) }
}

// find returns the incidents in which every term begins a word, best first, the
// newest of equals first; at most so many. Its cost follows the lists of the
// words and, a few nanoseconds each, the documents; what it returns is bounded.
func (x *index) find(query []string, most int) []Hit {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if len(query) == 0 || len(x.docs) == 0 || most < 1 {
		return nil
	}
	found, done := x.tallies()
	defer done()
	weight := weights()
	for i, term := range query {
		for _, word := range x.matches(term) {
			more := uint32(1)
			if word == term {
				more = 2
			}
			x.lists[word].each(func(doc uint32, in Place) {
				t := &found[doc]
				if int(t.terms) < i {
					return // lacks an earlier term
				}
				t.terms = byte(i + 1)
				t.in |= in
				t.score += more * weight[in]
			})
		}
	}
	top := best{most: most}
	for doc, t := range found {
		if ref := x.docs[doc]; int(t.terms) == len(query) && !ref.IsZero() {
			top.add(Hit{ref, t.in, int(t.score)})
		}
	}
	return top.sorted()
}

// best keeps the best of many hits: it gathers twice as many as are wanted, and
// then lets go of the worse half.
type best struct {
	most int
	hits []Hit
	last Hit // the worst of those kept, once there are enough: what is worse is not looked at
}

func (b *best) add(h Hit) {
	if b.last.Score > 0 && better(h, b.last) >= 0 {
		return
	}
	if b.hits = append(b.hits, h); len(b.hits) == 2*b.most {
		b.hits = b.sorted()
		b.last = b.hits[len(b.hits)-1]
	}
}

func (b *best) sorted() []Hit {
	slices.SortFunc(b.hits, better)
	return b.hits[:min(len(b.hits), b.most)]
}

// better orders hits, the best first, of equals the newest.
func better(a, b Hit) int {
	if a.Score != b.Score {
		return b.Score - a.Score
	}
	return newer(a.Ref, b.Ref)
}
