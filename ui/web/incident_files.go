package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// actWithFiles carries out a command whose form may bring files: proof of a
// filing, a letter that was sent. Files and command are recorded together.
func (p *Pages) actWithFiles(c echo.Context) error {
	name := path.Base(c.Path())
	ref, err := ref(c)
	if err != nil {
		return err
	}
	values, files, err := p.readReport(c)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return p.acted(c, ref, name, values, refuse("files", "files-too-large"))
	case err != nil:
		return p.acted(c, ref, name, values, err)
	}
	err = p.doWithFiles(c, ref, name, values, files)
	if errors.Is(err, incident.ErrTooLarge) {
		err = refuse("files", "files-too-large")
	}
	return p.acted(c, ref, name, values, err)
}

func (p *Pages) doWithFiles(c echo.Context, ref incident.Ref, name string, values url.Values, files []incident.FormFile) error {
	var uploads []incident.Upload
	for _, f := range files {
		if len(f.Data) > 0 {
			uploads = append(uploads, incident.Upload{Name: f.Name, Type: f.Type, Body: bytes.NewReader(f.Data)})
		}
	}
	ctx := c.Request().Context()
	if name == "attach" {
		if len(uploads) == 0 {
			return refuse("files", "choose-files")
		}
		_, err := p.cfg.Service.Attach(ctx, ref, actor(c), uploads...)
		return err
	}
	if _, err := entire(fileableCommand(name, values, nil)); err != nil {
		return err
	}
	_, err := p.cfg.Service.DoWithFiles(ctx, ref, actor(c), uploads, func(attached []int) incident.Command {
		cmd, _ := entire(fileableCommand(name, values, attached)) // it could be read a moment ago
		return cmd
	})
	return err
}

// fileableCommand reads one of the forms that take files.
func fileableCommand(name string, values url.Values, files []int) (incident.Command, error) {
	if name == "file" {
		return fileCommand(values, files)
	}
	cmd, ok, err := dutyCommand(name, values, files)
	if !ok {
		return nil, fmt.Errorf("web: no such action: %w", incident.ErrNotFound)
	}
	return cmd, err
}

// attached gives a file that somebody added to the incident.
func (p *Pages) attached(c echo.Context) error {
	ref, err := ref(c)
	if err != nil {
		return err
	}
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	inc, entries, _, err := p.load(c.Request().Context(), ref)
	if err != nil {
		return err
	}
	if err := p.cfg.Service.Usable(c.Request().Context(), ref); err != nil {
		return err
	}
	f, ok := inc.File(int(n))
	if !ok {
		return fmt.Errorf("web: file: %w", incident.ErrNotFound)
	}
	look := incident.Access{Ref: ref, By: actor(c), What: incident.AccessAdded, File: f.N - 1}
	if err := p.cfg.Service.Saw(c.Request().Context(), look); err != nil {
		return err
	}
	name := incident.FileName(entries, f.N)
	if name == "" {
		name = fmt.Sprintf("%s-%d", ref, f.N)
	}
	return p.sendRaw(c, f.Item, name)
}

// fileView is an attached file in a list.
type fileView struct {
	incident.AttachedFile
	Name string // empty when it was destroyed on schedule
}

func filesOf(inc *incident.Incident, entries []incident.Entry) (views []fileView) {
	for _, f := range inc.Files {
		views = append(views, fileView{f, incident.FileName(entries, f.N)})
	}
	return views
}

// FilesNamed picks files by their numbers.
func (d incidentData) FilesNamed(numbers []int) (views []fileView) {
	for _, n := range numbers {
		for _, f := range d.Files {
			if f.N == n {
				views = append(views, f)
			}
		}
	}
	return views
}

// Upload is the input for files of a form.
func (v *View) Upload(form string) Field { return v.Field(form, "files", "optional") }
