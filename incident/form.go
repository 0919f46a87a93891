package incident

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Form is a report from the open web form, verbatim. Its JSON is the raw bytes
// of the report, kept like those of a mail.
type Form struct {
	Format   int        `json:"meldklok_form"` // 1
	Lang     string     `json:"lang"`
	Fast     string     `json:"fast,omitempty"` // which of the fast paths was chosen
	What     string     `json:"what"`
	Who      string     `json:"who,omitempty"`   // whose data, roughly how many
	Known    time.Time  `json:"known,omitzero"`  // when somebody of ours first knew
	Name     string     `json:"name,omitempty"`  // all three empty: anonymous
	Email    string     `json:"email,omitempty"` //
	Phone    string     `json:"phone,omitempty"` //
	Entered  string     `json:"entered_by,omitempty"`
	Files    []FormFile `json:"files,omitempty"`
	CodeHash []byte     `json:"code_hash,omitempty"` // keyed hash of the receipt code
	Answers  string     `json:"answers,omitempty"`   // the incident, for an answer by its receipt code
	Once     string     `json:"once,omitempty"`      // tells two answers with the same words apart
	Right    Right      `json:"right,omitempty"`     // a request of a person, entered by an officer: no report of a leak
	Received time.Time  `json:"received,omitzero"`   // when such a request was received, or we were told of a leak by phone or at a desk

	Row []ImportCell `json:"row,omitempty"` // an imported row as it was
}

// FormFile is a file that came with a form.
type FormFile struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"`
}

// longestTold is how long ago somebody can have told us what is entered now. An
// earlier moment is a slip of the pen in the year.
const longestTold = 366 * 24 * time.Hour

// Check returns a *Refusal when the form cannot be accepted: it must say what
// happened; nothing else is required of a person in a hurry.
func (f Form) Check(now time.Time) error {
	switch {
	case blank(f.What):
		return refuse("what", "required")
	case f.Known.After(now):
		return refuse("known", "in-the-future")
	case f.Received.After(now):
		return refuse("received", "in-the-future")
	case !f.Received.IsZero() && now.Sub(f.Received) > longestTold:
		return refuse("received", "long-ago")
	case f.Email != "" && !strings.Contains(f.Email, "@"):
		return refuse("email", "not-an-address")
	}
	return nil
}

// Raw returns the bytes that are kept.
func (f Form) Raw() ([]byte, error) {
	f.Format = 1
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("incident: form: %w", err)
	}
	return raw, nil
}

// ReadForm makes of a form what the parser makes of a mail. The moment of
// acceptance is the moment of receipt; of what we were told by phone or at a desk
// it is the moment of that conversation, as entered: the organisation knew from
// then on, not from when somebody found the time to type it in (EDPB Guidelines
// 9/2022, on awareness).
func ReadForm(raw []byte, arrived time.Time) (Form, Reading) {
	var f Form
	if err := json.Unmarshal(raw, &f); err != nil || f.Format != 1 {
		return f, Reading{Unreadable: true, Received: arrived, ReceivedBasis: BasisListener, Problems: []string{"form-unreadable"}}
	}
	r := Reading{
		From: Address{Name: f.Name, Email: f.Email}, Subject: firstLine(f.What), Date: arrived,
		Text: strings.TrimSpace(f.What + "\n\n" + f.Who), Received: arrived, ReceivedBasis: BasisListener,
	}
	if f.told() {
		r.Received, r.ReceivedBasis = f.Received.UTC(), BasisStated
	}
	if f.Email == "" {
		r.Machine = "no-address"
	}
	for _, file := range f.Files {
		r.Attachments = append(r.Attachments, Attachment{Name: file.Name, Type: file.Type, Size: len(file.Data), Data: file.Data})
	}
	return f, r
}

// told reports whether an officer entered a report that reached us by word of
// mouth. Of a request of a person the same field starts the duty to answer.
func (f Form) told() bool { return f.Entered != "" && f.Right == "" && !f.Received.IsZero() }

// firstLine makes a headline of a text: its first line, cut at a word.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	const most = 90
	if r := []rune(line); len(r) > most {
		cut := string(r[:most])
		if i := strings.LastIndexByte(cut, ' '); i > most/2 {
			cut = cut[:i]
		}
		return cut + " …"
	}
	return strings.TrimSpace(line)
}
