package risk

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// fieldIndexes gives the struct field of each JSON name; never written after
// start-up.
var fieldIndexes = indexFields()

func indexFields() map[string]int {
	t := reflect.TypeFor[Facts]()
	index := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		index[tag] = i
	}
	return index
}

// fieldIndex finds the struct field with a JSON name, or -1.
func fieldIndex(name string) int {
	if i, ok := fieldIndexes[name]; ok {
		return i
	}
	return -1
}

// open says whether a field has no answer, or an answer that may grow.
func open(v reflect.Value) bool {
	if v.IsZero() {
		return true
	}
	if v.Kind() != reflect.Slice {
		return false
	}
	for i := range v.Len() {
		if v.Index(i).String() == Unknown {
			return true
		}
	}
	return v.Len() == 0
}

// Values gives the answer to one field as strings, the way a form shows it:
// none when unknown, one for a single answer, several for a list. It gives none
// for a name that is no field.
func Values(f Facts, field string) []string {
	i := fieldIndex(field)
	if i < 0 {
		return nil
	}
	v := reflect.ValueOf(f).Field(i)
	switch {
	case v.IsZero():
		return nil
	case v.Kind() == reflect.Pointer:
		return []string{strconv.FormatInt(v.Elem().Int(), 10)}
	case v.Kind() == reflect.Slice:
		out := make([]string, v.Len())
		for j := range out {
			out[j] = v.Index(j).String()
		}
		return out
	}
	return []string{v.String()}
}

// Answered lists the fields of f that have an answer, in questionnaire order.
func Answered(f Facts) []string {
	var names []string
	for _, q := range questions {
		if len(Values(f, q.Field)) > 0 {
			names = append(names, q.Field)
		}
	}
	return names
}

// With gives a copy of f in which one field has the values, as Values shows
// them. Impossible values give a *FieldError and f itself.
func With(f Facts, field string, values ...string) (Facts, error) {
	q, ok := questionOf(field)
	if !ok {
		return f, &FieldError{Field: field, Problem: "is not a field of the facts"}
	}
	if err := checkValues(q, values); err != nil {
		return f, err
	}
	v := reflect.ValueOf(&f).Elem().Field(fieldIndex(field))
	values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
	switch {
	case q.Kind == Many:
		setList(v, values)
	case len(values) == 0 || values[0] == Unknown:
		v.SetZero()
	case q.Kind == Number:
		n, _ := strconv.Atoi(values[0]) // checkValues has read it already
		v.Set(reflect.ValueOf(&n))
	default:
		v.SetString(values[0])
	}
	return f, nil
}

// setList stores values without repeats; a lone "unknown" is an empty list.
func setList(v reflect.Value, values []string) {
	if len(values) == 0 || (len(values) == 1 && values[0] == Unknown) {
		v.SetZero()
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(values))
	seen := map[string]bool{}
	for _, s := range values {
		if !seen[s] {
			seen[s] = true
			list = reflect.Append(list, reflect.ValueOf(s).Convert(v.Type().Elem()))
		}
	}
	v.Set(list)
}
