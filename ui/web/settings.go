package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/locale"
)

// Ladders is where the pages try and change who is alerted when. Every error
// that a change of the form can heal is a *incident.Refusal, whose field ends in
// the place of its rung, from 0.
type Ladders interface {
	// Ladder returns the ladder in force, Shipped the one that ships.
	Ladder(kind incident.DutyKind) []incident.RungSetting
	Shipped(kind incident.DutyKind) []incident.RungSetting
	Standard(kind incident.DutyKind) bool
	// Try checks a ladder and says what it would do; Set puts it in force.
	Try(ctx context.Context, kind incident.DutyKind, rungs []incident.RungSetting) (incident.LadderTrial, error)
	Set(ctx context.Context, by incident.Actor, kind incident.DutyKind, rungs []incident.RungSetting) error
	OnCall(ctx context.Context) ([]people.ID, error)
	SetOnCall(ctx context.Context, by incident.Actor, order []people.ID) error
}

// Roads is the way out for mail, as far as the pages test it.
type Roads interface {
	Roads() []incident.RelayStatus
	TryRelays(ctx context.Context, to people.Person) ([]incident.RelayTrial, error)
	Sample(ctx context.Context, to people.Person, kind incident.DutyKind, rung incident.RungSetting) error
	// Gathering returns until when the first alert about a new case waits to go
	// out together with others.
	Gathering(ref incident.Ref) (until time.Time, ok bool)
}

// Hooks is the second road.
type Hooks interface {
	Hooks() []incident.HookStatus
	Try(ctx context.Context) []incident.HookTrial
}

// settingsData is every subject in a line.
type settingsData struct{ Rows []settingRow }

// settingRow is one subject: what it is set to now, and who changed it.
type settingRow struct {
	ID, Path string // words settings.ID and settings.ID.lead
	Value    string
	Wrong    bool // it needs attention
	At       time.Time
	By       string // empty: nobody changed it since the start
	Startup  bool   // set when the program starts, not here
}

func (p *Pages) settings(c echo.Context) error {
	org, err := p.cfg.Service.Org(c.Request().Context())
	if err != nil {
		return err
	}
	v := p.view(c, "settings", nil)
	v.Data = settingsData{p.settingRows(v, org)}
	return p.render(c, http.StatusOK, v)
}

// settingRows lists the subjects, those that are changed here first.
func (p *Pages) settingRows(v *View, org *incident.Org) []settingRow {
	changed := func(id, path, name, value string) settingRow {
		row := settingRow{ID: id, Path: path, Value: value}
		if ch, ok := org.Changed[name]; ok {
			row.At, row.By = ch.At, actorName(v, org.People, ch.By)
		}
		return row
	}
	startup := func(id, path, value string, wrong bool) settingRow {
		return settingRow{ID: id, Path: path, Value: value, Wrong: wrong, Startup: true}
	}
	organisation := incident.OrganisationOf(org).Name
	if organisation == "" {
		organisation = v.T("settings.empty")
	}
	return []settingRow{
		changed("ladders", "/settings/ladders", settingLadders, p.laddersInWords(v)),
		changed("texts", "/settings/texts", incident.SettingTexts, textsInWords(v, incident.TextsOf(org))),
		changed("organisation", "/settings/organisation", incident.SettingOrganisation, organisation),
		changed("retention", "/retention", incident.SettingRetention, retentionInWords(v, org)),
		changed("sign-in", "/people/rules", incident.SettingSignIn, v.T("settings.review-every", "n", org.SignInRules().ReviewMonths)),
		startup("tokens", "/settings/tokens", v.T("settings.tokens.value"), false),
		p.relaysRow(v, startup),
		p.mailboxRow(v, startup),
		p.hooksRow(v, startup),
		p.backupRow(v, org, startup),
		startup("language", "/account", v.T("settings.language.value", "lang", v.Word("lang", v.Lang)), false),
	}
}

type startupRow func(id, path, value string, wrong bool) settingRow

func (p *Pages) relaysRow(v *View, row startupRow) settingRow {
	if p.cfg.Roads == nil {
		return row("relays", "/settings/relays", v.T("settings.unknown"), false)
	}
	roads := p.cfg.Roads.Roads()
	bad := len(slices.DeleteFunc(slices.Clone(roads), incident.RelayStatus.Well))
	switch {
	case p.cfg.MailNotice() != "":
		return row("relays", "/settings/relays", v.T("settings.relays.none"), true)
	case bad > 0:
		return row("relays", "/settings/relays", v.T("settings.relays.bad", "n", bad, "all", len(roads)), true)
	}
	return row("relays", "/settings/relays", v.T("settings.relays.well", "n", len(roads)), false)
}

func (p *Pages) mailboxRow(v *View, row startupRow) settingRow {
	boxes, bad := p.cfg.Mailboxes(v.Lang), 0
	for _, b := range boxes {
		if b.Trouble != "" || len(b.Findings(v.Now)) > 0 {
			bad++
		}
	}
	switch {
	case len(boxes) == 0:
		return row("mailbox", "/mailbox", v.T("settings.mailbox.none"), false)
	case bad > 0:
		return row("mailbox", "/mailbox", v.T("settings.mailbox.bad", "n", bad, "all", len(boxes)), true)
	}
	return row("mailbox", "/mailbox", v.T("settings.mailbox.well", "n", len(boxes)), false)
}

