package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

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
	return fmt.Sprintf("A token that an administrator made. Its scopes: %s. It may send %d requests at once, and one every %s after that.",
		strings.Join(names, ", "), rateBurst, rateEvery)
}

// operation describes one row of the table.
func (s schemas) operation(r Route) object {
	op := object{"operationId": r.ID, "summary": r.Summary, "responses": s.responses(r)}
	var params []object
	for _, m := range pathParam.FindAllStringSubmatch(r.Path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "description": "reference of an incident, such as 2026-0042", "schema": object{"type": "string"}})
	}
	for _, p := range r.Query {
		params = append(params, object{"name": p.Name, "in": "query", "description": p.Doc, "schema": p.schema()})
	}
	if r.Takes != nil {
		params = append(params, object{"name": onceHeader, "in": "header", "schema": object{"type": "string", "maxLength": longestKey},
			"description": "a key of your own: the same request sent again under it within a day is carried out once, and answered the same"})
		op["requestBody"] = object{"required": true, "content": jsonOf(s.of(reflect.TypeOf(r.Takes)))}
	}
	if params != nil {
		op["parameters"] = params
	}
	op["description"], op["security"] = "For everybody.", []object{}
	if r.Scope != "" {
		op["description"], op["security"] = "Needs the scope "+string(r.Scope)+".", []object{{"token": []string{}}}
	}
	if r.Takes != nil {
		op["description"] = fmt.Sprintf("%s The body may be %d bytes long.", op["description"], r.bodyLimit())
	}
	return op
}

// schema describes the values of a parameter.
func (p Param) schema() object {
	schema := object{"type": "string"}
	switch {
	case p.Number:
		schema = object{"type": "integer", "minimum": 1, "maximum": mostRows}
	case p.Day:
		schema["format"] = "date"
	case p.Enum != nil:
		schema["enum"] = p.Enum
	}
	return schema
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
		good["headers"] = header(replayedHeader, "string", "true: the request was carried out before")
	}
	all := object{strconv.Itoa(r.Status): good}
	statuses := r.Refuses
	if r.Scope != "" {
		statuses = append(always(), r.Refuses...)
	}
	for _, status := range statuses {
		bad := object{"description": http.StatusText(status), "content": object{problemType: object{"schema": s.of(reflect.TypeFor[Problem]())}}}
		switch {
		case waits(status):
			bad["headers"] = header(echo.HeaderRetryAfter, "integer", "seconds after which the same request may succeed")
		case status == http.StatusUnauthorized, status == http.StatusForbidden:
			bad["headers"] = header(echo.HeaderWWWAuthenticate, "string", "what is wrong with the token (RFC 6750)")
		}
		all[strconv.Itoa(status)] = bad
	}
	return all
}

// header describes the one header of an answer.
func header(name, kind, doc string) object {
	return object{name: object{"schema": object{"type": kind}, "description": doc}}
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
