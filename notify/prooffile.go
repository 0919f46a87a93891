package notify

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// ProofMIME is the type of the file that [Proof] makes.
const ProofMIME = "text/html; charset=utf-8"

// Proof writes the proof of alert of one incident as a page to print or to hand
// to the AP when it asks why a notification was late (GDPR art. 33(1), last
// sentence): every alert with its recipient, the attempts, the mail server's
// reply, what came back and what was seen. The alerts are those of
// [incident.Service.Alerts]. Nothing in it is loaded from elsewhere, and nothing
// of a report is in it but the reasons for delay that were filed. Times are
// Dutch local time with their offset.
func Proof(lang string, inc *incident.Incident, alerts []incident.Proof, org *incident.Org, now time.Time) ([]byte, error) {
	w := proofWords{words{lang: locale.Pick(lang), now: now}, org}
	var b bytes.Buffer
	if err := proofPage().Execute(&b, w.proof(inc, alerts)); err != nil {
		return nil, fmt.Errorf("notify: the proof of %s: %w", inc.Ref, err)
	}
	return b.Bytes(), nil
}

// proofWords also knows who is who.
type proofWords struct {
	words
	org *incident.Org
}

// proof is the page before it is written out.
type proof struct {
	Lang, Title, Lead string
	About             []row
	Clocks, Filings   table
	AlertsTitle       string
	Totals            string // or that there are none
	Alerts            table
	TermsTitle        string
	Terms             []string
}

// table is a table with a heading.
type table struct {
	Title string
	Heads []string
	Rows  [][]cell
}

// cell holds what decides in its first line, and more in the others.
type cell struct {
	Lines []string
	Bad   bool // shown so that nobody overlooks it
}

func plain(lines ...string) cell {
	var c cell
	for _, l := range lines {
		if l != "" {
			c.Lines = append(c.Lines, l)
		}
	}
	return c
}

func (w proofWords) p(id string, args map[string]any) string { return w.t("proof."+id, args) }

// when writes an instant, or a dash.
func (w proofWords) when(t time.Time) string { return locale.When(w.lang, t) }

func (w proofWords) proof(inc *incident.Incident, alerts []incident.Proof) proof {
	p := proof{
		Lang: w.lang, Title: w.p("title", nil) + " " + inc.Ref.String(),
		Lead:   w.p("lead", map[string]any{"ref": inc.Ref, "at": w.now}),
		About:  w.about(inc),
		Clocks: w.clockTable(inc), Filings: w.filingTable(inc),
		AlertsTitle: w.p("alerts", nil), Totals: w.p("none", nil),
		TermsTitle: w.p("terms", nil),
	}
	if inc.Exercise {
		p.Lead = w.t("mail.drill.text", nil) + " " + p.Lead
	}
	if len(alerts) > 0 {
		p.Totals, p.Alerts = w.totals(alerts), w.alertTable(alerts)
	}
	for _, term := range []string{"accepted", "superseded", "failed", "cancelled", "time"} {
		p.Terms = append(p.Terms, w.p("term."+term, nil))
	}
	return p
}

func (w proofWords) about(inc *incident.Incident) []row {
	rows := []row{{Label: w.p("received", nil), Value: w.when(inc.Received)}}
	if w.org.Name != "" {
		rows = append([]row{{Label: w.p("organisation", nil), Value: w.org.Name}}, rows...)
	}
	if a := inc.Aware; a != nil {
		rows = append(rows, row{Label: w.p("aware", nil), Value: w.when(a.At)})
	}
	return append(rows,
		row{Label: w.p("seen", nil), Value: w.when(inc.SeenAt)},
		row{Label: w.p("entries", nil), Value: strconv.Itoa(int(inc.Entries))})
}

func (w proofWords) heads(ids ...string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = w.p(id, nil)
	}
	return out
}

func (w proofWords) clockTable(inc *incident.Incident) table {
	t := table{Title: w.p("clocks", nil), Heads: w.heads("duty", "start", "due", "version", "outcome", "ended")}
	for _, d := range inc.Duties {
		outcome := plain(w.outcome(d))
		outcome.Bad = d.Overdue(w.now)
		t.Rows = append(t.Rows, []cell{
			plain(locale.Duty(w.lang, "duty", d.ID())), plain(w.when(d.Clock.Start), locale.Word(w.lang, "clock", d.Clock.Basis)),
			plain(w.when(d.Clock.Due)), plain(strconv.Itoa(d.Clock.Version)), outcome, plain(w.when(d.EndedAt)),
		})
	}
	return t
}

