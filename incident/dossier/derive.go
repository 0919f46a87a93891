package dossier

import (
	"strings"

	"meldklok/incident/risk"
	"meldklok/ui/locale"
)

// conditions say when a question is asked, by the name it has in a form. A
// question without a condition is always asked.
func conditions() map[string]func(*Case) bool {
	return map[string]func(*Case) bool{
		"late":         (*Case).late,
		"cross-border": (*Case).crossBorder,
		"told":         (*Case).told,
		"not-told":     func(c *Case) bool { return !c.told() },

		"edpb-withdraw":        (*Case).withdrawn,
		"edpb-follow-up":       (*Case).filed,
		"edpb-confidentiality": func(c *Case) bool { return c.isBreach(risk.Confidentiality) },
		"edpb-integrity":       func(c *Case) bool { return c.isBreach(risk.Integrity) },
		"edpb-availability":    func(c *Case) bool { return c.isBreach(risk.Availability) },
		"edpb-exempt":          (*Case).exempt,
	}
}

// derivations look for the answer to a question in what is recorded, by the
// name it has in a form.
func derivations() map[string]func(*Case) found {
	return map[string]func(*Case) found{
		"notification-kind": (*Case).notificationKind, "legal-basis": (*Case).legalBasis, "other-regulators": nothing,
		"cross-border": (*Case).crossBorderAnswer, "other-authorities": (*Case).otherAuthorities,
		"organisation": (*Case).organisation, "sector": (*Case).sector, "notifier": (*Case).notifier, "contact": (*Case).contact,
		"others-involved": (*Case).othersInvolved, "breach-start": (*Case).breachStart, "breach-end": (*Case).breachEnd,
		"discovered": (*Case).discovered, "how-discovered": (*Case).howDiscovered, "delay": (*Case).delay,

		"nature": (*Case).nature, "incident-type": (*Case).incidentType, "description": (*Case).description, "attachments": (*Case).attachments,
		"data": (*Case).data, "special": (*Case).special, "records": nothing, "groups": (*Case).groups, "people": (*Case).people,
		"protection": (*Case).protection, "consequences-data": (*Case).consequencesData, "consequences-people": (*Case).consequencesPeople,
		"severity": (*Case).severity, "told": (*Case).toldAnswer, "told-planned": nothing, "told-not": (*Case).toldNot,
		"told-number": (*Case).toldNumber, "told-means": (*Case).toldMeans, "told-text": (*Case).toldText, "measures": (*Case).measures,

		"edpb-type": (*Case).edpbType, "edpb-subtype": (*Case).edpbSubtype, "edpb-withdrawal": (*Case).edpbWithdrawal, "edpb-earlier": (*Case).edpbEarlier,
		"edpb-reference": (*Case).edpbReference, "edpb-id-kind": (*Case).edpbIDKind, "edpb-id": (*Case).edpbID, "edpb-name": (*Case).edpbName,
		"edpb-contact": (*Case).edpbContact, "edpb-sector": (*Case).edpbSector, "edpb-size": (*Case).edpbSize, "edpb-activity": (*Case).edpbActivity,
		"edpb-reporter": (*Case).edpbReporter, "edpb-reporter-contact": (*Case).edpbReporterContact, "edpb-reporter-function": (*Case).edpbReporterFunction,
		"edpb-dpo": (*Case).edpbDPO, "edpb-dpo-name": (*Case).edpbDPOName, "edpb-dpo-contact": (*Case).edpbDPOContact,
		"edpb-point": (*Case).edpbPoint, "edpb-point-name": (*Case).edpbPointName, "edpb-point-contact": (*Case).edpbPointContact,
		"edpb-parties": (*Case).edpbParties, "edpb-when": (*Case).edpbWhen, "edpb-begin": (*Case).breachStart, "edpb-end": (*Case).breachEnd,
		"edpb-aware": (*Case).edpbAware, "edpb-discovery": (*Case).edpbDiscovery, "edpb-nature": (*Case).edpbNature,
		"edpb-confidentiality": (*Case).edpbConfidentiality, "edpb-unintelligible": (*Case).edpbUnintelligible,
		"edpb-integrity": (*Case).edpbIntegrity, "edpb-availability": (*Case).edpbAvailability, "edpb-incident": (*Case).edpbIncident,
		"edpb-cause": (*Case).edpbCause, "edpb-people": (*Case).edpbPeople, "edpb-number-kind": (*Case).edpbNumberKind, "edpb-number": (*Case).edpbNumber,
		"edpb-data": (*Case).edpbData, "edpb-before": (*Case).edpbBefore, "edpb-impact": (*Case).edpbImpact, "edpb-severity": (*Case).edpbSeverity,
		"edpb-outcome": (*Case).edpbOutcome, "edpb-reasoning": (*Case).edpbReasoning, "edpb-told": (*Case).edpbTold, "edpb-exemption": (*Case).edpbExemption,
		"edpb-cross-border": (*Case).edpbCrossBorder, "edpb-means": (*Case).edpbMeans,
	}
}

// nothing is the derivation of a question that only a person can answer.
func nothing(*Case) found { return found{} }

// both returns a sentence of the catalogue in both languages.
func both(id string, kv ...any) risk.Text {
	args := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i].(string)] = kv[i+1]
	}
	return risk.Text{NL: locale.T(locale.Dutch, id, args), EN: locale.T(locale.English, id, args)}
}

// assessed reports whether a person stands behind the facts.
func (c *Case) assessed() bool { return c.Incident.Score != nil && !c.Incident.ByMachine }

// byFacts is an answer from the facts: recorded when a person assessed them,
// else the machine's reading of the report.
func (c *Case) byFacts(keys []string, lines ...risk.Text) found {
	f := found{keys: keys, lines: lines, sure: c.assessed()}
	if !f.sure && !f.empty() {
		f.note = both("dossier.note.machine")
	}
	return f
}

// labels returns the labels of the values of a fact, "unknown" left out.
func labels(f risk.Facts, field string) (texts []risk.Text) {
	for _, q := range risk.Questions() {
		if q.Field != field {
			continue
		}
		for _, v := range risk.Values(f, field) {
			for _, o := range q.Options {
				if o.Value == v && v != risk.Unknown {
					texts = append(texts, o.Label)
				}
			}
		}
	}
	return texts
}

// join puts texts on one line with commas.
func join(texts []risk.Text) risk.Text {
	nl, en := make([]string, len(texts)), make([]string, len(texts))
	for i, t := range texts {
		nl[i], en[i] = t.NL, t.EN
	}
	return risk.Text{NL: strings.Join(nl, ", "), EN: strings.Join(en, ", ")}
}

// set collects keys once each, in the order in which they come.
type set []string

func (s *set) add(when bool, keys ...string) {
	for _, k := range keys {
		if when && !s.has(k) {
			*s = append(*s, k)
		}
	}
}

func (s *set) has(key string) bool {
	for _, k := range *s {
		if k == key {
			return true
		}
	}
	return false
}

// ordered returns the keys in the order of a list.
func ordered(keys []string, list ...string) []string {
	have := set(keys)
	var out set
	for _, k := range list {
		out.add(have.has(k), k)
	}
	return out
}
