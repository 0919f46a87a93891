package dossier

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"meldklok/incident/risk"
)

//go:embed forms/*.json
var formFiles embed.FS

// The lists of questions in use. Each is the stored name of one version.
const (
	FormAP   = "ap-2022-08"
	FormEDPB = "edpb-1.0-consultation"
)

// Form is an authority's list of questions, as of a date.
type Form struct {
	ID       string    `json:"id"`
	Title    risk.Text `json:"title"`
	Address  string    `json:"address"` // where it is filled in
	Date     string    `json:"date"`    // of the authority's list: year and month, or day
	Written  string    `json:"written"` // day on which our file was written
	Source   string    `json:"source"`
	Draft    risk.Text `json:"draft,omitzero"` // why it is no form in force yet
	Sections []Section `json:"sections"`
}

// Section is a numbered part of a form.
type Section struct {
	No        string     `json:"no"`
	Label     risk.Text  `json:"label"`
	Questions []Question `json:"questions"`
}

// QuestionKind is how a question is answered.
type QuestionKind string

// The kinds of question. Every kind takes an explanation in words.
const (
	KindOne  QuestionKind = "one"  // choose one option
	KindMany QuestionKind = "many" // choose any number
	KindText QuestionKind = "text"
	KindDate QuestionKind = "date" // a day
)

// Question is one question of a form. ID is stored with answers and never
// changes within a version; No is shown in its place where it differs.
type Question struct {
	ID       string       `json:"id"`
	No       string       `json:"no,omitempty"`
	Label    risk.Text    `json:"label"`
	Kind     QuestionKind `json:"kind"`
	From     string       `json:"from,omitempty"`  // name of the derivation that looks for an answer
	When     string       `json:"when,omitempty"`  // condition under which it is asked
	Same     string       `json:"same,omitempty"`  // question of the AP's form that asks the same: its answer counts here too
	Where    string       `json:"where,omitempty"` // where a missing answer is filled in; empty: beside it
	Optional bool         `json:"optional,omitempty"`
	Past     bool         `json:"past,omitempty"`     // a day that cannot lie ahead
	Contacts bool         `json:"contacts,omitempty"` // names and addresses of staff belong here
	Help     risk.Text    `json:"help,omitzero"`
	Unsure   risk.Text    `json:"unsure,omitzero"` // what of it is not established
	Options  []Option     `json:"options,omitempty"`
}

// Option is one answer to choose. Value is stored and never renamed.
type Option struct {
	Value string    `json:"value"`
	Label risk.Text `json:"label"`
}

// Number is how the question is numbered on the form.
func (q Question) Number() string {
	if q.No != "" {
		return q.No
	}
	return q.ID
}

// option returns the option with a value.
func (q Question) option(value string) (Option, bool) {
	i := slices.IndexFunc(q.Options, func(o Option) bool { return o.Value == value })
	if i < 0 {
		return Option{}, false
	}
	return q.Options[i], true
}

// Question returns the question with an id.
func (f *Form) Question(id string) (Question, bool) {
	for _, s := range f.Sections {
		for _, q := range s.Questions {
			if q.ID == id {
				return q, true
			}
		}
	}
	return Question{}, false
}

// forms are read once; they are embedded and tested, so reading cannot fail.
var forms = sync.OnceValue(func() map[string]*Form {
	all, err := readForms()
	if err != nil {
		panic("dossier: the embedded forms cannot be read: " + err.Error())
	}
	return all
})

func readForms() (map[string]*Form, error) {
	entries, err := formFiles.ReadDir("forms")
	if err != nil {
		return nil, fmt.Errorf("dossier: forms: %w", err)
	}
	all := map[string]*Form{}
	for _, e := range entries {
		raw, err := formFiles.ReadFile("forms/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("dossier: forms: %w", err)
		}
		f := new(Form)
		if err := json.Unmarshal(raw, f); err != nil {
			return nil, fmt.Errorf("dossier: %s: %w", e.Name(), err)
		}
		all[f.ID] = f
	}
	return all, nil
}

// FormByID returns a form; ok is false for an unknown one. The caller must not
// change it.
func FormByID(id string) (f *Form, ok bool) { f, ok = forms()[id]; return f, ok }

// Form returns the form that a document shows; ok is false for a letter.
func (k Kind) Form() (f *Form, ok bool) {
	switch k {
	case KindAP:
		return FormByID(FormAP)
	case KindEDPB:
		return FormByID(FormEDPB)
	}
	return nil, false
}
