package risk

import (
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Europe/Amsterdam must be there on a machine without zones
)

// Precision of a Known moment.
const (
	ToMinute = "minute"
	ToPart   = "part_of_day"
	ToDay    = "day"
	ToWeek   = "week"
)

// moment is a time in words, as found in a sentence.
type moment struct {
	day       time.Time // midnight in Amsterdam
	hour      int       // -1 when not told
	minute    int
	precision string
	from, to  int // tokens
}

// knowing are the words that tell that somebody knew.
var knowing = []string{"ontdek", "gemerkt", "merkte", "merkten", "opgemerkt", "zag", "zagen", "gezien", "weten", "wist", "wisten", "bekend", "erachter", "achter", "constateer", "geconstateer", "vastgesteld", "bleek", "kwam", "kwamen", "gehoord", "hoorde", "gemeld", "meldde", "belde", "gebeld", "opgevallen", "viel", "gevonden", "vond", "doorhad", "ontvingen",
	"notic", "discover", "found", "realis", "realiz", "aware", "know", "knew", "learn", "saw", "spotted", "told", "detected", "reported", "informed"}

// sinceWords make a moment one of knowing by themselves: "sinds maandag".
var sinceWords = []string{"sinds", "sedert", "since"}

// amsterdam is the zone in which a report's words are meant.
var amsterdam = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err) // cannot happen: the zones are built in
	}
	return zone
})

// knownIn finds the earliest moment at which somebody says they knew. A moment
// counts with "since" before it or a word of knowing in its sentence; it never
// lies after receipt, and never more than a year before.
func knownIn(text, place string, received time.Time) *Known {
	local := received.In(amsterdam())
	var best *Known
	for _, s := range sentences(tokenise(text)) {
		for i := range s {
			m, ok := momentAt(s, i, local)
			if !ok || !tellsKnowing(s, m) {
				continue
			}
			at := m.instant()
			if at.After(received) || received.Sub(at) > 366*24*time.Hour || (best != nil && !at.Before(best.At)) {
				continue
			}
			from := m.from
			if from > 0 && oneOf(s[from-1].text, "sinds", "sedert", "since") {
				from--
			}
			best = &Known{At: at.UTC(), Quote: quote(text, s, from, m.to), Place: place + " line " + strconv.Itoa(s[from].line), Precision: m.precision}
		}
	}
	return best
}

// quote takes the words themselves, on one line and without long numbers.
func quote(text string, s []token, from, to int) string {
	raw := strings.Join(strings.Fields(text[s[from].start:s[to-1].end]), " ")
	return safePlace(raw)
}

func tellsKnowing(s []token, m moment) bool {
	if m.from > 0 && oneOf(s[m.from-1].text, sinceWords...) {
		return true
	}
	const near = 25 // words; a sentence of a stranger may have no end
	for i := max(0, m.from-near); i < min(len(s), m.to+near); i++ {
		if (i < m.from || i >= m.to) && hasStem(s[i].text, knowing...) {
			return true
		}
	}
	return false
}

// instant is the earliest moment the words allow: the start of the day or of
// its part. Earlier is the safe side: the clock starts sooner.
func (m moment) instant() time.Time {
	hour := max(0, m.hour)
	return time.Date(m.day.Year(), m.day.Month(), m.day.Day(), hour, m.minute, 0, 0, m.day.Location())
}

var weekdays = map[string]time.Weekday{
	"maandag": time.Monday, "dinsdag": time.Tuesday, "woensdag": time.Wednesday, "donderdag": time.Thursday, "vrijdag": time.Friday, "zaterdag": time.Saturday, "zondag": time.Sunday,
	"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday, "sunday": time.Sunday,
}

var months = map[string]time.Month{
	"januari": 1, "februari": 2, "maart": 3, "april": 4, "mei": 5, "juni": 6, "juli": 7, "augustus": 8, "september": 9, "oktober": 10, "november": 11, "december": 12,
	"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "august": 8, "october": 10,
}

// daysAgo are the words for a day near the day of receipt.
var daysAgo = map[string]int{"vandaag": 0, "today": 0, "gisteren": 1, "yesterday": 1, "eergisteren": 2,
	"vanochtend": 0, "vanmorgen": 0, "vanmiddag": 0, "vanavond": 0, "vannacht": 0, "tonight": 0,
	"gisterochtend": 1, "gistermorgen": 1, "gistermiddag": 1, "gisteravond": 1, "gisternacht": 1}

// momentAt reads a moment that begins at word i.
func momentAt(s []token, i int, received time.Time) (moment, bool) {
	midnight := time.Date(received.Year(), received.Month(), received.Day(), 0, 0, 0, 0, received.Location())
	m := moment{hour: -1, precision: ToDay, from: i, to: i + 1}
	word := s[i].text
	if n, ok := daysAgo[word]; ok {
		m.day = midnight.AddDate(0, 0, -n)
		m.part(word)
		return m.clock(s), true
	}
	if base, part := cutPart(word); base != "" {
		if day, ok := weekdays[base]; ok {
			m.day = lastWeekday(midnight, day)
			m.part(part)
			return m.clock(s), true
		}
	}
	switch {
	case i+1 < len(s) && oneOf(word+" "+s[i+1].text, "vorige week", "afgelopen week", "last week"):
		m.day, m.precision, m.to = midnight.AddDate(0, 0, -6-(int(midnight.Weekday())+6)%7-1), ToWeek, i+2
		return m, true
	case oneOf(word, "this") && i+1 < len(s) && oneOf(s[i+1].text, "morning", "afternoon"):
		m.day, m.to = midnight, i+2
		m.part(s[i+1].text)
		return m.clock(s), true
	}
	if day, to, ok := ago(s, i, midnight); ok {
		m.day, m.to = day, to
		return m.clock(s), true
	}
	if day, to, ok := dateAt(s, i, midnight); ok {
		m.day, m.to = day, to
		return m.clock(s), true
	}
	return m, false
}

