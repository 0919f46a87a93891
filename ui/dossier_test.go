package ui_test

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/incident/people"
)

// TestTheFormIsFilledIn: what is missing stands on top, an answer moves it out
// of there, a wrong one is refused beside its field with everything still there.
func TestTheFormIsFilledIn(t *testing.T) {
	s, officer, ref := scene(t)
	path := "/incidents/" + ref.String() + "/dossier"
	v := s.signedIn(officer)
	v.get("/incidents/"+ref.String()).want(http.StatusOK, `href="`+path+`"`)
	v.get(path).want(http.StatusOK, `id="missing"`, `href="#q-4.1.1"`, `href="/settings/organisation"`, "kijk op het formulier", `lang="nl"`, "data-copy=").lacks("ontbreken nog 0")
	s.signedIn(s.person(people.Deputy)).get(path).want(http.StatusOK, "De beheerder vult dit in bij Instellingen").lacks(`href="/settings/organisation"`)
	v.post(path, "4.1.1", "2027-01-01", "4.1.1.text", "misschien eerder").
		want(http.StatusUnprocessableEntity, "Dit tijdstip ligt in de toekomst", `value="2027-01-01"`, "misschien eerder", `aria-invalid="true"`)
	v.post(path, "4.1.1", "gisteren", "4.1.1.text", "").want(http.StatusUnprocessableEntity, "Dit is geen datum")
	v.post(path, "1.1", "iets", "1.1.text", "").want(http.StatusUnprocessableEntity, "Kies een van de mogelijkheden")
	v.post(path, "99", "x").want(http.StatusUnprocessableEntity, "staat niet in het formulier")
	v.post(path, "4.1.1", "2026-10-22", "4.1.1.text", "").leads(path + "?done=answered#q-4.1.1")
	v.post(path, "1.3", "afm", "1.3", "dnb", "1.3.text", "").leads(path + "?done=answered#q-1.3")
	v.get(path).want(http.StatusOK, "22 oktober 2026", "AFM\nDNB").lacks(`href="#q-4.1.1"`)
	v.get("/incidents/"+ref.String()).want(http.StatusOK, "Meldformulier van de AP, vraag 4.1.1")
	v.get("/incidents/"+ref.String()+"/edpb").want(http.StatusOK, "22 oktober 2026", "concept voor consultatie")
}

// TestPersonalDataInTheFormIsCaught: a BSN and the reporter's own name.
func TestPersonalDataInTheFormIsCaught(t *testing.T) {
	s, officer, ref := scene(t)
	path := "/incidents/" + ref.String() + "/dossier"
	v := s.signedIn(officer)
	v.get(path).want(http.StatusOK).lacks(`id="flags"`)
	v.post(path, "7.2.text", "Onder meer de klant met BSN 111222333.").leads(path + "?done=answered#q-7.2")
	v.post(path, "4.3.text", "Gemeld door Afdeling Zorg.").leads(path + "?done=answered#q-4.3")
	page := v.get(path).want(http.StatusOK, `id="flags"`, "een burgerservicenummer (*********)", "de naam of het adres van een melder")
	if top, _, _ := strings.Cut(page.body, `id="q-1.1"`); strings.Contains(top, "111222333") {
		t.Error("the warning repeats the number")
	}
}

// TestWhoMayDoWhatWithTheDossier: the FG and an auditor read; they change nothing.
func TestWhoMayDoWhatWithTheDossier(t *testing.T) {
	s, _, ref := scene(t)
	base := "/incidents/" + ref.String()
	v := s.signedIn(s.person(people.Auditor))
	v.get(base + "/dossier").want(http.StatusOK).lacks(`method="post" action="` + base)
	v.get(base+"/letters/people/nl").want(http.StatusOK, "Geachte heer of mevrouw").lacks("<textarea")
	v.get(base+"/letters/people/de").want(http.StatusNotFound, "")
	v.get(base+"/documents/ap.nl.exe").want(http.StatusNotFound, "")
}

