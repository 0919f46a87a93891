package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/incident/risk"
)

// incidentData is one case.
type incidentData struct {
	Inc      *incident.Incident
	Headline string
	Next     next
	Turn     []string // whose turn it is
	Clocks   []clockView
	Readings *incident.Readings // how else the AP's period could be counted
	Reports  []reportView
	Files    []fileView // added by people of ours
	Measures []measureView
	Talk     []turnView // questions to reporters, and their answers
	Score    *scoreView
	Facts    []factView
	Alerts   []alertView
	Log      []logLine

	Past       *past       // nil: as it is known now
	Judgements []judgement // decisions and advice side by side
	Links      []linkView  // related cases that the reader may see
	Steps      []string    // what was done for a request so far
	Gathering  time.Time   // when the first alert goes, which waits for others; zero: none does
	Decides    bool        // the reader may decide
	Looks      bool        // the reader may press «seen»

	actions []string
	people  people.Directory
}

// Offers reports whether the action makes sense now and the reader may do it.
func (d incidentData) Offers(action string) bool {
	return d.Decides && slices.Contains(d.actions, action)
}

// TellDuties lists the open duties to tell somebody other than the AP.
func (d incidentData) TellDuties() []incident.DutyKind {
	return slices.DeleteFunc(d.Inc.Undecided(), func(k incident.DutyKind) bool {
		return k != incident.DutyPeople && k != incident.DutyController
	})
}

// FilingKinds lists what can be filed now.
func (d incidentData) FilingKinds() []incident.FilingKind {
	if _, filed := d.Inc.FirstFiling(); filed {
		return []incident.FilingKind{incident.FilingFollowUp, incident.FilingWithdrawal}
	}
	return []incident.FilingKind{incident.FilingInitial}
}

// NotDueCodes and NoReportCodes list reason codes.
func (d incidentData) NotDueCodes() []string   { return incident.DoesNotApplyCodes() }
func (d incidentData) NoReportCodes() []string { return incident.NoReportCodes() }

// actionsFor lists what can be done to an incident in its present state. It only
// saves people a refusal; the domain decides.
func actionsFor(inc *incident.Incident) []string {
	if !inc.Into.IsZero() {
		return []string{"reopen", either(inc.Restriction == nil, "restrict", "unrestrict")}
	}
	_, filed := inc.FirstFiling()
	ap := inc.Duty(incident.DutyAP)
	apOpen := ap != nil && ap.Open()
	actions := []string{"describe", "assess"}
	add := func(when bool, names ...string) {
		if when {
			actions = append(actions, names...)
		}
	}
	add(inc.CanAsk(), "ask")
	add(ap != nil, "confirm")
	add(apOpen, "notify", "does-not-apply")
	add((apOpen || (filed && !inc.Closed)) && !inc.Exercise, "file")
	add(inc.Exercise && inc.AnyOpen(), "drill-done")
	add(len(inc.Undecided()) > 0 || slices.Contains(inc.Wants(), incident.WantTelling), "waive")
	add(apOpen && !filed, "not-a-breach", "merge")
	add(!filed && !inc.Is(incident.DecideNoReport), "no-report")
	add(true, dutyActions(inc)...)
	add(true, forgetActions(inc)...)
	add(true, "restrict", "link")
	add(inc.Restriction != nil, "unrestrict")
	add(inc.Closed || slices.ContainsFunc(inc.Duties, func(d incident.Duty) bool { return d.Outcome.Ended() }), "reopen")
	return actions
}

func (p *Pages) incident(c echo.Context) error {
	v, err := p.incidentView(c)
	if err != nil {
		return err
	}
	p.saw(c.Request().Context(), v.Me, v.Data.(incidentData).Inc)
	return p.render(c, http.StatusOK, v)
}

