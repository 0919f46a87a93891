package notify

import (
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// words holds what every text needs to know of its reader and its moment.
type words struct {
	lang     string
	now      time.Time
	oversees bool // the reader sees no case, and does not notify: management
}

func wordsFor(p people.Person, now time.Time) words {
	reads := p.Has(people.Officer, people.Deputy, people.FG, people.Auditor)
	return words{lang: locale.Pick(p.Lang), now: now, oversees: p.Has(people.Management) && !reads}
}

func (w words) t(id string, args map[string]any) string { return locale.T(w.lang, id, args) }

func (w words) row(label, value string) row {
	return row{Label: w.t("mail.label."+label, nil), Value: value}
}

func (w words) strong(label, value string) row {
	r := w.row(label, value)
	r.Strong = true
	return r
}

func (w words) linkTo(address string) row { return w.row("link", address) }

// close adds what stands under every mail: what it is, and the head of the
// chain. Only about one incident a reply finds its way.
func (w words) close(l *letter, single bool, head incident.Head) {
	footer := "mail.footer"
	if !single {
		footer = "mail.footer.many"
	}
	l.Footer, l.Head = []string{w.t(footer, nil)}, w.headLine(head)
}

// markDrill says of a drill that it is one, before anything else.
func (w words) markDrill(l *letter, lines []line) {
	drills := 0
	for i, x := range lines {
		if x.inc.Exercise {
			l.Blocks[i].Title = w.t("mail.drill.title", nil)
			drills++
		}
	}
	if drills == len(lines) {
		l.Subject = w.t("mail.drill.subject", map[string]any{"subject": l.Subject})
		l.Intro = append([]string{w.t("mail.drill.text", nil)}, l.Intro...)
	}
}

// subject decides: which incident, how long, what is asked.
func (w words) subject(lines []line) string {
	if len(lines) == 1 {
		l := lines[0]
		return w.t("mail.subject.alert", map[string]any{"ref": l.inc.Ref, "left": w.left(l.duty.Left(w.now)), "ask": w.ask(l)})
	}
	return w.t("mail.subject.alerts", map[string]any{"n": incidents(lines), "left": w.left(nearest(lines).Sub(w.now))})
}

// tone follows the nearest deadline.
func (w words) tone(lines []line) tone {
	switch left := nearest(lines).Sub(w.now); {
	case left <= time.Hour:
		return late
	case left <= 24*time.Hour:
		return urgent
	}
	return calm
}

// left writes the time left; around the deadline itself it says so.
func (w words) left(left time.Duration) string {
	if left.Abs() < time.Minute {
		return w.t("mail.now", nil)
	}
	return locale.Left(w.lang, left)
}

func (w words) intro(lines []line) string {
	id := "mail.intro.alerts"
	if len(lines) == 1 {
		id = "mail.intro.alert"
		if d := lines[0].duty; d.Overdue(w.now) {
			id = "mail.intro.overdue" + suffix(d)
		} else if lines[0].rung == rungMoved {
			id = "mail.intro.moved"
		}
	}
	text := w.t(id, nil)
	for _, l := range lines {
		if l.handover != "" {
			return text + " " + w.t("mail.intro.handover", nil)
		}
	}
	return text
}

// suffix tells sentences about a deadline apart by whose it is: of the law
// for a breach (GDPR art. 33(1)) or a request (12(3)), of a contract, agreed on for a measure, or a target of the
// organisation's own.
func suffix(d incident.Duty) string {
	switch {
	case d.Kind == incident.DutyAP:
		return ""
	case d.Kind == incident.DutyRequest:
		return "-request"
	case d.Kind == incident.DutyMeasure:
		return "-measure"
	case d.Rule == incident.ContractRule:
		return "-contract"
	}
	return "-target"
}

// alert writes one incident of an alert mail.
func (w words) alert(l line) block {
	rows := []row{
		w.row("incident", l.inc.Ref.String()),
		w.row("duty", locale.Duty(w.lang, "duty", l.duty.ID())),
		w.strong("due"+suffix(l.duty), locale.When(w.lang, l.duty.Clock.Due)),
		w.row("left", w.t("mail.as-at", map[string]any{"left": w.left(l.duty.Left(w.now)), "at": w.now})),
		w.strong("ask", w.ask(l)),
	}
	if len(l.missed) > 0 {
		rows = append(rows, w.row("missed", locale.List(w.lang, w.rungs(l.missed))))
	}
	return block{Rows: rows}
}

func (w words) rungs(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = locale.Rung(w.lang, n)
	}
	return out
}

// ask says what is asked: it depends on the duty, on whether somebody has
// looked, on the deadline, and on who is asked.
func (w words) ask(l line) string {
	switch overdue := l.duty.Overdue(w.now); {
	case l.duty.Kind != incident.DutyAP:
		return w.t("mail.ask."+string(l.duty.Kind), nil)
	case w.oversees && overdue:
		return w.t("mail.ask.oversee-late", nil)
	case w.oversees:
		return w.t("mail.ask.oversee", nil)
	case overdue:
		return w.t("mail.ask.ap-late", nil)
	case l.inc.Aware == nil && l.duty.Left(w.now) > 36*time.Hour:
		return w.t("mail.ask.look", nil)
	}
	return w.t("mail.ask.ap", nil)
}

func (w words) outcome(d incident.Duty) string {
	text := locale.Word(w.lang, "outcome", d.Outcome)
	if d.Reason != "" && locale.Has("reason."+d.Reason) {
		text += " (" + locale.Word(w.lang, "reason", d.Reason) + ")"
	}
	return text
}
