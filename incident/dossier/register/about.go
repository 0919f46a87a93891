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

// period says the period of a file in days, the last one included.
func (w *Words) period(a About) string {
	args := map[string]any{}
	id := "period-all"
	if !a.From.IsZero() {
		id, args["from"] = "period-from", locale.Date(w.Lang, a.From)
	}
	if !a.Until.IsZero() {
		args["until"] = locale.Date(w.Lang, a.Until.Add(-time.Second))
		if id += "-until"; id == "period-all-until" {
			id = "period-until"
		}
	}
	said := w.t(id, args)
	if a.Filtered {
		said += " " + w.t("period-filtered", nil)
	}
	return said
}

func (w *Words) outside(o Outside) string {
	return w.t("outside", map[string]any{"none": o.NoReport, "drills": o.Drills, "history": o.History})
}

func headOf(h incident.Head) string { return fmt.Sprintf("%d:%x", h.Seq, h.Hash) }
