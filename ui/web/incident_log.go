package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// reportView is one report with its text, read from the raw bytes.
type reportView struct {
	incident.Report
	From    incident.ReportPrivate // as put right
	Phone   string
	Reading incident.Reading
	Cut     bool // the text is longer than a page shows
	Gone    bool // destroyed, or not to be read
	Frozen  bool // kept and not used (GDPR art. 18)
	Form    *incident.Form
	Finds   []findView

	Corrections []correctionView // of what is known of its writer, newest first
	Checked     bool             // what is known of the quoted sender was put right
}

// shownText is how many bytes of a report's text a page shows, and shownReports
// of how many reports.
const (
	shownText    = 20_000
	shownReports = 20
)

func (p *Pages) reports(ctx context.Context, page *View, d incidentData, entries []incident.Entry) (views []reportView, err error) {
	writers := incident.Writers(entries)
	frozen := errors.As(p.cfg.Service.Usable(ctx, d.Inc.Ref), new(*incident.Refusal))
	for i, r := range d.Inc.Reports {
		v := reportView{Report: r, Frozen: frozen}
		if i < shownReports && !frozen {
			if v.Form, v.Reading, err = p.readAgain(ctx, d.Inc, r); err != nil {
				v.Gone = true
			}
			v.Finds = finds(page, v.Reading)
		}
		if len(v.Reading.Text) > shownText {
			v.Reading.Text, v.Cut = strings.ToValidUTF8(v.Reading.Text[:shownText], ""), true
		}
		if w := writers[r.N]; w != nil {
			v.by(page, w, d.people)
		}
		views = append(views, v)
	}
	return views, nil
}

// by says who wrote a report, as put right.
func (r *reportView) by(page *View, w *incident.Writer, all people.Directory) {
	said := ""
	if r.Form != nil {
		said = r.Form.Phone
	}
	r.From, r.Phone = w.ReportPrivate, w.PhoneOr(said)
	r.Corrections = page.corrections(w, all, said)
	r.Checked = slices.ContainsFunc(r.Corrections, func(c correctionView) bool { return c.Quoted })
}

// readAgain reads a report from its raw bytes; those of a form hold more than a
// mail does.
func (p *Pages) readAgain(ctx context.Context, inc *incident.Incident, r incident.Report) (*incident.Form, incident.Reading, error) {
	if err := p.cfg.Service.Usable(ctx, inc.Ref); err != nil {
		return nil, incident.Reading{}, err
	}
	switch r.Channel {
	case incident.ChannelForm, incident.ChannelPhone, incident.ChannelAPI, incident.ChannelImport:
	default:
		reading, err := p.cfg.Service.Reading(ctx, inc, r.N)
		return nil, reading, err
	}
	body, err := p.cfg.Service.Raw(ctx, r.Item)
	if err != nil {
		return nil, incident.Reading{}, err
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, incident.Reading{}, fmt.Errorf("web: form: %w", err)
	}
	form, reading := incident.ReadForm(raw, r.Received)
	return &form, reading, nil
}

// alertView is one rung for one recipient, and how its message stands.
type alertView struct {
	Rung    string
	Duty    incident.DutyID
	Due     time.Time
	At      time.Time
	Who     string
	State   incident.DeliveryState
	Reply   string
	Note    string
	Message uint64
	Missed  []string
}

// alerts lists who was alerted, newest first: the proof of alert.
func (p *Pages) alerts(ctx context.Context, d incidentData, entries []incident.Entry) (views []alertView) {
	last := map[uint64]*incident.Delivery{}
	for _, e := range entries {
		if b, ok := e.Body.(*incident.Delivery); ok {
			last[b.Message] = b
		}
	}
	for i := len(entries) - 1; i >= 0; i-- {
		b, ok := entries[i].Body.(*incident.Alerted)
		if !ok {
			continue
		}
		if len(b.To) == 0 {
			views = append(views, alertView{Rung: b.Rung, Duty: b.Duty, Due: b.Due, At: entries[i].At, Note: b.Note})
		}
		for _, to := range b.To {
			v := alertView{Rung: b.Rung, Duty: b.Duty, Due: b.Due, At: entries[i].At, Message: to.Message, Missed: b.Missed, Who: nameOf(d.people, to.Person)}
			if v.State = incident.Queued; d.Past == nil || last[to.Message] != nil {
				v.State, v.Reply = p.stateOf(ctx, last[to.Message], to.Message)
			}
			views = append(views, v)
		}
	}
	return views
}

// stateOf says how a message stands: as the log last said, or as the outbox does.
func (p *Pages) stateOf(ctx context.Context, last *incident.Delivery, id uint64) (incident.DeliveryState, string) {
	if last != nil {
		return last.State, answered(last.State, last.Reply)
	}
	m, _, err := p.cfg.Service.Mail(ctx, id)
	if err != nil {
		return incident.Queued, ""
	}
	return m.State, answered(m.State, m.Reply)
}

// answered is what a server said about a mail; a folder says nothing, and the
// state already says that the mail was kept.
func answered(state incident.DeliveryState, reply string) string {
	if state == incident.Kept {
		return ""
	}
	return reply
}

// nameOf is how a person is called on a page; empty for somebody outside.
func nameOf(all people.Directory, id people.ID) string {
	if id == "" {
		return ""
	}
	p, ok := all.Find(id)
	switch {
	case !ok:
		return string(id)
	case p.Name != "":
		return p.Name
	}
	return p.Email
}

// logLine is one entry in words.
type logLine struct {
	N         uint32 // place in the log
	At        time.Time
	Who, What string
	Detail    []string
	Quiet     bool // of the machinery: shown smaller
	Machine   bool // about mail and alerts: several in a row fold into one
	Folded    []logLine
}

