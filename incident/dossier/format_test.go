package dossier_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/dossier"
)

// hostile is a text that every format must survive.
const hostile = "A <script>alert(1)</script> & \"b\" \x00\x07\u2028\U0001F600 ]]> {{.}}\n\n# \n- \n-x\n\n" + "woord"

func written(t *testing.T, name string, c dossier.Case) []byte {
	t.Helper()
	f, err := dossier.FileNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostileTexts: what people type breaks no format and becomes no markup.
func TestHostileTexts(t *testing.T) {
	f := opened(t).answer("5.3", hostile).must(incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "S <b>", Text: hostile + strings.Repeat("x", 3000)})
	c := f.data()
	for _, name := range []string{"ap.nl.html", "letter-people.nl.html"} {
		if page := string(written(t, name, c)); strings.Contains(page, "<script") || strings.Contains(page, "S <b>") {
			t.Errorf("%s: markup of a stranger", name)
		}
	}
	docx := written(t, "letter-people.nl.docx", c)
	for _, part := range []string{"word/document.xml", "word/styles.xml", "word/numbering.xml", "docProps/core.xml", "[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels"} {
		dec := xml.NewDecoder(bytes.NewReader(docxPart(t, docx, part)))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", part, err)
			}
		}
	}
	if text := pdfText(t, written(t, "letter-people.nl.pdf", c)); !strings.Contains(text, "woord") {
		t.Error("the PDF lost the text")
	}
	if !json.Valid(written(t, "ap.nl.json", c)) {
		t.Error("the JSON is none")
	}
}

// TestTheSameCaseIsTheSameBytes: a document made twice at one moment is one.
func TestTheSameCaseIsTheSameBytes(t *testing.T) {
	c := rich(t).data()
	for _, f := range dossier.Files() {
		if !bytes.Equal(written(t, f.Name, c), written(t, f.Name, c)) {
			t.Errorf("%s differs from itself", f.Name)
		}
	}
}

// TestPolicy: the policy admits the style of the page, by its hash.
func TestPolicy(t *testing.T) {
	page := string(written(t, "ap.en.html", rich(t).data()))
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(dossier.Policy(), want) {
		t.Errorf("%s does not admit the style %s", dossier.Policy(), want)
	}
}

// TestEDPBFields: choices are letters, several are a list, numbers are numbers,
// instants carry their offset; what nobody knows is not there; it says draft.
func TestEDPBFields(t *testing.T) {
	var got struct {
		Draft  bool           `json:"draft"`
		Notice string         `json:"notice"`
		Fields map[string]any `json:"fields"`
	}
	if err := json.Unmarshal(written(t, "edpb.en.json", rich(t).data()), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Draft || got.Notice == "" {
		t.Error("it does not say that it is a draft")
	}
	for name, want := range map[string]string{
		"field_3": `"a"`, "field_48": `"2026-10-23T16:30:00+02:00"`, "field_55": `["a","c"]`, "field_60": `["d"]`, "field_68": `180`,
		"field_46": `"2026-10-22"`, "field_89": `"a"`, "field_67": `"b"`, "field_11": `"12345678"`, "field_51": `"Een collega zag vreemde verzonden berichten."`, "field_38": `null`, "field_95": `null`,
	} {
		if raw, _ := json.Marshal(got.Fields[name]); string(raw) != want {
			t.Errorf("%s = %s, want %s", name, raw, want)
		}
	}
	for _, page := range []string{"edpb.nl.html", "edpb.nl.pdf"} {
		text := string(written(t, page, rich(t).data()))
		if strings.HasSuffix(page, ".pdf") {
			text = pdfText(t, []byte(text))
			if pages := strings.Count(text, "CONCEPT"); pages < 3 {
				t.Errorf("%s: draft stands on %d pages", page, pages)
			}
		}
		if !strings.Contains(text, "concept voor consultatie") {
			t.Errorf("%s does not say that it is a draft", page)
		}
	}
}

// TestLetters: the letter follows the facts until it is saved; gaps are named.
func TestLetters(t *testing.T) {
	f := opened(t)
	l := dossier.LetterOf(f.data(), incident.LetterPeople, "nl")
	if len(l.Gaps) < 4 || !l.Edited.IsZero() {
		t.Errorf("a fresh letter has the gaps %q", l.Gaps)
	}
	known := dossier.LetterOf(rich(t).data(), incident.LetterPeople, "nl")
	if len(known.Gaps) != 0 || !strings.Contains(known.Text, "Kopie van paspoort") {
		t.Errorf("gaps %q", known.Gaps)
	}
	if english := dossier.LetterOf(rich(t).data(), incident.LetterPeople, "en"); len(english.Gaps) != 1 || !strings.Contains(english.Gaps[0], "English") {
		t.Errorf("a Dutch summary in an English letter: %q", english.Gaps)
	}
	f.must(incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl", Subject: "S", Text: "Nog [naam] invullen."})
	l = dossier.LetterOf(f.data(), incident.LetterPeople, "nl")
	if l.Subject != "S" || l.By != officer || len(l.Gaps) != 1 || l.Gaps[0] != "[naam]" {
		t.Errorf("the edited letter: %+v", l)
	}
	f.must(incident.DraftLetter{Letter: incident.LetterPeople, Lang: "nl"})
	if l = dossier.LetterOf(f.data(), incident.LetterPeople, "nl"); !l.Edited.IsZero() {
		t.Error("back to the facts, and it still says edited")
	}
}

// TestNoReporterInAnyDocument: who reported is in no document that anybody did
// not type it into (Wbk art. 1a).
func TestNoReporterInAnyDocument(t *testing.T) {
	for name, c := range scenes(t) {
		for _, f := range dossier.Files() {
			text := string(readable(t, f.Format, written(t, f.Name, c)))
			if strings.Contains(text, "uivenvoorde") || strings.Contains(text, "Jannie") {
				t.Errorf("%s of %s names the reporter", f.Name, name)
			}
		}
	}
}

// TestADrillIsMarked: the papers of an exercise say so in every format, so that
// none is filed or sent by mistake (LESSONS 41).
func TestADrillIsMarked(t *testing.T) {
	f := opened(t)
	f.inc.Exercise = true
	for _, file := range dossier.Files() {
		word := map[string]string{"nl": "OEFENING", "en": "EXERCISE"}[file.Lang]
		if file.Format == dossier.JSON {
			word = `"exercise": true`
		}
		if text := string(readable(t, file.Format, written(t, file.Name, f.data()))); !strings.Contains(text, word) {
			t.Errorf("%s does not say that it is an exercise", file.Name)
		}
	}
}

// TestExemptions: the condition of art. 34(3) that was recorded is the EDPB's
// letter; that of UAVG art. 42 is none of theirs.
func TestExemptions(t *testing.T) {
	for code, want := range map[string][2]string{
		incident.NotDueUnintelligible: {"a", "e"}, incident.NotDueRiskRemoved: {"b", "e"}, incident.NotDueFinancial: {"", "d"},
	} {
		f := opened(t).must(incident.DoesNotApply{Duty: incident.DutyPeople, Code: code, Reasons: "Daarom."})
		_, edpb := filled(t, dossier.FormEDPB, f.data())
		_, ap := filled(t, dossier.FormAP, f.data())
		if got := [2]string{strings.Join(edpb["100"].Keys, ""), strings.Join(edpb["97"].Keys, "")}; got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
		if ap["10.1.1"].Keys[0] != "no" || ap["10.1-why-not"].Copy() != "Daarom." || edpb["101"].Copy() != "Daarom." {
			t.Errorf("%s: the reasons are not there", code)
		}
	}
}
