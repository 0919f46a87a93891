package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Term is a length of time in calendar units: 30 days ("30d"), 6 months
// ("6m"), 5 years ("5y"), or without an end ("keep", the zero value).
type Term struct {
	N    int
	Unit byte // 'd', 'm' or 'y'
}

// After returns when the term that begins at t is over, UTC; ok is false for a
// period without an end. A day that the last month lacks becomes its last day.
func (p Term) After(t time.Time) (over time.Time, ok bool) {
	switch p.Unit {
	case 'd':
		return t.UTC().AddDate(0, 0, p.N), true
	case 'm':
		return addMonths(t.UTC(), p.N), true
	case 'y':
		return addMonths(t.UTC(), 12*p.N), true
	}
	return time.Time{}, false
}

// addMonths adds calendar months in the time's own zone.
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, t.Location()).Day()
	return time.Date(y, m+time.Month(n), min(d, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

// String implements fmt.Stringer.
func (p Term) String() string {
	if p.Unit == 0 {
		return "keep"
	}
	return strconv.Itoa(p.N) + string(p.Unit)
}

// longestTerm bounds the number of a period, so that sums stay within a date.
const longestTerm = 36_500

// units are the words for a calendar unit, in Dutch and in English.
func units() map[string]byte {
	all := map[string]byte{}
	for unit, words := range map[byte]string{
		'd': "d dag dagen day days",
		'm': "m mnd maand maanden mo month months",
		'y': "j jr jaar jaren y yr yrs year years",
	} {
		for _, word := range strings.Fields(words) {
			all[word] = unit
		}
	}
	return all
}

// endless are the ways to say that there is no end: it is kept always, it is
// destroyed never.
func endless() []string {
	return []string{"keep", "altijd", "voor altijd", "nooit", "onbeperkt", "always", "forever", "for ever", "never"}
}

// ParseTerm reads a period as String writes it, or as people do: «5 jaar», «5j»,
// «één jaar», «6 maanden», «altijd», «5 years», «forever».
func ParseTerm(s string) (Term, error) {
	s = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	if slices.Contains(endless(), s) {
		return Term{}, nil
	}
	digits := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
	number, unit := "", ""
	if digits > 0 {
		number, unit = s[:digits], strings.TrimSpace(s[digits:])
	} else if word, rest, ok := strings.Cut(s, " "); ok && slices.Contains([]string{"een", "één", "one", "a"}, word) {
		number, unit = "1", rest
	}
	n, err := strconv.Atoi(number)
	if known := units()[strings.TrimSuffix(unit, ".")]; err == nil && known != 0 && n >= 1 && n <= longestTerm {
		return Term{n, known}, nil
	}
	return Term{}, fmt.Errorf("%q is no period: write 30d, 6m, 5y or keep", s)
}

// MarshalText implements encoding.TextMarshaler.
func (p Term) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Term) UnmarshalText(b []byte) (err error) {
	*p, err = ParseTerm(string(b))
	return err
}
