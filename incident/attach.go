package incident

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Upload is a file that somebody of ours hands in: proof of a filing, a letter
// that was sent.
type Upload struct {
	Name string
	Type string
	Body io.Reader
}

// Attached: a file was added to the incident. Its bytes lie under an item of
// their own, in the compartment of the originals; its name is personal, since
// people put names into file names.
type Attached struct {
	File    int             `json:"file"` // number within the incident, from 1
	Item    uint64          `json:"item"` // where its bytes lie, and under which keys
	Size    int64           `json:"size"`
	Hash    []byte          `json:"hash"` // SHA-256 of the bytes
	Private AttachedPrivate `json:"-"`
}

// AttachedPrivate is the personal part of an attached file.
type AttachedPrivate struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// Kind implements Body.
func (Attached) Kind() Kind       { return "attached" }
func (b *Attached) personal() any { return &b.Private }

// AttachedFile is the register part of an attached file.
type AttachedFile struct {
	N     int       `json:"n"`
	Entry uint32    `json:"entry"` // where in the log its name stands
	Item  uint64    `json:"item"`
	Size  int64     `json:"size"`
	Hash  []byte    `json:"hash"`
	At    time.Time `json:"at"`
	By    Actor     `json:"by"`
	Gone  *Gone     `json:"gone,omitempty"` // its bytes were destroyed
}

// File returns an attached file by its number.
func (inc *Incident) File(n int) (AttachedFile, bool) {
	i := slices.IndexFunc(inc.Files, func(f AttachedFile) bool { return f.N == n })
	if i < 0 {
		return AttachedFile{}, false
	}
	return inc.Files[i], true
}

// mostAttached bounds the files of one incident that people add.
const mostAttached = 200

// Attach adds files to an incident and returns their numbers. It returns
// ErrTooLarge for a file over the size limit, and a *Refusal.
func (s *Service) Attach(ctx context.Context, ref Ref, by Actor, files ...Upload) (numbers []int, err error) {
	_, err = s.DoWithFiles(ctx, ref, by, files, func(attached []int) Command {
		numbers = attached
		return attaching{}
	})
	return numbers, err
}

// attaching is the command of somebody who only adds files.
type attaching struct{}

func (attaching) Decide(inc *Incident, _ Act) ([]Body, error) {
	if !inc.Into.IsZero() {
		return nil, refuse("", "merged")
	}
	return nil, nil
}

// DoWithFiles is [Service.Do] for a command that comes with files: it is made
// with their numbers, and files and command are recorded together or not at
// all. What the command refuses is found out before anything is stored.
func (s *Service) DoWithFiles(ctx context.Context, ref Ref, by Actor, files []Upload, with func(attached []int) Command) (inc *Incident, err error) {
	files = slices.DeleteFunc(slices.Clone(files), func(f Upload) bool { return f.Body == nil })
	if len(files) == 0 {
		return s.Do(ctx, ref, by, with(nil))
	}
	act := s.Act(by)
	if act.Org, err = s.Org(ctx); err != nil {
		return nil, err
	}
	if inc, err = s.Incident(ctx, ref); err != nil {
		return nil, err
	}
	if len(inc.Files)+len(files) > mostAttached {
		return nil, refuse("files", "too-many-files")
	}
	if _, err := with(numbersFrom(inc, len(files))).Decide(inc, act); err != nil {
		return nil, err
	}
	var stored []*Attached
	defer func() {
		if err != nil {
			err = errors.Join(err, s.dropStored(ctx, stored))
		}
	}()
	for _, f := range files {
		a, failed := s.storeFile(ctx, f)
		if failed != nil {
			return nil, failed
		}
		stored = append(stored, a)
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		inc, err = s.attachAndDo(tx, ref, by, stored, with)
		return err
	})
	return inc, err
}

func numbersFrom(inc *Incident, n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, len(inc.Files)+i+1)
	}
	return numbers
}

// attachAndDo records stored files and what was done with them.
func (s *Service) attachAndDo(tx Tx, ref Ref, by Actor, stored []*Attached, with func([]int) Command) (*Incident, error) {
	act := s.Act(by)
	act.Org = tx.Org()
	inc, err := tx.Incident(ref)
	if err != nil {
		return nil, err
	}
	numbers := numbersFrom(inc, len(stored))
	bodies, err := with(numbers).Decide(inc, act)
	if err != nil {
		return nil, err
	}
	attached := []Body{}
	for i, a := range stored {
		b := *a
		b.File = numbers[i]
		attached = append(attached, &b)
		if err := tx.Keep(a.Item); err != nil {
			return nil, err
		}
	}
	return tx.Append(Stream{ref}, act, append(attached, bodies...)...)
}

// storeFile stores the bytes of a file, piece by piece. Until they are attached
// they are staged: a crash in between leaves nothing behind.
func (s *Service) storeFile(ctx context.Context, f Upload) (*Attached, error) {
	item, err := s.Store.NewItem()
	if err != nil {
		return nil, err
	}
	in := acceptance{s: s, item: item, sum: canonical{sum: sha256.New()}, plain: sha256.New()}
	err = in.read(ctx, f.Body)
	if err == nil {
		err = s.Store.Update(ctx, func(tx Tx) error {
			return errors.Join(tx.Stage(item), tx.PutChunk(item, in.n, in.rest, true))
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("incident: attach: %w", err), s.discard(ctx, item, in.n+1))
	}
	return &Attached{
		Item: item, Size: in.size, Hash: in.plain.Sum(nil), Private: AttachedPrivate{Name: strings.TrimSpace(f.Name), Type: f.Type},
	}, nil
}

// dropStored removes the bytes of files that were not attached.
func (s *Service) dropStored(ctx context.Context, stored []*Attached) (err error) {
	for _, a := range stored {
		err = errors.Join(err, s.discard(ctx, a.Item, int(a.Size/chunkSize)+1))
	}
	return err
}

// FileName returns the name of an attached file as it was handed in; empty
// when it was destroyed on schedule.
func FileName(entries []Entry, n int) string {
	for _, e := range entries {
		if b, ok := e.Body.(*Attached); ok && b.File == n {
			return b.Private.Name
		}
	}
	return ""
}

func (inc *Incident) applyAttached(e Entry, b *Attached) {
	inc.Files = append(inc.Files, AttachedFile{N: b.File, Entry: e.N, Item: b.Item, Size: b.Size, Hash: b.Hash, At: e.At, By: e.By})
}
