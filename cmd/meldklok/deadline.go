package main

import (
	"errors"
	"fmt"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// deadlineCommand computes a deadline. It needs no data.
type deadlineCommand struct {
	When []string `arg:"" help:"When the organisation became aware: RFC 3339 (2026-10-23T16:30+02:00) or Dutch local time (23-10-2026 16:30)."`
	JSON bool     `name:"json" help:"As JSON."`
}

// reckoned is the JSON of `deadline --json`.
type reckoned struct {
	AwareAt   time.Time  `json:"aware_at"`
	Hours     int        `json:"hours"`
	Strict    time.Time  `json:"strict"`    // drives every alarm
	HoursRead time.Time  `json:"reg_hours"` // Regulation 1182/71 art. 3(1): the first hour is not counted
	TwoDaysA  *time.Time `json:"reg_2wd_a"` // art. 3(5), disputed
	TwoDaysB  *time.Time `json:"reg_2wd_b"` // art. 3(5), disputed, without the first day
	Local     string     `json:"strict_local"`
}

// Run prints the strict deadline and the other readings.
func (c *deadlineCommand) Run(w world) error {
	text := c.When[0]
	for _, more := range c.When[1:] {
		text += " " + more
	}
	aware, err := incident.ParseWhen(text)
	if err != nil {
		var local *incident.LocalTimeError
		if errors.As(err, &local) {
			return exit(exitRefused, err)
		}
		return exit(exitUsage, fmt.Errorf("%q is not a moment: write 2026-10-23T16:30+02:00 or \"23-10-2026 16:30\"", text))
	}
	rule, ok := incident.RuleFor(incident.Rules(), incident.DutyAP, aware)
	if !ok {
		return exit(exitRefused, errors.New("no rule was in force at that moment: the GDPR applies from 25 May 2018"))
	}
	r := incident.Read(aware, rule.Hours)
	if c.JSON {
		return writeJSON(w.stdout, reckoned{r.Start, rule.Hours, r.Strict, r.Hours, optional(r.TwoDaysA), optional(r.TwoDaysB), locale.When(locale.English, r.Strict)})
	}
	fmt.Fprintf(w.stdout, "aware     %s\n", both(r.Start))
	fmt.Fprintf(w.stdout, "deadline  %s  (%d elapsed hours, %s; every alarm uses this)\n", both(r.Strict), rule.Hours, rule.Source)
	fmt.Fprintf(w.stdout, "\nOther readings, for information only:\n")
	fmt.Fprintf(w.stdout, "  hours   %s  (Regulation 1182/71 art. 3(1): the hour of the event is not counted)\n", both(r.Hours))
	fmt.Fprintf(w.stdout, "  two working days, art. 3(5), disputed; the AP has not followed it\n")
	fmt.Fprintf(w.stdout, "    A     %s  (any working day that the period touches counts)\n", extension(r.TwoDaysA))
	fmt.Fprintf(w.stdout, "    B     %s  (the day of the event does not count)\n", extension(r.TwoDaysB))
	return nil
}

func both(t time.Time) string {
	return locale.When(locale.English, t) + ", " + t.Format("2006-01-02T15:04:05Z07:00")
}

func extension(t time.Time) string {
	if t.IsZero() {
		return "no extension"
	}
	return "the end of " + locale.Date(locale.English, t.Add(-time.Minute))
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
