package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// longestLetter bounds the text of a letter, in characters.
const longestLetter = 50_000

// LetterKind is to whom a letter goes. Stored values.
type LetterKind string

// The letters.
const (
	LetterPeople     LetterKind = "people"     // to the people concerned, GDPR art. 34(1) and (2)
	LetterPublic     LetterKind = "public"     // a public notice instead, GDPR art. 34(3)(c)
	LetterController LetterKind = "controller" // of a processor to the controller, GDPR art. 33(2)
)

// LetterKinds lists the kinds in the order in which a page shows them.
func LetterKinds() []LetterKind { return []LetterKind{LetterPeople, LetterPublic, LetterController} }

// LetterLanguages lists the languages a letter is written in.
func LetterLanguages() []string { return []string{"nl", "en"} }

// Drafted: a person edited the text of a letter. The text is correspondence and
// lies in the personal compartment.
type Drafted struct {
	Letter  LetterKind     `json:"letter"`
	Lang    string         `json:"lang"` // "nl" or "en"
	Private DraftedPrivate `json:"-"`
}

// DraftedPrivate is the text of a letter: paragraphs with an empty line between
// them; a line that begins with «# » is a heading, one with «- » an item of a
// list. An empty text goes back to the text made from the facts.
type DraftedPrivate struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Kind implements Body.
func (Drafted) Kind() Kind       { return "drafted" }
func (b *Drafted) personal() any { return &b.Private }

// Draft says where in the log the latest text of a letter stands.
type Draft struct {
	Letter LetterKind `json:"letter"`
	Lang   string     `json:"lang"`
	Entry  uint32     `json:"entry"`
	At     time.Time  `json:"at"` // UTC
	By     Actor      `json:"by"`
}

// DraftLetter saves the text of a letter; an empty text goes back to the one
// that is made from the facts.
type DraftLetter struct {
	Letter        LetterKind
	Lang          string
	Subject, Text string
}

// Decide implements Command.
func (c DraftLetter) Decide(*Incident, Act) ([]Body, error) {
	text := strings.TrimSpace(strings.ReplaceAll(c.Text, "\r\n", "\n"))
	switch {
	case !slices.Contains(LetterKinds(), c.Letter) || !slices.Contains(LetterLanguages(), c.Lang):
		return nil, refuse("", "no-such-letter")
	case utf8.RuneCountInString(text)+utf8.RuneCountInString(c.Subject) > longestLetter:
		return nil, refuse("text", "too-long")
	case blank(c.Subject) && text != "":
		return nil, refuse("subject", "required")
	}
	return []Body{&Drafted{Letter: c.Letter, Lang: c.Lang, Private: DraftedPrivate{Subject: strings.TrimSpace(c.Subject), Text: text}}}, nil
}

// applyDrafted folds the text of a letter: the latest of its kind and language.
func (inc *Incident) applyDrafted(e Entry, b *Drafted) {
	inc.Drafts = slices.DeleteFunc(inc.Drafts, func(d Draft) bool { return d.Letter == b.Letter && d.Lang == b.Lang })
	inc.Drafts = append(inc.Drafts, Draft{Letter: b.Letter, Lang: b.Lang, Entry: e.N, At: e.At, By: e.By})
}

// DraftText returns the text of a letter as it was last edited; it is empty
// when nobody edited it, or when it was destroyed on schedule.
func DraftText(inc *Incident, entries []Entry, kind LetterKind, lang string) DraftedPrivate {
	for _, d := range inc.Drafts {
		if d.Letter != kind || d.Lang != lang || d.Entry == 0 || int(d.Entry) > len(entries) {
			continue
		}
		if b, ok := entries[d.Entry-1].Body.(*Drafted); ok {
			return b.Private
		}
	}
	return DraftedPrivate{}
}

// Dossier is all that the documents of one incident are made from, read in one
// snapshot of the record.
type Dossier struct {
	Incident     *Incident
	Entries      []Entry // the whole log, as it may be used
	Guard        []Entry // the log as it is, when that differs: only to warn of names before they go out
	Organisation Organisation
	Org          *Org
}

// Dossier reads what the documents of an incident are made from. It returns
// ErrNotFound for an unknown reference.
func (s *Service) Dossier(ctx context.Context, ref Ref) (d Dossier, err error) {
	err = s.Store.View(ctx, func(v View) error {
		d = Dossier{Org: v.Org()}
		if d.Incident, err = v.Incident(ref); err != nil {
			return err
		}
		for e, err := range v.Log(Stream{ref}, 1) {
			if err != nil {
				return err
			}
			d.Entries = append(d.Entries, e)
		}
		return nil
	})
	if err != nil {
		return Dossier{}, fmt.Errorf("incident: dossier of %s: %w", ref, err)
	}
	d.Guard = d.Entries
	if d.Entries, err = d.Incident.unused(d.Entries); err != nil {
		return Dossier{}, err
	}
	d.Organisation = OrganisationOf(d.Org)
	return d, nil
}
