package risk

import (
	"errors"
	"reflect"
	"slices"
	"strings"
)

// Validate says what is wrong between the fields of f, and which values stand
// outside their lists; nil when nothing is. Assess works on any facts, valid or
// not: what is not argued, it does not count.
func Validate(f Facts) []*FieldError {
	var out []*FieldError
	add := func(field, problem string) { out = append(out, &FieldError{field, problem}) }
	for _, q := range questions {
		var field *FieldError
		if errors.As(checkValues(q, Values(f, q.Field)), &field) {
			out = append(out, field)
		}
	}
	if f.Access == Excluded && blank(f.ExcludedBecause) {
		add("excluded_because", "is required when access is excluded: name the evidence")
	}
	if f.LaterMeasures == Yes && blank(f.LaterMeasuresReason) {
		add("later_measures_reason", "is required when later_measures is yes")
	}
	for _, c := range classes {
		if s := c.stated(&f); s != "" && s != Base && blank(c.reason(&f)) {
			add(c.name+"_reason", "is required when "+c.name+"_step departs from base")
		}
	}
	if f.PeopleMin != nil && f.PeopleMax != nil && *f.PeopleMin > *f.PeopleMax {
		add("people_max", "must not be less than people_min")
	}
	if len(f.Special) > 1 && slices.Contains(f.Special, NoSpecial) {
		add("special", "cannot hold none together with others")
	}
	if len(f.Mitigation) > 1 && slices.Contains(f.Mitigation, NothingDone) {
		add("mitigation", "cannot hold none together with others")
	}
	if len(f.Regimes) > 1 && slices.Contains(f.Regimes, NoRegime) {
		add("regimes", "cannot hold none together with others")
	}
	return out
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// normalised gives f in its one spelling: "unknown" is empty, a lone "unknown"
// is an empty list, and a value outside its list counts as unknown. So Assess
// is total: it gives an answer, the cautious one, for facts nobody validated.
func normalised(f Facts) Facts {
	v := reflect.ValueOf(&f).Elem()
	for i := range questions {
		q := &questions[i]
		field := v.Field(fieldIndex(q.Field))
		switch {
		case field.IsZero():
		case q.Kind == One && !q.allows(field.String()), q.Kind == Line && field.String() == Unknown:
			field.SetZero()
		case q.Kind == Many:
			setList(field, tamed(q, field))
		}
	}
	return consistent(f)
}

// allows says whether a value is one of the options.
func (q *Question) allows(value string) bool {
	return slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == value })
}

// tamed reads a list with the elements outside the options as "unknown".
func tamed(q *Question, field reflect.Value) []string {
	out := make([]string, field.Len())
	for i := range out {
		if out[i] = field.Index(i).String(); !q.allows(out[i]) {
			out[i] = Unknown
		}
	}
	return out
}

// consistent drops what contradicts itself: "none" beside others, a negative or
// reversed number.
func consistent(f Facts) Facts {
	if len(f.Special) > 1 {
		f.Special = slices.DeleteFunc(slices.Clone(f.Special), func(s Special) bool { return s == NoSpecial })
	}
	if len(f.Mitigation) > 1 {
		f.Mitigation = slices.DeleteFunc(slices.Clone(f.Mitigation), func(m Mitigation) bool { return m == NothingDone })
	}
	if len(f.Regimes) > 1 {
		f.Regimes = slices.DeleteFunc(slices.Clone(f.Regimes), func(r Regime) bool { return r == NoRegime })
	}
	if f.PeopleMax != nil && f.PeopleMin != nil && *f.PeopleMax < *f.PeopleMin {
		f.PeopleMax = f.PeopleMin
	}
	return f
}
