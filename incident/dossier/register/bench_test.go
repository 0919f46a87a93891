package register

import (
	"runtime"
	"strings"
	"testing"

	"meldklok/incident"
)

// counting counts what is written and keeps nothing.
type counting struct{ n int64 }

func (c *counting) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// BenchmarkExport: the register of 10,000 incidents in each format, against
// making the rows and their cells alone. peak-MB is the memory in use above
// what the program had, sampled at every thousandth row and at the end.
func BenchmarkExport(b *testing.B) {
	const incidents = 10_000
	base := sample()[2]
	base.Summary = strings.Repeat("De lijst met gegevens ging naar een verkeerd adres. ", 8)
	words, now := NewWords("nl"), at("2026-03-06 12:00")
	nobody := func(incident.Actor) string { return "Anna Prins" }
	row := func(i int) *Row {
		inc := *base
		inc.Ref = incident.Ref{Year: 2026, Number: uint32(i + 1)}
		r := RowOf(&inc, nobody, now)
		return &r
	}
	b.Run("rows-alone", func(b *testing.B) {
		for b.Loop() {
			for i := range incidents {
				r := row(i)
				for _, c := range Columns() {
					_ = c.Cell(words, r)
				}
			}
		}
	})
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			var out counting
			peak := uint64(0)
			for b.Loop() {
				out = counting{}
				before := inUse()
				w, err := NewWriter(format, &out, words, About{Made: now})
				if err != nil {
					b.Fatal(err)
				}
				for i := range incidents {
					if err := w.Row(row(i)); err != nil {
						b.Fatal(err)
					}
					if i%1000 == 0 {
						peak = max(peak, inUse()-min(before, inUse()))
					}
				}
				if err := w.Close(Outside{}); err != nil {
					b.Fatal(err)
				}
				peak = max(peak, inUse()-min(before, inUse()))
			}
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
			b.ReportMetric(float64(out.n)/1e6, "file-MB")
		})
	}
}

// inUse is the heap in use after a collection.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
