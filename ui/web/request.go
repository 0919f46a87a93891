package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// form reads the fields of a posted form.
func form(c echo.Context) (url.Values, error) {
	if err := c.Request().ParseForm(); err != nil {
		return nil, badRequest(err)
	}
	return c.Request().PostForm, nil
}

// badRequest keeps the error that says that a body was too large or one too many, and calls
// everything else a broken request.
func badRequest(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) || errors.Is(err, errFlood) {
		return fmt.Errorf("web: form: %w", err)
	}
	return echo.NewHTTPError(http.StatusBadRequest, "unreadable form").SetInternal(err)
}

func sortedKeys(values url.Values) []string { return slices.Sorted(maps.Keys(values)) }

// ref reads the reference in the path. What is none does not exist.
func ref(c echo.Context) (incident.Ref, error) {
	r, err := incident.ParseRef(c.Param("ref"))
	if err != nil {
		return r, fmt.Errorf("web: no reference: %w", incident.ErrNotFound)
	}
	return r, nil
}

// number reads a number in the path. What is none does not exist.
func number(c echo.Context, name string) (uint64, error) {
	n, err := strconv.ParseUint(c.Param(name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("web: no %s: %w", name, incident.ErrNotFound)
	}
	return n, nil
}
