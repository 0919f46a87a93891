package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

// ended reports something, has it sorted out as no report, and lets the mails
// about it end, so that nothing holds it any more.
func ended(t *testing.T, r *rig, n int) *incident.Incident {
	t.Helper()
	svc := r.service()
	ref := report(t, svc, mailText(n, "de brief over cardiologie")).Ref
	inc, err := svc.Do(t.Context(), ref, incident.ByPerson("p1"), incident.NoReport{Code: incident.NoReportQuestion})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(t.Context(), func(tx incident.Tx) error {
		inc, err = tx.Append(incident.Stream{Ref: ref}, incident.Act{By: incident.System, Now: start},
			&incident.Alerted{Rung: incident.RungReceipt, Report: 1, Due: start, Note: "capped"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

// wrappedKeys reads the row of an item from the file of keys.
func wrappedKeys(t *testing.T, keys Engine, item uint64) (row []byte) {
	t.Helper()
	if err := keys.View(func(r Reader) error { row = bytes.Clone(r.Get(tableKeys, key8(item))); return nil }); err != nil {
		t.Fatal(err)
	}
	return row
}

func TestErasedContentIsGoneAndTheRecordIsWhole(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	svc, ctx := r.service(), context.Background()
	gone, kept := ended(t, r, 1), ended(t, r, 2)
	item := gone.Reports[0].Item
	row := wrappedKeys(t, r.keys, item)
	var before bytes.Buffer // the file of keys as a copy of yesterday has it
	if err := r.keys.Snapshot(func(Reader, int64) (io.Writer, error) { return &before, nil }); err != nil {
		t.Fatal(err)
	}

	erase := incident.Erase{Ref: gone.Ref, Reasons: "verzoek van de melder"}
	if err := svc.Erase(ctx, incident.ByPerson("p1"), erase); err != nil {
		t.Fatal(err)
	}
	r.verify()
	inc, err := svc.Incident(ctx, gone.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if x := inc.Reports[0]; x.Gone == nil || x.Forgotten == nil || x.Gone.Under != incident.UnderRequest {
		t.Errorf("the incident does not say that its report was destroyed: %+v", x)
	}
	if raw, err := svc.Raw(ctx, item); err == nil {
		if _, err := io.ReadAll(raw); !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("the raw bytes: %v, want destroyed", err)
		}
	}
	for e, err := range entriesOf(t, svc, gone.Ref) {
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(*incident.Reported); ok && b.Private.From.Email != "" {
			t.Error("the reporter can still be read")
		}
	}
	if raw, err := svc.Raw(ctx, kept.Reports[0].Item); err != nil {
		t.Error(err)
	} else if b, err := io.ReadAll(raw); err != nil || !strings.Contains(string(b), "cardiologie") {
		t.Errorf("another report was harmed: %v", err)
	}
	if err := svc.Erase(ctx, incident.ByPerson("p1"), erase); !isRefusal(err, "nothing-to-erase") {
		t.Errorf("erased twice: %v", err)
	}

	// The wrapped keys stand nowhere in today's file of keys, not even in a free
	// page; the search knows how to find them where they do stand.
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	err = eachWrapped(row, func(c int, wrapped []byte) error {
		if Compartment(c+1) == Register {
			return nil
		}
		if !bytes.Contains(before.Bytes(), wrapped) {
			t.Error("the search did not find a key in the copy of yesterday")
		}
		if bytes.Contains(file, wrapped) {
			t.Errorf("the wrapped key of compartment %d is still in the file", c+1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isRefusal(err error, code string) bool {
	var r *incident.Refusal
	return errors.As(err, &r) && r.Code == code
}

// entriesOf yields a log.
func entriesOf(t *testing.T, svc *incident.Service, ref incident.Ref) func(func(incident.Entry, error) bool) {
	t.Helper()
	return func(yield func(incident.Entry, error) bool) {
		entries, err := svc.Entries(t.Context(), ref)
		if err != nil {
			yield(incident.Entry{}, err)
			return
		}
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// A destruction that was ordered and broken off at any step is carried out when
// the record is opened again.
func TestDestructionSurvivesACrash(t *testing.T) {
	for _, c := range []struct {
		name  string
		until func(t *testing.T, r *rig)
	}{
		{"after the entry", func(*testing.T, *rig) {}},
		{"after the keys", func(t *testing.T, r *rig) {
			marks, err := r.marks(t.Context())
			if err == nil {
				_, err = r.Store.keys.destroy(marks)
			}
			if err != nil || len(marks) != 1 {
				t.Fatalf("%d marks, %v", len(marks), err)
			}
		}},
		{"after the bytes", func(t *testing.T, r *rig) {
			if err := r.Dispose(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inMemory(t)
			inc := ended(t, r, 1)
			item := inc.Reports[0].Item
			err := r.Update(t.Context(), func(tx incident.Tx) error {
				return tx.Destroy(item, incident.PartPersonal|incident.PartOriginals)
			})
			if err != nil {
				t.Fatal(err)
			}
			c.until(t, r)
			r = r.again()
			r.verify()
			for _, part := range []Compartment{Personal, Originals} {
				if _, err := r.Store.keys.primitive(item, part); !errors.Is(err, ErrDestroyed) {
					t.Errorf("compartment %d: %v, want destroyed", part, err)
				}
			}
			if n := len(rawRows(t, r.record, tableStaging)); n != 0 {
				t.Errorf("%d marks are left", n)
			}
			if mark := readMeta(t, r.keys, metaShred); !bytes.Equal(mark, []byte{0}) {
				t.Errorf("the file of keys was not written anew: %v", mark)
			}
		})
	}
}

func readMeta(t *testing.T, e Engine, key []byte) (value []byte) {
	t.Helper()
	if err := e.View(func(r Reader) error { value = bytes.Clone(r.Get(tableMeta, key)); return nil }); err != nil {
		t.Fatal(err)
	}
	return value
}

// A key that was read before it was destroyed, by a reader that was slow, is not
// cached after it.
func TestADestroyedKeyIsNotCachedAgain(t *testing.T) {
	r := inMemory(t)
	item := ended(t, r, 1).Reports[0].Item
	k := r.Store.keys
	id := keyID{item, Personal}
	key, err := k.load(id)
	if err != nil {
		t.Fatal(err)
	}
	read := k.generation
	if _, err := k.destroy([]mark{{item, incident.PartPersonal}}); err != nil {
		t.Fatal(err)
	}
	k.remember(id, key, read)
	if _, err := k.primitive(item, Personal); !errors.Is(err, ErrDestroyed) {
		t.Errorf("a destroyed key is in memory again: %v", err)
	}
}

// What is said in an incident whose reporter was forgotten is sealed under keys
// of its own: an answer that comes years later is kept, and so is a mail.
func TestLifeGoesOnAfterDestruction(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	inc := ended(t, r, 1)
	if err := svc.Erase(ctx, incident.ByPerson("p1"), incident.Erase{Ref: inc.Ref, Reasons: "verzoek"}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Do(ctx, inc.Ref, incident.ByPerson("p1"), incident.Reopen{Reasons: "toch een lek"}); err != nil {
		t.Fatal(err)
	}
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(ctx, func(tx incident.Tx) error {
		act := incident.Act{By: incident.System, Now: start}
		answer := &incident.Reported{Report: 2, Channel: incident.ChannelSMTP, Received: start, Item: item, Reply: true, Machine: "reply"}
		answer.Private.Subject = "Antwoord"
		asked := &incident.Asked{Question: 1, Report: 1}
		asked.Private.Text = "Hoeveel mensen?"
		if err := tx.PutChunk(item, 0, []byte("x"), true); err != nil {
			return err
		}
		if _, err := tx.Append(incident.Stream{Ref: inc.Ref}, act, answer, asked); err != nil {
			return err
		}
		return tx.Queue(incident.Message{Owner: incident.Stream{Ref: inc.Ref}, State: incident.Queued, Class: incident.ClassAlert}, []byte("mail"))
	})
	if err != nil {
		t.Fatal(err)
	}
	r = r.again()
	r.verify()
	found := ""
	for e, err := range entriesOf(t, r.service(), inc.Ref) {
		if err != nil {
			t.Fatal(err)
		}
		switch b := e.Body.(type) {
		case *incident.Reported:
			found += b.Private.Subject
		case *incident.Asked:
			found += b.Private.Text
		}
	}
	if found != "AntwoordHoeveel mensen?" {
		t.Errorf("read again: %q", found)
	}
}

// Of two reporters of one incident one can be forgotten alone.
func TestOneReporterIsForgottenAlone(t *testing.T) {
	r := inMemory(t)
	svc, ctx := r.service(), context.Background()
	inc := ended(t, r, 1)
	item, err := r.NewItem()
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(ctx, func(tx incident.Tx) error {
		second := &incident.Reported{Report: 2, Channel: incident.ChannelSMTP, Received: start, Item: item, Reply: true, Machine: "reply"}
		second.Private.From.Name = "Tweede Melder"
		if err := tx.PutChunk(item, 0, []byte("x"), true); err != nil {
			return err
		}
		_, err := tx.Append(incident.Stream{Ref: inc.Ref}, incident.Act{By: incident.System, Now: start}, second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = svc.Erase(ctx, incident.ByPerson("p1"), incident.Erase{Ref: inc.Ref, Reports: []int{2}, Reasons: "verzoek"})
	if err != nil {
		t.Fatal(err)
	}
	r.verify()
	for e := range entriesOf(t, svc, inc.Ref) {
		if b, ok := e.Body.(*incident.Reported); ok && (b.Private.From.Name == "") != (b.Report == 2) {
			t.Errorf("report %d: from %+v", b.Report, b.Private.From)
		}
	}
}

// Restoring an older copy of both files and repeating what was destroyed since
// leaves nothing of it; what the copy does not know is passed over.
func TestDestructionIsRepeatedOnAnOlderCopy(t *testing.T) {
	r := inMemory(t)
	ctx := context.Background()
	inc := ended(t, r, 1)
	list := []Destruction{{Item: inc.Reports[0].Item, Parts: incident.PartPersonal | incident.PartOriginals}, {Item: 1 << 40, Parts: incident.PartPersonal}}
	if err := r.Reapply(ctx, list); err != nil {
		t.Fatal(err)
	}
	r = r.again()
	r.verify()
	got, err := r.Destroyed(ctx)
	if err != nil || len(got) != 1 || got[0] != list[0] {
		t.Errorf("destroyed: %+v, %v", got, err)
	}
	svc := r.service()
	if raw, err := svc.Raw(ctx, inc.Reports[0].Item); err == nil {
		if _, err := io.ReadAll(raw); !errors.Is(err, incident.ErrDestroyed) {
			t.Errorf("raw bytes: %v", err)
		}
	}
}

// No key is destroyed while a mail that it seals is on its way.
func TestNothingIsDestroyedUnderAMail(t *testing.T) {
	r := inMemory(t)
	inc := ended(t, r, 1)
	err := r.Update(t.Context(), func(tx incident.Tx) error {
		return tx.Queue(incident.Message{Owner: incident.Stream{Ref: inc.Ref}, State: incident.Queued, Class: incident.ClassReceipt}, []byte("mail"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(t.Context(), func(tx incident.Tx) error { return tx.Destroy(inc.Reports[0].Item, incident.PartPersonal) })
	if !isRefusal(err, "erase-mail-under-way") {
		t.Errorf("got %v", err)
	}
}

// Rotation: at every step the key in the file of the master key opens the file
// of keys, and content is not touched.
func TestRotationOpensAtEveryStep(t *testing.T) {
	stop := errors.New("killed here")
	for _, steps := range []int{0, 1, 2, 3} {
		dir, path := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
		r := onDisk(t, dir)
		if err := r.master.Write(path); err != nil {
			t.Fatal(err)
		}
		inc := ended(t, r, 1)
		sealed := rawRows(t, r.record, tableLog)
		n := 0
		err := r.Rotate(r.master, path, func(string) error {
			if n++; n > steps {
				return stop
			}
			return nil
		})
		if (steps < 3) != errors.Is(err, stop) {
			t.Fatalf("%d steps: %v", steps, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		master, err := ReadMaster(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, master, false, r.cfg)
		if err != nil {
			t.Fatalf("%d steps: %v", steps, err)
		}
		if _, err := s.Verify(t.Context(), nil); err != nil {
			t.Errorf("%d steps: %v", steps, err)
		}
		after := rawRows(t, s.engine, tableLog)
		for i := range sealed {
			if !bytes.Equal(sealed[i].value, after[i].value) {
				t.Fatal("content was written anew")
			}
		}
		if raw, err := serviceOver(s, r.cfg.Now).Raw(t.Context(), inc.Reports[0].Item); err == nil {
			if _, err := io.ReadAll(raw); err != nil {
				t.Errorf("%d steps: %v", steps, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir, r.master, false, r.cfg)
		if opens := err == nil; opens != (steps < 2) {
			t.Errorf("%d steps: the old key opens the record: %v (%v)", steps, opens, err)
		}
	}
}

func TestContractRenew(t *testing.T) {
	contract(t, func(t *testing.T, e Engine) {
		put(t, e, "a", "one", "b", "two", "c", "three")
		if err := e.Update(func(w Writer) error { return w.Delete(tab, []byte("b")) }); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("no")
		err := e.Renew(func(_ Table, key, value []byte) ([]byte, error) {
			if string(key) == "c" {
				return nil, stop
			}
			return []byte("spoiled"), nil
		})
		if !errors.Is(err, stop) {
			t.Fatalf("a failed rewrite: %v", err)
		}
		want := func(pairs string) {
			t.Helper()
			got := ""
			for _, row := range rawRows(t, e, tab) {
				got += string(row.key) + "=" + string(row.value) + " "
			}
			if got != pairs {
				t.Errorf("got %q, want %q", got, pairs)
			}
		}
		want("a=one c=three ")
		err = e.View(func(old Reader) error { // a reader goes on with what it saw
			done := make(chan error, 1)
			go func() {
				done <- e.Renew(func(_ Table, _, value []byte) ([]byte, error) { return append([]byte("new "), value...), nil })
			}()
			if got := string(old.Get(tab, []byte("a"))); got != "one" {
				t.Errorf("the reader sees %q", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if string(rawRows(t, e, tab)[0].value) == "new one" {
				break
			}
			time.Sleep(time.Millisecond)
		}
		want("a=new one c=new three ")
		put(t, e, "d", "four")
		want("a=new one c=new three d=four ")
		var copied bytes.Buffer
		if err := e.Snapshot(func(Reader, int64) (io.Writer, error) { return &copied, nil }); err != nil || copied.Len() == 0 {
			t.Errorf("a copy after that: %d bytes, %v", copied.Len(), err)
		}
	})
}
