package main

import (
	"fmt"
	"io"

	"meldklok/ui/api"
	"meldklok/ui/locale"
)

// printDuties writes the duties for people.
func printDuties(w io.Writer, s api.Duties) {
	fmt.Fprintln(w, "\nduties")
	for _, d := range s.List {
		fmt.Fprintf(w, "  %-12s %-15s %s\n", d.Duty, d.Outcome, locale.When(locale.English, d.DueAt))
	}
	for _, m := range s.Measures {
		fmt.Fprintf(w, "  measure/%-4d %-15s %s\n", m.Measure, m.Outcome, m.What)
	}
}
