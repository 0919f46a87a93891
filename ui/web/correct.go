package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// The forms beside a report: about who wrote it, and about whom it quotes as its
// sender. Each stands on the page once for every report, so its name ends in the
// number of that.
const (
	formCorrect = "correct"
	formQuoted  = "quoted"
)

// ofReport is the name of a form beside a report.
func ofReport(form string, n int) string { return form + "-" + strconv.Itoa(n) }

// plainForm is the name of a form without the number of its report.
func plainForm(form string) string {
	if kind, _, ok := numbered(form); ok && (kind == formCorrect || kind == formQuoted) {
		return kind
	}
	return form
}

// correctActions lists the forms that make sense: whoever was forgotten cannot be
// put right.
func correctActions(reports []reportView) (actions []string) {
	for _, r := range reports {
		if r.Forgotten != nil {
			continue
		}
		actions = append(actions, ofReport(formCorrect, r.N))
		if r.From.Original != nil {
			actions = append(actions, ofReport(formQuoted, r.N))
		}
	}
	return actions
}

// correctDefaults fills in what is known now. What was filled in goes along: only
// what somebody changed is put right, also if a colleague changed the rest
// meanwhile.
func (v *View) correctDefaults(r reportView) {
	fill := func(form, name, value string) {
		v.set(ofReport(form, r.N), name, value)
		v.set(ofReport(form, r.N), name+"_was", value)
	}
	fill(formCorrect, "name", r.From.From.Name)
	fill(formCorrect, "email", r.From.From.Email)
	fill(formCorrect, "phone", r.Phone)
	if r.From.Original != nil {
		fill(formQuoted, "name", r.From.Original.Name)
		fill(formQuoted, "email", r.From.Original.Email)
	}
}

// ActBeside returns the frame of a form beside a report.
func (v *View) ActBeside(form string, n int, base string) actView {
	name := ofReport(form, n)
	refused := v.Refused(name)
	return actView{
		Name: name, Path: base + "/reports/" + strconv.Itoa(n) + "/" + form, Title: v.T("do." + form), Lead: v.T("do." + form + ".lead"),
		Open: refused != nil, Refused: refused,
	}
}

// FieldBeside returns an input of a form beside a report.
func (v *View) FieldBeside(form string, n int, name string, flags ...string) Field {
	return v.Field(ofReport(form, n), name, flags...)
}

// Was is what stood in an input when the form was first shown.
func (v *View) Was(form string, n int, name string) string {
	return v.value(ofReport(form, n), name+"_was")
}

// correct puts right what is known of who wrote a report, or of whom it quotes.
func (p *Pages) correct(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Param("n"))
	kind := c.Param("whose")
	if err != nil || (kind != formCorrect && kind != formQuoted) {
		return fmt.Errorf("web: no such form: %w", incident.ErrNotFound)
	}
	cmd := incident.Correct{
		Ref: ref, Report: n, Whose: incident.WhoseReporter, Reasons: values.Get("reasons"),
		Name: changed(values, "name"), Email: changed(values, "email"), Phone: changed(values, "phone"),
	}
	if kind == formQuoted {
		cmd.Whose = incident.WhoseOriginal
	}
	if cmd.Request, err = p.requestOf(c, values); err == nil {
		_, err = p.cfg.Service.Correct(c.Request().Context(), actor(c), cmd)
	}
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/incidents/"+ref.String()+"?done=correct#reports")
	}
	return p.acted(c, ref, ofReport(kind, n), values, err)
}

// changed is what somebody typed into an input, if that is not what stood there.
func changed(values url.Values, name string) *string {
	typed := values.Get(name)
	if !values.Has(name) || strings.TrimSpace(typed) == strings.TrimSpace(values.Get(name+"_was")) {
		return nil
	}
	return &typed
}

// requestOf reads the reference of a request that the reader may see; none is the
// zero reference.
func (p *Pages) requestOf(c echo.Context, values url.Values) (ref incident.Ref, err error) {
	typed := strings.TrimSpace(values.Get("request"))
	if typed == "" {
		return ref, nil
	}
	if ref, err = incident.ParseRef(typed); err != nil {
		return ref, &fieldError{"request", err}
	}
	if _, err = p.sight(c).Incident(c.Request().Context(), ref); errors.Is(err, incident.ErrNotFound) {
		err = refuse("request", "no-such-incident")
	}
	return ref, err
}