// cutPart splits "maandagochtend" into the day and its part.
func cutPart(word string) (day, part string) {
	for _, p := range []string{"ochtend", "morgen", "middag", "avond", "nacht"} {
		if base, ok := strings.CutSuffix(word, p); ok && base != "" {
			return base, p
		}
	}
	return word, ""
}

// part notes the part of the day that a word speaks of.
func (m *moment) part(word string) {
	for _, p := range []struct {
		hour  int
		words []string
	}{{6, []string{"ochtend", "morgen", "morning"}}, {12, []string{"middag", "afternoon"}}, {18, []string{"avond", "evening", "tonight"}}, {0, []string{"nacht", "night"}}} {
		for _, w := range p.words {
			if strings.HasSuffix(word, w) {
				m.hour, m.precision = p.hour, ToPart
				return
			}
		}
	}
}

// clock looks for a time of day after the moment: "om 14:30", "at 9", "rond 10 uur".
func (m moment) clock(s []token) moment {
	if m.to < len(s) && m.hour < 0 && oneOf(s[m.to].text, "ochtend", "morgen", "middag", "avond", "nacht", "morning", "afternoon", "evening") {
		m.part(s[m.to].text)
		m.to++
	}
	if m.to+1 >= len(s) || !oneOf(s[m.to].text, "om", "at", "rond", "around", "omstreeks") {
		return m
	}
	h, minute, ok := clockTime(s[m.to+1].text)
	if !ok {
		return m
	}
	if m.hour >= 12 && h < 12 {
		h += 12 // "gistermiddag om 3 uur"
	}
	m.hour, m.minute, m.precision, m.to = h, minute, ToMinute, m.to+2
	if m.to < len(s) && oneOf(s[m.to].text, "uur", "am", "pm", "o'clock") {
		if s[m.to].text == "pm" && h < 12 {
			m.hour += 12
		}
		m.to++
	}
	return m
}

func clockTime(s string) (hour, minute int, ok bool) {
	h, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSuffix(s, "u"), ".", ":"), ":")
	hour, err := strconv.Atoi(h)
	if err != nil || hour > 23 || hour < 0 {
		return 0, 0, false
	}
	if rest == "" {
		return hour, 0, true
	}
	minute, err = strconv.Atoi(rest)
	return hour, minute, err == nil && minute >= 0 && minute < 60
}

// lastWeekday is the most recent such day, today included.
func lastWeekday(midnight time.Time, day time.Weekday) time.Time {
	return midnight.AddDate(0, 0, -(int(midnight.Weekday())-int(day)+7)%7)
}

// ago reads "twee dagen geleden" and "three days ago".
func ago(s []token, i int, midnight time.Time) (time.Time, int, bool) {
	if i+2 >= len(s) || !oneOf(s[i+2].text, "geleden", "ago") {
		return time.Time{}, 0, false
	}
	n, ok := numeral(s[i].text)
	if !ok {
		r, known := numberWords[s[i].text]
		if !known {
			return time.Time{}, 0, false
		}
		n = r[1]
	}
	switch {
	case n > 400:
	case hasStem(s[i+1].text, "dag", "day"):
		return midnight.AddDate(0, 0, -n), i + 3, true
	case hasStem(s[i+1].text, "week", "weken", "weeks"):
		return midnight.AddDate(0, 0, -7*n), i + 3, true
	}
	return time.Time{}, 0, false
}

// dateAt reads "12 maart", "12 maart 2026", "March 12", "12-03-2026", "12/3" and
// "2026-03-12". Without a year it is the most recent such day.
func dateAt(s []token, i int, midnight time.Time) (time.Time, int, bool) {
	word := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(s[i].text, "th"), "st"), "nd"), "rd")
	if n, err := strconv.Atoi(word); err == nil && i+1 < len(s) {
		if month, ok := months[s[i+1].text]; ok {
			return withYear(s, i+2, n, month, midnight)
		}
	}
	if month, ok := months[word]; ok && i+1 < len(s) {
		if n, err := strconv.Atoi(strings.TrimRight(s[i+1].text, "thsndr")); err == nil && n < 32 {
			return withYear(s, i+2, n, month, midnight)
		}
	}
	if len(word) < 8 || word[0] < '0' || word[0] > '9' {
		return time.Time{}, 0, false
	}
	for _, layout := range []string{"2-1-2006", "2006-1-2", "2/1/2006", "2.1.2006"} {
		if t, err := time.ParseInLocation(layout, word, midnight.Location()); err == nil {
			return t, i + 1, true
		}
	}
	return time.Time{}, 0, false
}

func withYear(s []token, next, day int, month time.Month, midnight time.Time) (time.Time, int, bool) {
	year := midnight.Year()
	given := false
	if next < len(s) {
		if y, err := strconv.Atoi(s[next].text); err == nil && y >= 2000 && y < 2200 {
			year, next, given = y, next+1, true
		}
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, midnight.Location())
	if t.Day() != day {
		return t, next, false // 31 February
	}
	if !given && t.After(midnight) {
		t = time.Date(year-1, month, day, 0, 0, 0, 0, midnight.Location())
	}
	return t, next, true
}
