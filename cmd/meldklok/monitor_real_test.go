package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meldklok/notify/mailer/mailertest"
)

// series counts what a query returns; what is not a number is nothing to see.
func (p watchman) series(query string) (n int) {
	p.t.Helper()
	var answer struct {
		Status, Error string
		Data          struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal([]byte(p.get("/api/v1/query?query="+url.QueryEscape(query))), &answer); err != nil || answer.Status != "success" {
		p.t.Fatalf("%s: %v %s", query, err, answer.Error)
	}
	for _, r := range answer.Data.Result {
		if r.Value[1] != "NaN" {
			n++
		}
	}
	return n
}

// panels are the queries of the dashboard, each with its panel's title.
func panels(t *testing.T) map[string]string {
	t.Helper()
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	raw, err := deployFiles.ReadFile(deployFile("dashboard"))
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[target.Expr] = p.Title
		}
	}
	return all
}

// selectors are the figures, with what chooses among them, in the rules.
func selectors(t *testing.T) (all []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^ +expr: (.+)$`).FindAllStringSubmatch(sampleRules(t), -1) {
		all = append(all, regexp.MustCompile(`\b(?:up|meldklok_\w+)\b(?:\{[^}]*\})?`).FindAllString(m[1], -1)...)
	}
	return all
}

// TestEveryPanelAndRuleHasData: a real Prometheus that scrapes the running
// program answers every query of the dashboard with data, and every rule rests on
// series that are there: a rule about nothing never fires.
func TestEveryPanelAndRuleHasData(t *testing.T) {
	needsPrometheus(t)
	relay, relayURL := relayOnSocket(t)
	box, password := mailboxOnSocket(t)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer hook.Close()
	p, pages := serveHealthy(t, relayURL, "--mailbox", box+"INBOX", "--mailbox-secret-file", password,
		"--webhook", "json+"+hook.URL, "--webhook-secret-file", secretIn(t, signingKey+"\n"))
	prom := startPrometheus(t, pages)
	until(t, "a scrape", func() bool { return prom.value(`meldklok_findings{level="red"}`) == "0" })

	s := shell{t, p.dir}
	identity, recipient := s.backupKey()
	file := filepath.Join(p.dir, "backup.age")
	s.ok("", "backup", file, "--recipient", recipient)
	s.ok("", "backup", "test", file, "--identity", identity)
	s.ok(outOfOffice, "report")
	s.ok(report, "report")
	for query, title := range panels(t) {
		until(t, "data for "+title+": "+query, func() bool { return prom.series(query) > 0 })
	}
	relay.Script(func(string, int) mailertest.Fault { return mailertest.Fault{At: mailertest.AtDial} })
	s.ok(strings.Replace(report, "Subject:", "Subject: Nog een", 1), "report")
	list := selectors(t)
	if rules := strings.Count(sampleRules(t), "- alert:"); len(list) < rules {
		t.Errorf("%d series for %d rules", len(list), rules)
	}
	for _, selector := range list {
		until(t, "series for a rule: "+selector, func() bool { return prom.series(selector) > 0 })
	}
	if said := prom.get("/api/v1/rules"); strings.Contains(said, `"health":"err"`) || strings.Contains(said, `"health":"unknown"`) {
		t.Errorf("rules that cannot be worked out: %s", said)
	}
	p.stop()
}
