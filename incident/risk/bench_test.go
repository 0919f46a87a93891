package risk

import "testing"

func BenchmarkAssess(b *testing.B) {
	f, err := Parse([]byte(edpb2021[4].facts))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Assess(f)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "assessments/s")
}
