package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"meldklok/incident"
)

// spoiling is an engine that overwrites what it handed out as soon as a
// transaction ends, so that whatever was kept shows.
type spoiling struct{ Engine }

type spoilingReader struct {
	Reader
	lent *[][]byte
}

func (r spoilingReader) lend(b []byte) []byte {
	if b == nil {
		return nil
	}
	c := append(make([]byte, 0, len(b)), b...)
	*r.lent = append(*r.lent, c)
	return c
}

func (r spoilingReader) Get(t Table, key []byte) []byte { return r.lend(r.Reader.Get(t, key)) }

func (r spoilingReader) Ascend(t Table, from []byte, yield func(k, v []byte) bool) {
	r.Reader.Ascend(t, from, func(k, v []byte) bool { return yield(r.lend(k), r.lend(v)) })
}

func (r spoilingReader) Descend(t Table, below []byte, yield func(k, v []byte) bool) {
	r.Reader.Descend(t, below, func(k, v []byte) bool { return yield(r.lend(k), r.lend(v)) })
}

func spoil(lent [][]byte) {
	for _, b := range lent {
		for i := range b {
			b[i] = 0xDB
		}
	}
}

func (e spoiling) View(fn func(Reader) error) error {
	var lent [][]byte
	defer func() { spoil(lent) }()
	return e.Engine.View(func(r Reader) error { return fn(spoilingReader{r, &lent}) })
}

type spoilingWriter struct {
	spoilingReader
	w Writer
}

func (w spoilingWriter) Put(t Table, key, value []byte) error { return w.w.Put(t, key, value) }
func (w spoilingWriter) Delete(t Table, key []byte) error     { return w.w.Delete(t, key) }

func (e spoiling) Update(fn func(Writer) error) error {
	var lent [][]byte
	defer func() { spoil(lent) }()
	return e.Engine.Update(func(w Writer) error { return fn(spoilingWriter{spoilingReader{w, &lent}, w}) })
}

// all gathers a sequence.
func all[T any](t *testing.T, seq iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for x, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	return list
}