// logOf writes the log, newest first, without the links to cases that are hidden
// from the reader.
func logOf(v *View, all people.Directory, entries []incident.Entry) (lines []logLine) {
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		if b, ok := e.Body.(*incident.Linked); ok && v.hidden[b.To] {
			continue
		}
		_, quiet := e.Body.(*incident.Delivery)
		_, alerted := e.Body.(*incident.Alerted)
		lines = append(lines, logLine{
			N:  e.N,
			At: e.At, Who: actorName(v, all, e.By), What: v.Word("kind", e.Body.Kind()), Detail: detailOf(v, all, e.Body),
			Quiet: quiet, Machine: quiet || alerted,
		})
	}
	return lines
}

func actorName(v *View, all people.Directory, by incident.Actor) string {
	if id, ok := by.Person(); ok {
		return nameOf(all, id)
	}
	if name, ok := by.Token(); ok {
		return name
	}
	return v.Word("actor", by)
}

// detailOf says what an entry adds to its kind, line by line.
func detailOf(v *View, all people.Directory, body incident.Body) []string {
	var lines []string
	say := func(parts ...string) {
		for _, s := range parts {
			if strings.TrimSpace(s) != "" {
				lines = append(lines, s)
			}
		}
	}
	switch b := body.(type) {
	case *incident.Reported:
		say(v.T("log.reported", "n", b.Report, "channel", v.Word("channel", b.Channel), "received", b.Received))
	case *incident.DutyOpened:
		say(v.T("log.duty", "duty", v.Duty("duty", b.Duty), "due", b.Clock.Due), v.Word("clock", b.Clock.Basis))
	case *incident.ClockSet:
		say(v.T("log.clock", "start", b.Clock.Start, "due", b.Clock.Due), v.Word("clock", b.Clock.Basis), b.Reason)
	case *incident.Assessed:
		say(v.T("log.assessed", "verdict", v.Word("verdict", b.Score.Verdict()), "band", v.Word("band", b.Score.Band)))
		if b.Machine {
			say(v.T("log.by-machine"))
		}
	case *incident.Described:
		say(b.Title, b.Summary)
	case *incident.Decided:
		say(decidedLine(v, b), codeWord(v, b), b.Reasons)
		if b.Advice > 0 {
			say(v.T("advice.ignored", "n", b.Advice), b.Against)
		}
	case *incident.Filed:
		say(v.T("log.filed", "kind", v.Word("filing", b.Filing.Kind), "number", b.Filing.Number, "at", b.Filing.At), b.Filing.Filer, b.Filing.Delay, b.Filing.WhyEarlier)
		if b.Filing.Advice > 0 {
			say(v.T("advice.ignored", "n", b.Filing.Advice), b.Filing.Against)
		}
	case *incident.Asked:
		say(b.Private.Text)
	case *incident.Answered:
		say(v.T("log.answered", "form", v.Word("form", b.Form), "question", b.Question), b.Text)
	case *incident.Drafted:
		say(v.T("log.drafted", "letter", v.Word("letter", b.Letter), "lang", v.Word("lang", b.Lang)), b.Private.Subject)
	case *incident.Advised:
		say(v.T("advice.n", "n", b.Advice)+": "+v.Word("lean", b.Lean), b.Text)
	case *incident.Linked:
		say(v.T(either(b.Undone, "links.undone", "links.with"), "ref", b.To.String()), b.Reason)
	case *incident.AnswerJoined:
		say(v.T("log.answer-joined", "ref", b.Into.String(), "n", b.Report))
	case *incident.Restricted:
		say(restrictedLine(v, all, b), b.Reasons)
	case *incident.MergedFrom:
		say(b.From.String())
	case *incident.Corrected:
		say(v.T("log.corrected", "n", b.Report)+" "+v.details(b.Whose, b.Details), v.onRequest(b.Request), b.Private.Reasons)
	case *incident.RequestStep:
		say(v.onRequest(b.Request))
		say(v.steps(b)...)
	case *incident.Destroyed:
		say(v.T("log.destroyed", "parts", v.Parts(b.Parts), "n", len(b.Reports), "under", v.Under(b.Under)), v.onRequest(b.Request), b.Reasons)
	case *incident.Braked:
		say(v.Braked(b), v.onRequest(b.Request), b.Reasons)
	case *incident.Requested:
		say(v.T("log.requested", "right", v.Right(b.Right)))
	case *incident.Alerted:
		say(v.T("log.alerted", "rung", v.Rung(b.Rung), "who", alertedNames(v, all, b.To)))
	default:
		say(dutyDetail(v, all, body)...)
	case *incident.Delivery:
		say(v.T("log.delivery", "rung", v.Rung(b.Rung), "state", v.Word("delivery", b.State)), answered(b.State, b.Reply))
	}
	return lines
}

func decidedLine(v *View, b *incident.Decided) string {
	line := v.Word("decision", b.Decision)
	if b.Duty != "" && b.Duty != incident.DutyAP {
		line += " (" + v.Duty("duty-short", b.Duty) + ")"
	}
	if !b.Into.IsZero() {
		line += ": " + b.Into.String()
	}
	return line
}

// codeWord says a decision's reason code in words, whichever group it is from.
func codeWord(v *View, b *incident.Decided) string {
	for _, group := range []string{"not-due", "no-report", "reason"} {
		if id := group + "." + b.Code; locale.Has(id) {
			return v.T(id)
		}
	}
	return b.Code
}

func alertedNames(v *View, all people.Directory, to []incident.Told) string {
	if len(to) == 0 {
		return v.T("log.nobody")
	}
	names := make([]string, len(to))
	for i, t := range to {
		if names[i] = nameOf(all, t.Person); names[i] == "" {
			names[i] = v.T("actor.reporter")
		}
	}
	return locale.List(v.Lang, names)
}
