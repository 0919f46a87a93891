package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/incident/people"
)

// dutyActions lists what can be done about filings, tellings, our role and
// measures in the present state. Like actionsFor it only saves people a refusal.
func dutyActions(inc *incident.Incident) (actions []string) {
	add := func(when bool, names ...string) {
		if when {
			actions = append(actions, names...)
		}
	}
	open := func(id incident.DutyID) bool { d := inc.Duty(id); return d != nil && d.Open() }
	has := func(id incident.DutyID) bool { return inc.Duty(id) != nil }
	real := !inc.Exercise
	add(true, "period", "attach")
	add(open(incident.DutyAP) && real, "try-file")
	add(real && (has(incident.DutyPeople) || has(incident.DutyController) || !inc.Closed), "tell")
	add(open(incident.DutyPeople) || open(incident.DutyController), "told")
	add(real && !inc.Closed && (!has(incident.DutyPeople) || inc.Duty(incident.DutyPeople).Outcome.Ended()), "must-tell")
	add(!inc.Closed && (!has(incident.DutyPeople) || open(incident.DutyPeople)), "exempt")
	add(has(incident.DutyAP) && !inc.Closed, "role")
	add(real, "measure", "measure-taken")
	add(len(inc.OpenMeasures()) > 0, "measure-change", "measure-drop")
	add(len(inc.Undecided()) == 0 && !inc.Closed, "close")
	return actions
}

// dutyCommand reads the forms of dutyActions; ok is false for another name.
// Files are the numbers under which what was uploaded will be attached.
func dutyCommand(name string, values url.Values, files []int) (cmd incident.Command, ok bool, err error) {
	get := values.Get
	switch name {
	case "period":
		cmd, err = periodCommand(values)
	case "try-file":
		at, wrong := moment(values, "at")
		cmd, err = incident.TryFiling{FilingTry: incident.FilingTry{At: at, What: get("what"), Files: files}}, wrong
	case "tell":
		cmd, err = tellCommand(values, files)
	case "told":
		cmd = incident.PeopleTold{Duty: incident.DutyKind(get("duty")), Reasons: get("reasons")}
	case "must-tell":
		cmd = incident.MustTell{Reasons: get("reasons")}
	case "exempt":
		cmd = incident.DoesNotApply{Duty: incident.DutyPeople, Code: get("code"), Reasons: get("reasons")}
	case "role":
		cmd, err = roleCommand(values)
	case "measure", "measure-change":
		cmd, err = planCommand(values)
	case "measure-taken":
		cmd, err = takenCommand(values)
	case "measure-drop":
		n, wrong := whole(values, "measure", "choose-one")
		cmd, err = incident.DropMeasure{N: n, Reasons: get("reasons")}, wrong
	case "close":
		cmd = incident.Close{Reasons: get("reasons"), Delay: get("delay"), Leave: get("leave") == "yes"}
	default:
		return nil, false, nil
	}
	return cmd, true, err
}

func periodCommand(values url.Values) (incident.Command, error) {
	c := incident.SetPeriod{Note: values.Get("note"), Period: incident.Period{Ongoing: values.Get("ongoing") == "yes"}}
	for field, into := range map[string]*time.Time{"from": &c.Period.From, "until": &c.Period.Until, "found": &c.Period.Found} {
		at, err := moment(values, field)
		if err != nil {
			return nil, err
		}
		*into = at
	}
	return c, nil
}

func tellCommand(values url.Values, files []int) (incident.Command, error) {
	at, err := moment(values, "at")
	if err != nil {
		return nil, err
	}
	count, err := whole(values, "count", "facts-number")
	return incident.Tell{Done: values.Get("done") == "yes", Telling: incident.Telling{
		Duty: incident.DutyID(values.Get("duty")), At: at, Way: incident.Way(values.Get("way")), Count: count,
		Whom: values.Get("whom"), Text: values.Get("text"), Files: files,
	}}, err
}

func roleCommand(values url.Values) (incident.Command, error) {
	get := values.Get
	hours, err := whole(values, "hours", "contract-hours")
	return incident.SetRole{Reason: get("reason"), Chain: incident.Chain{
		Role: incident.ChainRole(get("role")), Party: get("party"), Leads: get("leads"), Hours: hours, Supplier: get("supplier"),
		Countries: strings.FieldsFunc(get("countries"), func(r rune) bool { return r == ',' || r == ';' || r == ' ' }), Lead: get("lead"),
	}}, err
}

