package incident

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// longestQuestion bounds a question and an answer, in characters.
const longestQuestion = 20_000

// RungQuestion names the mail that puts a question to a reporter. It is no rung
// of a ladder.
const RungQuestion = "question"

// Reach says how a reporter can be asked something. It follows from the report,
// until an address is put right.
type Reach string

// The ways.
const (
	ReachNone Reach = ""
	ReachMail Reach = "mail" // to the address the report came from
	ReachCode Reach = "code" // at the return page, by the receipt code
)

// reachOf says how the writer of a report can be reached. Of a report by phone the
// code was read out to the caller.
func reachOf(b *Reported) Reach {
	switch {
	case b.Machine != "no-address" && b.Machine != "no-sender" && b.Machine != "own" && !b.Unreadable:
		return ReachMail
	case (b.Channel == ChannelForm || b.Channel == ChannelPhone) && len(b.CodeHash) > 0:
		return ReachCode
	}
	return ReachNone
}

// Asked: a person asked a reporter something. The question itself is
// correspondence and lies in the personal compartment.
type Asked struct {
	Question int          `json:"question"` // number within the incident, from 1
	Report   int          `json:"report"`   // whose reporter is asked
	Private  AskedPrivate `json:"-"`
}

// AskedPrivate is the personal part of a question.
type AskedPrivate struct {
	Text string `json:"text"`
}

// Kind implements Body.
func (Asked) Kind() Kind       { return "asked" }
func (b *Asked) personal() any { return &b.Private }

// Question is the register part of a question to a reporter.
type Question struct {
	N        int       `json:"n"`
	Report   int       `json:"report"`
	Entry    uint32    `json:"entry"` // where in the log its text stands
	At       time.Time `json:"at"`
	By       Actor     `json:"by"`
	Answered time.Time `json:"answered,omitzero"` // first answer of that reporter since
}

// Ask puts a question to the reporter of a report; 0 means the first one who
// can be reached.
type Ask struct {
	Report int
	Text   string
}

// Decide implements Command.
func (c Ask) Decide(inc *Incident, _ Act) ([]Body, error) {
	report, err := inc.askable(c.Report)
	switch {
	case err != nil:
		return nil, err
	case blank(c.Text):
		return nil, refuse("text", "required")
	case utf8.RuneCountInString(c.Text) > longestQuestion:
		return nil, refuse("text", "too-long")
	}
	return []Body{&Asked{Question: len(inc.Questions) + 1, Report: report, Private: AskedPrivate{Text: strings.TrimSpace(c.Text)}}}, nil
}

// askable finds the report whose reporter is asked.
func (inc *Incident) askable(n int) (int, error) {
	for _, r := range inc.Reports {
		if r.Reach != ReachNone && !r.Reply && !r.History && (n == 0 || n == r.N) {
			return r.N, nil
		}
	}
	return 0, refuse("report", "nobody-to-ask")
}

// CanAsk reports whether any reporter can be asked.
func (inc *Incident) CanAsk() bool {
	_, err := inc.askable(0)
	return err == nil
}

// applyAsked folds a question. It is mailed by a chore, like a receipt; a
// reporter without an address finds it on the return page.
func (inc *Incident) applyAsked(e Entry, b *Asked) {
	inc.Questions = append(inc.Questions, Question{N: b.Question, Report: b.Report, Entry: e.N, At: e.At, By: e.By})
	inc.Asking = append(inc.Asking, b.Question)
}

// applyAnswer notes on the questions that somebody answered. Which one a mail
// means nobody can tell, so it counts for all that were open; one by receipt code
// counts for those to the report of the code.
func (inc *Incident) applyAnswer(e Entry, of int) {
	for i := range inc.Questions {
		q := &inc.Questions[i]
		if q.Answered.IsZero() && (of == 0 || of == q.Report) {
			q.Answered = e.At
		}
	}
}

// Turn is one turn of the conversation with a reporter: a question of ours, or
// an answer.
type Turn struct {
	At       time.Time
	Question int // number; 0: an answer
	Report   int // of a question: whose reporter was asked; of an answer: which report it is
	By       Actor
	Text     string
	Gone     bool // destroyed on schedule
}