// everything is what a View can be asked, in one piece.
func everything(t *testing.T, v incident.View, refs []incident.Ref) []any {
	t.Helper()
	must := func(x any, err error) any {
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	out := []any{
		v.Org(), v.Counters(), all(t, v.Incidents(incident.Ref{})), all(t, v.OpenDuties()), all(t, v.DutiesAfter(incident.Ref{}, 0)),
		all(t, v.Due(start.AddDate(1, 0, 0))), all(t, v.Pending()), all(t, v.Parked()), all(t, v.Messages(0)), all(t, v.Ready(nil)),
		all(t, v.Log(incident.OrgStream(), 1)),
	}
	for _, ref := range refs {
		out = append(out, must(v.Incident(ref)), must(v.Entry(incident.Stream{Ref: ref}, 1)), all(t, v.Log(incident.Stream{Ref: ref}, 1)))
	}
	for id := uint64(1); id <= 3; id++ {
		out = append(out, must(v.Message(id)), must(v.Mail(id)))
	}
	for _, d := range all(t, v.Pending()) {
		known, ok := v.Lookup(d.Hash)
		out = append(out, must(v.Pended(d.Item)), known, ok)
	}
	for _, p := range all(t, v.Parked()) {
		known, ok := v.Lookup(p.Hash)
		out = append(out, must(v.ParkedItem(p.Item)), known, ok)
	}
	cursor, ok := v.Cursor("privacy@ziekenhuis.example/INBOX")
	credential, _ := v.Credential("anna")
	next, _ := v.NextPlanned()
	return append(out, cursor, ok, credential, next)
}

// TestNothingOutlivesItsTransaction: what a View returns are copies.
func TestNothingOutlivesItsTransaction(t *testing.T) {
	r := over(t, spoiling{NewMemory()}, spoiling{NewMemory()})
	refs := busy(t, r)
	var during, kept string
	var answers []any
	err := r.View(t.Context(), func(v incident.View) error {
		answers = everything(t, v, refs)
		during = asText(t, answers)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if kept = asText(t, answers); kept != during {
		t.Errorf("an answer changed once its transaction had ended:\n%s\n%s", during, kept)
	}
	for _, want := range []string{"s.vermeer@ziekenhuis.example", "argon2id", "Nog 48 uur", "INBOX"} {
		if !bytes.Contains([]byte(during), []byte(want)) && !bytes.Contains([]byte(during), fmt.Appendf(nil, "%q", []byte(want))) {
			t.Logf("%s", during)
			t.Errorf("%q is in no answer: the test lost its grip", want)
		}
	}
	r.verify()
}

func asText(t *testing.T, answers []any) string {
	t.Helper()
	var b bytes.Buffer
	for _, a := range answers {
		if raw, ok := a.([]byte); ok {
			b.Write(raw)
			continue
		}
		if entries, ok := a.([]incident.Entry); ok {
			for _, e := range entries {
				fmt.Fprintf(&b, "%+v", e.Body)
			}
		}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	return b.String()
}

// TestRawIsReadPieceByPiece: also after the View has ended, and by a slow
// reader without holding anything up.
func TestRawIsReadPieceByPiece(t *testing.T) {
	r := over(t, spoiling{NewMemory()}, NewMemory())
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"eerste stuk, ", "", "laatste stuk"}
	for n, piece := range pieces {
		if err := r.Update(t.Context(), func(tx incident.Tx) error { return tx.PutChunk(item, n, []byte(piece), n == len(pieces)-1) }); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := r.service().Raw(t.Context(), item)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.MultiReader(io.LimitReader(raw, 5), raw))
	if err != nil || string(got) != "eerste stuk, laatste stuk" {
		t.Errorf("%q, %v", got, err)
	}
	if err := r.Update(t.Context(), func(tx incident.Tx) error { return tx.Drop(item, 2, 3) }); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(mustRaw(t, r, item)); err == nil {
		t.Error("bytes cut short were not noticed")
	}
}

func mustRaw(t *testing.T, r *rig, item uint64) io.Reader {
	t.Helper()
	raw, err := r.service().Raw(t.Context(), item)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// outboxOf queues mails with the given waiting times (zero: ready).
func outboxOf(t *testing.T, r *rig, ref incident.Ref, mails ...incident.Message) {
	t.Helper()
	for _, m := range mails {
		err := r.Update(t.Context(), func(tx incident.Tx) error {
			m.Owner = incident.Stream{Ref: ref}
			return tx.Queue(m, []byte("bytes of the mail"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutboxGoesByUrgency(t *testing.T) {
	r := inMemory(t)
	ref := report(t, r.service(), mailText(1, "tekst")).Ref
	outboxOf(t, r, ref,
		incident.Message{Subject: "receipt", Class: incident.ClassReceipt, Deadline: start, State: incident.Queued},
		incident.Message{Subject: "late", Class: incident.ClassAlert, Deadline: start.Add(2 * time.Hour), State: incident.Queued},
		incident.Message{Subject: "soon", Class: incident.ClassAlert, Deadline: start.Add(time.Hour), State: incident.Queued},
		incident.Message{Subject: "waits", Class: incident.ClassAlert, Deadline: start, State: incident.Retrying, Next: start.Add(time.Minute)},
	)
	order := func() (subjects string) {
		_ = r.View(t.Context(), func(v incident.View) error {
			for _, m := range all(t, v.Ready(nil)) {
				subjects += m.Subject + " "
			}
			return nil
		})
		return subjects
	}
	if got := order(); got != "soon late receipt " {
		t.Errorf("ready: %s", got)
	}
	for _, row := range []struct {
		at   time.Duration
		want int
	}{{59 * time.Second, 0}, {time.Minute, 1}, {time.Hour, 0}} {
		var n int
		if err := r.Update(t.Context(), func(tx incident.Tx) (err error) { n, err = tx.Wake(start.Add(row.at)); return err }); err != nil || n != row.want {
			t.Errorf("after %s: %d woken, want %d: %v", row.at, n, row.want, err)
		}
	}
	if got := order(); got != "waits soon late receipt " {
		t.Errorf("ready after waking: %s", got)
	}
	r.verify()
}

// One call of Wake or ForgetMail writes no more than an engine takes at once.
func TestWakeAndForgetAreBounded(t *testing.T) {
	r := inMemory(t)
	ref := report(t, r.service(), mailText(1, "tekst")).Ref
	var mails []incident.Message
	for n := range 120 {
		m := incident.Message{Subject: fmt.Sprint(n), State: incident.Retrying, Next: start}
		if n >= 60 {
			m.State, m.Next, m.Ended = incident.Accepted, time.Time{}, start.Add(time.Duration(n)*time.Second)
		}
		mails = append(mails, m)
	}
	outboxOf(t, r, ref, mails...)
	var woken, forgotten []int
	for {
		var w, f int
		err := r.Update(t.Context(), func(tx incident.Tx) (err error) {
			if w, err = tx.Wake(start); err != nil {
				return err
			}
			f, err = tx.ForgetMail(start.Add(100*time.Second), 1000, func(incident.Message) bool { return false })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if w+f == 0 {
			break
		}
		woken, forgotten = append(woken, w), append(forgotten, f)
	}
	if fmt.Sprint(woken, forgotten) != "[25 25 10] [33 7 0]" {
		t.Errorf("woken %v, forgotten %v", woken, forgotten)
	}
	err := r.View(t.Context(), func(v incident.View) error {
		if _, err := v.Mail(61); err == nil {
			t.Error("an old mail still has its bytes")
		}
		if m, err := v.Message(61); err != nil || m.State != incident.Accepted {
			t.Errorf("what became of an old mail is gone: %v", err)
		}
		if raw, err := v.Mail(120); err != nil || string(raw) != "bytes of the mail" {
			t.Errorf("a recent mail: %q, %v", raw, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.verify()
}
