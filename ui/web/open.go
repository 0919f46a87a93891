package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// FastPaths lists what a report is about, in the order of how often it happens.
// Stored values.
func FastPaths() []string {
	return []string{"wrong-recipient", "lost", "phishing", "published", "other"}
}

// openData is the report form.
type openData struct {
	Form string // the one that anybody fills in, or that of an officer
	Most int64
	Once string // recognises the same form sent twice
	Own  string // the organisation's own sentence
}

// Files is the input for files, with the bound that counts here.
func (v *View) Files() Field {
	d := v.Data.(openData)
	f := v.Field(d.Form, "files", "optional")
	f.Help = v.T("report.files-help", "size", strconv.FormatInt(d.Most>>20, 10)+" MB")
	return f
}

// Paths lists the fast paths.
func (openData) Paths() []string { return FastPaths() }

func (p *Pages) reportForm(c echo.Context) error {
	p.keepLanguage(c)
	v, err := p.openForm(c, "report")
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, v)
}

// openForm is an empty form for a report; its page has the form's name.
func (p *Pages) openForm(c echo.Context, form string) (*View, error) {
	once, err := newOnce()
	if err != nil {
		return nil, err
	}
	return p.view(c, form, openData{Form: form, Most: p.cfg.MaxUpload, Once: once, Own: p.ownWords(c)}), nil
}

// report takes a report of anybody. It answers only when the report is on disk.
func (p *Pages) report(c echo.Context) error {
	got, values, err := p.takeReport(c, incident.ChannelForm, func(url.Values, *incident.Form) error { return nil })
	if err != nil {
		return p.reportRefused(c, "report", values, err)
	}
	p.setCookie(c, "receipt", got.code, receiptShown)
	return c.Redirect(http.StatusSeeOther, "/melden/ontvangen")
}

// takeReport reads a form, lets more fill in what only that form asks, and
// records it once. What was typed comes back also with an error.
func (p *Pages) takeReport(c echo.Context, channel incident.Channel, more func(url.Values, *incident.Form) error) (got receipt, values url.Values, err error) {
	if me(c) == nil {
		defer p.intake.count(c)()
	}
	values, files, err := p.readReport(c)
	if err != nil {
		return got, values, err
	}
	form, err := p.fillReport(c, values, files)
	if err != nil {
		return got, values, err
	}
	if err := more(values, &form); err != nil {
		return got, values, err
	}
	if err := form.Check(p.now()); err != nil {
		return got, values, err
	}
	got, err = p.receipts.once(formName(values, files), func() (receipt, error) {
		ref, code, err := p.cfg.Service.ReportForm(c.Request().Context(), form, channel)
		return receipt{ref: ref, code: code}, err
	})
	return got, values, err
}

// formName recognises the same form sent twice: by its mark and everything in it.
// A page that a browser kept can be filled in anew under its old mark, and that
// is another report. A form without a mark has no name.
func formName(values url.Values, files []incident.FormFile) string {
	if values.Get("once") == "" {
		return ""
	}
	h := sha256.New()
	h.Write([]byte(values.Encode()))
	for _, f := range files {
		fmt.Fprintf(h, "\n%q %d ", f.Name, len(f.Data))
		h.Write(f.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// receiptShown is how long the page with the receipt code can be loaded again.
const receiptShown = 15 * time.Minute

// reportRefused shows the form again with everything that was typed. A browser
// does not let a page put chosen files back, so the page says that.
func (p *Pages) reportRefused(c echo.Context, form string, values url.Values, err error) error {
	status := 0
	var tooBig *http.MaxBytesError
	switch {
	case errors.Is(err, errFlood):
		err, status = refuse("", "busy"), http.StatusTooManyRequests
	case errors.As(err, &tooBig), errors.Is(err, incident.ErrTooLarge):
		err, status = refuse("files", "files-too-large"), http.StatusRequestEntityTooLarge
	case errors.Is(err, incident.ErrUnavailable):
		err, status = refuse("", "unavailable"), http.StatusServiceUnavailable
	}
	v, formErr := p.openForm(c, form)
	if formErr != nil {
		return formErr
	}
	refusedStatus, err := v.refused(form, values, err)
	if err != nil {
		return err
	}
	if status == 0 {
		status = refusedStatus
	}
	return p.render(c, status, v)
}

// Bounds of what a stranger may send: characters of a text, files of a report.
const (
	longestText = 20_000
	longestLine = 300
	mostFiles   = 20
)

// readReport reads the form and its files within the bounds. The fields read so
// far come back also with an error, so that nothing typed is lost.
func (p *Pages) readReport(c echo.Context) (values url.Values, files []incident.FormFile, err error) {
	values = url.Values{}
	reader, err := c.Request().MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		values, err = form(c)
		return values, nil, err
	}
	if err != nil {
		return values, nil, badRequest(err)
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return values, files, nil
		}
		if err != nil {
			return values, nil, badRequest(err)
		}
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, 4*longestText+1))
			if err != nil {
				return values, nil, badRequest(err)
			}
			values.Add(part.FormName(), string(text))
			continue
		}
		file, err := readFile(part)
		if err != nil {
			return values, nil, badRequest(err)
		}
		if files = append(files, file); len(files) > mostFiles {
			return values, nil, refuse("files", "too-many-files")
		}
	}
}

