package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// A report that reached somebody of ours by word of mouth is entered by an
// officer, in the words of whoever told it. The clock runs from the conversation.

func (p *Pages) enterForm(c echo.Context) error {
	v, err := p.openForm(c, "enter")
	if err != nil {
		return err
	}
	v.setMoment("enter", "received", p.now())
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) enter(c echo.Context) error {
	got, values, err := p.takeReport(c, incident.ChannelPhone, func(values url.Values, f *incident.Form) (err error) {
		f.Entered = string(me(c).ID)
		if f.Received, err = moment(values, "received"); err == nil && f.Received.IsZero() {
			err = refuse("received", "required")
		}
		return err
	})
	if err != nil {
		return p.reportRefused(c, "enter", values, err)
	}
	p.setCookie(c, "entered", got.ref.String()+"."+got.code, receiptShown)
	return c.Redirect(http.StatusSeeOther, "/incidents/new/code")
}

// enteredData is what the officer gives to whoever told it.
type enteredData struct {
	Ref  incident.Ref
	Code string
	lang string
}

// Spelled is the code as it is read out on the phone, a group of four in each.
func (d enteredData) Spelled() (groups []string) {
	for group := range strings.SplitSeq(d.Code, "-") {
		var words []string
		for _, r := range group {
			switch {
			case unicode.IsDigit(r):
				words = append(words, string(r))
			default:
				words = append(words, locale.T(d.lang, "spell."+string(r), nil))
			}
		}
		groups = append(groups, strings.Join(words, ", "))
	}
	return groups
}

// entered shows the code of what was just entered, to be read out. The code is
// nowhere stored: it stands in the officer's cookie for a few minutes.
func (p *Pages) entered(c echo.Context) error {
	cookie, err := c.Cookie(p.cookieName("entered"))
	if err != nil {
		return c.Redirect(http.StatusSeeOther, "/board")
	}
	number, code, _ := strings.Cut(cookie.Value, ".")
	ref, err := incident.ParseRef(number)
	if err != nil || len(code) > 40 {
		return c.Redirect(http.StatusSeeOther, "/board")
	}
	return p.show(c, "entered", enteredData{Ref: ref, Code: code, lang: p.language(c)})
}
