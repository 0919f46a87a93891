package dossier_test

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledongthuc/pdf"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/incident/people"
	"meldklok/incident/risk"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	received = time.Date(2026, 10, 23, 14, 30, 0, 0, time.UTC)
	officer  = incident.ByPerson("p1")
)

// file is a case that grows by entries and commands, without a record.
type file struct {
	t       *testing.T
	inc     *incident.Incident
	entries []incident.Entry
	org     incident.Organisation
	now     time.Time
}

// opened is a fresh report by mail, as the machine read it.
func opened(t *testing.T) *file {
	t.Helper()
	f := &file{t: t, inc: &incident.Incident{Ref: incident.Ref{Year: 2026, Number: 42}}, now: received}
	f.apply(incident.System,
		&incident.Reported{Report: 1, Channel: incident.ChannelIMAP, Received: received, Private: incident.ReportPrivate{
			From: incident.Address{Name: "Jannie van Duivenvoorde", Email: "j.duivenvoorde@voorbeeld.example"}, Subject: "Mailbox overgenomen",
		}},
		&incident.DutyOpened{Duty: incident.DutyAP, Rule: "gdpr-33-72h", Hours: 72, Clock: incident.Clock{
			Version: 1, Start: received, Due: incident.Deadline(received, 72), Basis: incident.ClockReceipt,
		}},
		&incident.Assessed{Facts: risk.Facts{Incident: risk.Phishing}, Score: incident.ScoreOf(risk.Assess(risk.Facts{Incident: risk.Phishing})), Machine: true})
	f.now = received.Add(2 * time.Hour)
	return f
}

func (f *file) apply(by incident.Actor, bodies ...incident.Body) {
	for _, b := range bodies {
		e := incident.Entry{Stream: incident.Stream{Ref: f.inc.Ref}, N: f.inc.Entries + 1, At: f.now, By: by, Body: b}
		f.inc.Apply(e)
		f.entries = append(f.entries, e)
	}
}

func (f *file) must(cmds ...incident.Command) *file {
	f.t.Helper()
	for _, cmd := range cmds {
		bodies, err := cmd.Decide(f.inc, incident.Act{By: officer, Now: f.now, Rules: incident.Rules()})
		if err != nil {
			f.t.Fatalf("%T: %v", cmd, err)
		}
		f.apply(officer, bodies...)
	}
	return f
}

// answer records an officer's answer to a question of the AP's form.
func (f *file) answer(question, text string, choices ...string) *file {
	f.t.Helper()
	return f.must(incident.AnswerQuestions{Answers: []incident.Answer{{Form: dossier.FormAP, Question: question, Text: text, Choices: choices}}})
}

func (f *file) data() dossier.Case {
	org := &incident.Org{People: people.Directory{{ID: "p1", Name: "Fenna Officier", Email: "fg@voorbeeld.example", Roles: []people.Role{people.Officer}}}}
	return dossier.NewCase(incident.Dossier{Incident: f.inc, Entries: f.entries, Organisation: f.org, Org: org}, f.now)
}

// rich is a case about which nearly everything is known.
func rich(t *testing.T) *file {
	t.Helper()
	f := opened(t)
	f.org = incident.Organisation{
		Name: "Stichting Voorbeeld", Address: "Dorpsstraat 1", Postcode: "1234 AB", City: "Ons Dorp", KvK: "12345678", FGNumber: "FG-00999", Sector: "Onderwijs",
		Size: "sme", Activity: "85.20", FG: incident.Contact{Name: "De functionaris", Email: "fg@voorbeeld.example", Phone: "010-1234567"},
		Notifier:   incident.Contact{Name: "De privacy officer", Function: "privacy officer", Email: "privacy@voorbeeld.example", Phone: "010-7654321"},
		PeopleDesk: incident.Contact{Name: "Loket privacy", Email: "loket@voorbeeld.example", Phone: "0800-0000"},
	}
	facts, err := risk.Parse([]byte(`{"personal_data":"yes","incident":"phishing","breach":["confidentiality","availability"],"access":"seen","intent":"malicious",
		"data":["name","email","bsn","id_copy","photo"],"special":["health"],"people_min":120,"people_max":180,"groups":["students","minors"],"recipients":"criminal",
		"protection":"none","recovery":"hours","interruption":"minor","mitigation":["passwords_reset","access_closed"],"controller":"education"}`))
	if err != nil {
		t.Fatal(err)
	}
	f.must(
		incident.ConfirmAwareness{At: received}, incident.Describe{Title: "Mailbox overgenomen", Summary: "Een aanvaller las één nacht mee in de mailbox van de leerlingadministratie."},
		incident.Assess{Facts: facts}, incident.WillNotify{Reasons: "Hoog risico", TellPeople: true},
	)
	f.answer("4.1.1", "", "2026-10-22").answer("4.1.2", "", "2026-10-23").answer("2.1.1", "", "no").answer("3.3", "Nee.")
	f.answer("4.3", "Een collega zag vreemde verzonden berichten.").answer("6.3.1", "180, één rij per leerling").answer("1.3", "", "none")
	return f
}

// scenes are the cases of the golden files.
func scenes(t *testing.T) map[string]dossier.Case {
	late := rich(t)
	late.now = received.Add(90 * time.Hour)
	late.must(incident.File{Kind: incident.FilingInitial, Number: "DL-98765", At: late.now, Channel: "webformulier", Delay: "De mailbox moest eerst worden onderzocht."},
		incident.PeopleTold{Duty: incident.DutyPeople, Reasons: "Brief aan 180 ouders op 27 oktober."})
	return map[string]dossier.Case{"fresh": opened(t).data(), "rich": rich(t).data(), "late": late.data()}
}

// TestGolden holds every document of three cases in both languages against what
// a person looked at. PDF and DOCX are compared by their text.
func TestGolden(t *testing.T) {
	for name, c := range scenes(t) {
		for _, f := range dossier.Files() {
			if name != "rich" && f.Format != dossier.HTML && f.Format != dossier.Text {
				continue // one case shows each format
			}
			var b bytes.Buffer
			if err := f.Write(&b, c); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+f.Name, readable(t, f.Format, b.Bytes()))
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if strings.HasSuffix(name, ".pdf") || strings.HasSuffix(name, ".docx") {
		path += ".txt"
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -update and look at it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s changed: run with -update and look at the difference", path)
	}
}

// readable turns a file into text that a person can compare.
func readable(t *testing.T, f dossier.Format, raw []byte) []byte {
	t.Helper()
	switch f {
	case dossier.PDF:
		return []byte(pdfText(t, raw))
	case dossier.DOCX:
		return docxPart(t, raw, "word/document.xml")
	}
	return raw
}

func pdfText(t *testing.T, raw []byte) string {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.GetPlainText()
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func docxPart(t *testing.T, raw []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	part, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// filled is a form with its answers by question.
func filled(t *testing.T, id string, c dossier.Case) (*dossier.Filled, map[string]dossier.Answered) {
	t.Helper()
	form, ok := dossier.FormByID(id)
	if !ok {
		t.Fatal("no form", id)
	}
	f, all := form.Fill(c), map[string]dossier.Answered{}
	for _, a := range f.All() {
		all[a.ID] = a
	}
	return f, all
}