// TestALetterIsEdited: the text follows the facts until somebody saves it, and
// comes back to them on request; every format gives what was saved.
func TestALetterIsEdited(t *testing.T) {
	s, officer, ref := scene(t)
	base := "/incidents/" + ref.String()
	path := base + "/letters/people/nl"
	v := s.signedIn(officer)
	v.get(path).want(http.StatusOK, "gemaakt uit de feiten", "[vul in: datum]", "Een aanvaller had een nacht toegang")
	v.post(path, "subject", "", "text", "Beste ouders").want(http.StatusUnprocessableEntity, "Beste ouders", `id="letter-subject-error"`)
	v.post(path, "subject", "Over uw gegevens", "text", "Beste ouders,\r\n\r\n# Wat\r\n- één\r\n- twee & <drie>").leads(path + "?done=letter")
	v.get(path).want(http.StatusOK, "Bewerkt door", "Over uw gegevens", "Terug naar de tekst uit de feiten")
	v.get(base+"/dossier").want(http.StatusOK, "bewerkt")
	text := v.get(base+"/documents/letter-people.nl.txt").want(http.StatusOK, "Over uw gegevens\n\nBeste ouders,\n\nWAT\n\n- één\n- twee & <drie>\n")
	if got := text.header.Get("Content-Disposition"); !strings.Contains(got, ref.String()+"-letter-people.nl.txt") {
		t.Errorf("the file is called %q", got)
	}
	page := v.get(base+"/documents/letter-people.nl.html").want(http.StatusOK, "twee &amp; &lt;drie&gt;")
	if page.header.Get("Content-Security-Policy") != dossier.Policy() {
		t.Error("the page goes out under another policy")
	}
	docx := v.get(base + "/documents/letter-people.nl.docx").want(http.StatusOK)
	if _, err := zip.NewReader(bytes.NewReader([]byte(docx.body)), int64(len(docx.body))); err != nil {
		t.Error(err)
	}
	if pdf := v.get(base + "/documents/letter-people.nl.pdf").want(http.StatusOK); !strings.HasPrefix(pdf.body, "%PDF-") {
		t.Error("the PDF is none")
	}
	v.post(path, "subject", "x", "text", "y", "fresh", "yes").leads(path + "?done=letter")
	v.get(path).want(http.StatusOK, "gemaakt uit de feiten", "Geachte heer of mevrouw")
	v.get(base + "/dossier.pdf").want(http.StatusOK)
}

// TestTheTextOfALetterIsPersonal: what somebody wrote to people lies in the
// personal part of its entry, not in the register.
func TestTheTextOfALetterIsPersonal(t *testing.T) {
	s, officer, ref := scene(t)
	s.signedIn(officer).post("/incidents/"+ref.String()+"/letters/public/en", "subject", "Notice", "text", "Secret words.")
	entries, err := s.service.Entries(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	register, personal, err := incident.NewCodec().Encode(entries[len(entries)-1])
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(register, []byte("Secret")) || !bytes.Contains(personal, []byte("Secret")) {
		t.Errorf("register part %s, personal part %s", register, personal)
	}
}

// TestEveryDocumentOpens: every document in every language and format, of every
// incident of the scene.
func TestEveryDocumentOpens(t *testing.T) {
	s, officer, ref := scene(t)
	v := s.signedIn(officer)
	for _, inc := range []string{ref.String(), "2026-0001", "2026-0004"} {
		for _, f := range dossier.Files() {
			got := v.get("/incidents/" + inc + "/documents/" + f.Name).want(http.StatusOK)
			if kind := got.header.Get("Content-Type"); kind != f.Format.MIME() || got.body == "" {
				t.Errorf("%s of %s: %q, %d bytes", f.Name, inc, kind, len(got.body))
			}
		}
	}
	if !slices.ContainsFunc(dossier.Files(), func(f dossier.File) bool { return f.Name == "edpb.en.json" }) {
		t.Error("the EDPB template is not there as JSON")
	}
}