// planCommand reads a new measure, or (measure) which one is changed.
func planCommand(values url.Values) (incident.Command, error) {
	due, err := day(values, "due")
	if err != nil {
		return nil, err
	}
	c := incident.PlanMeasure{What: values.Get("what"), Owner: people.ID(values.Get("owner")), Due: due, Reason: values.Get("reason")}
	if values.Has("measure") {
		if c.N, err = whole(values, "measure", "choose-one"); err == nil && c.N == 0 {
			err = refuse("measure", "choose-one")
		}
	}
	return c, err
}

func takenCommand(values url.Values) (incident.Command, error) {
	at, err := moment(values, "at")
	if err != nil {
		return nil, err
	}
	n, err := whole(values, "measure", "choose-one")
	return incident.TakeMeasure{N: n, What: values.Get("what"), At: at, Note: values.Get("note")}, err
}

// whole reads a whole number of zero or more; an empty input is zero.
func whole(values url.Values, field, code string) (int, error) {
	typed := plainFigures(values.Get(field))
	if typed == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 0 {
		return 0, refuse(field, code)
	}
	return n, nil
}

// endOfDay is the hour of a day at which what is due on that day is due: the
// end of office hours.
const endOfDay = 17

// day reads the input of a date: its end of office hours, Dutch time. An empty
// input is the zero time.
func day(values url.Values, field string) (time.Time, error) {
	typed := strings.TrimSpace(values.Get(field))
	if typed == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2-1-2006"} {
		if d, err := time.ParseInLocation(layout, typed, incident.Amsterdam()); err == nil {
			return time.Date(d.Year(), d.Month(), d.Day(), endOfDay, 0, 0, 0, incident.Amsterdam()).UTC(), nil
		}
	}
	return time.Time{}, refuse(field, "not-a-day")
}

// dutyDefaults fills in what the forms start with.
func (v *View) dutyDefaults(inc *incident.Incident) {
	tell := incident.DutyPeople
	if d := inc.Duty(incident.DutyController); d != nil && (d.Open() || inc.Duty(incident.DutyPeople) == nil) {
		tell = incident.DutyController
	}
	v.set("tell", "duty", string(tell))
	v.set("measure-taken", "measure", "0")
	if p := inc.Period; p != (incident.Period{}) {
		for field, at := range map[string]time.Time{"from": p.From, "until": p.Until, "found": p.Found} {
			if !at.IsZero() {
				v.setMoment("period", field, at)
			}
		}
		if p.Ongoing {
			v.set("period", "ongoing", "yes")
		}
	}
	v.set("role", "role", string(incident.RoleController))
	if c := inc.Chain; c != nil {
		v.set("role", "role", string(c.Role))
		v.set("role", "party", c.Party)
		v.set("role", "leads", c.Leads)
		v.set("role", "supplier", c.Supplier)
		v.set("role", "countries", strings.Join(c.Countries, ", "))
		v.set("role", "lead", c.Lead)
		if c.Hours > 0 {
			v.set("role", "hours", strconv.Itoa(c.Hours))
		}
	}
}

// FilesLate reports whether a first filing would be late by now: the form then
// asks for the reasons before anything else.
func (d incidentData) FilesLate(now time.Time) bool {
	ap := d.Inc.Duty(incident.DutyAP)
	_, filed := d.Inc.FirstFiling()
	return !filed && ap != nil && now.After(ap.Clock.Due)
}

// WaiveDuties lists the duties that can be waived: those that are open, and
// telling the people when the score asks for it and nobody has begun.
func (d incidentData) WaiveDuties() []incident.DutyID {
	ids := d.Inc.Undecided()
	if slices.Contains(d.Inc.Wants(), incident.WantTelling) {
		ids = append(ids, incident.DutyPeople)
	}
	return ids
}

// Wants reports whether something still stands in the way of closing.
func (d incidentData) Wants(w string) bool { return slices.Contains(d.Inc.Wants(), incident.Want(w)) }

// ChainRoles, Ways, Leads, Tellable and ExemptCodes are choices of the forms.
func (incidentData) ChainRoles() []string { return strs(incident.ChainRoles()) }
func (incidentData) Ways() []string       { return strs(incident.Ways()) }
func (incidentData) Leads() []string      { return []string{incident.LeadUs, incident.LeadThem} }
func (incidentData) Tellable() []incident.DutyKind {
	return []incident.DutyKind{incident.DutyPeople, incident.DutyController}
}
func (incidentData) ExemptCodes() []string { return incident.NotDueCodes(incident.DutyPeople) }
