package web

import (
	"fmt"
	"html/template"
	"io"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
)

// SubjectPage writes what is kept about a person as one page that needs nothing
// from elsewhere, for somebody who asked for a copy (GDPR art. 15(3)). It holds
// what the JSON holds.
func SubjectPage(w io.Writer, lang string, who incident.Subject, found []incident.SubjectFind, now time.Time) error {
	page, err := template.New("subject").Funcs(template.FuncMap{
		"T":    func(id string) string { return locale.T(lang, "subject-copy."+id, nil) },
		"Word": func(group string, value any) string { return locale.Word(lang, group, fmt.Sprint(value)) },
		"When": func(t time.Time) string { return locale.When(lang, t) },
	}).Parse(subjectCopy)
	if err != nil {
		return fmt.Errorf("web: copy for a person: %w", err)
	}
	data := map[string]any{"Lang": lang, "Who": who, "Found": found, "Now": now}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("web: copy for a person: %w", err)
	}
	return nil
}

const subjectCopy = `<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{T "title"}}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem}article{border-top:1px solid #666;padding:.5rem 0;break-inside:avoid}h2{font-size:1.1rem;margin:.3rem 0}dt{font-weight:bold}dd{margin:0 0 .4rem}.pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head>
<body><main><h1>{{T "title"}}</h1><p>{{T "made"}}: {{When .Now}}. {{T "looked"}}: {{range $i, $w := .Who}}{{if $i}}, {{end}}{{$w}}{{end}}.</p>
<p>{{T "others"}}</p>{{if not .Found}}<p>{{T "none"}}</p>{{end}}
{{range .Found}}<article><h2>{{if .Person}}{{T "account"}} {{.Person}}{{else if .Parked}}{{T "parked"}} {{.Parked}}{{else}}{{T "case"}} {{.Ref}}{{if .Report}}, {{T "report"}} {{.Report}}{{end}}{{end}}</h2>
<dl><dt>{{T "where"}}</dt><dd>{{range $i, $w := .Where}}{{if $i}}, {{end}}{{Word "subject-in" $w}}{{end}}</dd>
{{if not .At.IsZero}}<dt>{{T "at"}}</dt><dd>{{When .At}}</dd>{{end}}
{{if or .From.Name .From.Email .Phone}}<dt>{{T "from"}}</dt><dd>{{.From.Name}} {{.From.Email}} {{.Phone}}</dd>{{end}}
{{if or .Quoted.Name .Quoted.Email}}<dt>{{T "quoted"}}</dt><dd>{{.Quoted.Name}} {{.Quoted.Email}}</dd>{{end}}
{{range .Right}}<dt>{{T "corrected"}}</dt><dd>{{When .At}}: {{range $i, $d := .Details}}{{if $i}}, {{end}}{{Word "detail" $d}}{{end}}</dd>
{{end}}{{with .Title}}<dt>{{T "subject"}}</dt><dd>{{.}}</dd>{{end}}
{{with .Roles}}<dt>{{T "roles"}}</dt><dd>{{range $i, $r := .}}{{if $i}}, {{end}}{{Word "role" $r}}{{end}}</dd>{{end}}
{{with .Acts}}<dt>{{T "acts"}}</dt><dd>{{.}}</dd>{{end}}
{{with .Gone}}<dt>{{T "gone"}}</dt><dd>{{When .At}} ({{.Under}})</dd>{{end}}
{{with .Text}}<dt>{{T "text"}}</dt><dd class="pre">{{.}}</dd>{{end}}</dl></article>
{{end}}</main></body></html>
`
