package register

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledongthuc/pdf"
	"github.com/xuri/excelize/v2"

	"meldklok/incident"
	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(s string) time.Time {
	t, err := incident.ParseWhen(s)
	if err != nil {
		panic(err)
	}
	return t
}

func count(n int) *int { return &n }

// sample is a register of five incidents that ended differently.
func sample() []*incident.Incident {
	officer := incident.ByPerson("p1")
	received := at("2026-03-02 09:15")
	clock := incident.Clock{Version: 1, Start: received, Due: received.Add(72 * time.Hour), Basis: incident.ClockPerson}
	facts := risk.Facts{
		Breach: []risk.Breach{risk.Confidentiality}, Incident: risk.EmailWrongRecipient, Access: risk.Seen, Data: []risk.Data{risk.Name, risk.BSN},
		Groups: []risk.Group{risk.Patients}, PeopleMin: count(3), PeopleMax: count(12), Mitigation: []risk.Mitigation{risk.DeletionConfirmed},
	}
	notified := &incident.Incident{
		Ref: incident.Ref{Year: 2026, Number: 1}, Title: "Lijst met patiënten naar verkeerd adres", Summary: "Een lijst ging naar een oud-medewerker.\nDe ontvanger belde zelf.",
		Received: received, Reports: []incident.Report{{N: 1, Channel: incident.ChannelForm}}, Facts: facts,
		Score:   &incident.Score{Severity: 2.5, Band: "medium", Notify: true},
		Duties:  []incident.Duty{{Kind: incident.DutyAP, Clock: clock, Outcome: incident.OutcomeMet, Reason: "filed", EndedAt: clock.Due.Add(5 * time.Hour), EndedBy: officer}},
		Filings: []incident.Filing{{Kind: incident.FilingInitial, Number: "DL-4711", At: clock.Due.Add(5 * time.Hour), Due: clock.Due, Delay: "Het onderzoek duurde langer."}},
		Entries: 9, LastAt: received.Add(100 * time.Hour),
	}
	waived := &incident.Incident{
		Ref: incident.Ref{Year: 2026, Number: 2}, Title: "=HYPERLINK(\"https://evil.example\";\"klik\")", Summary: "+31 6 12345678 belde", Received: received.Add(48 * time.Hour),
		Duties:    []incident.Duty{{Kind: incident.DutyAP, Clock: clock, Outcome: incident.OutcomeWaived, Reason: "unlikely-risk", EndedAt: received.Add(50 * time.Hour), EndedBy: officer}},
		Decisions: []incident.Decided{{Decision: incident.DecideWaive, Duty: incident.DutyAP, Code: "unlikely-risk", Reasons: "De brief kwam ongeopend terug."}},
		Closed:    true,
	}
	open := &incident.Incident{
		Ref: incident.Ref{Year: 2026, Number: 3}, Received: received.Add(72 * time.Hour),
		Duties: []incident.Duty{{Kind: incident.DutyAP, Clock: clock, Outcome: incident.OutcomeOpen}},
	}
	none := &incident.Incident{
		Ref: incident.Ref{Year: 2025, Number: 7}, Title: "Server even uit", Received: at("2025-12-31 23:30"),
		Duties:    []incident.Duty{{Kind: incident.DutyAP, Clock: clock, Outcome: incident.OutcomeNotDue, Reason: "not-a-breach", EndedAt: received}},
		Decisions: []incident.Decided{{Decision: incident.DecideNotABreach, Reasons: "Er stonden geen persoonsgegevens op."}},
	}
	imported := &incident.Incident{
		Ref: incident.Ref{Year: 2019, Number: 1}, Title: "USB-stick verloren", Received: at("2019-04-01 00:00"), Closed: true,
		Imported: &incident.Imported{OwnReference: "2019/14", Effects: "Geen bekend.", Measures: "Sticks zijn nu versleuteld.", Closed: true, DaysOnly: true},
		Filings:  []incident.Filing{{Kind: incident.FilingInitial, Number: "190402-1", At: at("2019-04-02 00:00"), Due: at("2019-04-04 23:59")}},
	}
	return []*incident.Incident{open, waived, notified, none, imported}
}

