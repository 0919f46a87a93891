package web

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier"
	"meldklok/ui/locale"
)

// letterData is one letter of a case.
type letterData struct {
	Inc      *incident.Incident
	Headline string
	Letter   dossier.Letter
	Files    []dossier.File
	Who      string // who edited it last
	Decides  bool
}

func letterPath(ref incident.Ref, kind incident.LetterKind, lang string) string {
	return "/incidents/" + ref.String() + "/letters/" + string(kind) + "/" + lang
}

// letter shows a letter: as the facts give it, or as it was last edited.
func (p *Pages) letter(c echo.Context) error {
	v, err := p.letterView(c)
	if err != nil {
		return err
	}
	p.saw(c.Request().Context(), v.Me, v.Data.(letterData).Inc)
	return p.render(c, http.StatusOK, v)
}

// letterOf reads which letter a path names.
func letterOf(c echo.Context) (kind incident.LetterKind, lang string, err error) {
	kind, lang = incident.LetterKind(c.Param("letter")), c.Param("lang")
	if !slices.Contains(incident.LetterKinds(), kind) || !slices.Contains(incident.LetterLanguages(), lang) {
		return "", "", fmt.Errorf("web: letter: %w", incident.ErrNotFound)
	}
	return kind, lang, nil
}

func (p *Pages) letterView(c echo.Context) (*View, error) {
	kind, lang, err := letterOf(c)
	if err != nil {
		return nil, err
	}
	of, err := p.dossierOf(c)
	if err != nil {
		return nil, err
	}
	v := p.view(c, "letter", nil)
	d := letterData{
		Inc: of.Incident, Headline: headline(of.Incident, of.Entries), Letter: dossier.LetterOf(of, kind, lang),
		Decides: deciders().Admits(v.Me),
	}
	if id, ok := d.Letter.By.Person(); ok {
		d.Who = nameOf(of.Org.People, id)
	}
	for _, f := range dossier.Files() {
		if letter, ok := f.Kind.Letter(); ok && letter == kind && f.Lang == lang {
			d.Files = append(d.Files, f)
		}
	}
	v.set("letter", "subject", d.Letter.Subject)
	v.set("letter", "text", d.Letter.Text)
	v.Title = of.Incident.Ref.String() + " " + v.Word("letter", string(kind))
	v.exercise(of.Incident)
	v.Data = d
	return v, nil
}

// saveLetter keeps what the officer made of a letter, or goes back to the text
// of the facts.
func (p *Pages) saveLetter(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	ref, err := ref(c)
	if err != nil {
		return err
	}
	kind, lang, err := letterOf(c)
	if err != nil {
		return err
	}
	cmd := incident.DraftLetter{Letter: kind, Lang: lang, Subject: values.Get("subject"), Text: values.Get("text")}
	if values.Get("fresh") == "yes" {
		cmd.Subject, cmd.Text = "", ""
	}
	if _, err = p.cfg.Service.Do(c.Request().Context(), ref, actor(c), cmd); err == nil {
		return c.Redirect(http.StatusSeeOther, letterPath(ref, kind, lang)+"?done=letter")
	}
	v, viewErr := p.letterView(c)
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused("letter", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// document hands out one document of a case.
func (p *Pages) document(c echo.Context) error {
	f, err := dossier.FileNamed(c.Param("file"))
	if err != nil {
		return err
	}
	return p.sendDocument(c, f)
}

// dossierPDF is the AP's form in the reader's language.
func (p *Pages) dossierPDF(c echo.Context) error {
	f, err := dossier.FileNamed("ap." + locale.Pick(p.language(c)) + ".pdf")
	if err != nil {
		return err
	}
	return p.sendDocument(c, f)
}

// sendDocument writes a document of our own making. The page in HTML is shown,
// under a policy that admits its own style and nothing else; the others are
// files to keep.
func (p *Pages) sendDocument(c echo.Context, f dossier.File) error {
	of, err := p.dossierOf(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := f.Write(&b, of); err != nil {
		return err
	}
	if _, letter := f.Kind.Letter(); letter {
		p.saw(c.Request().Context(), me(c), of.Incident)
	}
	h := c.Response().Header()
	if f.Format == dossier.HTML {
		h.Set("Content-Security-Policy", dossier.Policy())
	} else {
		name := of.Incident.Ref.String() + "-" + f.Name
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
	return c.Blob(http.StatusOK, f.Format.MIME(), b.Bytes())
}
