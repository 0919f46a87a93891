package web

import "github.com/labstack/echo/v4"

// keys explains the keys that go faster than Tab.
func (p *Pages) keys(c echo.Context) error { return p.show(c, "keys", nil) }
