package dossier

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"meldklok/incident"
)

// Kind names a document of a case. The names stand in paths and in archives:
// never rename one.
type Kind string

// The documents.
const (
	KindAP         Kind = "ap"                // the AP's form with its answers
	KindEDPB       Kind = "edpb"              // the EDPB template, a draft
	KindPeople     Kind = "letter-people"     // GDPR art. 34(1), (2)
	KindPublic     Kind = "letter-public"     // GDPR art. 34(3)(c)
	KindController Kind = "letter-controller" // GDPR art. 33(2)
)

// Kinds lists the documents.
func Kinds() []Kind { return []Kind{KindAP, KindEDPB, KindPeople, KindPublic, KindController} }

// Letter returns which letter the document is; ok is false for a form.
func (k Kind) Letter() (kind incident.LetterKind, ok bool) {
	s, ok := strings.CutPrefix(string(k), "letter-")
	return incident.LetterKind(s), ok
}

// Format is how a document is written.
type Format string

// The formats.
const (
	HTML Format = "html" // the accessible original
	PDF  Format = "pdf"
	DOCX Format = "docx" // letters
	Text Format = "txt"  // letters, as the text of a mail
	JSON Format = "json" // forms
)

// MIME returns the media type.
func (f Format) MIME() string {
	switch f {
	case HTML:
		return "text/html; charset=utf-8"
	case PDF:
		return "application/pdf"
	case DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case Text:
		return "text/plain; charset=utf-8"
	}
	return "application/json"
}

// Formats lists the formats in which a document exists.
func (k Kind) Formats() []Format {
	if _, letter := k.Letter(); letter {
		return []Format{HTML, Text, DOCX, PDF}
	}
	return []Format{HTML, PDF, JSON}
}

// File is one document of a case.
type File struct {
	Name   string // "ap.nl.pdf"
	Kind   Kind
	Lang   string // "nl" or "en"
	Format Format
}

// Files lists the documents of a case in every language and format, for those
// who choose one or put all into an archive. Which of them make sense is theirs
// to decide: the letter to the controller is of use to a processor only.
func Files() []File {
	var all []File
	for _, k := range Kinds() {
		for _, lang := range incident.LetterLanguages() {
			for _, f := range k.Formats() {
				all = append(all, File{Name: string(k) + "." + lang + "." + string(f), Kind: k, Lang: lang, Format: f})
			}
		}
	}
	return all
}

// FileNamed returns the document with a name, or incident.ErrNotFound.
func FileNamed(name string) (File, error) {
	all := Files()
	i := slices.IndexFunc(all, func(f File) bool { return f.Name == name })
	if i < 0 {
		return File{}, fmt.Errorf("dossier: document %q: %w", name, incident.ErrNotFound)
	}
	return all[i], nil
}

// Write writes a document of a case. It returns an error of the writer, or one
// that says what the format cannot hold.
func (f File) Write(w io.Writer, c Case) error {
	if err := f.write(w, c); err != nil {
		return fmt.Errorf("dossier: %s of %s: %w", f.Name, c.Incident.Ref, err)
	}
	return nil
}
