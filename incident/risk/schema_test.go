package risk

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// schemaDoc is the part of a JSON schema that the tests look at.
type schemaDoc struct {
	Schema     string `json:"$schema"`
	Additional *bool  `json:"additionalProperties"`
	Properties map[string]struct {
		Title       string
		Description string
		Enum        []any
		Items       struct{ Enum []string }
		Type        any
		AnyOf       []any
	}
}

func TestSchemaIsTrueToTheType(t *testing.T) {
	var s schemaDoc
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Schema != "https://json-schema.org/draft/2020-12/schema" || s.Additional == nil || *s.Additional {
		t.Error("the draft, or the refusal of other fields, is missing")
	}
	typ := reflect.TypeFor[Facts]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		p, ok := s.Properties[name]
		if !ok {
			t.Errorf("%s is not in the schema", name)
			continue
		}
		delete(s.Properties, name)
		if p.Title == "" {
			t.Errorf("%s has no title", name)
		}
		q := mustQuestion(name)
		kind := typ.Field(i).Type.Kind()
		if fits := map[Kind]bool{Many: kind == reflect.Slice, Number: kind == reflect.Pointer, One: kind == reflect.String, Line: kind == reflect.String}[q.Kind]; !fits {
			t.Errorf("%s: question %s, type %s", name, q.Kind, kind)
		}
		for _, o := range q.Options {
			if !slices.Contains(p.Items.Enum, o.Value) && !slices.Contains(p.Enum, any(o.Value)) {
				t.Errorf("%s: %s is not in the schema", name, o.Value)
			}
		}
	}
	for name := range s.Properties {
		t.Errorf("%s is in the schema and not in the type", name)
	}
	if !bytes.Equal(Schema(), Schema()) {
		t.Error("the schema changes from call to call")
	}
}

// Every constant of an enumeration is an option of the question that holds it,
// and the other way round: a value cannot be forgotten on one side.
func TestOptionsAreTheConstants(t *testing.T) {
	constants := constantsByType(t)
	typ := reflect.TypeFor[Facts]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		of := typ.Field(i).Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.String || of.Name() == "string" || of.Name() == "Step" {
			continue // each class has some of the steps; classes.values is their list
		}
		var options []string
		for _, o := range mustQuestion(name).Options {
			options = append(options, o.Value)
		}
		slices.Sort(options)
		want := constants[of.Name()]
		slices.Sort(want)
		if !slices.Equal(options, want) {
			t.Errorf("%s: options %v, constants %v", name, options, want)
		}
	}
	for _, c := range classes {
		for _, o := range mustQuestion(c.name + "_step").Options {
			if _, ok := c.values[Step(o.Value)]; !ok {
				t.Errorf("%s has no score for %s", c.name, o.Value)
			}
		}
		if len(c.values) != len(mustQuestion(c.name+"_step").Options) {
			t.Errorf("%s has steps that cannot be chosen", c.name)
		}
	}
}

