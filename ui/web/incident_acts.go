package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// act carries out one of the commands on an incident, or shows its page again
// with what has to change.
func (p *Pages) act(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	name := c.Param("action")
	ref, err := ref(c)
	if err != nil {
		return err
	}
	cmd, err := entire(command(name, values))
	if err == nil {
		_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), cmd)
	}
	return p.acted(c, ref, name, values, err)
}

// acted answers a command: on to the page, or the page again with the refusal.
func (p *Pages) acted(c echo.Context, ref incident.Ref, name string, values url.Values, err error) error {
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/incidents/"+ref.String()+"?done="+name)
	}
	if _, ok := problemsOf(p.language(c), err); !ok {
		return err
	}
	v, viewErr := p.incidentView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(name, values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// actAgain leads from the address of a refused form, which a browser may ask for
// when it comes back to a page, to where that form stands.
func (p *Pages) actAgain(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	at := "/incidents/" + ref.String()
	switch action := c.Param("action"); {
	case action == "weigh":
		return c.Redirect(http.StatusSeeOther, at+"/assess")
	case locale.Has("do." + action + ".button"), action == "seen":
		return c.Redirect(http.StatusSeeOther, at+"#do-"+action)
	}
	return fmt.Errorf("web: no such action: %w", incident.ErrNotFound)
}

// halfRead is a command of which a field could not be read. It is only decided
// to learn what else has to change: it never records anything.
type halfRead struct {
	incident.Command
	wrong error
}

// Decide implements incident.Command.
func (h halfRead) Decide(inc *incident.Incident, act incident.Act) ([]incident.Body, error) {
	_, err := h.Command.Decide(inc, act)
	return nil, errors.Join(h.wrong, err)
}

// entire lets the domain judge a form of which a field could not be read, so that
// somebody learns at once of everything that has to change.
func entire(cmd incident.Command, err error) (incident.Command, error) {
	if _, ok := problemsOf(locale.Dutch, err); ok && cmd != nil {
		return halfRead{cmd, err}, nil
	}
	return cmd, err
}

// command reads a form into the command it stands for. It returns
// incident.ErrNotFound for a name that is none.
func command(name string, values url.Values) (incident.Command, error) {
	get := values.Get
	switch name {
	case "confirm":
		at, err := moment(values, "at")
		return incident.ConfirmAwareness{At: at, Reason: get("reason")}, err
	case "describe":
		return incident.Describe{Title: get("title"), Summary: get("summary")}, nil
	case "notify":
		return incident.WillNotify{Reasons: get("reasons"), Against: get("against"), TellPeople: get("tell") == "yes"}, nil
	case "ask":
		return askCommand(values), nil
	case "waive":
		w := incident.Waive{Duty: incident.DutyKind(get("duty")), Reasons: get("reasons"), Against: get("against")}
		if w.Duty == "" || w.Duty == incident.DutyAP {
			w.Code = "unlikely-risk"
		}
		return w, nil
	case "not-a-breach":
		return incident.NotABreach{Excludes: get("reasons"), Against: get("against")}, nil
	case "does-not-apply":
		return incident.DoesNotApply{Code: get("code"), Reasons: get("reasons"), Against: get("against")}, nil
	case "no-report":
		return incident.NoReport{Code: get("code"), Against: get("against")}, nil
	case "drill-done":
		return incident.EndDrill{Reasons: get("reasons")}, nil
	case "reopen":
		return incident.Reopen{Reasons: get("reasons")}, nil
	case "restrict":
		return incident.Restrict{May: idsOf(values["may"]), Reasons: get("reasons")}, nil
	case "unrestrict":
		return incident.Unrestrict{Reasons: get("reasons")}, nil
	}
	if cmd, ok := forgetCommand(name, values); ok {
		return cmd, nil
	}
	if cmd, ok, err := dutyCommand(name, values, nil); ok {
		return cmd, err
	}
	return nil, fmt.Errorf("web: no such action: %w", incident.ErrNotFound)
}

func fileCommand(values url.Values, files []int) (incident.Command, error) {
	at, err := moment(values, "at")
	return incident.File{
		Kind: incident.FilingKind(values.Get("kind")), Provisional: values.Get("provisional") == "yes",
		Number: values.Get("number"), At: at, Channel: values.Get("channel"), Text: values.Get("text"),
		Delay: values.Get("delay"), WhyEarlier: values.Get("earlier"), Filer: values.Get("filer"), Files: files,
		Against: values.Get("against"),
	}, err
}

// seen is open to the FG too: it ends nothing but the retries of one rung.
func (p *Pages) seen(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	_, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), incident.Seen{})
	return p.acted(c, ref, "seen", url.Values{}, err)
}

func (p *Pages) merge(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	dup, err := ref(c)
	if err != nil {
		return err
	}
	keep, err := incident.ParseRef(values.Get("into"))
	if err != nil {
		err = &fieldError{"into", err}
	} else if _, err = p.sight(c).Incident(c.Request().Context(), keep); errors.Is(err, incident.ErrNotFound) {
		err = refuse("into", "no-such-incident")
	} else if err == nil {
		err = p.cfg.Service.Merge(c.Request().Context(), dup, keep, actor(c), values.Get("reasons"))
	}
	return p.acted(c, dup, "merge", values, err)
}