// Conversation returns the questions to reporters of an incident and what was
// answered, oldest first.
func (s *Service) Conversation(ctx context.Context, inc *Incident) (turns []Turn, err error) {
	if err := s.Usable(ctx, inc.Ref); err != nil {
		return nil, err
	}
	entries, err := s.wholeLog(ctx, inc.Ref)
	if err != nil {
		return nil, err
	}
	return s.conversation(ctx, inc, entries), nil
}

func (s *Service) conversation(ctx context.Context, inc *Incident, entries []Entry) (turns []Turn) {
	for _, e := range entries {
		switch b := e.Body.(type) {
		case *Asked:
			turns = append(turns, Turn{At: e.At, Question: b.Question, Report: b.Report, By: e.By, Text: b.Private.Text, Gone: b.Private.Text == ""})
		case *Reported:
			if b.Reply {
				turns = append(turns, s.answer(ctx, inc, e, b))
			}
		}
	}
	return turns
}

func (s *Service) answer(ctx context.Context, inc *Incident, e Entry, b *Reported) Turn {
	t := Turn{At: e.At, Report: b.Report, By: Reporter}
	reading, err := s.reading(ctx, inc, b.Report)
	if err != nil {
		t.Gone = true
		return t
	}
	t.Text = reading.Text
	return t
}

// ConversationByCode returns the incident behind a receipt code and the part of
// its conversation that belongs to the holder of the code: the questions to
// that reporter, and what was answered with the code. It returns ErrNotFound
// for an unknown code.
func (s *Service) ConversationByCode(ctx context.Context, code string) (inc *Incident, turns []Turn, err error) {
	ref, err := s.FindByCode(ctx, code)
	if err != nil {
		return nil, nil, err
	}
	if inc, err = s.Incident(ctx, ref); err != nil {
		return nil, nil, fmt.Errorf("incident: report behind a code: %w", err)
	}
	entries, err := s.wholeLog(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range s.conversation(ctx, inc, entries) {
		var mine bool
		if t.Question > 0 {
			mine = t.Report == codeReport
		} else {
			r := inc.Reports[t.Report-1]
			mine = r.Of == codeReport && r.Via.IsZero()
		}
		if mine {
			turns = append(turns, t)
		}
	}
	elsewhere, err := s.answersElsewhere(ctx, entries)
	turns = append(turns, elsewhere...)
	slices.SortStableFunc(turns, func(a, b Turn) int { return a.At.Compare(b.At) })
	return inc, turns, err
}

// codeReport is the number of the report that a receipt code belongs to: a form
// always opens an incident.
const codeReport = 1

// AnswerByCode records what the holder of a receipt code writes: it joins the
// incident like a reply by mail, and when it returns nil it is on disk. Once
// makes the same form sent twice one answer. It returns a *Refusal, or
// ErrNotFound for an unknown code.
func (s *Service) AnswerByCode(ctx context.Context, code, text, once, lang string) error {
	ref, err := s.FindByCode(ctx, code)
	switch {
	case err != nil:
		return err
	case blank(text):
		return refuse("answer", "required")
	case utf8.RuneCountInString(text) > longestQuestion:
		return refuse("answer", "too-long")
	}
	raw, err := Form{Lang: lang, What: strings.TrimSpace(text), CodeHash: s.codeHash(code), Answers: ref.String(), Once: once}.Raw()
	if err != nil {
		return err
	}
	_, err = s.Record(ctx, Incoming{Channel: ChannelForm, Arrived: s.Now().UTC(), Body: bytes.NewReader(raw)})
	return err
}

// answered finds the incident that a form answers. The bytes of a form are our
// own, and the code's hash in them is keyed.
func (p *processing) answered() (Ref, bool) {
	if p.form == nil || p.form.Answers == "" {
		return Ref{}, false
	}
	k, ok := p.tx.Lookup(p.form.CodeHash)
	return k.Ref, ok && !k.Ref.IsZero()
}