func rowsOf(t testing.TB) []*Row {
	t.Helper()
	var rows []*Row
	for _, inc := range sample() {
		r := RowOf(inc, func(a incident.Actor) string {
			if a == incident.ByPerson("p1") {
				return "Anna Prins"
			}
			return ""
		}, at("2026-03-06 12:00"))
		rows = append(rows, &r)
	}
	return rows
}

func fileOf(t testing.TB, format, lang string, rows []*Row) []byte {
	t.Helper()
	var out bytes.Buffer
	about := About{Organisation: "Ziekenhuis Zuid", Made: at("2026-03-06 12:00"), Head: incident.Head{Seq: 42, Hash: [32]byte{0xab}}}
	w, err := NewWriter(format, &out, NewWords(lang), about)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(Outside{NoReport: 3, Drills: 1}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as it was; look at the difference, then -update", name)
		_ = os.WriteFile(filepath.Join(os.TempDir(), name), got, 0o600)
	}
}

func TestGoldenTables(t *testing.T) {
	for _, lang := range locale.Languages() {
		golden(t, "register."+lang+".csv", fileOf(t, "csv", lang, rowsOf(t)))
	}
	golden(t, "register.json", fileOf(t, "json", "nl", rowsOf(t)))
}

// TestEveryColumnHasAName: no heading shows its identifier.
func TestEveryColumnHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Columns() {
		if !locale.Has("register.column." + c.ID) {
			t.Errorf("column %s has no name", c.ID)
		}
		if seen[c.ID] {
			t.Errorf("column %s stands twice", c.ID)
		}
		seen[c.ID] = true
	}
	for _, b := range blocks() {
		if !locale.Has("register.block." + b.id) {
			t.Errorf("block %s has no name", b.id)
		}
		for _, id := range append(b.plain, b.named...) {
			if !seen[id] {
				t.Errorf("block %s shows %s, which is no column", b.id, id)
			}
		}
	}
}

// TestNothingRuns: what a cell begins with decides whether a spreadsheet
// computes it.
func TestNothingRuns(t *testing.T) {
	for _, row := range []struct{ why, in, want string }{
		{"a formula", "=1+1", "'=1+1"},
		{"a phone number", "+31 6", "'+31 6"},
		{"a dash", "-niet", "'-niet"},
		{"the old sign of a formula", "@SUM(A1)", "'@SUM(A1)"},
		{"a tab before a formula", "\t=1", "'\t=1"},
		{"a line end before a formula", "\r=1", "'\r=1"},
		{"a new line before a formula", "\n=1", "'\n=1"},
		{"spaces before a formula", "  =1", "'  =1"},
		{"a full-width sign", "＝1", "'＝1"},
		{"an ordinary text", "Lijst = kwijt", "Lijst = kwijt"},
		{"nothing", "", ""},
		{"one letter", "é", "é"},
	} {
		if got := harmless(row.in); got != row.want {
			t.Errorf("%s: %q", row.why, got)
		}
	}
	raw := fileOf(t, "csv", "nl", rowsOf(t))
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte(byteOrderMark))))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("the cell %q would run", cell)
			}
		}
	}
}

