package main

import (
	"bytes"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
)

const question = "Hoeveel klanten stonden er op die lijst, en is hij teruggehaald?"

// TestLesson18QuestionByMail: an officer asks, the reporter gets the question and not a
// word of the report, and the answer arrives in the conversation; it moves no
// clock and gets no receipt. A guess at the reference joins nothing.
func TestLesson18QuestionByMail(t *testing.T) {
	withMailbox(t, func(t *testing.T, h *house, p *post) {
		p.arrive(report)
		before := h.incident(firstRef)
		inc := h.do(firstRef, incident.Ask{Text: question})
		if len(inc.Questions) != 1 || !inc.CanAsk() {
			t.Fatalf("the question: %+v", inc.Questions)
		}
		time.Sleep(time.Minute)
		mails := h.mails("colleague@example.org")
		if len(mails) != 2 || !strings.Contains(mails[1].subject, "vraag") {
			t.Fatalf("the reporter got %d mails", len(mails))
		}
		asked := mails[1]
		if plain := strings.ReplaceAll(asked.text, "\r\n", " "); !strings.Contains(plain, question) {
			t.Errorf("the question is missing:\n%s", asked.text)
		}
		for _, word := range []string{"Lijst naar verkeerde klant", "250", "namen en adressen", "gemaild"} {
			if strings.Contains(string(asked.raw), word) {
				t.Errorf("the question quotes %q of the report", word)
			}
		}
		for _, m := range h.mails("officer@example.org") {
			if strings.Contains(string(m.raw), "Hoeveel klanten") {
				t.Error("an alert quotes the question")
			}
		}
		p.arrive("From: Colleague <colleague@example.org>\nTo: privacy@example.org\nSubject: Re: " + firstRef.String() + "\nMessage-ID: <guess@example.org>\nIn-Reply-To: <2026-0001.2.abc.guessguessguess1@example.org>\n\nEen gok.\n")
		h.wantCount("a guess at the token", 2, 0)
		p.arrive("From: Colleague <colleague@example.org>\nTo: privacy@example.org\nSubject: Re: vraag\nMessage-ID: <answer@example.org>\nIn-Reply-To: " + asked.id + "\n\nHet waren er 251, alles is gewist.\n")
		h.wantCount("the answer", 2, 0)
		after := h.incident(firstRef)
		if q := after.Questions[0]; q.Answered.IsZero() || len(after.Asking) != 0 {
			t.Errorf("the question stands as %+v, asking %v", q, after.Asking)
		}
		if after.Duty(incident.DutyAP).Clock != before.Duty(incident.DutyAP).Clock || len(h.mails("colleague@example.org")) != 3 { // the third is the receipt for the guess
			t.Errorf("the clock moved, or the reporter got %d mails", len(h.mails("colleague@example.org")))
		}
		turns, err := h.app.service.Conversation(t.Context(), after)
		if err != nil || len(turns) != 2 || turns[0].Text != question || !strings.Contains(turns[1].Text, "251") {
			t.Errorf("the conversation: %+v, %v", turns, err)
		}
		h.stop()
		h.start()
		time.Sleep(time.Hour)
		if n := len(h.mails("colleague@example.org")); n != 3 {
			t.Errorf("after a restart the reporter has %d mails", n)
		}
		h.sameBytes()
	})
}

// TestQuestionByPlusAddress: with --reply-plus an answer is known by the address
// alone, for relays that write Message-IDs of their own.
func TestQuestionByPlusAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.stop()
		h.tune = func(c *parsed) { c.ReplyPlus = true }
		h.start()
		h.deliver(report)
		h.do(firstRef, incident.Ask{Text: question})
		time.Sleep(time.Minute)
		asked := h.mails("colleague@example.org")[1]
		header, err := mail.ReadMessage(bytes.NewReader(asked.raw))
		if err != nil {
			t.Fatal(err)
		}
		address := strings.Trim(header.Header.Get("Reply-To"), "<> ")
		if !strings.HasPrefix(address, "privacy+2026-0001.") {
			t.Fatalf("answers go to %q", address)
		}
		h.deliver("From: colleague@example.org\nTo: " + address + "\nSubject: antwoord\nMessage-ID: <plus@example.org>\n\n251.\n")
		time.Sleep(time.Minute)
		h.wantCount("the answer", 1, 0)
		if h.incident(firstRef).Questions[0].Answered.IsZero() {
			t.Error("the answer was not noticed")
		}
		forged := strings.Replace(address, "privacy+", "privacy+x", 1)
		h.deliver("From: colleague@example.org\nTo: " + forged + "\nSubject: gok\nMessage-ID: <forged@example.org>\n\n252.\n")
		time.Sleep(time.Minute)
		h.wantCount("a forged tag", 2, 0)
	})
}

// TestQuestionByCode: a reporter without a name or an address is asked and
// answers with the receipt code alone. The same form sent twice is one answer;
// what others wrote is not shown.
func TestQuestionByCode(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		ctx, service := t.Context(), h.app.service
		ref, code, err := service.ReportForm(ctx, incident.Form{Lang: "nl", What: "Er ligt een map met dossiers bij het oud papier."}, incident.ChannelForm)
		if err != nil {
			t.Fatal(err)
		}
		h.do(ref, incident.Ask{Text: question})
		time.Sleep(time.Minute)
		if n := len(h.relay.Messages()); n != len(h.mails("officer@example.org")) {
			t.Errorf("somebody else than the officer was mailed: %d mails", n)
		}
		for _, text := range []string{"Bij de achterdeur.", "Bij de achterdeur.", "De map is nu weg."} {
			if err := service.AnswerByCode(ctx, code, text, "form-"+text, "nl"); err != nil {
				t.Fatal(err)
			}
		}
		inc, turns, err := service.ConversationByCode(ctx, strings.ToUpper(code))
		if err != nil || len(turns) != 3 || turns[0].Text != question || turns[1].Text != "Bij de achterdeur." || turns[2].Text != "De map is nu weg." {
			t.Errorf("the conversation: %+v, %v", turns, err)
		}
		if inc.Questions[0].Answered.IsZero() || inc.Questions[0].Report != 1 {
			t.Errorf("the question: %+v", inc.Questions[0])
		}
		h.wantCount("answers", 1, 0)
		if err := service.AnswerByCode(ctx, "aaaa-bbbb-cccc-dddd", "x", "", "nl"); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("an unknown code: %v", err)
		}

		h.deliver("From: X <x@example.org>\nTo: privacy@example.org\nSubject: erbij\nMessage-ID: <other@example.org>\nIn-Reply-To: <" + service.Tokens.ThreadID(ref) + ">\n\nIk ben een collega met een geheim.\n")
		time.Sleep(time.Minute)
		_, turns, err = service.ConversationByCode(ctx, code)
		if err != nil || len(turns) != 3 {
			t.Errorf("the reporter sees what somebody else wrote: %+v, %v", turns, err)
		}
	})
}

// TestAnUndeliverableQuestion: the page can say that it did not arrive.
func TestAnUndeliverableQuestion(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.deliver(strings.Replace(report, "colleague@example.org", "niet een adres", 1))
		inc := h.do(firstRef, incident.Ask{Text: question})
		time.Sleep(time.Minute)
		entries, err := h.app.service.Entries(t.Context(), inc.Ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if b, ok := e.Body.(*incident.Alerted); ok && b.Rung == incident.RungQuestion {
				if len(b.To) == 0 && b.Note == "" {
					t.Error("nobody was mailed and nothing says why")
				}
				return
			}
		}
		t.Error("the log does not say what became of the question")
	})
}
