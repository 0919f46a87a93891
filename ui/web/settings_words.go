package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// rungWhen says when a rung comes.
func (v *View) rungWhen(r incident.RungSetting) string {
	offset, err := time.ParseDuration(r.Offset)
	id := "ladder.when." + r.Base
	if (err != nil || offset == 0) && r.Base != "office-hours" {
		id += ".0"
	}
	if !locale.Has(id) {
		return r.Base
	}
	text := v.T(id, "span", offset)
	if every, err := time.ParseDuration(r.Every); err == nil && every > 0 {
		text += v.T("ladder.every", "span", every)
		if lasts, err := time.ParseDuration(r.For); err == nil && lasts > 0 {
			text += v.T("ladder.for", "span", lasts)
		} else {
			text += v.T("ladder.endless")
		}
	}
	if r.UnlessSeen {
		text += v.T("ladder.unseen")
	}
	return text
}

// rungTo says who is told.
func (v *View) rungTo(r incident.RungSetting, all people.Directory) string {
	var names []string
	for _, role := range r.To {
		names = append(names, v.Word("role", role))
	}
	for _, id := range r.Persons {
		names = append(names, nameOf(all, people.ID(id)))
	}
	if r.Owner {
		names = append(names, v.T("ladder.owner"))
	}
	return locale.List(v.Lang, names)
}

// shortSpan writes a span of the setting the way people type it: 48u, 7d, 30m.
func (v *View) shortSpan(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil || d == 0 {
		return ""
	}
	switch {
	case d%(24*time.Hour) == 0 && d >= 72*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0 && v.Lang == locale.Dutch:
		return fmt.Sprintf("%du", d/time.Hour)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// longSpan turns what people type into a span of the setting. What cannot be
// read stays as it is and is refused where it is checked.
func longSpan(text string) string {
	text = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(digits)
	if text == "" || err != nil || n < 0 || n > 100_000 {
		return text
	}
	if n == 0 {
		return ""
	}
	switch text[len(digits):] {
	case "", "h", "u", "uur", "uren", "hour", "hours":
		return fmt.Sprintf("%dh", n)
	case "m", "min", "minuten", "minutes":
		if n%60 == 0 {
			return fmt.Sprintf("%dh", n/60)
		}
		return (time.Duration(n) * time.Minute).String()
	case "d", "dag", "dagen", "day", "days":
		return fmt.Sprintf("%dh", 24*n)
	}
	return text
}

// numbered takes the number off a field like «to-3».
func numbered(field string) (name string, n int, ok bool) {
	name, number, found := strings.Cut(field, "-")
	n, err := strconv.Atoi(number)
	return name, n, found && err == nil && n >= 0
}
