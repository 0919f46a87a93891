package sheet

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
)

// Order is in which order days are written.
type Order string

// The orders. Auto takes what the file shows and asks where it shows nothing.
const (
	Auto Order = ""
	DMY  Order = "dmy"
	MDY  Order = "mdy"
)

// ParseOrder reads an order; anything unknown is a *Refusal.
func ParseOrder(s string) (Order, error) {
	switch o := Order(strings.ToLower(s)); o {
	case Auto, DMY, MDY:
		return o, nil
	}
	return Auto, &incident.Refusal{Field: "dates", Code: "choose-one"}
}

var (
	// errNoDate: it is no date at all.
	errNoDate = errors.New("not a date")
	// errAmbiguous: the order of day and month is not known.
	errAmbiguous = errors.New("day and month, or month and day?")

	numeric = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?:[ T,]+(.*))?$`)
	isoDay  = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(.*))?$`)
	worded  = regexp.MustCompile(`^(?:[\p{L}]{2,9}\.?,? )?(\d{1,2})(?:e|th|st|nd|rd)?\.? ([\p{L}]{3,9})\.?,? (\d{4})(?:[ ,T]+(.*))?$`)
	western = regexp.MustCompile(`^([\p{L}]{3,9})\.? (\d{1,2})(?:th|st|nd|rd)?, (\d{4})(?:[ ,]+(.*))?$`)
	clock   = regexp.MustCompile(`(?i)^(?:om |at )?(\d{1,2})[:.](\d{2})(?::(\d{2})(?:\.\d+)?)? ?(am|pm)?(?: ?(?:uur|u|h))?$`)
)

// evidence gathers what numeric days show of their order.
type evidence struct{ dmy, mdy bool }

func (e *evidence) see(text string) {
	m := numeric.FindStringSubmatch(text)
	if m == nil {
		return
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[3])
	e.dmy = e.dmy || (a > 12 && b <= 12)
	e.mdy = e.mdy || (b > 12 && a <= 12)
}

// order is what the evidence comes to; nothing if it contradicts itself.
func (e evidence) order() Order {
	switch {
	case e.dmy && !e.mdy:
		return DMY
	case e.mdy && !e.dmy:
		return MDY
	}
	return Auto
}

// dates reads the moments of one file.
type dates struct {
	order    Order // as told, or as the file shows
	told     bool
	conflict bool
	serials  bool
	from1904 bool
}

// parse reads a moment in Dutch local time, or with an offset. Besides errNoDate
// and errAmbiguous it returns *incident.LocalTimeError.
func (d dates) parse(text string) (m incident.Moment, err error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return m, nil
	}
	if d.serials {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return d.serial(n)
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return incident.Moment{At: at.UTC()}, nil
	}
	year, month, day, rest, err := d.day(text)
	if err != nil {
		return m, err
	}
	return moment(year, month, day, rest)
}

// day splits a text into its day and what follows.
func (d dates) day(text string) (year, month, day int, rest string, err error) {
	if m := isoDay.FindStringSubmatch(text); m != nil {
		return atoi(m[1]), atoi(m[2]), atoi(m[3]), m[4], nil
	}
	if m := worded.FindStringSubmatch(text); m != nil {
		return atoi(m[3]), monthOf(m[2]), atoi(m[1]), m[4], nil
	}
	if m := western.FindStringSubmatch(text); m != nil {
		return atoi(m[3]), monthOf(m[1]), atoi(m[2]), m[4], nil
	}
	m := numeric.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, 0, "", errNoDate
	}
	a, b := atoi(m[1]), atoi(m[3])
	order := d.order
	switch {
	case a > 12 || b > 12: // it shows its order itself
		var own evidence
		if own.see(text); !d.told || own.order() == d.order {
			order = own.order()
		}
	case order == Auto && (m[2] == "/" || d.conflict) && a != b:
		return 0, 0, 0, "", errAmbiguous
	}
	if year = atoi(m[4]); len(m[4]) == 2 {
		if year += 2000; year > 2069 {
			year -= 100
		}
	}
	if order == MDY {
		return year, a, b, m[5], nil
	}
	return year, b, a, m[5], nil
}

// moment puts day and time of day together.
func moment(year, month, day int, rest string) (m incident.Moment, err error) {
	if t := time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC); t.Day() != day || int(t.Month()) != month || year < 1990 || year > 2200 {
		return m, errNoDate
	}
	hour, minute, second := 0, 0, 0
	if rest = strings.TrimSpace(rest); rest == "" {
		m.DayOnly = true
	} else if hour, minute, second, err = timeOfDay(rest); err != nil {
		return m, err
	}
	m.At, err = incident.ParseWhen(fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d", year, month, day, hour, minute, second))
	if err != nil && !errors.As(err, new(*incident.LocalTimeError)) {
		return m, errNoDate
	}
	return m, err
}

func timeOfDay(s string) (hour, minute, second int, err error) {
	m := clock.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, 0, errNoDate
	}
	hour, minute, second = atoi(m[1]), atoi(m[2]), atoi(m[3])
	switch half := strings.ToLower(m[4]); {
	case half != "" && (hour < 1 || hour > 12):
		return 0, 0, 0, errNoDate
	case half == "pm" && hour < 12:
		hour += 12
	case half == "am" && hour == 12:
		hour = 0
	}
	if hour > 23 || minute > 59 || second > 59 {
		return 0, 0, 0, errNoDate
	}
	return hour, minute, second, nil
}

// serial reads a number of days as a spreadsheet counts them: from the end of
// 1899, or from 1904. Days before 1990 and after 2150 are no dates of a register.
func (d dates) serial(n float64) (m incident.Moment, err error) {
	if d.from1904 {
		n += 1462
	}
	if n < 32874 || n > 91678 {
		return m, errNoDate
	}
	whole, part := math.Modf(n)
	day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(whole))
	seconds := int(math.Round(part * 86400))
	if seconds == 86400 {
		day, seconds = day.AddDate(0, 0, 1), 0
	}
	rest := ""
	if seconds > 0 {
		rest = fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return moment(day.Year(), int(day.Month()), day.Day(), rest)
}

// monthOf reads a month in Dutch or English, in full or by its first letters; 0
// is none.
func monthOf(s string) int {
	s = strings.ToLower(s)
	for i, names := range [12]string{
		"januari january", "februari february", "maart march mrt", "april", "mei may", "juni june",
		"juli july", "augustus august", "september sept", "oktober october okt", "november", "december",
	} {
		for name := range strings.FieldsSeq(names) {
			if s == name || (len(s) == 3 && strings.HasPrefix(name, s)) {
				return i + 1
			}
		}
	}
	return 0
}

// atoi reads digits that a pattern has found.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
