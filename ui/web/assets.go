package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

//go:embed static
var staticFiles embed.FS

// assets are the embedded files, named by their content so that a browser may
// keep them for ever.
type assets map[string]asset

type asset struct {
	hash, kind string
	body       []byte
}

func loadAssets() (assets, error) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("web: assets: %w", err)
	}
	all := assets{}
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("web: assets: %w", err)
		}
		sum := sha256.Sum256(body)
		all[e.Name()] = asset{hash: hex.EncodeToString(sum[:8]), kind: kindOf(e.Name()), body: body}
	}
	return all, nil
}

// kindOf does not ask the machine's own list of types, which differs.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

func (a assets) path(name string) string { return "/static/" + a[name].hash + "/" + name }

func (p *Pages) static(c echo.Context) error {
	a, ok := p.assets[c.Param("file")]
	if !ok || a.hash != c.Param("hash") {
		return fmt.Errorf("static file: %w", incident.ErrNotFound)
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, a.kind, a.body)
}

func (p *Pages) favicon(c echo.Context) error {
	return c.Redirect(http.StatusFound, p.assets.path("icon.svg"))
}

func (p *Pages) robots(c echo.Context) error {
	return c.String(http.StatusOK, strings.Join([]string{"User-agent: *", "Disallow: /", ""}, "\n"))
}
