package register

import (
	"fmt"
	"strconv"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// about says what a file is, in pairs of a name and its value.
func (w *Words) about(a About, rows int, o Outside) [][2]string {
	said := [][2]string{
		{w.t("about-what", nil), w.t("about-art", nil)},
		{w.t("about-organisation", nil), a.Organisation},
		{w.t("about-period", nil), w.period(a)},
		{w.t("about-made", nil), locale.When(w.Lang, a.Made)},
		{w.t("about-rows", nil), strconv.Itoa(rows)},
		{w.t("about-outside", nil), w.outside(o)},
		{w.t("about-head", nil), headOf(a.Head)},
		{w.t("about-time", nil), w.t("about-time-say", nil)},
	}
	if a.Organisation == "" {
		said = append(said[:1], said[2:]...)
	}
	return said
}

// period says the period of a file, and whether all of it is in it.
func (w *Words) period(a About) string {
	said := w.Period(a.From, a.Until)
	if a.Filtered {
		said += " " + w.t("period-filtered", nil)
	}
	return said
}

// Period says a period in days, the last one included; until is excluded, and
// zero times are no bounds.
func (w *Words) Period(from, until time.Time) string {
	args := map[string]any{}
	id := "period-all"
	if !from.IsZero() {
		id, args["from"] = "period-from", locale.Date(w.Lang, from)
	}
	if !until.IsZero() {
		args["until"] = locale.Date(w.Lang, until.Add(-time.Second))
		if id += "-until"; id == "period-all-until" {
			id = "period-until"
		}
	}
	return w.t(id, args)
}

func (w *Words) outside(o Outside) string {
	return w.t("outside", map[string]any{"none": o.NoReport, "drills": o.Drills, "history": o.History})
}

func headOf(h incident.Head) string { return fmt.Sprintf("%d:%x", h.Seq, h.Hash) }
