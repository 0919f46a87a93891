package api

import (
	"encoding"
	"reflect"
	"strings"
	"time"
)

// schemas holds the schemas of the document by their name.
type schemas map[string]any

// of returns the schema of a Go type as encoding/json writes it; a struct is
// described once, under its name, and referred to.
func (s schemas) of(t reflect.Type) object {
	switch {
	case t.Kind() == reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return object{"type": "string"}
	case t == reflect.TypeFor[[]byte]():
		return object{"type": "string", "format": "byte", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{"type": "object"}
		}
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.named(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number", "format": "double"}
	case reflect.String:
		return object{"type": "string"}
	}
	return object{"type": "integer", "format": "int64"}
}

// nullable adds null to what a schema allows.
func nullable(schema object) object {
	if kind, simple := schema["type"].(string); simple {
		schema["type"] = []string{kind, "null"}
		return schema
	}
	return object{"anyOf": []object{schema, {"type": "null"}}}
}

// named describes a struct under its name and returns a reference to it.
func (s schemas) named(t reflect.Type) object {
	name := schemaName(t)
	if _, done := s[name]; !done {
		s[name] = object{} // so that a type that holds itself comes to an end
		properties, required := object{}, []string{}
		s.fields(t, properties, &required)
		schema := object{"type": "object", "properties": properties}
		if len(required) > 0 {
			schema["required"] = required
		}
		if refusesOthers(t) {
			schema["additionalProperties"] = false
		}
		s[name] = schema
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// refusesOthers reports whether a type belongs to a body of a request, in which
// a field that is not known is refused.
func refusesOthers(t reflect.Type) bool {
	return strings.HasSuffix(t.Name(), "Request") || t == reflect.TypeFor[Reporter]() || t == reflect.TypeFor[Attachment]()
}

// schemaName is the type's name; those of the register are told apart from ours.
func schemaName(t reflect.Type) string {
	if strings.HasSuffix(t.PkgPath(), "/register") {
		return "Register" + t.Name()
	}
	return t.Name()
}

// fields adds the fields of a struct, those of embedded ones included.
func (s schemas) fields(t reflect.Type, properties object, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			s.fields(f.Type, properties, required)
			continue
		case name == "" || name == "-":
			continue
		}
		kind, optional := f.Type, strings.Contains(options, "omit")
		if optional && kind.Kind() == reflect.Pointer {
			kind = kind.Elem() // left out instead of null
		}
		schema := s.of(kind)
		for tag, key := range map[string]string{"doc": "description", "format": "format"} {
			if text := f.Tag.Get(tag); text != "" {
				schema[key] = text
			}
		}
		if values := f.Tag.Get("enum"); values != "" {
			schema["enum"] = strings.Split(values, ",")
		}
		properties[name] = schema
		if !optional {
			*required = append(*required, name)
		}
	}
}
