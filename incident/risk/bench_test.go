package risk

import (
	"bytes"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

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

// bigCSV is a table of about n bytes with a BSN, an IBAN and a mail address per row.
func bigCSV(n int) []byte {
	var b bytes.Buffer
	b.WriteString("naam;bsn;iban;e-mail;geboortedatum;opmerking\n")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "Persoon %d;%s;NL91ABNA0417164300;p%d@example.org;12-03-1984;betaalt per maand\n", i, []string{"123456782", "111222333"}[i%2], i)
	}
	return b.Bytes()
}

func BenchmarkScanCSV10MiB(b *testing.B) {
	benchScan(b, Attachment{Name: "klanten.csv", Data: bigCSV(10 << 20)})
}

func BenchmarkScanPDF300Pages(b *testing.B) {
	benchScan(b, Attachment{Name: "dossier.pdf", Data: pdfOf(b, 300)})
}

func BenchmarkScanMail(b *testing.B) {
	l := corpus(b)[0]
	b.ReportAllocs()
	for b.Loop() {
		Scan(l.doc)
	}
}

// benchScan reports time, bytes allocated and the peak of the heap.
func benchScan(b *testing.B, a Attachment) {
	d := Document{Text: "zie bijlage", Received: received, Attachments: []Attachment{a}}
	b.SetBytes(int64(len(a.Data)))
	b.ReportAllocs()
	peak, stop := watchHeap()
	for b.Loop() {
		if s := Scan(d); !has(s.Facts.Data, BSN) {
			b.Fatalf("nothing found: %+v", s.Unread)
		}
	}
	close(stop)
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-heap-MiB")
}

// watchHeap samples the heap every few milliseconds until stop is closed.
func watchHeap() (*atomic.Uint64, chan struct{}) {
	var peak atomic.Uint64
	stop := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapAlloc))
			}
		}
	}()
	return &peak, stop
}
