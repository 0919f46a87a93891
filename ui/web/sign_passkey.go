package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/ui/session"
)

// askPasskey gives a browser the question for any passkey of this address. It
// writes nothing; who asks too often is refused, because every question is kept
// for a while.
func (p *Pages) askPasskey(c echo.Context) error {
	if !p.asked.admit(addressOf(c)) {
		return session.ErrBusy
	}
	options, err := p.cfg.Sessions.AskPasskey()
	if err != nil {
		return proofRefusal(err)
	}
	return c.JSONBlob(http.StatusOK, options)
}

// signInPasskey takes a passkey's answer.
func (p *Pages) signInPasskey(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	data := p.signInData(carried(values))
	in, err := p.cfg.Sessions.SignInPasskey(c.Request().Context(), []byte(values.Get("answer")), from(c))
	if err != nil {
		values.Del("answer")
		return p.signInRefused(c, "sign-in", data, values, err)
	}
	return p.letIn(c, in, data.journey)
}
