package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/ui/locale"
)

// journey is where somebody wanted to go before being asked who they are: a
// page, or a form that was being sent. It travels from step to step in hidden
// inputs, so that nothing is kept here for somebody who is not known, and a
// restart in between loses nothing.
type journey struct {
	Next  string // the page to go to
	Path  string // of the interrupted form; empty: there is none
	Parts bool   // the form is sent as multipart, as forms with files are
	Files bool   // files were chosen, which cannot be kept
	Kept  []keptField
}

type keptField struct{ Name, Value string }

// Names of the inputs that carry a journey.
const (
	keptPrefix = "kept."
	keptPath   = "kept-path"
	keptParts  = "kept-parts"
	keptFiles  = "kept-files"
)

// Interrupted reports whether a form waits to be sent.
func (j journey) Interrupted() bool { return j.Path != "" }

// Inputs are the hidden inputs in which a form carries the journey on.
func (j journey) Inputs() []keptField {
	fields := []keptField{{"next", j.Next}}
	if !j.Interrupted() {
		return fields
	}
	fields = append(fields, keptField{keptPath, j.Path})
	if j.Parts {
		fields = append(fields, keptField{keptParts, "yes"})
	}
	if j.Files {
		fields = append(fields, keptField{keptFiles, "yes"})
	}
	for _, f := range j.Kept {
		fields = append(fields, keptField{keptPrefix + f.Name, f.Value})
	}
	return fields
}

// carried reads a journey out of the hidden inputs. What leads elsewhere than to
// this site is left out.
func carried(values url.Values) journey {
	j := journey{
		Next: localPath(values.Get("next"), "/"), Path: localPath(values.Get(keptPath), ""),
		Parts: values.Get(keptParts) != "", Files: values.Get(keptFiles) != "",
	}
	for _, name := range sortedKeys(values) {
		if plain, ok := strings.CutPrefix(name, keptPrefix); ok {
			for _, value := range values[name] {
				j.Kept = append(j.Kept, keptField{plain, value})
			}
		}
	}
	return j
}

// interrupted makes a journey of the request that was made.
func interrupted(req *http.Request) (j journey) {
	j.Next = "/"
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		j.Next = req.URL.RequestURI()
		return j
	}
	j.Path = req.URL.Path
	if req.URL.RawQuery != "" {
		j.Path += "?" + req.URL.RawQuery
	}
	if reader, err := req.MultipartReader(); err == nil {
		j.Parts = true
		j.Kept, j.Files = keepParts(reader)
	} else if req.Body = http.MaxBytesReader(nil, req.Body, mostKeptText); req.ParseForm() == nil {
		for name, values := range req.PostForm {
			for _, value := range values {
				j.keep(name, value)
			}
		}
	}
	slices.SortStableFunc(j.Kept, func(a, b keptField) int { return strings.Compare(a.Name, b.Name) })
	return j
}

// keep remembers a field, unless it is a secret.
func (j *journey) keep(name, value string) {
	if !slices.Contains([]string{"password", "again", "current", "code", "answer"}, name) && len(j.Kept) < mostKeptFields {
		j.Kept = append(j.Kept, keptField{name, value})
	}
}

// Bounds of what is kept of an interrupted form: bytes, and fields. Anybody can
// send one, and the page that carries it on is several times as large.
const (
	mostKeptText   = 1 << 20
	mostKeptFields = 1000
)

// keepParts reads the fields of a form with files; of the files only whether
// there were any.
func keepParts(reader *multipart.Reader) (kept []keptField, files bool) {
	var j journey
	for left := int64(mostKeptText); ; {
		part, err := reader.NextPart()
		if err != nil {
			return j.Kept, files // a form cut short: what came is kept
		}
		if part.FileName() != "" {
			files = true
			continue
		}
		raw, err := io.ReadAll(io.LimitReader(part, left))
		if left -= int64(len(raw) + len(part.FormName())); left <= 0 {
			return j.Kept, files
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return j.Kept, files
		}
		j.keep(part.FormName(), string(raw))
	}
}

// resume leads on after somebody proved who they are: to the page, or to the
// form, shown again and ready to be sent.
func (p *Pages) resume(c echo.Context, j journey) error {
	if !j.Interrupted() {
		return c.Redirect(http.StatusSeeOther, j.Next)
	}
	return p.show(c, "resume", resumeData{journey: j, lang: p.language(c)})
}

// resumeData is an interrupted form.
type resumeData struct {
	journey
	Lacks bool // a second step has to be set up first
	Sure  bool // the person has just pressed the button, and was only asked who is there
	lang  string
}

// Shown lists the fields that people filled in themselves, by the name they
// know, so that they can be read and copied before sending.
func (d resumeData) Shown() (shown []keptField) {
	for _, f := range d.Kept {
		if id := "field." + f.Name; strings.TrimSpace(f.Value) != "" && locale.Has(id) {
			shown = append(shown, keptField{locale.T(d.lang, id, nil), f.Value})
		}
	}
	return shown
}
