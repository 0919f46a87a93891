package notify

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/notify/mailer"
	"meldklok/ui/locale"
)

// TestTextAndHTMLSayTheSame: without its title, the page has the words of the
// text, in the same order, and no others.
func TestTextAndHTMLSayTheSame(t *testing.T) {
	for _, lang := range locale.Languages() {
		for _, s := range everySample(lang) {
			text := strings.Fields(strings.NewReplacer("-- \n", "").Replace(s.mail.Text))
			page := strings.Fields(strings.TrimPrefix(pageText(t, s.mail.HTML), s.mail.Subject))
			for i := range max(len(text), len(page)) {
				if i >= len(text) || i >= len(page) || strings.TrimSuffix(text[i], ":") != strings.TrimSuffix(page[i], ":") {
					t.Errorf("%s in %s: they part at word %d:\n%v\n%v", s.name, lang, i, text, page)
					break
				}
			}
		}
	}
}

// pageText returns the words of a page's body, and checks that its tags are
// balanced and that it neither loads nor runs anything.
func pageText(t *testing.T, page string) string {
	t.Helper()
	var open []string
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) || len(open) > 0 {
				t.Errorf("the page ends with %v open: %v", open, z.Err())
			}
			return strings.TrimSpace(out.String())
		case html.StartTagToken:
			tok := z.Token()
			harmless(t, tok)
			if !void(tok.Data) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		case html.TextToken:
			if text := z.Token().Data; len(open) > 1 && open[1] == "body" {
				out.WriteString(text + " ")
			}
		case html.CommentToken, html.SelfClosingTagToken:
			t.Error("a comment or a self-closing tag")
		}
	}
}

func void(tag string) bool { return tag == "meta" || tag == "br" }

// harmless allows elements that show text, and addresses only in links.
func harmless(t *testing.T, tok html.Token) {
	t.Helper()
	if !strings.Contains(" html head meta title body div h1 h2 p table tr td span strong a br ", " "+tok.Data+" ") {
		t.Errorf("<%s> is in a mail", tok.Data)
	}
	for _, a := range tok.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"), strings.Contains(a.Val, "url("), strings.Contains(a.Val, "ZgotmplZ"):
			t.Errorf("<%s %s=%q>", tok.Data, a.Key, a.Val)
		case strings.Contains(a.Val, "//") && (tok.Data != "a" || !strings.HasPrefix(a.Val, "https://meldklok.example.org/")):
			t.Errorf("<%s %s=%q> leads outside", tok.Data, a.Key, a.Val)
		}
	}
}

// TestHTMLEscapes: markup in a value stays text.
func TestHTMLEscapes(t *testing.T) {
	evil := `<script>alert(1)</script>"'&`
	l := letter{Lang: "nl", Subject: evil, Tone: late, Intro: []string{evil}, Blocks: []block{{evil, []row{{evil, evil, true}}, []string{evil}, row{}}}, Footer: []string{evil}, Head: evil}
	if n := strings.Count(pageText(t, l.html()), evil); n != 8 {
		t.Errorf("the words stand on the page %d times, want 8", n)
	}
	l.Blocks[0].Link = row{Label: "x", Value: "javascript:alert(1)"}
	if strings.Contains(l.html(), `href="javascript`) {
		t.Error("a link runs a script")
	}
}

// TestEveryMailFitsTheWire composes every mail to its final bytes.
func TestEveryMailFitsTheWire(t *testing.T) {
	for _, lang := range locale.Languages() {
		for _, s := range everySample(lang) {
			raw, err := mailer.Compose(s.mail)
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
			if len(raw) > 16<<10 {
				t.Errorf("%s is %d bytes", s.name, len(raw))
			}
			if s.mail.HTML == "" {
				t.Errorf("%s has no page", s.name)
			}
		}
	}
}

// TestNoMailHasCaseContent (promise 8, LESSONS 48): whatever an incident holds,
// its mails do not change by a byte. Only reference, clock, outcome, and whether
// somebody confirmed the clock reach them.
func TestNoMailHasCaseContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(incident.DutyKinds()).Draw(t, "kind")
		lang := rapid.SampledFrom(locale.Languages()).Draw(t, "lang")
		bare := dutyOf(kind)
		now := started.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		full := filled(bare, rapid.StringMatching(`[a-zA-Z<>&" ]{1,40}`).Draw(t, "content"))
		for name, write := range kindsOfMail(lang, now) {
			want, got := asJSON(t, write(bare)), asJSON(t, write(full))
			if want != got {
				t.Fatalf("%s tells of the content:\n%s\n%s", name, want, got)
			}
		}
	})
}

