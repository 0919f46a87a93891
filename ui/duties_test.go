package ui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// TestAFilingWithItsProof: the file comes with the command, is refused with it,
// and goes out as bytes that nothing opens.
func TestAFilingWithItsProof(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	v := s.signedIn(s.person(people.Officer))
	page := "/incidents/" + ref.String()
	proof := []byte("<script>alert(1)</script> %PDF")

	at := s.now().In(incident.Amsterdam()).Format("2006-01-02T15:04")
	v.upload(page+"/file", "bewijs.html", proof, "kind", "initial", "at", at, "filer", "Hosting BV").
		want(http.StatusUnprocessableEntity, "Vul dit in", "Hosting BV")
	const folded, unfolded = `<details class="field"><summary>Te laat, al eerder gedaan`, `<details class="field" open><summary>Te laat, al eerder gedaan`
	v.get(page).want(http.StatusOK, folded)
	before := s.now().Add(-48 * time.Hour).In(incident.Amsterdam()).Format("2006-01-02T15:04")
	v.post(page+"/file", "kind", "initial", "number", "AP-1", "at", before).want(http.StatusUnprocessableEntity, unfolded, `id="file-earlier-error"`)
	if inc, _ := s.service.Incident(t.Context(), ref); len(inc.Files) != 0 {
		t.Error("the file of a refused filing was attached")
	}
	v.upload(page+"/file", "bewijs.html", proof, "kind", "initial", "number", "AP-1", "at", at, "filer", "Hosting BV").leads(page + "?done=file")
	v.upload(page+"/try-file", "scherm.png", []byte("png"), "what", "de site deed het niet", "at", at).leads(page + "?done=try-file")
	v.get(page).want(http.StatusOK, "AP-1", "Hosting BV", "bewijs.html", "scherm.png", "de site deed het niet")
	got := v.get(page + "/files/1").want(http.StatusOK)
	if got.body != string(proof) || got.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the proof came back as %q %v", got.body, got.header)
	}
	v.get(page + "/files/9").want(http.StatusNotFound)
	v.post(page+"/attach").want(http.StatusUnprocessableEntity, "Kies eerst een of meer bestanden")
}

// TestMeasuresAndClosing through the forms: plan, change, refuse to close, leave
// one open, take it.
func TestMeasuresAndClosing(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	officer := s.person(people.Officer)
	v := s.signedIn(officer)
	page := "/incidents/" + ref.String()
	v.post(page+"/measure", "what", "Tweede factor", "owner", string(officer.ID), "due", "gisteren").want(http.StatusUnprocessableEntity, "Tweede factor")
	v.post(page+"/measure", "what", "Tweede factor", "owner", string(officer.ID), "due", s.now().AddDate(0, 0, 9).Format("2006-01-02")).leads(page + "?done=measure")
	v.post(page+"/measure-change", "measure", "1", "what", "Tweede factor voor iedereen", "reason", "ruimer").leads(page + "?done=measure-change")
	v.post(page+"/close").want(http.StatusUnprocessableEntity, "melden bij de AP")
	v.post(page+"/waive", "duty", "ap", "reasons", "betrouwbare ontvanger").leads(page + "?done=waive")
	v.post(page+"/close").want(http.StatusUnprocessableEntity, "maatregel 1")
	v.post(page+"/close", "leave", "yes", "reasons", "project loopt").leads(page + "?done=close")
	v.get(page).want(http.StatusOK, "Tweede factor voor iedereen", "Er staan nog maatregelen open")
	at := s.now().In(incident.Amsterdam()).Format("2006-01-02T15:04")
	v.post(page+"/measure-taken", "measure", "1", "at", at).leads(page + "?done=measure-taken")
	inc, err := s.service.Incident(t.Context(), ref)
	if err != nil || inc.AnyOpen() || !slices.Equal(inc.Wants(), nil) {
		t.Errorf("after all: %+v (%v)", inc.Measures, err)
	}
}

// TestOurRoleAndTheTelling through the forms.
func TestOurRoleAndTheTelling(t *testing.T) {
	s := newSite(t)
	ref := s.mailIn("Lijst naar verkeerde klant", "De lijst ging naar de verkeerde persoon.")
	v := s.signedIn(s.person(people.Officer))
	page := "/incidents/" + ref.String()
	v.post(page+"/role", "role", "processor", "hours", "acht", "reason", "contract").want(http.StatusUnprocessableEntity, "heel aantal uren", `value="acht"`)
	v.post(page+"/role", "role", "processor", "party", "Ziekenhuis", "hours", "8", "countries", "BE; DE", "reason", "contract").leads(page + "?done=role")
	v.get(page).want(http.StatusOK, "Het contract geeft 8 uur", "BE en DE", "termijn uit het contract")
	at := s.now().In(incident.Amsterdam()).Format("2006-01-02T15:04")
	v.upload(page+"/tell", "brief.pdf", []byte("brief"), "duty", "controller", "way", "mail", "at", at, "whom", "Ziekenhuis", "done", "yes").leads(page + "?done=tell")
	v.post(page+"/exempt", "code", "disproportionate", "reasons", "te veel mensen").want(http.StatusUnprocessableEntity, "openbare mededeling")
	v.post(page+"/exempt", "code", "unintelligible", "reasons", "versleuteld").leads(page + "?done=exempt")
	v.post(page+"/must-tell", "reasons", "sleutel gelekt").leads(page + "?done=must-tell")
	inc, err := s.service.Incident(t.Context(), ref)
	if err != nil || inc.Duty(incident.DutyController).Outcome != incident.OutcomeMet || !inc.Duty(incident.DutyPeople).Open() || len(inc.Tellings) != 1 {
		t.Errorf("duties %+v (%v)", inc.Duties, err)
	}
}
