package risk

import "encoding/json"

// SchemaID names the schema. It changes when a field is added.
const SchemaID = "urn:meldklok:facts:1"

// Schema gives the JSON schema (draft 2020-12) of Facts. It is built from
// Questions, and a test keeps it true to the type.
func Schema() []byte {
	properties := map[string]any{}
	for _, q := range questions {
		properties[q.Field] = q.schema()
	}
	b, err := json.MarshalIndent(map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  SchemaID,
		"title":                "Facts of a personal data breach",
		"description":          "What is known about one breach, for the risk assessment. Absent, null, \"\" and \"unknown\" all mean: not known yet. Inside a list \"unknown\" means: these, and perhaps more.",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
		"allOf":                argumentRules(),
	}, "", "  ")
	if err != nil {
		panic("risk: the schema is built from constants: " + err.Error())
	}
	return append(b, '\n')
}

// schema describes one field.
func (q Question) schema() map[string]any {
	s := map[string]any{"title": q.Label.EN, "description": q.describe()}
	switch q.Kind {
	case Number:
		s["anyOf"] = []any{
			map[string]any{"type": "integer", "minimum": 0, "maximum": maxPeople},
			map[string]any{"enum": []any{nil, "", Unknown}},
		}
	case Line:
		s["type"], s["maxLength"] = []string{"string", "null"}, MaxText
	case Many:
		s["type"] = []string{"array", "null"}
		s["items"] = map[string]any{"enum": q.values()}
	default:
		values := []any{}
		for _, v := range q.values() {
			values = append(values, v)
		}
		s["enum"] = append(values, "", nil)
	}
	return s
}

// describe puts the help and the meaning of every value in one text.
func (q Question) describe() string {
	text := q.Help.EN
	for _, o := range q.Options {
		if text != "" {
			text += " "
		}
		text += o.Value + ": " + o.Label.EN
		if o.Help.EN != "" {
			text += " (" + o.Help.EN + ")"
		}
		text += ";"
	}
	return text
}

// argumentRules are the fields that need a reason, as Validate asks.
func argumentRules() []any {
	needs := func(field string, trigger any, reason string) any {
		return map[string]any{
			"if":   map[string]any{"required": []string{field}, "properties": map[string]any{field: trigger}},
			"then": map[string]any{"required": []string{reason}},
		}
	}
	rules := []any{
		needs("access", map[string]any{"const": string(Excluded)}, "excluded_because"),
		needs("later_measures", map[string]any{"const": string(Yes)}, "later_measures_reason"),
	}
	for i := range classes {
		c := &classes[i]
		departs := []string{}
		for _, o := range mustQuestion(c.name + "_step").Options {
			if o.Value != string(Base) {
				departs = append(departs, o.Value)
			}
		}
		rules = append(rules, needs(c.name+"_step", map[string]any{"enum": departs}, c.name+"_reason"))
	}
	return rules
}

func mustQuestion(field string) Question {
	q, _ := questionOf(field)
	return q
}
