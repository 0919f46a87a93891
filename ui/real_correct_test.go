package ui_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"meldklok/incident/people"
)

// TestAReporterIsCorrectedInABrowser: an officer opens the form beside the report
// from the page that found the person, mends what was refused, and sees the new
// details with what stood there, in both languages, also on a phone.
func TestAReporterIsCorrectedInABrowser(t *testing.T) {
	ctx := inBrowser(t)
	for _, lang := range []string{"nl", "en"} {
		s := newSite(t)
		officer := s.person(people.Officer)
		officer.Lang = lang
		if _, err := s.service.SetPerson(context.Background(), "system", officer); err != nil {
			t.Fatal(err)
		}
		_, inc := s.reportedBy("Sanne Vermer", "s.vermer@example.org", "")
		must(ctx, t, setSession(s.http.URL, s.sessionOf(officer)), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.http.URL+inc+"#do-correct-1"), chromedp.WaitVisible(chromedp.ID("correct-1-name")),
			fill("correct-1-name", "Sanne Vermeer"), fill("correct-1-email", "geen adres"), send("correct-1"), chromedp.WaitVisible(chromedp.ID("correct-1-email-error")),
			fill("correct-1-email", "s.vermeer@example.org"), fill("correct-1-reasons", "belde zelf"), send("correct-1"), chromedp.WaitVisible(chromedp.CSS("p.done:not([hidden])")),
			chromedp.Click(chromedp.CSS("#reports details.fine summary")))
		says(ctx, t, "s.vermeer@example.org")
		says(ctx, t, map[string]string{"nl": "Gegevens van een melder verbeterd", "en": "Details of a reporter corrected"}[lang])
		if was := ask[string](ctx, t, `[...document.querySelectorAll("#reports del")].map(e => e.innerText).join()`); was != "Sanne Vermer,s.vermer@example.org" {
			t.Errorf("%s: what stood there is shown as %q", lang, was)
		}
		for _, width := range []int64{1280, 360} {
			must(ctx, t, chromedp.EmulateViewport(width, 800))
			if over := ask[float64](ctx, t, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s: %d wide, the page is %v pixels wider", lang, width, over)
			}
			shoot(ctx, t, "corrected "+lang)
		}
	}
}
