package main

import "html/template"

// casePage is the readable log of a case file: one page without anything from
// elsewhere, in print as on a screen.
func casePage() *template.Template {
	return template.Must(template.New("log").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.45 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}article{border-top:1px solid #888;padding:.5rem 0;break-inside:avoid}h2{font-size:1rem;margin:.2rem 0}p{margin:.2rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.5rem;font-size:.8rem}</style></head>
<body><main><h1>{{.Title}}</h1>
{{range .Lines}}<article><h2>{{.N}}. {{.Kind}}</h2><p>{{call $.When .At}}, {{.By}}, {{call $.T "place"}} {{.Seq}}</p>{{range .Body}}<pre>{{.}}</pre>{{end}}{{if .Destroyed}}<p>{{call $.T "sealed"}}</p>{{end}}</article>
{{end}}</main></body></html>
`))
}