// kindsOfMail are the mails that are written from an incident.
func kindsOfMail(lang string, now time.Time) map[string]func(*incident.Incident) mailer.Mail {
	wr, p := testWriter(), reader(lang)
	return map[string]func(*incident.Incident) mailer.Mail{
		"alert": func(inc *incident.Incident) mailer.Mail {
			return wr.alertMail(p, 5, []line{lineOf(inc, "day-2")}, testHead, now)
		},
		"handover": func(inc *incident.Incident) mailer.Mail {
			l := lineOf(inc, "day-2")
			l.handover = "p9"
			return wr.alertMail(p, 5, []line{l}, testHead, now)
		},
		"bundle": func(inc *incident.Incident) mailer.Mail {
			return wr.alertMail(p, 5, []line{lineOf(inc, "day-2"), lineOf(inc, "one")}, testHead, now)
		},
		"closing": func(inc *incident.Incident) mailer.Mail {
			l := lineOf(inc, incident.RungClosed)
			l.closing = true
			return wr.closingMail(p, 5, []line{l}, testHead, now)
		},
		"receipt": func(inc *incident.Incident) mailer.Mail {
			return wr.receiptMail(incident.Address{Email: "r@example.org"}, lang, 5, inc, incident.Report{Received: started}, "x@example.org", incident.Words{}, now)
		},
		"question": func(inc *incident.Incident) mailer.Mail {
			return wr.questionMail(incident.Address{Email: "r@example.org"}, lang, 5, inc.Ref, "Is the list back?", "x@example.org", now)
		},
		"digest": func(inc *incident.Incident) mailer.Mail {
			return wr.digestMail(p, 5, testDigest(inc), testHead, now)
		},
	}
}

// filled returns the incident with content in every field that can hold some.
func filled(bare *incident.Incident, content string) *incident.Incident {
	inc := *bare
	inc.Title, inc.Summary, inc.NoReport, inc.Organisation = content, content, content, content
	inc.Reports = []incident.Report{{N: 1, Flag: content, Machine: content, Received: started}}
	inc.Known, inc.Received, inc.Suspect = started, started, incident.Ref{Year: 2025, Number: 9}
	inc.Facts, inc.ByMachine = risk.Facts{}, true
	inc.Score = &incident.Score{Band: content, Reasons: []string{content}, Severity: 3}
	inc.Decisions = []incident.Decided{{Decision: incident.DecideNotify, Code: content, Reasons: content}}
	inc.Filings = []incident.Filing{{Number: content, Text: content, Delay: content, WhyEarlier: content, Channel: content}}
	inc.Trouble = []incident.Undelivered{{Person: "p9", Reply: content, Rung: content}}
	return &inc
}

func asJSON(t *rapid.T, m mailer.Mail) string {
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestMailsNameOnlyWhatTheyMay: each mail names its own references and no other,
// links to our own address only, and every instant has its offset.
func TestMailsNameOnlyWhatTheyMay(t *testing.T) {
	refs, links := regexp.MustCompile(`\b20\d\d-\d{4}\b`), regexp.MustCompile(`[a-z]+://[^\s"]+`)
	clocks, offsets := regexp.MustCompile(`\b\d\d:\d\d `), regexp.MustCompile(`\b\d\d:\d\d \([+-]\d\d:\d\d\)`)
	for _, lang := range locale.Languages() {
		for _, s := range everySample(lang) {
			text := s.mail.Subject + "\n" + s.mail.Text
			for _, found := range refs.FindAllString(text, -1) {
				known := false
				for _, ref := range s.about {
					known = known || ref.String() == found
				}
				if !known {
					t.Errorf("%s names %s", s.name, found)
				}
			}
			for _, link := range links.FindAllString(text, -1) {
				if !strings.HasPrefix(link, "https://meldklok.example.org/") {
					t.Errorf("%s links to %s", s.name, link)
				}
			}
			if c, o := len(clocks.FindAllString(text, -1)), len(offsets.FindAllString(text, -1)); c != o {
				t.Errorf("%s: %d times of day, %d with an offset", s.name, c, o)
			}
			if strings.ContainsAny(text, "{}|\u2014") || regexp.MustCompile(`mail\.[a-z]`).MatchString(text) {
				t.Errorf("%s has a hole in its words:\n%s", s.name, text)
			}
		}
	}
}
