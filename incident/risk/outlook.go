package risk

import (
	"reflect"
	"slices"
)

// outlooks gives the mildest and the gravest outcome that completing the facts
// can lead to. Most questions have one mildest and one gravest answer. Two do
// not, since their answers open and close different ways: the type of breach
// and the kind of incident. Of those every candidate is tried.
func outlooks(f Facts, now Outlook) (best, worst Outlook) {
	if !anyOpen(f) {
		return now, now
	}
	best, worst = now, now
	for _, g := range variants(f, bestBreaches, bestIncidents) {
		for _, h := range withData(g) {
			best = milder(best, judge(mildest(h)))
		}
	}
	for _, g := range variants(f, worstBreaches, worstIncidents) {
		worst = graver(worst, judge(gravest(g)))
	}
	return best, worst
}

// judge is Assess without its explanations.
func judge(f Facts) Outlook {
	c := read(&f)
	severity, _ := enisa(c)
	c.severity = severity
	return Outlook{severity, bandOf(severity), verdictOf(decide(c).level)}
}

func milder(a, b Outlook) Outlook {
	if b.Severity < a.Severity {
		a.Severity, a.Band = b.Severity, b.Band
	}
	if b.Verdict.Level() < a.Verdict.Level() {
		a.Verdict = b.Verdict
	}
	return a
}

func graver(a, b Outlook) Outlook {
	if b.Severity > a.Severity {
		a.Severity, a.Band = b.Severity, b.Band
	}
	if b.Verdict.Level() > a.Verdict.Level() {
		a.Verdict = b.Verdict
	}
	return a
}

var (
	bestBreaches   = [][]Breach{{Confidentiality}, {Integrity}, {Availability}}
	worstBreaches  = [][]Breach{{Confidentiality, Integrity, Availability}, {Confidentiality}}
	bestIncidents  = []Incident{EmailOpenRecipients, OtherIncident}
	worstIncidents = []Incident{Impersonation, Ransomware, Hacking}
)

// variants fills in the two questions without an order.
func variants(f Facts, breaches [][]Breach, incidents []Incident) []Facts {
	out := []Facts{f}
	if len(f.Breach) == 0 {
		out = out[:0]
		for _, b := range breaches {
			g := f
			g.Breach = b
			out = append(out, g)
		}
	}
	if f.Incident != "" {
		return out
	}
	var all []Facts
	for _, g := range out {
		for _, i := range incidents {
			g.Incident = i
			all = append(all, g)
		}
	}
	return all
}

// withData fills in one harmless category of each class where no data are
// named: which class scores lowest depends on the steps that were chosen.
func withData(f Facts) []Facts {
	if len(settled(f.Data)) > 0 {
		return []Facts{f}
	}
	var out []Facts
	for _, d := range []Data{Pseudonym, Traffic, IBAN, Criminal} {
		g := f
		g.Data = []Data{d}
		out = append(out, g)
	}
	return append(out, f)
}

// fill sets an unknown field.
func fill[T comparable](field *T, value T) {
	var unknown T
	if *field == unknown {
		*field = value
	}
}

// settled drops the "and perhaps more" from a list; an empty list becomes least.
func settled[T ~string](list []T, least ...T) []T {
	out := slices.DeleteFunc(slices.Clone(list), func(v T) bool { return v == Unknown })
	if len(out) == 0 {
		return least
	}
	return out
}

// grown adds the gravest elements to a list that is unknown or open.
func grown[T ~string](list []T, gravest ...T) []T {
	if len(list) > 0 && !slices.Contains(list, Unknown) {
		return list
	}
	return append(settled(list), gravest...)
}

// argued stands in for the argument that a person would have to give.
const argued = "assumed for the best case"

// mildest answers every open question the mildest way.
func mildest(f Facts) Facts {
	if len(f.Data) == 0 && !has(f.Special, Health, Race, Politics, Religion, Union, Sex, Genetic, Biometric) {
		fill(&f.PersonalData, No)
	}
	if f.PersonalData == No && len(f.Data) == 0 {
		fill(&f.Misuse, No)
		fill(&f.Interruption, NotInterrupted)
	}
	fill(&f.Access, Excluded)
	if f.Access == Excluded {
		fill(&f.ExcludedBecause, argued)
	}
	fill(&f.Intent, Accidental)
	f.Data = settled(f.Data, Pseudonym)
	f.Special = settled(f.Special, NoSpecial)
	f.Groups = settled(f.Groups, Customers)
	mildSteps(&f)
	fill(&f.Identifiability, Negligible)
	if f.PeopleMax == nil {
		least := 1
		if f.PeopleMin != nil {
			least = *f.PeopleMin
		}
		f.PeopleMax = &least
	}
	mildAftermath(&f)
	return f
}

