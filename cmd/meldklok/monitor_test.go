package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meldklok/notify/mailer/mailertest"
)

// relayOnSocket is a relay that another process can reach.
func relayOnSocket(t *testing.T) (relay *mailertest.Server, url string) {
	t.Helper()
	relay = mailertest.New()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = relay.Serve(l) }()
	t.Cleanup(relay.Close)
	return relay, "smtp://localhost:" + aPort(l.Addr().String())
}

// serveHealthy starts a service that health has nothing red to say about.
func serveHealthy(t *testing.T, relayURL string, more ...string) (p *program, pages string) {
	t.Helper()
	dir := t.TempDir()
	shell{t, dir}.ok("", "user", "add", "--email", "officer@example.org", "--role", "officer")
	pages = freeAddress(t)
	p = startProgram(t, dir, nil, nil, append([]string{"--listen", pages, "--mail-listen", "127.0.0.1:0", "--url", "https://meldklok.example.org",
		"--relay", relayURL, "--from", "privacy@example.org", "--recipient", "privacy@example.org"}, more...)...)
	p.said(`pages +http://(\S+)`)
	text := ""
	until(t, "the first audit", func() bool {
		text = fetch(t, "http://"+pages+"/metrics")
		return strings.Contains(text, "An error") || strings.Contains(text, `meldklok_findings{level=`) && !strings.Contains(text, `code="starting"`)
	})
	if !strings.Contains(text, `meldklok_findings{level="red"} 0`) {
		t.Fatalf("a service that should be well says:\n%s", regexp.MustCompile(`(?m)^(meldklok_finding.*|An error.*|\* .*)$`).FindAllString(text, -1))
	}
	return p, pages
}

// TestMetricsAreThere: every figure that a rule or the dashboard asks for is
// one that the program gives, and every gauge of the table is documented once.
func TestMetricsAreThere(t *testing.T) {
	_, url := relayOnSocket(t)
	p, pages := serveHealthy(t, url, "--metrics-listen", "127.0.0.1:0")
	text := fetch(t, "http://"+pages+"/metrics")
	if other := fetch(t, p.said(`metrics +(http://\S+)`)); !strings.Contains(other, "meldklok_relay_up") {
		t.Errorf("the address for metrics alone gives %q", other)
	}
	given := map[string]bool{}
	for _, row := range gaugeTable() {
		given[row.name] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)`).FindAllStringSubmatch(text, -1) {
		given[m[1]] = true
		if m[2] == "histogram" {
			given[m[1]+"_bucket"], given[m[1]+"_count"], given[m[1]+"_sum"] = true, true, true
		}
	}
	for _, what := range []string{"rules", "dashboard"} {
		asked := regexp.MustCompile(`\b(meldklok|process|go)_[a-z0-9_]+\b`).FindAllString(newShell(t).ok("", "deploy", what), -1)
		if len(asked) < 10 {
			t.Errorf("%s asks for %d figures only", what, len(asked))
		}
		for _, name := range asked {
			if !given[name] {
				t.Errorf("%s asks for %s, which nobody gives", what, name)
			}
		}
	}
	p.stop()
}

// TestDashboardIsWhole: Grafana reads the file, and no panel lies on another.
func TestDashboardIsWhole(t *testing.T) {
	raw, err := deployFiles.ReadFile(deployFile("dashboard"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d is empty", p.ID)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%q lies on %q, or beside the page", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// needsPrometheus skips where a real one is not wanted.
func needsPrometheus(t *testing.T) {
	t.Helper()
	if os.Getenv("MELDKLOK_REAL") != "1" {
		t.Skip("set MELDKLOK_REAL=1; needs Prometheus with promtool (Debian: prometheus)")
	}
	for _, name := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("MELDKLOK_REAL=1, but there is no %s in PATH", name)
		}
	}
}

// TestRealPrometheus: promtool finds nothing to say about names and rules; a
// real Prometheus scrapes the running program, loads the rules, and fires when
// the relay refuses connections and when the program is gone.
func TestRealPrometheus(t *testing.T) {
	needsPrometheus(t)
	relay, url := relayOnSocket(t)
	p, pages := serveHealthy(t, url)
	lint := exec.Command("promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(fetch(t, "http://"+pages+"/metrics"))
	if said, err := lint.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, said)
	}
	prom := startPrometheus(t, pages)
	until(t, "Prometheus to scrape the program", func() bool { return prom.value(`meldklok_findings{level="red"}`) == "0" })
	if n := strings.Count(prom.get("/api/v1/rules"), `"type":"alerting"`); n != strings.Count(sampleRules(t), "- alert:") {
		t.Errorf("Prometheus runs %d rules of the sample", n)
	}
	until(t, "silence while all is well", func() bool { return prom.firing() == "" }) // before the first scrape it says Absent
	relay.Script(func(string, int) mailertest.Fault { return mailertest.Fault{At: mailertest.AtDial} })
	shell{t, p.dir}.ok(report, "report")
	until(t, "MeldklokRelayDown and MeldklokRed", func() bool {
		firing := prom.firing()
		return strings.Contains(firing, "MeldklokRelayDown") && strings.Contains(firing, "MeldklokRed")
	})
	p.stop()
	until(t, "MeldklokDown", func() bool { return strings.Contains(prom.firing(), "MeldklokDown") })
}

// TestRulesFireInTime: promtool plays an hour to the sample rules, with the
// waiting times that they have.
func TestRulesFireInTime(t *testing.T) {
	needsPrometheus(t)
	if said, err := exec.Command("promtool", "test", "rules", "testdata/rules_test.yml").CombinedOutput(); err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, said)
	}
}

func sampleRules(t *testing.T) string {
	t.Helper()
	raw, err := deployFiles.ReadFile(deployFile("rules"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// watchman is a real Prometheus, in a process of its own.
type watchman struct {
	t    *testing.T
	base string
}

// startPrometheus watches the program with the sample rules. They are held as
// they are by promtool; here their waiting times are cut to a second.
func startPrometheus(t *testing.T, target string) watchman {
	t.Helper()
	dir, at := t.TempDir(), freeAddress(t)
	rules := sampleRules(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if said, err := exec.Command("promtool", "check", "rules", write("sample.yml", rules)).CombinedOutput(); err != nil {
		t.Fatalf("promtool check rules: %v\n%s", err, said)
	}
	write("rules.yml", regexp.MustCompile(`for: \d+[md]`).ReplaceAllString(rules, "for: 1s"))
	config := write("prometheus.yml", fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: meldklok
    static_configs: [{targets: ['%s']}]
`, target))
	var out output
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+at, "--log.level=warn")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	p := watchman{t, "http://" + at}
	until(t, "Prometheus to start", func() bool {
		resp, err := http.Get(p.base + "/-/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

func (p watchman) get(path string) string {
	p.t.Helper()
	resp, err := http.Get(p.base + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(raw)
}

// value returns the first value of a query, or nothing.
func (p watchman) value(query string) string {
	m := regexp.MustCompile(`"value":\[[0-9.]+,"([^"]+)"\]`).FindStringSubmatch(p.get("/api/v1/query?query=" + strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(query)))
	if m == nil {
		return ""
	}
	return m[1]
}

// firing lists the alerts that fire.
func (p watchman) firing() string {
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels map[string]string
				State  string
			}
		}
	}
	if err := json.Unmarshal([]byte(p.get("/api/v1/alerts")), &answer); err != nil {
		p.t.Fatal(err)
	}
	var names []string
	for _, a := range answer.Data.Alerts {
		if a.State == "firing" {
			names = append(names, a.Labels["alertname"])
		}
	}
	return strings.Join(names, " ")
}
