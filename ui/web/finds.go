package web

import (
	"slices"
	"strings"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// scannedBytes bounds what a page scans again; larger attachments were read
// when the report came in, and what they gave stands in the facts.
const scannedBytes = 1 << 20

// findView is one find of the scan, masked.
type findView struct {
	What, Place, Masked string
	Count               int
	Negated             bool
}

// finds shows what the scan sees in a report, each with its place. Numbers are
// masked: none exists outside the sealed original.
func finds(v *View, r incident.Reading) (views []findView) {
	doc := risk.Document{Subject: r.Subject, Text: r.Text, Received: r.Received}
	left := scannedBytes
	for _, a := range r.Attachments {
		if left -= len(a.Data); left < 0 {
			break
		}
		doc.Attachments = append(doc.Attachments, risk.Attachment{Name: a.Name, Type: a.Type, Data: a.Data})
	}
	for _, f := range risk.FindsIn(doc) {
		one := findView{What: v.findKind(f.Kind), Place: v.place(f.Place), Masked: f.Masked, Count: f.Count, Negated: f.Negated}
		if f.Masked == f.Kind {
			one.Masked = "" // the heading of a column says no more than its kind
		}
		views = append(views, one)
	}
	return views
}

// findKind names a kind of find: an option of the questionnaire, or a count. A
// prefix names the question, where values of two of them are the same.
func (v *View) findKind(kind string) string {
	if kind == risk.KindCount {
		return v.T("find.count")
	}
	about, value, ok := strings.Cut(kind, ":")
	fields := []string{"groups"}
	switch {
	case !ok:
		value, fields = kind, []string{"data", "special"}
	case about == "incident":
		fields = []string{"incident"}
	}
	for _, q := range risk.Questions() {
		for _, o := range q.Options {
			if o.Value == value && slices.Contains(fields, q.Field) {
				return v.Say(o.Label)
			}
		}
	}
	return kind
}

// place says in the reader's language where a find stands.
func (v *View) place(place string) string {
	words := []string{"subject", v.T("find.subject"), "text line ", v.T("find.line") + " ", ", from row ", ", " + v.T("find.from-row") + " "}
	for _, w := range []string{"line", "row", "column", "page", "sheet", "paragraph"} {
		words = append(words, " "+w+" ", " "+v.T("find."+w)+" ")
	}
	return strings.NewReplacer(words...).Replace(place)
}