// mildAftermath answers who has the data, how they were protected and what was done.
func mildAftermath(f *Facts) {
	fill(&f.Recipients, Nobody)
	fill(&f.Exposure, ForMinutes)
	fill(&f.Misuse, No)
	fill(&f.Protection, Encrypted)
	fill(&f.DataIntact, Yes)
	fill(&f.DataInControl, Yes)
	fill(&f.KeySafe, Yes)
	fill(&f.Backup, FullBackup)
	fill(&f.Recovery, NeverGone)
	fill(&f.Alteration, Unaltered)
	fill(&f.Interruption, NotInterrupted)
	f.Mitigation = grown(f.Mitigation, DeletionConfirmed, ReturnedUnopened)
	fill(&f.LaterMeasures, Yes)
	if f.LaterMeasures == Yes {
		fill(&f.LaterMeasuresReason, argued)
	}
	fill(&f.ContextSensitive, No)
	f.Regimes = settled(f.Regimes, Wft)
}

// mildSteps takes the lowest step of every class the assessor left open.
func mildSteps(f *Facts) {
	for _, s := range []struct {
		step   *Step
		reason *string
		low    Step
	}{
		{&f.SimpleStep, &f.SimpleReason, Base},
		{&f.BehaviouralStep, &f.BehaviouralReason, NoInsight},
		{&f.FinancialStep, &f.FinancialReason, NoInsight},
		{&f.SensitiveStep, &f.SensitiveReason, NoInsight},
	} {
		fill(s.step, s.low)
		fill(s.reason, argued)
	}
}

// gravest answers every open question the gravest way.
func gravest(f Facts) Facts {
	fill(&f.PersonalData, Yes)
	fill(&f.Access, Taken)
	fill(&f.Intent, Malicious)
	f.Data = grown(f.Data, Name, BirthDate, BSN, IDCopy, Address, Email, Credentials, Card, Financial, Criminal, Location)
	f.Special = grown(f.Special, Health)
	f.Groups = grown(f.Groups, Minors, Vulnerable)
	fill(&f.SimpleStep, SafetyCritical)
	fill(&f.BehaviouralStep, SensitiveProfile)
	fill(&f.FinancialStep, FullProfile)
	fill(&f.SensitiveStep, Base)
	fill(&f.Identifiability, Maximum)
	if f.PeopleMin == nil {
		most := maxPeople
		if f.PeopleMax != nil {
			most = *f.PeopleMax
		}
		f.PeopleMin = &most
	}
	fill(&f.Recipients, Criminals)
	fill(&f.Exposure, ForMonths)
	fill(&f.Misuse, Yes)
	fill(&f.Protection, Unprotected)
	fill(&f.DataIntact, No)
	fill(&f.DataInControl, No)
	fill(&f.KeySafe, No)
	fill(&f.Backup, NoBackup)
	fill(&f.Recovery, Forever)
	fill(&f.Alteration, UsedLasting)
	fill(&f.Interruption, Care)
	f.Mitigation = settled(f.Mitigation, NothingDone)
	fill(&f.LaterMeasures, No)
	fill(&f.ContextSensitive, Yes)
	f.Regimes = settled(f.Regimes, NoRegime)
	if !has(f.Regimes, Wft) {
		f.Regimes = append(f.Regimes, Telecom)
	}
	return f
}

// anyOpen says whether a question is open that can change the outcome.
func anyOpen(f Facts) bool {
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		if open(v.Field(i)) {
			return true
		}
	}
	return false
}

// Change is one answer that would change the outcome.
type Change struct {
	Field   string  `json:"field"`
	Value   string  `json:"value"`
	Outlook Outlook `json:"outlook"` // what the facts with this answer would lead to
}

// WhatWouldChange tries every single answer that differs from the present one
// and lists those that would change the verdict or the band: the open questions
// first, then those already answered, both in questionnaire order. Steps and
// reasons of the assessor are left alone.
func WhatWouldChange(f Facts) []Change {
	f = normalised(f)
	now := judge(f)
	var open, closed []Change
	for _, q := range questions {
		if q.Section == "severity" || q.Kind == Line || q.Kind == Number {
			continue
		}
		have := Values(f, q.Field)
		for _, o := range q.Options {
			if o.Value == Unknown || slices.Contains(have, o.Value) {
				continue
			}
			then := judge(answered(f, q, have, o.Value))
			if then.Verdict == now.Verdict && then.Band == now.Band {
				continue
			}
			change := Change{q.Field, o.Value, then}
			if len(have) == 0 {
				open = append(open, change)
			} else {
				closed = append(closed, change)
			}
		}
	}
	return append(open, closed...)
}

// answered gives f with one more answer: a list grows, a single answer is
// replaced. An answer that needs an argument gets one for the trial.
func answered(f Facts, q Question, have []string, value string) Facts {
	values := []string{value}
	if q.Kind == Many && value != string(NoSpecial) {
		values = append(slices.DeleteFunc(have, func(s string) bool { return s == "none" }), value)
	}
	g, err := With(f, q.Field, values...)
	if err != nil {
		return f // cannot happen: the value comes from the question
	}
	fill(&g.ExcludedBecause, argued)
	fill(&g.LaterMeasuresReason, argued)
	return normalised(g)
}
