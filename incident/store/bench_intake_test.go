package store

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// unsealed seals nothing.
type unsealed struct{}

func (unsealed) Encrypt(plain, _ []byte) ([]byte, error)  { return slices.Clone(plain), nil }
func (unsealed) Decrypt(sealed, _ []byte) ([]byte, error) { return slices.Clone(sealed), nil }

// BenchmarkIntakeSealed: what sealing and chaining add to taking a report in, from
// its bytes to an incident with clock and score on disk. The same code runs with
// the cipher taken away, turn by turn in the same run; medians of five.
func BenchmarkIntakeSealed(b *testing.B) {
	const rounds, n = 5, 1000
	var sealed, plain []float64
	for b.Loop() {
		for range rounds {
			sealed = append(sealed, intake(b, n, func(*keyring) {}))
			plain = append(plain, intake(b, n, func(k *keyring) {
				k.cipher = func([]byte) (tink.AEAD, error) { return unsealed{}, nil }
				k.master = unsealed{}
			}))
		}
	}
	slices.Sort(sealed)
	slices.Sort(plain)
	with, without := sealed[len(sealed)/2], plain[len(plain)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(with*1e6, "µs/sealed-report")
	b.ReportMetric(without*1e6, "µs/unsealed-report")
	b.ReportMetric(with/without, "times-unsealed")
	b.ReportMetric(chaining(b)*1e6, "µs/chaining-of-a-report")
}

// intake has 16 senders report n times and returns the seconds of one report.
func intake(b *testing.B, n int, change func(*keyring)) float64 {
	b.Helper()
	r := onDisk(b, b.TempDir())
	defer r.Store.Close()
	change(r.Store.keys)
	svc := r.service()
	rnd := rand.New(rand.NewPCG(1, 1))
	mails := make([]string, n)
	for i := range mails {
		mails[i] = mailText(i, words(rnd, 1850))
	}
	var serial atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range 16 {
		all.Go(func() {
			for i := serial.Add(1); i <= int64(n); i = serial.Add(1) {
				report(b, svc, mails[i-1])
			}
		})
	}
	all.Wait()
	return time.Since(began).Seconds() / float64(n)
}

// chaining returns the seconds that linking the entries of one report takes.
func chaining(b *testing.B) float64 {
	b.Helper()
	r := inMemory(b)
	report(b, r.service(), mailText(1, "tekst"))
	var rows [][]byte
	err := r.record.View(func(rd Reader) error {
		rd.Ascend(tableLog, nil, func(_, value []byte) bool { rows = append(rows, slices.Clone(value)); return true })
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	const times = 1000
	began := time.Now()
	for range times {
		var head [32]byte
		for seq, row := range rows {
			head = link(head, uint64(seq), digestOf(row))
		}
	}
	return time.Since(began).Seconds() / times
}
