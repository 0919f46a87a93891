package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/incident/dossier/register"
	"meldklok/incident/store"
	"meldklok/notify"
	"meldklok/ui/locale"
)

// The names inside a case file. verify --file looks for the first three.
const (
	caseProof   = "proof/proof.json"
	caseDigests = "proof/digests.bin"
	caseLog     = "log.json"
	caseSums    = "SHA256SUMS"
)

// caseFiler writes the whole file of one incident as a ZIP archive.
type caseFiler struct {
	service *incident.Service
	store   *store.Store
	now     func() time.Time
}

// write writes the archive in a language. With personal the parts that are
// destroyed first are in it: the reporter, raw mail, attachments; not while their
// use is restricted.
func (f caseFiler) write(ctx context.Context, w io.Writer, lang string, ref incident.Ref, personal bool) error {
	d, err := f.service.Dossier(ctx, ref)
	if err != nil {
		return err
	}
	frozen := d.Incident.Frozen()
	personal = personal && !frozen
	b := &caseBuilder{caseFiler: f, ctx: ctx, lang: locale.Pick(lang), zip: zip.NewWriter(w), d: d, personal: personal, frozen: frozen}
	for _, step := range []func() error{b.proof, b.facts, b.alerts, b.reports, b.attached, b.documents, b.readme, b.sums} {
		if err := step(); err != nil {
			return fmt.Errorf("case file of %s: %w", ref, err)
		}
	}
	return b.zip.Close()
}

// caseBuilder is one archive on its way.
type caseBuilder struct {
	caseFiler
	ctx      context.Context
	lang     string
	zip      *zip.Writer
	d        incident.Dossier
	personal bool
	frozen   bool     // a person had the use of their data restricted (GDPR art. 18): the personal part is left out
	list     []string // lines of SHA256SUMS
	missing  []string // what was destroyed
}

// add puts a file into the archive and its hash on the list.
func (b *caseBuilder) add(name string, fill func(w io.Writer) error) error {
	entry, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.now().UTC()})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := fill(io.MultiWriter(entry, sum)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if name != caseSums {
		b.list = append(b.list, hex.EncodeToString(sum.Sum(nil))+"  "+name)
	}
	return nil
}

func (b *caseBuilder) json(name string, v any) error {
	return b.add(name, func(w io.Writer) error { return writeJSON(w, v) })
}

// proof writes the log, the rows of the chain with their keys, and the digests.
// The log is read out of the proof itself, so the two cannot differ.
func (b *caseBuilder) proof() (err error) {
	var p store.Proof
	var list bytes.Buffer
	err = b.add(caseDigests, func(w io.Writer) error {
		p, err = b.store.Prove(b.ctx, b.d.Incident.Ref, b.personal, io.MultiWriter(w, &list))
		return err
	})
	if err != nil {
		return err
	}
	opened, _, err := store.CheckProof(p, &list, nil)
	if err != nil {
		return fmt.Errorf("the proof does not hold: %w", err)
	}
	page, err := b.logPage(opened)
	if err != nil {
		return err
	}
	return errors.Join(b.json(caseProof, p), b.json(caseLog, opened), b.add("log.html", page))
}

// facts writes what is known: the line of the register, the incident as it
// stands, what was decided and filed.
func (b *caseBuilder) facts() error {
	inc := b.d.Incident
	who := func(a incident.Actor) string { return register.Who(b.d.Org.People, a) }
	row := register.RowOf(inc, who, b.now().UTC())
	return errors.Join(
		b.json("register.json", row), b.json("facts.json", inc.Facts), b.json("incident.json", inc),
		b.json("decisions.json", inc.Decisions), b.json("filings.json", inc.Filings))
}

func (b *caseBuilder) alerts() error {
	alerts, err := b.service.Alerts(b.ctx, b.d.Incident.Ref)
	if err != nil {
		return err
	}
	page, err := notify.Proof(b.lang, b.d.Incident, alerts, b.d.Org, b.now())
	if err != nil {
		return err
	}
	return errors.Join(b.json("alerts.json", alerts), b.add("alerts.html", func(w io.Writer) error { _, err := w.Write(page); return err }))
}

// reports writes each report as it came in, and its attachments beside it.
func (b *caseBuilder) reports() error {
	if !b.personal {
		return nil
	}
	if err := b.json("reports/reporters.json", reportersOf(b.d)); err != nil {
		return err
	}
	for _, r := range b.d.Incident.Reports {
		ending := ".eml"
		switch r.Channel {
		case incident.ChannelForm, incident.ChannelPhone, incident.ChannelAPI, incident.ChannelImport:
			ending = ".json"
		}
		name := "reports/" + strconv.Itoa(r.N) + ending
		if gone, err := b.raw(name, r.Item); gone || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		reading, err := b.service.Reading(b.ctx, b.d.Incident, r.N)
		if err != nil {
			return err
		}
		for i, a := range reading.Attachments {
			name := fmt.Sprintf("reports/%d/%d-%s", r.N, i+1, safeName(a.Name))
			if err := b.add(name, func(w io.Writer) error { _, err := w.Write(a.Data); return err }); err != nil {
				return err
			}
		}
	}
	return nil
}