func (w proofWords) filingTable(inc *incident.Incident) table {
	t := table{Title: w.p("filings", nil), Heads: w.heads("filed", "kind", "number", "delay")}
	for _, f := range inc.Filings {
		filed := plain(w.when(f.At))
		if f.Kind == incident.FilingInitial {
			filed.Lines = append(filed.Lines, w.lateness(f))
			filed.Bad = f.Late(f.Due) > 0
		}
		t.Rows = append(t.Rows, []cell{filed, plain(locale.Word(w.lang, "filing", f.Kind)), plain(f.Number), plain(f.Delay)})
	}
	return t
}

func (w proofWords) lateness(f incident.Filing) string {
	if by := f.Late(f.Due); by > 0 {
		return w.p("late", map[string]any{"span": by})
	}
	return w.p("in-time", nil)
}

// totals says in one line how many alerts there were and what became of them.
func (w proofWords) totals(alerts []incident.Proof) string {
	n := map[string]int{}
	for _, a := range alerts {
		switch {
		case a.State == incident.Kept:
			n["kept"]++
		case a.State.Reached():
			n["reached"]++
		case a.State.Lost():
			n["lost"]++
		case a.State.Final():
			n["dropped"]++
		default:
			n["under"]++
		}
	}
	text := w.p("totals", map[string]any{"all": len(alerts), "reached": n["reached"], "lost": n["lost"], "under": n["under"], "dropped": n["dropped"]})
	if kept := n["kept"]; kept > 0 {
		text += " " + w.p("kept", map[string]any{"n": kept})
	}
	return text
}

func (w proofWords) alertTable(alerts []incident.Proof) table {
	t := table{Heads: w.heads("n", "rung", "to", "queued", "state", "reply")}
	for i, a := range alerts {
		t.Rows = append(t.Rows, []cell{
			plain(strconv.Itoa(i + 1)), w.rung(a), w.recipient(a), plain(w.when(a.Queued)), w.state(a), w.reply(a),
		})
	}
	return t
}

func (w proofWords) rung(a incident.Proof) cell {
	c := plain(locale.Rung(w.lang, a.Rung), w.p("planned", nil)+": "+w.when(a.Due))
	if a.Duty != "" {
		c.Lines = append(c.Lines, locale.Word(w.lang, "duty-short", a.Duty))
	}
	if len(a.Missed) > 0 {
		c.Lines = append(c.Lines, w.p("missed", map[string]any{"list": w.rungs(a.Missed)}))
	}
	return c
}

// recipient names who was told; a reporter's name and address stay out.
func (w proofWords) recipient(a incident.Proof) cell {
	if a.Message == 0 {
		note := ""
		if locale.Has("proof.note." + a.Note) {
			note = w.p("note."+a.Note, nil)
		}
		return plain(w.p("nobody", nil), note)
	}
	if a.Person == "" {
		return plain(w.p("reporter", nil))
	}
	c := plain(w.who(a.Person)...)
	if a.Instead != "" {
		c.Lines = append(c.Lines, w.p("instead", map[string]any{"who": w.who(a.Instead)[0]}))
	}
	return c
}

// who returns the name and address of a person, and the roles.
func (w proofWords) who(id people.ID) []string {
	p, ok := w.org.People.Find(id)
	if !ok {
		return []string{w.p("gone", nil)}
	}
	roles := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = locale.Word(w.lang, "role", r)
	}
	lines := []string{p.Email, locale.List(w.lang, roles)}
	if p.Name != "" {
		lines = append([]string{p.Name}, lines...)
	}
	return lines
}

func (w proofWords) state(a incident.Proof) cell {
	c := plain(locale.Word(w.lang, "delivery", a.State))
	c.Bad = a.State.Lost()
	if !a.Ended.IsZero() {
		c.Lines = append(c.Lines, w.when(a.Ended))
	}
	if !a.Seen.IsZero() {
		c.Lines = append(c.Lines, w.p("person-seen", map[string]any{"at": a.Seen}))
	}
	return c
}

// reply shows what the server answered. An outcome that no server gave has its
// name for a reply, which would say the same twice.
func (w proofWords) reply(a incident.Proof) cell {
	reply := a.Reply
	if reply == string(a.State) {
		reply = ""
	}
	c := plain(reply, a.Relay)
	if a.Attempts > 0 {
		c.Lines = append(c.Lines, w.p("attempts", map[string]any{"n": a.Attempts}))
	}
	if a.MessageID != "" {
		c.Lines = append(c.Lines, w.p("message", nil)+": "+a.MessageID)
	}
	return c
}
