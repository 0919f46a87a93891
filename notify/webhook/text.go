package webhook

import (
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// words is a post in one language.
type words struct {
	title string
	lines []string
	open  string // what the link is called
	link  string
}

// listed is how many deadlines one post names; the link leads to the rest.
const listed = 10

// voice says things in a language and links to the pages.
type voice struct{ lang, url string }

func (v voice) t(id string, args map[string]any) string {
	return locale.T(v.lang, "webhook."+id, args)
}

// say puts a post into words.
func (v voice) say(n Note) words {
	w := words{open: v.t("open", nil), link: v.url + "/health"}
	switch n.Kind {
	case KindAlert:
		w.title, w.link = v.headline(n)
		w.lines = v.deadlines(n)
	case KindTrouble, KindLasting:
		w.title = v.t(string(n.Kind)+".title", map[string]any{"span": n.At.Sub(n.Since)})
		w.lines = []string{v.finding(n.Finding, ""), v.finding(n.Finding, ".todo")}
	case KindOver:
		w.title = v.t("over.title", nil)
		w.lines = []string{v.t("over.text", map[string]any{"what": v.finding(n.Finding, "")})}
	case KindTest:
		w.title, w.link = v.t("test.title", nil), v.url+"/settings/webhooks"
		w.lines = []string{v.t("test.text", map[string]any{"at": n.At})}
	case KindMissed:
		w.title = v.t("missed.title", nil)
		w.lines = []string{v.t("missed.text", map[string]any{"n": n.Missed})}
	}
	return w
}

// headline is the title of an alert and where it leads.
func (v voice) headline(n Note) (title, link string) {
	first := n.Alerts[0]
	args := map[string]any{"ref": first.Ref, "n": len(n.Alerts), "left": v.left(first, n.At)}
	if len(n.Alerts) > 1 {
		return v.t("alerts.title", args), v.url + "/"
	}
	return v.t("alert.title", args), v.url + "/incidents/" + first.Ref.String()
}

// deadlines is one line for each alert, up to ten.
func (v voice) deadlines(n Note) (lines []string) {
	for _, a := range n.Alerts[:min(listed, len(n.Alerts))] {
		lines = append(lines, v.t("alert.line", map[string]any{
			"ref": a.Ref, "duty": locale.Duty(v.lang, "duty", a.Duty), "due": a.Due, "at": n.At, "left": v.left(a, n.At),
		}))
	}
	if more := len(n.Alerts) - listed; more > 0 {
		lines = append(lines, v.t("alert.more", map[string]any{"n": more}))
	}
	if n.MailDown {
		lines = append(lines, v.t("alert.mail-down", nil))
	}
	return lines
}

// left writes the time left; at the deadline itself no figure helps.
func (v voice) left(a Alert, now time.Time) string {
	left := a.Due.Sub(now)
	if left.Abs() < time.Minute {
		return v.t("now", nil)
	}
	return locale.Left(v.lang, left)
}

// finding says a finding's sentence, or with ".todo" what to do about it, also
// for one that the catalogue does not know.
func (v voice) finding(f incident.Finding, suffix string) string {
	if id := "health." + f.Code + suffix; locale.Has(id) {
		return locale.T(v.lang, id, f.Args)
	}
	return locale.T(v.lang, "health.unknown"+suffix, map[string]any{"code": f.Code})
}