// correctionView is one correction beside a report: what stood there, and what
// stands there now.
type correctionView struct {
	At      time.Time
	Who     string
	Request string // reference; empty: none, or one that is hidden from the reader
	What    string // what was put right, in words
	Quoted  bool   // of whom the report quotes as its sender
	Changes []changeView
	Reasons string
}

type changeView struct{ What, Was, Now string }

// corrections tells of the corrections of a report, newest first. Said is the
// telephone number in the bytes of the form.
func (v *View) corrections(w *incident.Writer, all people.Directory, said string) (views []correctionView) {
	for _, c := range w.Corrections {
		x := correctionView{
			At: c.At, Who: actorName(v, all, c.By), What: v.details(c.Whose, c.Details), Quoted: c.Whose == incident.WhoseOriginal,
			Reasons: c.Reasons, Request: v.named(c.Request),
		}
		for _, y := range c.Changes {
			was := y.Was
			if y.Detail == incident.DetailPhone {
				was, said = cmp.Or(was, said), ""
			}
			x.Changes = append(x.Changes, changeView{v.Word("detail", y.Detail), was, y.Now})
		}
		views = append([]correctionView{x}, views...)
	}
	return views
}

// Details names what was put right.
func (v *View) Details(details []incident.Detail) string {
	words := make([]string, len(details))
	for i, d := range details {
		words[i] = v.Word("detail", d)
	}
	return locale.List(v.Lang, words)
}

// details says what was put right, and of whom.
func (v *View) details(whose incident.Whose, details []incident.Detail) string {
	return v.T(either(whose == incident.WhoseOriginal, "corrected.quoted", "corrected.reporter"), "what", v.Details(details))
}

// named writes a reference that the reader may know of; nothing for another.
func (v *View) named(ref incident.Ref) string {
	if ref.IsZero() || v.hidden[ref] {
		return ""
	}
	return ref.String()
}

// onRequest says on which request something was done, when the reader may know.
func (v *View) onRequest(ref incident.Ref) string {
	if v.named(ref) == "" {
		return ""
	}
	return v.T("log.on-request", "ref", ref.String())
}

// steps says what was done because a person asked for it, line by line, without
// what is hidden from the reader.
func (v *View) steps(b *incident.RequestStep) (lines []string) {
	for _, s := range b.Steps {
		place := v.named(s.Ref)
		switch {
		case s.Person != "":
			place = v.T("step.account")
		case s.Parked != 0:
			place = v.T("subject.parked", "n", s.Parked)
		case place == "":
			continue
		case s.Report > 0:
			place += ", " + v.T("reports.n", "n", s.Report)
		}
		line := v.T("step.done", "place", place, "right", v.Word("right-done", b.Right))
		switch {
		case s.Refused != "":
			line = v.T("step.refused", "place", place, "right", v.Word("right-done", b.Right), "why", v.Refusal(&incident.Refusal{Code: s.Refused}))
		case len(s.Details) > 0:
			line += " (" + v.Details(s.Details) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// stepLines is what was done for a request so far.
func (v *View) stepLines(inc *incident.Incident, entries []incident.Entry) (lines []string) {
	if inc.Request == nil {
		return nil
	}
	for _, b := range incident.StepsOf(entries) {
		lines = append(lines, v.steps(b)...)
	}
	return lines
}

// references lists the other cases that an entry names.
func references(body incident.Body) (refs []incident.Ref) {
	switch b := body.(type) {
	case *incident.Linked:
		return []incident.Ref{b.To}
	case *incident.Corrected:
		return []incident.Ref{b.Request}
	case *incident.Destroyed:
		return []incident.Ref{b.Request}
	case *incident.Braked:
		return []incident.Ref{b.Request}
	case *incident.RequestStep:
		refs = append(refs, b.Request)
		for _, s := range b.Steps {
			refs = append(refs, s.Ref)
		}
	}
	return refs
}