// raw writes the raw bytes of an item; gone says that they were destroyed.
func (b *caseBuilder) raw(name string, item uint64) (gone bool, err error) {
	r, err := b.service.Raw(b.ctx, item)
	if err != nil {
		return false, err
	}
	first := make([]byte, 4096)
	n, err := io.ReadFull(r, first)
	switch {
	case errors.Is(err, store.ErrDestroyed), errors.Is(err, incident.ErrNotFound):
		b.missing = append(b.missing, name)
		return true, nil
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, err
	}
	return false, b.add(name, func(w io.Writer) error {
		_, err := io.Copy(w, io.MultiReader(bytes.NewReader(first[:n]), r))
		return err
	})
}

// attached writes the files that people added: proof of a filing, letters.
func (b *caseBuilder) attached() error {
	if !b.personal {
		return nil
	}
	names := map[int]string{}
	for _, e := range b.d.Entries {
		if a, ok := e.Body.(*incident.Attached); ok {
			names[a.File] = a.Private.Name
		}
	}
	for _, f := range b.d.Incident.Files {
		if _, err := b.raw(fmt.Sprintf("files/%d-%s", f.N, safeName(names[f.N])), f.Item); err != nil {
			return err
		}
	}
	return nil
}

// documents writes the forms and letters that make sense for the incident.
func (b *caseBuilder) documents() error {
	inc := b.d.Incident
	if inc.Exercise || len(inc.Reports) == 0 {
		return nil
	}
	c := dossier.NewCase(b.d, b.now())
	for _, f := range dossier.Files() {
		if f.Lang != b.lang || (f.Kind == dossier.KindController && inc.Duty(incident.DutyController) == nil) {
			continue
		}
		if err := b.add("documents/"+f.Name, func(w io.Writer) error { return f.Write(w, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *caseBuilder) readme() error {
	return b.add("README.txt", func(w io.Writer) error {
		args := map[string]any{"ref": b.d.Incident.Ref, "at": b.now().UTC()}
		said := []string{locale.T(b.lang, "casefile.readme", args), locale.T(b.lang, "casefile.check", args)}
		if !b.personal {
			said = append(said, locale.T(b.lang, "casefile.without", nil))
		}
		if b.frozen {
			said = append(said, locale.T(b.lang, "casefile.frozen", nil))
		}
		if len(b.missing) > 0 {
			said = append(said, locale.T(b.lang, "casefile.destroyed", map[string]any{"files": strings.Join(b.missing, ", ")}))
		}
		_, err := io.WriteString(w, strings.Join(said, "\n\n")+"\n")
		return err
	})
}

// sums writes the list in the form that sha256sum -c reads.
func (b *caseBuilder) sums() error {
	return b.add(caseSums, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(b.list, "\n")+"\n")
		return err
	})
}

// safeName makes a stranger's file name one that stays where it is unpacked.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ". ")
	if len(name) > 120 {
		ending := path.Ext(name)
		if len(ending) > 20 {
			ending = ""
		}
		name = strings.ToValidUTF8(name[:100], "") + ending
	}
	if name == "" {
		return "file"
	}
	return name
}

// caseLine is one entry of the log as the page shows it.
type caseLine struct {
	N         uint32
	Seq       uint64
	At        time.Time
	By        string
	Kind      string
	Body      []string
	Destroyed bool
}

// logPage writes the log as a page that needs nothing else.
func (b *caseBuilder) logPage(opened []store.Opened) (write func(io.Writer) error, err error) {
	lines, codec := make([]caseLine, 0, len(opened)), incident.NewCodec()
	for _, o := range opened {
		e, err := codec.Decode(o.Register, o.Personal)
		if err != nil {
			return nil, err
		}
		line := caseLine{N: o.N, Seq: o.Seq, At: e.At, By: b.actor(e.By), Kind: locale.Word(b.lang, "kind", e.Body.Kind()), Destroyed: o.Sealed}
		var stored struct {
			Body json.RawMessage `json:"body"`
		}
		if json.Unmarshal(o.Register, &stored) == nil {
			line.Body = append(line.Body, indented(stored.Body))
		}
		if o.Personal != nil {
			line.Body = append(line.Body, indented(o.Personal))
		}
		lines = append(lines, line)
	}
	return func(w io.Writer) error {
		return casePage().Execute(w, map[string]any{
			"Lang": b.lang, "Title": locale.T(b.lang, "casefile.log", map[string]any{"ref": b.d.Incident.Ref}), "Lines": lines,
			"When": func(t time.Time) string { return locale.When(b.lang, t) },
			"T":    func(id string) string { return locale.T(b.lang, "casefile."+id, nil) },
		})
	}, nil
}

// actor names who did something.
func (b *caseBuilder) actor(a incident.Actor) string {
	if said := register.Who(b.d.Org.People, a); said != "" {
		return said
	}
	if _, person := a.Person(); person {
		return locale.T(b.lang, "actor.unknown", nil)
	}
	return locale.Word(b.lang, "actor", a)
}

func indented(raw json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return string(raw)
	}
	return out.String()
}
