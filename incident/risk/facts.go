package risk

// Facts is what is known about one breach. It is flat, so that a questionnaire
// can fill it question by question; Questions describes every field, and Schema
// is its JSON schema.
//
// Absent, null, "", "unknown" and an empty list all mean: not known yet. Inside
// a list the element "unknown" means: these, and perhaps more.
type Facts struct {
	// What happened.

	PersonalData    Answer   `json:"personal_data,omitempty"`    // are personal data involved at all
	Breach          []Breach `json:"breach,omitempty"`           // types of breach
	Incident        Incident `json:"incident,omitempty"`         // what happened
	Access          Access   `json:"access,omitempty"`           // were the data seen or taken
	ExcludedBecause string   `json:"excluded_because,omitempty"` // the evidence, required with Access excluded
	Intent          Intent   `json:"intent,omitempty"`           // accident or on purpose

	// Which data. A step is the assessor's choice within an ENISA class; a step
	// below or above base needs a reason. Without a step it is derived.

	Data              []Data          `json:"data,omitempty"`
	Special           []Special       `json:"special,omitempty"`
	SimpleStep        Step            `json:"simple_step,omitempty"`
	SimpleGround      Ground          `json:"simple_ground,omitempty"`
	SimpleReason      string          `json:"simple_reason,omitempty"`
	BehaviouralStep   Step            `json:"behavioural_step,omitempty"`
	BehaviouralGround Ground          `json:"behavioural_ground,omitempty"`
	BehaviouralReason string          `json:"behavioural_reason,omitempty"`
	FinancialStep     Step            `json:"financial_step,omitempty"`
	FinancialGround   Ground          `json:"financial_ground,omitempty"`
	FinancialReason   string          `json:"financial_reason,omitempty"`
	SensitiveStep     Step            `json:"sensitive_step,omitempty"`
	SensitiveGround   Ground          `json:"sensitive_ground,omitempty"`
	SensitiveReason   string          `json:"sensitive_reason,omitempty"`
	Identifiability   Identifiability `json:"identifiability,omitempty"`

	// Whose. The number of people, not of records; equal bounds are an exact number.

	PeopleMin *int    `json:"people_min,omitempty"`
	PeopleMax *int    `json:"people_max,omitempty"`
	Groups    []Group `json:"groups,omitempty"`

	// Who has them now.

	Recipients Recipients `json:"recipients,omitempty"`
	Exposure   Exposure   `json:"exposure,omitempty"`
	Misuse     Answer     `json:"misuse,omitempty"` // signs that the data are being misused

	// Protection before the breach, with the AP's three conditions.

	Protection    Protection `json:"protection,omitempty"`
	DataIntact    Answer     `json:"data_intact,omitempty"`     // 1: the data are still fully intact
	DataInControl Answer     `json:"data_in_control,omitempty"` // 2: we still have full control, by a recent backup
	KeySafe       Answer     `json:"key_safe,omitempty"`        // 3: the key was not in danger and cannot be found

	// Loss and change.

	Backup       Backup       `json:"backup,omitempty"`
	Recovery     Recovery     `json:"recovery,omitempty"`
	Alteration   Alteration   `json:"alteration,omitempty"`
	Interruption Interruption `json:"interruption,omitempty"`

	// Measures afterwards.

	Mitigation          []Mitigation `json:"mitigation,omitempty"`
	LaterMeasures       Answer       `json:"later_measures,omitempty"` // they took the high risk away, Art. 34(3)(b) GDPR
	LaterMeasuresReason string       `json:"later_measures_reason,omitempty"`
	DirectContact       Answer       `json:"direct_contact,omitempty"` // can each person be reached without disproportionate effort

	// Who we are.

	Controller       Controller `json:"controller,omitempty"`
	ContextSensitive Answer     `json:"context_sensitive,omitempty"` // does being in this file say something sensitive
	Regimes          []Regime   `json:"regimes,omitempty"`
}
