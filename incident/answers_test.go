package incident_test

import (
	"errors"
	"strings"
	"testing"

	"meldklok/incident"
)

// TestAnswersToAForm: the latest answer counts, the same one is not recorded
// twice, an empty one takes it back, and the history stays in the log.
func TestAnswersToAForm(t *testing.T) {
	c := opened(t)
	answer := func(text string, choices ...string) incident.AnswerQuestions {
		return incident.AnswerQuestions{Answers: []incident.Answer{{Form: "f", Question: "4.3", Text: text, Choices: choices}}}
	}
	before := c.inc.Entries
	c.must(answer("  Door een klant.\r\nAan de balie. "), answer("Door een klant.\nAan de balie."))
	if got := c.inc.Entries - before; got != 1 {
		t.Errorf("the same answer twice made %d entries", got)
	}
	c.must(answer("Door een medewerker.", "a"))
	a, ok := c.inc.AnswerTo("f", "4.3")
	if !ok || a.Text != "Door een medewerker." || len(a.Choices) != 1 || a.By != officer || !a.At.Equal(c.now) || len(c.inc.Answers) != 1 {
		t.Errorf("the latest answer is %+v of %d", a, len(c.inc.Answers))
	}
	if _, ok := c.inc.AnswerTo("g", "4.3"); ok {
		t.Error("an answer counts for another version of the form")
	}
	if c.must(answer("")); len(c.inc.Answers) != 0 || c.inc.Entries-before != 3 {
		t.Errorf("taken back: %d answers, %d entries", len(c.inc.Answers), c.inc.Entries-before)
	}
	var refusal *incident.Refusal
	if err := c.do(answer(strings.Repeat("é", 20_001))); !errors.As(err, &refusal) || refusal.Field != "4.3" {
		t.Errorf("an answer that is too long: %v", err)
	}
}

// TestDraftsOfLetters: each letter has one latest text in each language.
func TestDraftsOfLetters(t *testing.T) {
	c := opened(t)
	c.must(
		incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "Datalek", Text: "Een."},
		incident.DraftLetter{Letter: incident.LetterPeople, Lang: "en", Subject: "Breach", Text: "One."},
		incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "Datalek", Text: "Twee."},
		incident.DraftLetter{Letter: incident.LetterPublic, Lang: "nl"}, // back to the text of the facts
	)
	if len(c.inc.Drafts) != 3 || c.inc.Drafts[1].Entry != c.inc.Entries-1 {
		t.Errorf("drafts = %+v", c.inc.Drafts)
	}
	for _, tt := range []struct {
		why   string
		cmd   incident.DraftLetter
		field string
	}{
		{"no such letter", incident.DraftLetter{Letter: "x", Lang: "nl"}, ""},
		{"no such language", incident.DraftLetter{Letter: incident.LetterPeople, Lang: "de"}, ""},
		{"a text needs a subject", incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Text: "x"}, "subject"},
		{"too long", incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "x", Text: strings.Repeat("x", 50_000)}, "text"},
	} {
		var refusal *incident.Refusal
		if err := c.do(tt.cmd); !errors.As(err, &refusal) || refusal.Field != tt.field {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}

// TestOrganisation: what cannot be right is refused beside its field.
func TestOrganisation(t *testing.T) {
	for _, tt := range []struct{ why, raw, field string }{
		{"nothing set", ``, ""},
		{"written with spaces", `{"name":" Voorbeeld ","kvk":"1234 5678"}`, ""},
		{"a KvK number of seven digits", `{"kvk":"1234567"}`, "kvk"},
		{"letters in a KvK number", `{"kvk":"1234567a"}`, "kvk"},
		{"an unknown size", `{"size":"huge"}`, "size"},
		{"no address of the FG", `{"fg":{"email":"fg"}}`, "fg_email"},
	} {
		o, err := incident.ParseOrganisation([]byte(tt.raw))
		var refusal *incident.Refusal
		if errors.As(err, &refusal) != (tt.field != "") || (refusal != nil && refusal.Field != tt.field) {
			t.Errorf("%s: %v", tt.why, err)
		}
		if strings.Contains(tt.raw, "5678") && (o.Name != "Voorbeeld" || o.KvK != "12345678") {
			t.Errorf("%s: %+v", tt.why, o)
		}
	}
	if _, err := incident.ParseOrganisation([]byte(`{"naam":"x"}`)); err == nil {
		t.Error("a mistyped name is silently lost")
	}
	org := &incident.Org{Name: "Uit het begin"}
	if got := incident.OrganisationOf(org).Name; got != "Uit het begin" {
		t.Errorf("name = %q", got)
	}
}