// TestSpreadsheet reads the file back as another program does.
func TestSpreadsheet(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(fileOf(t, "xlsx", "nl", rowsOf(t))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Register")
	if err != nil || len(rows) != 6 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	column := map[string]int{}
	for i, h := range rows[0] {
		column[h] = i
	}
	title, _ := excelize.CoordinatesToCellName(column["Titel"]+1, 3)
	text, _ := f.GetCellValue("Register", title)
	formula, _ := f.GetCellFormula("Register", title)
	kind, _ := f.GetCellType("Register", title)
	if !strings.HasPrefix(text, "=HYPERLINK") || formula != "" || kind != excelize.CellTypeInlineString {
		t.Errorf("the cell %s holds %q, formula %q, type %v", title, text, formula, kind)
	}
	received, _ := excelize.CoordinatesToCellName(column["Melding ontvangen"]+1, 4)
	if got, _ := f.GetCellValue("Register", received); got != "2026-03-02 09:15" {
		t.Errorf("received reads %q", got)
	}
	raw, _ := f.GetCellValue("Register", received, excelize.Options{RawCellValue: true})
	if !strings.HasPrefix(raw, "46083.385") {
		t.Errorf("received is stored as %q, not as a date", raw)
	}
	about, err := f.GetRows("Verantwoording")
	if err != nil || !strings.Contains(fmt.Sprint(about), "42:ab00") {
		t.Errorf("about: %v (%v)", about, err)
	}
}

// TestALargeSheetStaysInMemory: the library would put it into a temporary file.
func TestALargeSheetStaysInMemory(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	w, err := newXLSX(&bytes.Buffer{}, NewWords("nl"), About{})
	if err != nil {
		t.Fatal(err)
	}
	long := *rowsOf(t)[2]
	long.Summary = strings.Repeat(`<&"`+"\n", 8000)
	for range 600 {
		if err := w.Row(&long); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("%d files were left in the folder for temporary ones (%v)", len(left), err)
	}
	if w.sheets < 2 {
		t.Error("one sheet: the test no longer reaches the bound")
	}
	if err := w.Close(Outside{}); err != nil {
		t.Fatal(err)
	}
}

func TestFilter(t *testing.T) {
	w := NewWords("nl")
	for _, row := range []struct {
		why  string
		f    func(f *Filter)
		want string
	}{
		{"everything", func(*Filter) {}, "2026-0003 2026-0002 2026-0001 2025-0007 2019-0001"},
		{"a year is one of Amsterdam", func(f *Filter) { f.Year(2025) }, "2025-0007"},
		{"notified", func(f *Filter) { f.Outcome = incident.OutcomeMet }, "2026-0001 2019-0001"},
		{"late: filed late, and open and overdue", func(f *Filter) { f.Late = "yes" }, "2026-0003 2026-0001"},
		{"not late", func(f *Filter) { f.Late = "no" }, "2026-0002 2025-0007 2019-0001"},
		{"closed", func(f *Filter) { f.Status = incident.StatusClosed }, "2026-0002 2019-0001"},
		{"proposed to notify", func(f *Filter) { f.Verdict = "notify" }, "2026-0001"},
		{"words in any column, in any order", func(f *Filter) { f.Query = "patiënten verkeerde anna" }, "2026-0001"},
		{"an own number", func(f *Filter) { f.Query = "2019/14" }, "2019-0001"},
		{"a word that is nowhere", func(f *Filter) { f.Query = "patiënten zeppelin" }, ""},
	} {
		var f Filter
		row.f(&f)
		var got []string
		for _, r := range rowsOf(t) {
			if f.Match(w, r) {
				got = append(got, r.Reference.String())
			}
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %v, want %s", row.why, got, row.want)
		}
	}
}

func TestSort(t *testing.T) {
	w := NewWords("nl")
	for _, row := range []struct {
		column string
		down   bool
		want   string
	}{
		{"received", false, "2019-0001 2025-0007 2026-0001 2026-0002 2026-0003"},
		{"received", true, "2026-0003 2026-0002 2026-0001 2025-0007 2019-0001"},
		{"late", true, "2026-0003 2026-0001 2026-0002 2025-0007 2019-0001"},
		{"people", false, "2026-0001 2026-0003 2026-0002 2025-0007 2019-0001"},
		{"no-such", false, "2026-0003 2026-0002 2026-0001 2025-0007 2019-0001"},
	} {
		rows := rowsOf(t)
		if c, ok := FindColumn(row.column); ok {
			slices.SortStableFunc(rows, func(x, y *Row) int { return compareCells(c.Cell(w, x), c.Cell(w, y), row.down) })
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.Reference.String())
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s down %v: %v", row.column, row.down, got)
		}
	}
}

