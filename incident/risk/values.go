package risk

// Every enumeration is a typed string. A stored value is never renamed, only
// retired. The empty string and "unknown" both mean: nobody knows yet.

// Unknown is how "not known" is written in JSON and in forms. Parse turns it
// into the empty value, so that Facts has one spelling of it.
const Unknown = "unknown"

// Answer is yes, no, or unknown (empty).
type Answer string

// The known values of Answer.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Breach is a type of breach; one incident can be several at once
// (Guidelines 9/2022, types of breach; question 5.1 of the AP form).
type Breach string

// The types of breach.
const (
	Confidentiality Breach = "confidentiality" // seen or could be seen by people who may not
	Integrity       Breach = "integrity"       // changed without permission or by accident
	Availability    Breach = "availability"    // lost, deleted or out of reach for a while
)

// Incident is what happened. It refines question 5.2 of the AP form; APForm
// gives the option of that form.
type Incident string

// The kinds of incident.
const (
	EmailWrongRecipient Incident = "email_wrong_recipient"
	EmailOpenRecipients Incident = "email_open_recipients"
	PostWrongRecipient  Incident = "post_wrong_recipient"
	PostReturnedOpened  Incident = "post_returned_opened"
	PostLost            Incident = "post_lost"
	WrongAuthorisation  Incident = "wrong_authorisation"
	FolderTooWide       Incident = "folder_too_wide"
	Lost                Incident = "lost"
	Stolen              Incident = "stolen"
	Published           Incident = "published"
	Hacking             Incident = "hacking"
	Ransomware          Incident = "ransomware"
	Phishing            Incident = "phishing"
	Impersonation       Incident = "impersonation"
	Insider             Incident = "insider"
	WrongFile           Incident = "wrong_file"
	Deleted             Incident = "deleted"
	Outage              Incident = "outage"
	Vulnerability       Incident = "vulnerability"
	OtherIncident       Incident = "other"
)

// Access says what is known about unauthorised access to the data.
type Access string

// The values of Access.
const (
	Taken    Access = "taken"    // copied or carried off
	Seen     Access = "seen"     // looked at
	Possible Access = "possible" // could have been seen, no proof either way
	Excluded Access = "excluded" // evidence shows that nobody saw them; needs ExcludedBecause
)

// Intent says whether somebody did it on purpose to do harm or to gain
// (ENISA 2013, malicious intent).
type Intent string

// The values of Intent.
const (
	Accidental Intent = "accidental"
	Malicious  Intent = "malicious"
)

// Data is a category of personal data: question 6.1 of the AP form, refined
// with ENISA's examples.
type Data string

// The categories of data.
const (
	Name          Data = "name"
	Gender        Data = "gender"
	BirthDate     Data = "birth_date"
	BSN           Data = "bsn" // or another national identification number
	Contact       Data = "contact"
	Address       Data = "address"
	Email         Data = "email"
	Phone         Data = "phone"
	Pseudonym     Data = "pseudonym" // a chosen user name or number that says nothing to an outsider
	Credentials   Data = "credentials"
	Financial     Data = "financial"
	IBAN          Data = "iban"
	Card          Data = "card"
	Debts         Data = "debts"
	Benefits      Data = "benefits"
	Insurance     Data = "insurance"
	IDCopy        Data = "id_copy"
	IDNumber      Data = "id_number" // number of a passport, identity card or driving licence
	Location      Data = "location"
	Traffic       Data = "traffic" // who called, wrote or surfed where and when
	Purchases     Data = "purchases"
	Order         Data = "order" // one order, booking or appointment
	EducationWork Data = "education_work"
	Family        Data = "family"
	Photo         Data = "photo"
	LicencePlate  Data = "licence_plate"
	Criminal      Data = "criminal"
	OtherData     Data = "other"
	UnknownData   Data = Unknown // and perhaps more, not yet known
)

// Special is a special category (Art. 9(1) GDPR; question 6.2 of the AP form).
type Special string

// The special categories. NoSpecial says that there are none.
const (
	Race           Special = "race"
	Politics       Special = "politics"
	Religion       Special = "religion"
	Union          Special = "union"
	Sex            Special = "sex"
	Health         Special = "health"
	Genetic        Special = "genetic"
	Biometric      Special = "biometric"
	NoSpecial      Special = "none"
	UnknownSpecial Special = Unknown
)

// Step is the step of one ENISA class that the assessor chose. Which steps a
// class has, and what they are worth, is in enisa.go.
type Step string

// The steps, from little to much. Base is the class's ordinary score.
const (
	NoInsight            Step = "no_insight"
	LittleInsight        Step = "little_insight"
	Assumptions          Step = "assumptions"
	Base                 Step = "base"
	StatusProfile        Step = "status_profile"
	SensitiveAssumptions Step = "sensitive_assumptions"
	SafetyCritical       Step = "safety_critical"
	DailyLifeProfile     Step = "daily_life_profile"
	SensitiveProfile     Step = "sensitive_profile"
	FullProfile          Step = "full_profile"
)

// Ground is the circumstance ENISA names for choosing a step other than base.
type Ground string

// The grounds: the first three raise, the last three lower.
const (
	Volume       Ground = "volume"
	ByController Ground = "controller"
	ByPersons    Ground = "persons"
	Inaccurate   Ground = "inaccurate"
	PublicBefore Ground = "public_before"
	Nature       Ground = "nature"
)

