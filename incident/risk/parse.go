package risk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FieldError says which field of the facts cannot be accepted, and why. The
// problem never repeats the rejected value, which may be personal data.
type FieldError struct {
	Field   string `json:"field"`   // JSON name, empty when the input as a whole is wrong
	Problem string `json:"problem"` // English sentence without its subject
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return "facts: " + e.Problem
	}
	return "facts: " + e.Field + " " + e.Problem
}

// Parse reads facts from JSON, strictly: an unknown field, a wrong type or a
// value outside its list is refused. Every problem is joined into the error;
// errors.As finds the first *FieldError, FieldErrors gives all of them.
func Parse(jsonBytes []byte) (Facts, error) {
	raw, err := decodeObject(jsonBytes)
	if err != nil {
		return Facts{}, err
	}
	var f Facts
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if f, err = setJSON(f, name, raw[name]); err != nil {
			problems = append(problems, err)
		}
	}
	for _, e := range Validate(f) {
		problems = append(problems, e)
	}
	if len(problems) > 0 {
		return Facts{}, errors.Join(problems...)
	}
	return f, nil
}

// decodeObject reads one JSON object and nothing after it. A field given twice
// is refused: the second value would silently win.
func decodeObject(b []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, &FieldError{Problem: "must be one JSON object"}
	}
	raw := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, &FieldError{Problem: "is not valid JSON"}
		}
		name, _ := key.(string)
		if _, twice := raw[name]; twice {
			return nil, &FieldError{Field: shown(name), Problem: "is given twice"}
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, &FieldError{Field: shown(name), Problem: "is not valid JSON"}
		}
		raw[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, &FieldError{Problem: "is not valid JSON"}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &FieldError{Problem: "has something after the object"}
	}
	return raw, nil
}

// shown keeps a stranger's field name short enough for a message.
func shown(name string) string {
	if len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "") + "..."
	}
	return name
}

// setJSON puts one JSON value into its field.
func setJSON(f Facts, name string, raw json.RawMessage) (Facts, error) {
	q, ok := questionOf(name)
	if !ok {
		return f, &FieldError{Field: shown(name), Problem: "is not a field of the facts"}
	}
	if string(raw) == "null" {
		return f, nil
	}
	values, err := stringsOf(q, raw)
	if err != nil {
		return f, err
	}
	return With(f, name, values...)
}

// stringsOf reads the JSON value as the type its question asks for.
func stringsOf(q Question, raw json.RawMessage) ([]string, error) {
	switch q.Kind {
	case Many:
		var list []string
		if json.Unmarshal(raw, &list) != nil {
			return nil, &FieldError{Field: q.Field, Problem: "must be a list of strings"}
		}
		return list, nil
	case Number:
		if string(raw) == `"unknown"` || string(raw) == `""` {
			return nil, nil
		}
		var n int64
		if json.Unmarshal(raw, &n) != nil {
			return nil, &FieldError{Field: q.Field, Problem: "must be a whole number or null"}
		}
		return []string{strconv.FormatInt(n, 10)}, nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil, &FieldError{Field: q.Field, Problem: "must be a string"}
	}
	return []string{s}, nil
}

// FromValues reads facts from a submitted form: field names with their values,
// as url.Values holds them. It is as strict as Parse.
func FromValues(form map[string][]string) (Facts, error) {
	var f Facts
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(form)) {
		var err error
		if f, err = With(f, name, form[name]...); err != nil {
			problems = append(problems, err)
		}
	}
	for _, e := range Validate(f) {
		problems = append(problems, e)
	}
	return f, errors.Join(problems...)
}

// FieldErrors takes every *FieldError out of an error of Parse or FromValues.
func FieldErrors(err error) []*FieldError {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		var all []*FieldError
		for _, e := range many.Unwrap() {
			all = append(all, FieldErrors(e)...)
		}
		return all
	}
	var one *FieldError
	if errors.As(err, &one) {
		return []*FieldError{one}
	}
	return nil
}

// maxPeople is more than there are people on earth.
const maxPeople = 10_000_000_000

// checkValues refuses values that the question does not allow.
func checkValues(q Question, values []string) error {
	wrong := func(format string, args ...any) error {
		return &FieldError{Field: q.Field, Problem: fmt.Sprintf(format, args...)}
	}
	if q.Kind != Many && len(values) > 1 {
		return wrong("takes one value")
	}
	for _, v := range values {
		switch {
		case v == "" || v == Unknown:
		case q.Kind == Number:
			if n, err := strconv.Atoi(v); err != nil || n < 0 || n > maxPeople {
				return wrong("must be a whole number from 0 to %d", maxPeople)
			}
		case q.Kind == Line:
			if len(v) > MaxText || !utf8.ValidString(v) {
				return wrong("must be text of at most %d bytes", MaxText)
			}
		case !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == v }):
			return wrong("must be one of: %s", strings.Join(q.values(), ", "))
		}
	}
	return nil
}

// values lists the allowed values of a question, unknown last.
func (q Question) values() []string {
	out := make([]string, 0, len(q.Options)+1)
	for _, o := range q.Options {
		if o.Value != Unknown {
			out = append(out, o.Value)
		}
	}
	return append(out, Unknown)
}