// incidentView gathers what the page of an incident shows.
func (p *Pages) incidentView(c echo.Context) (*View, error) {
	ref, err := ref(c)
	if err != nil {
		return nil, err
	}
	ctx, now := c.Request().Context(), p.now()
	v := p.view(c, "incident", nil)
	d := incidentData{Looks: lookers().Admits(v.Me)}
	if d.Decides, err = p.Admits(ctx, deciders(), v.Me); err != nil {
		return nil, err
	}
	var entries []incident.Entry
	if d.Inc, entries, d.people, err = p.load(ctx, ref); err != nil {
		return nil, err
	}
	then, was, err := asOf(c.QueryParam("at"), entries, now)
	if err != nil {
		if _, err = v.refused("past", url.Values{"at": {c.QueryParam("at")}}, err); err != nil {
			return nil, err
		}
	}
	if d.Past = then; d.Past != nil {
		d.Inc, entries, now, v.Now = was, entries[:then.Entry], then.At, then.At
		d.Decides, d.Looks = false, false
	}
	d.Headline, d.Next, d.actions = headline(d.Inc, entries), nextFor(d.Inc, now), actionsFor(d.Inc)
	for _, x := range d.Inc.Duties {
		if x.Kind == incident.DutyMeasure && !x.Overdue(now) {
			continue // there can be dozens: they have a list of their own
		}
		d.Clocks = append(d.Clocks, clockOf(x, now))
		if x.Kind == incident.DutyAP && !d.Inc.Exercise {
			r := incident.Read(x.Clock.Start, x.Hours)
			d.Readings = &r
		}
	}
	for _, person := range d.people.Audience([]people.Role{people.Officer}, now) {
		if incident.MaySee(person, d.Inc) {
			d.Turn = append(d.Turn, person.Name)
		}
	}
	d.Score, d.Facts = scoreOf(v, d.Inc), factsOf(v, d.Inc.Facts)
	if d.Links, v.hidden, err = p.links(ctx, p.sight(c), d.Inc, entries); err != nil {
		return nil, err
	}
	if d.Reports, err = p.reports(ctx, v, d, entries); err != nil {
		return nil, err
	}
	d.actions, d.Steps = append(d.actions, correctActions(d.Reports)...), v.stepLines(d.Inc, entries)
	if d.Talk, err = p.talk(ctx, d.Inc, d.people, entries); err != nil {
		return nil, err
	}
	d.Files, d.Measures = filesOf(d.Inc, entries), p.measures(d)
	d.Alerts = p.alerts(ctx, d, entries)
	if p.cfg.Roads != nil && d.Past == nil && d.Inc.AnyOpen() {
		if until, ok := p.cfg.Roads.Gathering(ref); ok && !until.Before(now) {
			d.Gathering = until
		}
	}
	if len(d.Links) > 0 {
		d.actions = append(d.actions, "unlink")
	}
	d.Judgements = judgements(v, d.people, entries)
	d.Log = folded(logOf(v, d.people, entries))
	v.Title = d.Inc.Ref.String()
	if d.Headline != "" {
		v.Title += " " + d.Headline
	}
	if len(d.Inc.Trouble) > 0 {
		v.Banners = append(v.Banners, Banner{Level: incident.Red, Text: v.T("banner.undelivered"), Link: "#alerts"})
	}
	v.exercise(d.Inc)
	p.incidentDefaults(v, d)
	v.Data = d
	return v, nil
}