// constantsByType reads values.go, the one place where values are named.
func constantsByType(t *testing.T) map[string][]string {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "values.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		value := Unknown
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, _ = strconv.Unquote(lit.Value)
		}
		name := spec.Type.(*ast.Ident).Name
		out[name] = append(out[name], value)
		return true
	})
	return out
}

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	check := func(where string, x Text, mayBeEmpty bool) {
		if mayBeEmpty && x == (Text{}) {
			return
		}
		if strings.TrimSpace(x.NL) == "" || strings.TrimSpace(x.EN) == "" {
			t.Errorf("%s: %+v", where, x)
		}
		if strings.ContainsAny(x.NL+x.EN, "—–") {
			t.Errorf("%s holds a dash that plain text does without", where)
		}
	}
	sections := map[string]bool{}
	for _, s := range Sections() {
		check(s.Value, s.Label, false)
		sections[s.Value] = true
	}
	for _, q := range Questions() {
		check(q.Field, q.Label, false)
		check(q.Field+" help", q.Help, true)
		if !sections[q.Section] {
			t.Errorf("%s stands in no section", q.Field)
		}
		for _, o := range q.Options {
			check(q.Field+" "+o.Value, o.Label, false)
			check(q.Field+" "+o.Value+" help", o.Help, true)
		}
		for _, s := range q.Skip {
			if fieldIndex(s.Field) < 0 {
				t.Errorf("%s may be skipped by %s, which is no field", q.Field, s.Field)
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range Rules() {
		check(r.Code, r.Text, false)
		if seen[r.Code] || r.Source == "" || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(r.Code) {
			t.Errorf("%s: twice, without a source, or badly named", r.Code)
		}
		seen[r.Code] = true
	}
	for _, b := range []Band{Low, Medium, High, VeryHigh} {
		check(string(b), b.Label(), false)
	}
}

func TestWrongInputNamesTheField(t *testing.T) {
	for _, c := range []struct {
		name, in, field string
	}{
		{"not JSON", `hello`, ""},
		{"a list", `[]`, ""},
		{"two objects", `{} {}`, ""},
		{"an unknown field", `{"colour":"red"}`, "colour"},
		{"a field twice", `{"incident":"lost","incident":"stolen"}`, "incident"},
		{"a value outside its list", `{"recipients":"aliens"}`, "recipients"},
		{"a wrong element of a list", `{"data":["name","shoe_size"]}`, "data"},
		{"a string where a list belongs", `{"data":"name"}`, "data"},
		{"a number where a string belongs", `{"intent":3}`, "intent"},
		{"half a person", `{"people_min":1.5}`, "people_min"},
		{"fewer than nobody", `{"people_min":-1}`, "people_min"},
		{"bounds the wrong way round", `{"people_min":5,"people_max":2}`, "people_max"},
		{"exclusion without evidence", `{"access":"excluded"}`, "excluded_because"},
		{"exclusion with empty evidence", `{"access":"excluded","excluded_because":"  "}`, "excluded_because"},
		{"a step without an argument", `{"financial_step":"no_insight"}`, "financial_reason"},
		{"a step of another class", `{"simple_step":"full_profile","simple_reason":"x"}`, "simple_step"},
		{"later measures without a reason", `{"later_measures":"yes"}`, "later_measures_reason"},
		{"none together with some", `{"special":["none","health"]}`, "special"},
		{"a text that is far too long", `{"excluded_because":"` + strings.Repeat("x", MaxText+1) + `"}`, "excluded_because"},
		{"a case that differs", `{"Incident":"lost"}`, "Incident"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.in))
			var fe *FieldError
			if !errors.As(err, &fe) || fe.Field != c.field || fe.Problem == "" {
				t.Fatalf("got %v, want a problem of %q", err, c.field)
			}
			if strings.Contains(err.Error(), "aliens") || strings.Contains(err.Error(), "shoe") {
				t.Errorf("the rejected value is repeated: %v", err)
			}
			if all := FieldErrors(err); len(all) == 0 || all[0].Field != c.field {
				t.Errorf("FieldErrors gives %v", all)
			}
		})
	}
}

func TestEveryProblemIsTold(t *testing.T) {
	_, err := Parse([]byte(`{"intent":"x","breach":["y"],"access":"excluded"}`))
	if all := FieldErrors(err); len(all) != 3 {
		t.Errorf("told %d problems of 3: %v", len(all), err)
	}
}

func TestUnknownHasOneSpelling(t *testing.T) {
	for _, in := range []string{`{}`, `{"intent":"unknown","breach":["unknown"],"people_min":null}`, `{"intent":"","breach":[],"people_min":"unknown","special":null}`} {
		f, err := Parse([]byte(in))
		if err != nil || !reflect.DeepEqual(f, Facts{}) {
			t.Errorf("%s became %+v, %v", in, f, err)
		}
	}
}

func TestFormValuesReadLikeJSON(t *testing.T) {
	f, err := FromValues(map[string][]string{"incident": {"lost"}, "data": {"name", "bsn"}, "people_min": {"12"}, "people_max": {""}, "intent": {"unknown"}})
	if err != nil || f.Incident != Lost || len(f.Data) != 2 || *f.PeopleMin != 12 || f.PeopleMax != nil {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err = FromValues(map[string][]string{"incident": {"lost", "stolen"}, "x": {"y"}}); len(FieldErrors(err)) != 2 {
		t.Errorf("two problems were told as %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range edpb2021 {
		f.Add([]byte(c.facts))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		facts, err := Parse(in)
		if err != nil {
			if len(FieldErrors(err)) == 0 {
				t.Fatalf("an error without a field: %v", err)
			}
			return
		}
		if a := Assess(facts); a.Severity < 0.25 || a.Severity > 6 || len(a.Reasons) == 0 {
			t.Fatalf("%+v", a)
		}
	})
}