func readFile(part *multipart.Part) (f incident.FormFile, err error) {
	f = incident.FormFile{Name: fileName(part.FileName()), Type: part.Header.Get("Content-Type")}
	f.Data, err = io.ReadAll(part)
	return f, err
}

// fileName keeps a stranger's file name harmless: no path, no control
// characters, of a length that fits everywhere.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`"<>|:*?`, r) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	for utf8.RuneCountInString(name) > 120 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // the end holds the extension
	}
	if name == "" || name == "." || name == "/" || name == ".." {
		return "file"
	}
	return name
}

// fillReport makes the domain's form of the fields.
func (p *Pages) fillReport(c echo.Context, values url.Values, files []incident.FormFile) (f incident.Form, err error) {
	if me(c) == nil && !p.gate.admit(addressOf(c)) { // who is known is not kept out by a flood of strangers
		return f, errFlood
	}
	if values.Get("website") != "" {
		return f, refuse("website", "honeypot")
	}
	for name, most := range map[string]int{"what": longestText, "who": longestText, "name": longestLine, "email": longestLine, "phone": longestLine} {
		if utf8.RuneCountInString(values.Get(name)) > most {
			return f, refuse(name, "too-long")
		}
	}
	f = incident.Form{
		Lang: p.language(c), Fast: fastPath(values.Get("fast")),
		What: values.Get("what"), Who: strings.TrimSpace(values.Get("who")),
		Name: strings.TrimSpace(values.Get("name")), Email: strings.TrimSpace(values.Get("email")), Phone: strings.TrimSpace(values.Get("phone")),
	}
	for _, file := range files {
		if len(file.Data) > 0 || file.Name != "file" {
			f.Files = append(f.Files, file)
		}
	}
	f.Known, err = moment(values, "known")
	return f, err
}

func fastPath(s string) string {
	for _, known := range FastPaths() {
		if s == known {
			return s
		}
	}
	return ""
}

// reported shows the receipt code, as long as the browser that sent the report
// keeps it.
func (p *Pages) reported(c echo.Context) error {
	cookie, err := c.Cookie(p.cookieName("receipt"))
	if err != nil || cookie.Value == "" || len(cookie.Value) > 40 {
		return c.Redirect(http.StatusSeeOther, "/melding")
	}
	return p.show(c, "reported", reportedData{Code: cookie.Value, Where: p.cfg.URL + "/melding"})
}

// reportedData is what a reporter takes along, also on paper.
type reportedData struct{ Code, Where string }

// codeData is how a report stands, in plain words.
type codeData struct {
	Status incident.Status
	Since  time.Time
	Turns  []incident.Turn // questions to this reporter, and the answers
	Code   string          // goes back with an answer
	Once   string          // recognises the same answer sent twice
}

// Asked reports whether a question waits for an answer.
func (d codeData) Asked() bool {
	return len(d.Turns) > 0 && d.Turns[len(d.Turns)-1].Question > 0
}

func (p *Pages) codeForm(c echo.Context) error {
	p.keepLanguage(c)
	return p.show(c, "code", nil)
}

// code shows how a report stands to whoever holds its receipt code.
func (p *Pages) code(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if values.Has("answer") {
		return p.answer(c, values)
	}
	data, err := p.byCode(c, values.Get("code"))
	if err != nil {
		return p.codeRefused(c, nil, "code", values, err)
	}
	return p.show(c, "code", data)
}

func (p *Pages) byCode(c echo.Context, code string) (*codeData, error) {
	if !p.gate.admit(addressOf(c)) {
		return nil, errFlood
	}
	if strings.TrimSpace(code) == "" {
		return nil, refuse("code", "required")
	}
	return p.codeView(c, code)
}