func (p *Pages) load(ctx context.Context, ref incident.Ref) (*incident.Incident, []incident.Entry, people.Directory, error) {
	inc, err := p.cfg.Service.Incident(ctx, ref)
	if err != nil {
		return nil, nil, nil, err
	}
	entries, err := p.cfg.Service.Entries(ctx, ref)
	if err != nil {
		return nil, nil, nil, err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	return inc, entries, org.People, nil
}

// incidentDefaults fills in what the forms start with.
func (p *Pages) incidentDefaults(v *View, d incidentData) {
	if ap := d.Inc.Duty(incident.DutyAP); ap != nil {
		v.setMoment("confirm", "at", ap.Clock.Start)
	}
	v.set("describe", "title", d.Inc.Title)
	v.set("describe", "summary", d.Inc.Summary)
	v.set("file", "kind", string(d.FilingKinds()[0]))
	v.set("file", "channel", v.T("file.channel.default"))
	v.dutyDefaults(d.Inc)
	if len(d.Steps) > 0 {
		v.set("answer-request", "reasons", strings.Join(d.Steps, "\n"))
	}
	for _, r := range d.Reports {
		v.correctDefaults(r)
	}
	if open := d.WaiveDuties(); len(open) > 0 {
		v.set("waive", "duty", string(open[0]))
	}
	if tell := d.TellDuties(); len(tell) > 0 {
		v.set("told", "duty", string(tell[0]))
	}
	if d.Inc.NoReport != "" {
		v.set("no-report", "code", d.Inc.NoReport)
	}
	if !d.Inc.Suspect.IsZero() {
		v.set("merge", "into", d.Inc.Suspect.String())
	}
}

// headline is the title that a person gave, else the first report's subject.
func headline(inc *incident.Incident, entries []incident.Entry) string {
	if inc.Title != "" {
		return inc.Title
	}
	for _, e := range entries {
		if b, ok := e.Body.(*incident.Reported); ok {
			return strings.TrimSpace(b.Private.Subject)
		}
	}
	return ""
}

// scoreView is the score with its reasons in words.
type scoreView struct {
	incident.Score
	Machine bool
	Band    string
	Because []risk.Reason
	Missing []string // questions that are still open
}

func scoreOf(v *View, inc *incident.Incident) *scoreView {
	if inc.Score == nil {
		return nil
	}
	s := &scoreView{Score: *inc.Score, Machine: inc.ByMachine, Band: v.Say(risk.Band(inc.Score.Band).Label())}
	rules := risk.Rules()
	for _, code := range inc.Score.Reasons {
		if i := slices.IndexFunc(rules, func(r risk.Reason) bool { return r.Code == code }); i >= 0 {
			s.Because = append(s.Because, rules[i])
		}
	}
	missing := risk.Assess(inc.Facts).Missing
	for _, q := range risk.Questions() {
		if slices.Contains(missing, q.Field) {
			s.Missing = append(s.Missing, v.Say(q.Label))
		}
	}
	return s
}

// factView is one answered question.
type factView struct{ Question, Answer string }

func factsOf(v *View, f risk.Facts) (facts []factView) {
	for _, q := range risk.Questions() {
		values := risk.Values(f, q.Field)
		if len(values) == 0 {
			continue
		}
		labels := make([]string, len(values))
		for i, value := range values {
			labels[i] = value
			for _, o := range q.Options {
				if o.Value == value {
					labels[i] = v.Say(o.Label)
				}
			}
			if value == risk.Unknown {
				labels[i] = v.T("assess.perhaps-more")
			}
		}
		facts = append(facts, factView{v.Say(q.Label), strings.Join(labels, "; ")})
	}
	return facts
}

// actView is the frame around the form of one action.
type actView struct {
	Name, Path, Title, Lead string
	Open                    bool
	Refused                 *Form
}

// Act returns the frame of an action's form. It stands open when the form was
// refused.
func (v *View) Act(name, base string) actView {
	refused := v.Refused(name)
	return actView{
		Name: name, Path: base + "/" + name, Title: v.T("do." + name), Lead: v.T("do." + name + ".lead"),
		Open: refused != nil, Refused: refused,
	}
}

// Calm reports whether the frame of an action's form looks as it does to
// everybody: the form was not refused.
func (v *View) Calm(name string) bool { return v.Form.Name != name }

// Button is what stands on the button of an action's form.
func (v *View) Button(name string) string { return v.either("do."+name+".button", "do."+name) }

// Next says in one sentence what has to be done next.
func (v *View) Next(n next) string {
	return v.T(n.ID, "due", n.Due, "into", n.Into.String(), "what", n.What)
}

// Lateness says whether the first filing was in time: under the clock then in
// force, and under today's if that was corrected since.
func (v *View) Lateness(l incident.Lateness) (lines []string) {
	say := func(late time.Duration, due time.Time) string {
		if late > 0 {
			return v.T("filing.late", "span", late, "due", due)
		}
		return v.T("filing.in-time", "due", due)
	}
	lines = append(lines, say(l.Then, l.DueThen))
	if l.Corrected() {
		lines = append(lines, v.T("filing.corrected"), say(l.Now, l.DueNow))
	}
	return lines
}

// Lateness is of the first filing.
func (d incidentData) Lateness() incident.Lateness {
	l, _ := d.Inc.Lateness()
	return l
}
