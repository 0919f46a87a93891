package search

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"meldklok/incident"
)

// Place is in what kind of place a word occurs; bits.
type Place byte

// The places, the weightiest first.
const (
	InRef Place = 1 << iota
	InTitle
	InReporter
	InDecision // reasons, advice, filings
	InTalk     // questions to reporters
	InText     // of a report, and the names of its files
)

// weights returns what a word counts for in each set of places.
func weights() (of [InText << 1]uint32) {
	for places := range of {
		for bit, weight := range [...]uint32{40, 12, 8, 4, 2, 2} { // in the order of the places
			if places>>bit&1 != 0 {
				of[places] += weight
			}
		}
	}
	return of
}

// What words cost in memory, measured as the heap grows.
const (
	wordCost    = 120 // a new word with its list, without its letters
	docCost     = 80  // an incident, without its words
	postingCost = 5   // with the room that growing lists leave
)

// posting list of a word: deltas of document numbers and places, as varints.
type postings struct {
	last uint32
	data []byte
}

// index is an inverted index. A document that changes gets a new number; the old
// one is dead until the index is built anew.
type index struct {
	mu    sync.RWMutex
	lists map[string]*postings
	names []string       // sorted words, for prefixes,
	fresh []string       // and those that came since
	docs  []incident.Ref // by number; zero: dead
	alive map[incident.Ref]known
	bytes int64
	seed  maphash.Seed
	spare sync.Pool // of []tally
}

// known is where an incident stands, and the sum of its words, by which one
// that changed without new words is left where it is.
type known struct {
	doc uint32
	sum uint64
}

// sumOf does not depend on an order.
func (x *index) sumOf(found map[string]Place) (sum uint64) {
	for word, in := range found {
		sum += maphash.String(x.seed, word) * uint64(2*int(in)+1)
	}
	return sum
}

func newIndex() *index {
	return &index{lists: map[string]*postings{}, alive: map[incident.Ref]known{}, seed: maphash.MakeSeed()}
}

// put indexes an incident anew.
func (x *index) put(ref incident.Ref, found map[string]Place) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, sum := uint32(len(x.docs)), x.sumOf(found)
	if was, ok := x.alive[ref]; ok {
		if was.sum == sum {
			return
		}
		x.docs[was.doc] = incident.Ref{}
	}
	x.docs = append(x.docs, ref)
	x.alive[ref] = known{n, sum}
	x.bytes += docCost
	for word, in := range found {
		list := x.lists[word]
		if list == nil {
			word = strings.Clone(word) // not a piece of a whole report
			list = &postings{}
			x.lists[word] = list
			x.fresh = append(x.fresh, word)
			x.bytes += int64(wordCost + len(word))
		}
		list.data = binary.AppendUvarint(list.data, uint64(n-list.last))
		list.data = append(list.data, byte(in))
		list.last = n
		x.bytes += postingCost
	}
	if len(x.fresh) > mostFresh {
		x.sort()
	}
}

// mostFresh is how many new words are looked through one by one.
const mostFresh = 4096

func (x *index) sort() {
	slices.Sort(x.fresh)
	merged := make([]string, 0, len(x.names)+len(x.fresh))
	a, b := x.names, x.fresh
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	x.names, x.fresh = append(append(merged, a...), b...), nil
}

// dead is the part of the documents that were replaced, in per cent.
func (x *index) dead() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if len(x.docs) == 0 {
		return 0
	}
	return 100 * (len(x.docs) - len(x.alive)) / len(x.docs)
}

func (x *index) size() (bytes int64, docs int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.bytes, len(x.alive)
}

// newer orders references, the newest first.
func newer(a, b incident.Ref) int {
	if a.Year != b.Year {
		return int(b.Year) - int(a.Year)
	}
	return int(int64(b.Number) - int64(a.Number))
}

// each reads a list.
func (p *postings) each(fn func(doc uint32, in Place)) {
	doc := uint32(0)
	for data := p.data; len(data) > 1; {
		delta, n := uint64(data[0]), 1 // as nearly every one is
		if delta >= 0x80 {
			delta, n = binary.Uvarint(data)
		}
		if n <= 0 || n >= len(data) {
			return
		}
		doc += uint32(delta)
		fn(doc, Place(data[n]))
		data = data[n+1:]
	}
}
