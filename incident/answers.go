package incident

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// longestAnswer bounds the answer to one question of a form, in characters.
const longestAnswer = 20_000

// Answer is what a person answers to one question of an authority's form that
// the facts do not answer. Form names the version of the list of questions
// (incident/dossier keeps them), so that an answer given under an old list is
// never taken for one to a new question of the same number.
type Answer struct {
	Form     string   `json:"form"`
	Question string   `json:"question"`
	Choices  []string `json:"choices,omitempty"` // stored values of options
	Text     string   `json:"text,omitempty"`
}

// Empty reports whether the answer says nothing: it takes an earlier one back.
func (a Answer) Empty() bool { return len(a.Choices) == 0 && a.Text == "" }

func (a Answer) same(b Answer) bool {
	return a.Text == b.Text && slices.Equal(a.Choices, b.Choices)
}

// Answered: a person answered a question of a form. The latest answer to a
// question counts; the earlier ones stay in the log.
type Answered struct {
	noPersonal
	Answer
}

// Kind implements Body.
func (Answered) Kind() Kind { return "answered" }

// GivenAnswer is an answer that stands, and who gave it when.
type GivenAnswer struct {
	Answer
	At time.Time `json:"at"` // UTC
	By Actor     `json:"by"`
}

// AnswerQuestions records answers to questions of a form. What was answered the
// same before is not recorded again.
type AnswerQuestions struct{ Answers []Answer }

// Decide implements Command.
func (c AnswerQuestions) Decide(inc *Incident, _ Act) ([]Body, error) {
	var out []Body
	for _, a := range c.Answers {
		a.Text = strings.TrimSpace(strings.ReplaceAll(a.Text, "\r\n", "\n"))
		switch before, _ := inc.AnswerTo(a.Form, a.Question); {
		case a.Form == "" || a.Question == "":
			return nil, refuse("", "no-such-question")
		case utf8.RuneCountInString(a.Text) > longestAnswer:
			return nil, refuse(a.Question, "too-long")
		case !before.same(a):
			out = append(out, &Answered{Answer: a})
		}
	}
	return out, nil
}

// AnswerTo returns the answer to a question of a form; ok is false when there
// is none, or when it was taken back.
func (inc *Incident) AnswerTo(form, question string) (a GivenAnswer, ok bool) {
	i := slices.IndexFunc(inc.Answers, func(g GivenAnswer) bool { return g.Form == form && g.Question == question })
	if i < 0 {
		return GivenAnswer{}, false
	}
	return inc.Answers[i], true
}

// applyAnswered folds an answer: the latest wins, an empty one takes it back.
func (inc *Incident) applyAnswered(e Entry, b *Answered) {
	inc.Answers = slices.DeleteFunc(inc.Answers, func(g GivenAnswer) bool {
		return g.Form == b.Form && g.Question == b.Question
	})
	if !b.Empty() {
		inc.Answers = append(inc.Answers, GivenAnswer{Answer: b.Answer, At: e.At, By: e.By})
	}
}
