package risk

import (
	"encoding/json"
	"strings"
	"time"
)

// Document is one mail as the scanner sees it: decoded text and the attached
// files. Received is when it reached the organisation; words like "yesterday"
// are counted from it.
type Document struct {
	Subject     string
	Text        string
	Received    time.Time
	Attachments []Attachment
}

// Attachment is one attached file. Type is the media type the sender gave; the
// content decides, not the name or the type.
type Attachment struct {
	Name string
	Type string
	Data []byte
}

// Scanned is what the scanner made of a document. All of it is provisional and
// meant to be confirmed by a person. Its JSON is that of the assessment with
// finds, facts, no_report, known_since, unread and more_finds beside it.
type Scanned struct {
	Finds      []Find
	Facts      Facts
	Assessment Assessment
	NoReport   *Proposal // proposed: this is no report of a breach
	KnownSince *Known    // proposed: when somebody knew
	Unread     []Unread  // attachments that could not be read in full
	MoreFinds  int       // finds beyond MaxFinds that are not listed
}

// scannedJSON is the promised shape; the names never change.
type scannedJSON struct {
	assessmentJSON
	Finds      []Find    `json:"finds"`
	Facts      Facts     `json:"facts"`
	NoReport   *Proposal `json:"no_report,omitempty"`
	KnownSince *Known    `json:"known_since,omitempty"`
	Unread     []Unread  `json:"unread,omitempty"`
	MoreFinds  int       `json:"more_finds,omitempty"`
}

// In gives the same with its JSON in another language.
func (s Scanned) In(lang Lang) Scanned {
	s.Assessment = s.Assessment.In(lang)
	return s
}

// MarshalJSON writes the texts of the assessment in one language.
func (s Scanned) MarshalJSON() ([]byte, error) {
	return json.Marshal(scannedJSON{s.Assessment.wire(), s.Finds, s.Facts, s.NoReport, s.KnownSince, s.Unread, s.MoreFinds})
}

// UnmarshalJSON reads a stored scan back.
func (s *Scanned) UnmarshalJSON(b []byte) error {
	var in scannedJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = Scanned{in.Finds, in.Facts, in.assessment(), in.NoReport, in.KnownSince, in.Unread, in.MoreFinds}
	return nil
}

// Find is one thing that was found. Masked never holds a number, address or
// name that belongs to a person; Place never does either.
type Find struct {
	Kind     string `json:"kind"`              // a Data or Special value, or one of the Kind constants
	Evidence string `json:"evidence"`          // value, word or header
	Place    string `json:"place"`             // subject, text line 3, file.csv row 12 column 4, file.pdf page 2
	Masked   string `json:"masked"`            // the find with its digits hidden, or the word
	Count    int    `json:"count"`             // how many of this kind at this place
	Negated  bool   `json:"negated,omitempty"` // "no BSNs were leaked": found, and not counted
}

// Evidence of a Find.
const (
	ByValue  = "value"  // the thing itself, such as a number that passes its check
	ByWord   = "word"   // somebody writes about it
	ByHeader = "header" // a table has a column of it
)

// Proposal is a suggestion that a person must confirm.
type Proposal struct {
	Kind   string `json:"kind"` // question, request, spam
	Reason Text   `json:"reason"`
	Place  string `json:"place"`
}

// The kinds of Proposal for something that is no report.
const (
	NoReportQuestion = "question" // somebody asks something
	NoReportRequest  = "request"  // a data subject uses a right (Art. 15-21 GDPR)
	NoReportSpam     = "spam"     // advertising or fraud
)

// Known is a proposed moment at which somebody knew of the breach.
type Known struct {
	At        time.Time `json:"at"`        // UTC; the earliest instant the words allow
	Quote     string    `json:"quote"`     // the words themselves, long digits hidden
	Place     string    `json:"place"`     // where they stand
	Precision string    `json:"precision"` // minute, part_of_day, day, week
}

// Unread is an attachment, or a part of one, that was not scanned. What is not
// read is not known, and counts so in the facts.
type Unread struct {
	Name   string `json:"name"`
	Reason string `json:"reason"` // encrypted, unsupported, damaged, too_large
}

// MaxFinds is how many finds Scan lists; the rest is only counted.
const MaxFinds = 200

// Scan reads a report and proposes facts, finds and an assessment. It is total:
// whatever the bytes, it returns, within bounded time and memory. It decides
// nothing: even "no report" is a proposal.
func Scan(d Document) Scanned {
	m := scanned(d)
	out := Scanned{Facts: m.facts(), Unread: m.unread, NoReport: noReport(m)}
	for _, p := range m.parts {
		if k := knownIn(p.told, p.place, d.Received); k != nil && (out.KnownSince == nil || k.At.Before(out.KnownSince.At)) {
			out.KnownSince = k
		}
	}
	out.Finds = m.listed()
	out.MoreFinds = len(m.finds) - len(out.Finds)
	out.Assessment = Assess(out.Facts)
	return out
}

// FindsIn lists what Scan finds, without facts and assessment: for whoever only
// shows them.
func FindsIn(d Document) []Find { return scanned(d).listed() }

func scanned(d Document) *scanner {
	m := newScanner()
	m.long("subject", strings.ToValidUTF8(d.Subject, " "))
	m.long("text", strings.ToValidUTF8(d.Text, " "))
	m.files(d.Attachments)
	m.settle()
	return m
}

func (m *scanner) listed() []Find { return m.finds[:min(len(m.finds), MaxFinds)] }
