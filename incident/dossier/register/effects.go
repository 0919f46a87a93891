package register

import "meldklok/incident/risk"

// The facts that say what became of the data and of the people, what protected
// them, and what was done: the three that GDPR art. 33(5) asks for beside the
// facts themselves.

func effectFields() []string {
	return []string{"access", "recipients", "exposure", "misuse", "alteration", "recovery", "interruption"}
}

func protectionFields() []string { return []string{"protection", "key_safe", "backup"} }

func measureFields() []string { return []string{"mitigation", "later_measures"} }

// pick takes the answered fields out of the facts.
func pick(f risk.Facts, fields []string) map[string][]string {
	out := map[string][]string{}
	for _, field := range fields {
		if values := risk.Values(f, field); len(values) > 0 {
			out[field] = values
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