// Identifiability is ENISA's ease of identification.
type Identifiability string

// The four values of ENISA, 0.25 to 1.
const (
	Negligible  Identifiability = "negligible"
	Limited     Identifiability = "limited"
	Significant Identifiability = "significant"
	Maximum     Identifiability = "maximum"
)

// Group is a group of people concerned (question 7.1 of the AP form).
type Group string

// The groups.
const (
	Employees    Group = "employees"
	Customers    Group = "customers"
	Students     Group = "students"
	Patients     Group = "patients"
	Minors       Group = "minors"
	Vulnerable   Group = "vulnerable"
	OtherGroup   Group = "other"
	UnknownGroup Group = Unknown
)

// Recipients says who has, or may have, the data now. With several, the most
// dangerous counts.
type Recipients string

// The recipients, from harmless to dangerous.
const (
	Nobody      Recipients = "none"
	Trusted     Recipients = "trusted"      // known, and reasonably certain to follow instructions
	KnownFew    Recipients = "known"        // one or a few whom we can name
	KnownMany   Recipients = "known_many"   // many whom we can name, such as a mailing list
	Finder      Recipients = "unknown_few"  // one or a few whom we cannot name: a finder, a thief
	UnknownMany Recipients = "many_unknown" // many whom we cannot name
	Public      Recipients = "public"
	Criminals   Recipients = "criminal"
)

// Exposure says how long the data lay open.
type Exposure string

// The lengths of exposure.
const (
	ForMinutes Exposure = "minutes"
	ForHours   Exposure = "hours"
	ForDays    Exposure = "days"
	ForWeeks   Exposure = "weeks"
	ForMonths  Exposure = "months"
)

// Protection is what made the data unreadable before the breach (question 8.1
// of the AP form). Encryption by ransomware is not protection.
type Protection string

// The kinds of protection.
const (
	Encrypted       Protection = "encrypted"
	Hashed          Protection = "hashed"
	OtherProtection Protection = "other"
	PartProtected   Protection = "partly"
	Unprotected     Protection = "none"
)

// Backup says what copy is left.
type Backup string

// The kinds of backup.
const (
	FullBackup    Backup = "full"
	PartialBackup Backup = "partial"
	NoBackup      Backup = "none"
)

// Recovery says how long the data were, or will be, out of reach.
type Recovery string

// The lengths of unavailability.
const (
	NeverGone Recovery = "never_gone"
	Brief     Recovery = "hours" // minutes to some hours, less than a day
	SomeDays  Recovery = "days"  // a day or more, then restored
	Forever   Recovery = "lost"  // gone for good
)

// Alteration says what wrongly changed data led to (ENISA, integrity).
type Alteration string

// The kinds of alteration.
const (
	Unaltered       Alteration = "none"
	Restored        Alteration = "restored"
	UsedRecoverable Alteration = "used_recoverable"
	UsedLasting     Alteration = "used_lasting"
)

// Interruption says what stood still for the people concerned.
type Interruption string

// The interruptions, from none to care.
const (
	NotInterrupted Interruption = "none"
	Minor          Interruption = "minor"
	Serious        Interruption = "serious"
	Essential      Interruption = "essential"
	Care           Interruption = "care"
)

// Mitigation is a measure that was taken after the breach.
type Mitigation string

// The measures.
const (
	NothingDone       Mitigation = "none"
	ReturnedUnopened  Mitigation = "returned_unopened"
	Returned          Mitigation = "returned"
	DeletionConfirmed Mitigation = "deletion_confirmed"
	DeletionRequested Mitigation = "deletion_requested"
	RemoteWiped       Mitigation = "remote_wiped"
	PasswordsReset    Mitigation = "passwords_reset"
	AccessClosed      Mitigation = "access_closed"
	TakenOffline      Mitigation = "taken_offline"
	UnknownMitigation Mitigation = Unknown
)

// Controller is the kind of organisation, as far as it colours the data: a
// bare name on a clinic's list says something about health.
type Controller string

// The kinds of organisation.
const (
	Ordinary      Controller = "ordinary"
	HealthCare    Controller = "health_care"
	Political     Controller = "political"
	Religious     Controller = "religious"
	UnionBody     Controller = "union"
	SexLife       Controller = "sex_life"
	DebtHelp      Controller = "debt_help"
	YouthCare     Controller = "youth_care"
	Shelter       Controller = "shelter"
	Justice       Controller = "justice"
	Education     Controller = "education"
	Finance       Controller = "finance"
	Government    Controller = "government"
	TelecomSector Controller = "telecom"
)

// Regime is a special law that changes a duty.
type Regime string

// The regimes. NoRegime says that none applies.
const (
	NoRegime      Regime = "none"
	Wft           Regime = "wft"     // financial undertaking under the Wft: UAVG art. 42
	Telecom       Regime = "telecom" // provider of public electronic communications: Tw art. 11.3a
	UnknownRegime Regime = Unknown
)

// APForm gives the option of question 5.2 of the AP form that this kind of
// incident belongs to; empty for an unknown kind. The AP's list has no option
// for an outage or a deletion: those are "other".
func (i Incident) APForm() string {
	switch i {
	case "":
		return ""
	case Lost, Stolen:
		return "lost_or_stolen"
	case Hacking, Ransomware, Phishing, Impersonation:
		return "hacking"
	case Insider, Deleted, Outage, Vulnerability, OtherIncident:
		return "other"
	default:
		return string(i)
	}
}