// TestOutside: what counts for nothing is not in the register.
func TestOutside(t *testing.T) {
	var o Outside
	for _, inc := range []*incident.Incident{
		{Exercise: true}, {History: true}, {Decisions: []incident.Decided{{Decision: incident.DecideNoReport}}},
	} {
		if InRegister(inc) {
			t.Errorf("%s is in the register", inc.Status())
		}
		o.Add(inc.Status())
	}
	if o != (Outside{1, 1, 1}) {
		t.Errorf("outside: %+v", o)
	}
}

func TestYears(t *testing.T) {
	years := Years{}
	for _, r := range rowsOf(t) {
		years.Add(r)
	}
	merged := *rowsOf(t)[0]
	merged.MergedInto = incident.Ref{Year: 2026, Number: 1}
	years.Add(&merged)
	all := years.Sorted()
	if len(all) != 3 || all[0].Year != 2026 || all[2].Year != 2019 {
		t.Fatalf("years: %+v", all)
	}
	y := all[0]
	if y.Incidents != 3 || y.Notified != 1 || y.NotNeeded != 1 || y.Open != 1 || y.Late != 2 || y.People["11-100"] != 1 || y.People["unknown"] != 2 || y.Causes["email_wrong_recipient"] != 1 {
		t.Errorf("2026: %+v", y)
	}
	if all[1].Breaches != 0 || all[1].Incidents != 1 {
		t.Errorf("2025: %+v", all[1])
	}
	for _, lang := range locale.Languages() {
		var out bytes.Buffer
		if err := WriteYears("csv", &out, NewWords(lang), all); err != nil {
			t.Fatal(err)
		}
		golden(t, "years."+lang+".csv", out.Bytes())
	}
	var out bytes.Buffer
	if err := WriteYears("json", &out, NewWords("nl"), all); err != nil || !json.Valid(out.Bytes()) {
		t.Errorf("json: %v", err)
	}
	if err := WriteYears("pdf", &out, NewWords("nl"), all); err == nil {
		t.Error("figures as PDF are not refused")
	}
}

// TestPaper looks at the text of the PDF as a reader of PDF finds it.
func TestPaper(t *testing.T) {
	rows := rowsOf(t)
	for range 5 {
		rows = append(rows, rowsOf(t)...)
	}
	for _, lang := range locale.Languages() {
		golden(t, "register."+lang+".pdf.txt", paperText(t, fileOf(t, "pdf", lang, rowsOf(t))))
	}
	strange := *rows[0]
	strange.Title, strange.Summary = "😀 漢字 \x00\x07 ﷽", strings.Repeat("onbreekbaar", 200)
	rows = append(rows, &strange)
	for _, lang := range locale.Languages() {
		raw := fileOf(t, "pdf", lang, rows)
		text := string(paperText(t, raw))
		pages, last := strings.Count(text, "== "), NewWords(lang)
		if foot := last.t("paper-page", map[string]any{"page": pages, "all": pages}); pages < 3 || !strings.Contains(text, foot) || strings.Count(text, "onbreekbaaronbreekbaar") < 40 {
			t.Errorf("%s: %d pages, or a text is not whole:\n%s", lang, pages, text)
		}
		if out := os.Getenv("MELDKLOK_PAPER"); out != "" {
			_ = os.WriteFile(filepath.Join(out, "register."+lang+".pdf"), raw, 0o600)
		}
	}
}

// paperText is what a reader of PDF finds, page by page and piece by piece.
func paperText(t *testing.T, raw []byte) []byte {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for n := 1; n <= r.NumPage(); n++ {
		fmt.Fprintf(&out, "== %d\n", n)
		rows, err := r.Page(n).GetTextByRow()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, piece := range row.Content {
				if text := strings.TrimSpace(piece.S); text != "" {
					out.WriteString(text + "\n")
				}
			}
		}
	}
	return out.Bytes()
}
