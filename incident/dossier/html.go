package dossier

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed document.html
var documentHTML string

//go:embed document.css
var documentCSS string

// documentPage is parsed once; it is embedded and tested.
var documentPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("document").Parse(documentHTML))
})

// Policy is the content security policy under which a document in HTML may be
// shown: its own style and nothing else.
func Policy() string {
	sum := sha256.Sum256([]byte(documentCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// writeHTML writes the accessible original: complete in itself, nothing is
// loaded from elsewhere.
func (d *document) writeHTML(w io.Writer) error {
	var b bytes.Buffer
	err := documentPage().Execute(&b, struct {
		*document
		CSS template.CSS // embedded, ours
	}{d, template.CSS(documentCSS)})
	if err != nil {
		return fmt.Errorf("html: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// Lines splits a text into lines, for the template.
func (b block) Lines() []string { return strings.Split(b.Text, "\n") }