func (p *Pages) hooksRow(v *View, row startupRow) settingRow {
	if p.cfg.Hooks == nil || len(p.cfg.Hooks.Hooks()) == 0 {
		return row("webhooks", "/settings/webhooks", v.T("settings.webhooks.none"), false)
	}
	all, bad := p.cfg.Hooks.Hooks(), 0
	for _, h := range all {
		if h.Trouble {
			bad++
		}
	}
	if bad > 0 {
		return row("webhooks", "/settings/webhooks", v.T("settings.webhooks.bad", "n", bad, "all", len(all)), true)
	}
	return row("webhooks", "/settings/webhooks", v.T("settings.webhooks.well", "n", len(all)), false)
}

func (p *Pages) backupRow(v *View, org *incident.Org, row startupRow) settingRow {
	last := org.Backups.Last
	if last == nil {
		return row("backups", "/health#backups", v.T("settings.backups.none"), true)
	}
	return row("backups", "/health#backups", v.T("settings.backups.last", "ago", v.Ago(org.Backups.At)), false)
}

// version is one version of a setting, in words.
type version struct {
	At   time.Time
	By   string
	What []difference
	More int
}

// difference is one value that changed.
type difference struct{ Name, Was, Is string }

// shownDifferences bounds what one version shows.
const shownDifferences = 12

// history lists the versions of a setting, newest first.
func (p *Pages) history(c echo.Context, v *View, name string) (all []version, err error) {
	ctx := c.Request().Context()
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := p.cfg.Service.SettingHistory(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, x := range versions {
		one := version{At: x.At, By: actorName(v, org.People, x.By), What: differences(v, name, x.Was, x.Is)}
		if one.More = max(0, len(one.What)-shownDifferences); one.More > 0 {
			one.What = one.What[:shownDifferences]
		}
		all = append(all, one)
	}
	return all, nil
}

// differences compares two versions value by value.
func differences(v *View, name, was, is string) (out []difference) {
	if was == "" {
		was = shipped(name)
	}
	before, after := flat(name, was), flat(name, is)
	for _, path := range slices.Sorted(maps.Keys(merged(before, after))) {
		if before[path] != after[path] {
			out = append(out, difference{settingWord(v, name, path), settingValue(v, name, path, before[path]), settingValue(v, name, path, after[path])})
		}
	}
	return out
}

// shipped is what a setting came with, as its versions are kept: the first change
// then shows what changed, not everything. Empty: it came with nothing.
func shipped(name string) string {
	var value any
	switch name {
	case incident.SettingRetention:
		value = incident.DefaultRetention()
	case incident.SettingSignIn:
		rules := incident.DefaultSignInRules()
		for _, role := range people.Roles() {
			if rules.Second[role] == "" {
				rules.Second[role] = incident.DemandOff
			}
		}
		value = rules
	default:
		return ""
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// flat lists the values of a setting by their path, like «fg.email». A ladder is
// one value: what it says stands in its own table.
func flat(name, raw string) map[string]string {
	out := map[string]string{}
	var value any
	if raw == "" || json.Unmarshal([]byte(raw), &value) != nil {
		return out
	}
	depth := 3
	if name == settingLadders {
		depth = 1
	}
	flatten(out, "", value, depth)
	return out
}

func flatten(out map[string]string, path string, value any, depth int) {
	if object, ok := value.(map[string]any); ok && depth > 0 {
		for k, inner := range object {
			flatten(out, strings.TrimPrefix(path+"."+k, "."), inner, depth-1)
		}
		return
	}
	if text, ok := value.(string); ok {
		out[path] = text
		return
	}
	raw, err := json.Marshal(value)
	if err != nil {
		raw = []byte("?")
	}
	out[path] = string(raw)
}

// settingWord names a value of a setting.
func settingWord(v *View, name, path string) string {
	flat := strings.ReplaceAll(path, ".", "_")
	for _, id := range []string{"field." + name + "." + flat, "duty." + path, "keep." + path} {
		if locale.Has(id) {
			return v.T(id)
		}
	}
	if role, ok := strings.CutPrefix(path, "second."); ok {
		return v.T("settings.second", "role", v.Word("role", role))
	}
	return strings.Trim(fmt.Sprint(path), ".")
}

// settingValue writes a value of a setting in words, as far as it has any.
func settingValue(v *View, name, path, value string) string {
	if value == "" {
		return ""
	}
	if name == incident.SettingRetention {
		if t, err := incident.ParseTerm(value); err == nil {
			return v.term(t)
		}
	}
	if strings.HasPrefix(path, "second.") && locale.Has("demand."+value) {
		return v.Word("demand", value)
	}
	return value
}

// settingLadders is the name under which the ladders are kept.
const settingLadders = "ladders"

// saver is a page with one form of a setting.
type saver struct {
	form string
	view func(c echo.Context) (*View, error)
	save func(c echo.Context) error
	done string // where it leads
}

// set carries a form out, or shows it again with what is wrong.
func (p *Pages) set(c echo.Context, s saver) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if err = s.save(c); err == nil {
		return c.Redirect(http.StatusSeeOther, s.done)
	}
	v, viewErr := s.view(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(s.form, values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}
