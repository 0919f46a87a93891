package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"meldklok/incident"
)

// object is a JSON object of the document.
type object = map[string]any

// document serves the OpenAPI document.
func (a *API) document(c Call) error { return ok(c, a.Document()) }

// Document is the OpenAPI 3.1 document of the table.
func (a *API) Document() map[string]any {
	s := schemas{}
	paths := object{}
	for _, r := range a.Routes() {
		path := strings.TrimPrefix(pathParam.ReplaceAllString(r.Path, "{$1}"), Prefix)
		item, found := paths[path].(object)
		if !found {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(r.Method)] = s.operation(r)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Meldklok", "version": "1",
			"description": "Report suspected data leaks, read the clocks of GDPR art. 33, record what was filed, export the register. Times are RFC 3339 in UTC. New fields may be added to answers; none is renamed.",
		},
		"servers":    []object{{"url": a.cfg.URL + Prefix}},
		"paths":      paths,
		"components": object{"schemas": map[string]any(s), "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": scopesDoc()}}},
	}
}

// pathParam is a parameter in a path of echo's.
var pathParam = regexp.MustCompile(`:([a-z]+)`)

func scopesDoc() string {
	var names []string
	for _, s := range incident.Scopes() {
		names = append(names, string(s))
	}
	return "A token that an administrator made. Its scopes: " + strings.Join(names, ", ") + "."
}

// operation describes one row of the table.
func (s schemas) operation(r Route) object {
	op := object{"operationId": r.ID, "summary": r.Summary, "responses": s.responses(r)}
	var params []object
	for _, m := range pathParam.FindAllStringSubmatch(r.Path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "description": "reference of an incident, such as 2026-0042", "schema": object{"type": "string"}})
	}
	for _, p := range r.Query {
		schema := object{"type": "string"}
		if p.Number {
			schema = object{"type": "integer", "minimum": 1, "maximum": mostRows}
		}
		if p.Enum != nil {
			schema["enum"] = p.Enum
		}
		params = append(params, object{"name": p.Name, "in": "query", "description": p.Doc, "schema": schema})
	}
	if r.Takes != nil {
		params = append(params, object{"name": onceHeader, "in": "header", "schema": object{"type": "string", "maxLength": longestKey},
			"description": "a key of your own: the same request sent again under it within a day is carried out once, and answered the same"})
		op["requestBody"] = object{"required": true, "content": jsonOf(s.of(reflect.TypeOf(r.Takes)))}
	}
	if params != nil {
		op["parameters"] = params
	}
	if r.Scope != "" {
		op["security"] = []object{{"token": []string{}}}
		op["description"] = "Needs the scope " + string(r.Scope) + "."
	}
	return op
}

// always are the statuses that every route with a scope can have.
func always() []int { return []int{401, 403, 429, 500, 503} }

// responses describes what a row answers.
func (s schemas) responses(r Route) object {
	content := jsonOf(s.of(reflect.TypeOf(r.Gives)))
	for _, media := range r.Types {
		content[media] = object{"schema": object{"type": "string", "contentMediaType": media}}
	}
	good := object{"description": http.StatusText(r.Status), "content": content}
	if r.Takes != nil {
		good["headers"] = object{replayedHeader: object{"schema": object{"type": "string"}, "description": "true: the request was carried out before"}}
	}
	all := object{strconv.Itoa(r.Status): good}
	statuses := r.Refuses
	if r.Scope != "" {
		statuses = append(always(), r.Refuses...)
	}
	for _, status := range statuses {
		all[strconv.Itoa(status)] = object{
			"description": http.StatusText(status), "content": object{problemType: object{"schema": s.of(reflect.TypeFor[Problem]())}},
		}
	}
	return all
}

func jsonOf(schema object) object {
	return object{"application/json": object{"schema": maps.Clone(schema)}}
}

// Statuses lists what a row may answer, for the tests that walk the table.
func (r Route) Statuses() []int {
	if r.Scope == "" {
		return append([]int{r.Status}, r.Refuses...)
	}
	return append(append(always(), r.Status), r.Refuses...)
}

// String names a row.
func (r Route) String() string { return fmt.Sprintf("%s %s", r.Method, r.Path) }
