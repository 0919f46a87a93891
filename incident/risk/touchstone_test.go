package risk

import (
	"fmt"
	"testing"
)

// touchstone is one case of the EDPB, restated in our words from what is
// generally known of it; no paragraph is quoted.
type touchstone struct {
	source string
	what   string
	facts  string
	want   Level
}

// edpb2021 are the 18 cases of Guidelines 01/2021 on examples regarding data
// breach notification. Where a case is conditional both branches stand here.
var edpb2021 = []touchstone{
	{"01/2021 case 01", "ransomware, data encrypted at rest beforehand, key safe, restored from backup within hours", `{
		"incident":"ransomware","breach":["availability","confidentiality"],"access":"possible","intent":"malicious",
		"data":["name","contact","address"],"special":["none"],"people_min":24,"people_max":48,"groups":["employees","customers"],
		"recipients":"criminal","protection":"encrypted","data_intact":"yes","data_in_control":"yes","key_safe":"yes",
		"backup":"full","recovery":"hours","interruption":"none","controller":"ordinary"}`, RegisterOnly},
	{"01/2021 case 02", "ransomware without electronic backup, no exfiltration, five days to rebuild from paper", `{
		"incident":"ransomware","breach":["availability"],"intent":"malicious","data":["name","contact","address"],"special":["none"],
		"people_min":24,"people_max":60,"groups":["employees","customers"],"protection":"none","backup":"none",
		"recovery":"days","interruption":"minor","controller":"ordinary"}`, NotifyAuthority},
	{"01/2021 case 02", "the same, told as a breach of confidentiality that the logs exclude", `{
		"incident":"ransomware","breach":["availability","confidentiality"],"access":"excluded","excluded_because":"complete logs show no outgoing traffic",
		"intent":"malicious","data":["name","contact","address"],"special":["none"],"people_min":24,"people_max":60,
		"groups":["employees","customers"],"recipients":"criminal","protection":"none","backup":"none","recovery":"days","interruption":"minor","controller":"ordinary"}`, NotifyAuthority},
	{"01/2021 case 03", "ransomware in a hospital, restored from backup after two days, operations put off", `{
		"incident":"ransomware","breach":["availability"],"intent":"malicious","data":["name","birth_date","address"],"special":["health"],
		"people_min":1000,"people_max":9999,"groups":["patients","employees"],"backup":"full","recovery":"days","interruption":"care","controller":"health_care"}`, NotifyPeople},
	{"01/2021 case 04", "ransomware with exfiltration at a transport company, backup encrypted too, identity and card numbers", `{
		"incident":"ransomware","breach":["availability","confidentiality"],"access":"taken","intent":"malicious",
		"data":["name","contact","id_number","card"],"special":["none"],"people_min":2000,"people_max":9999,"groups":["customers","employees"],
		"recipients":"criminal","protection":"none","backup":"none","recovery":"lost","controller":"ordinary"}`, NotifyPeople},
	{"01/2021 case 05", "malicious code on a job site took 213 application forms", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","contact","education_work"],
		"special":["none"],"people_min":213,"people_max":213,"groups":["other"],"recipients":"criminal","protection":"none","controller":"ordinary"}`, NotifyPeople},
	{"01/2021 case 06", "strongly hashed passwords of 1,200 pseudonymous users of a cooking site", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["credentials","pseudonym"],
		"special":["none"],"people_min":1200,"people_max":1200,"groups":["customers"],"recipients":"criminal","protection":"hashed",
		"data_intact":"yes","data_in_control":"yes","key_safe":"yes","mitigation":["passwords_reset"],"controller":"ordinary"}`, RegisterOnly},
	{"01/2021 case 07", "credential stuffing opened some 2,000 bank accounts", `{
		"incident":"hacking","breach":["confidentiality"],"access":"seen","intent":"malicious","data":["name","gender","birth_date","bsn","credentials"],
		"special":["none"],"people_min":2000,"people_max":2000,"groups":["customers"],"recipients":"criminal","misuse":"no","protection":"none","controller":"finance"}`, NotifyPeople},
	{"01/2021 case 08", "a leaving employee copied customers' contact details for his own business", `{
		"incident":"insider","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","contact","email","phone"],
		"special":["none"],"groups":["customers"],"recipients":"known","protection":"none","controller":"ordinary"}`, NotifyAuthority},
	{"01/2021 case 08", "the same, with misuse of the details as the stated danger and criminals as recipients", `{
		"incident":"insider","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","contact"],
		"special":["none"],"people_min":300,"people_max":300,"groups":["customers"],"recipients":"criminal","controller":"ordinary"}`, NotifyAuthority},
	{"01/2021 case 09", "an insurance agent bound by secrecy saw two dozen other customers, reported it and deleted", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["contact","insurance"],
		"special":["none"],"people_min":24,"people_max":24,"groups":["customers"],"recipients":"trusted","mitigation":["deletion_confirmed"],"controller":"finance"}`, RegisterOnly},
	{"01/2021 case 09", "the same, the amounts told as financial data", `{
		"incident":"wrong_authorisation","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["contact","name","insurance","financial"],
		"special":["none"],"people_min":24,"people_max":24,"groups":["customers"],"recipients":"trusted","mitigation":["deletion_confirmed"],"controller":"finance"}`, RegisterOnly},
	{"01/2021 case 10", "two encrypted tablets of a day-care centre stolen, strong password, backup, wiped remotely", `{
		"incident":"stolen","breach":["confidentiality","availability"],"access":"possible","intent":"malicious","data":["name","birth_date","education_work"],
		"special":["none"],"groups":["minors"],"recipients":"unknown_few","protection":"encrypted","data_intact":"yes","data_in_control":"yes","key_safe":"yes",
		"backup":"full","recovery":"hours","mitigation":["remote_wiped"],"controller":"education"}`, RegisterOnly},
	{"01/2021 case 11", "notebook without any protection stolen: name, sex, address, date of birth of over 100,000 customers", `{
		"incident":"stolen","breach":["confidentiality"],"access":"possible","intent":"malicious","data":["name","gender","address","birth_date","unknown"],
		"people_min":100000,"groups":["customers"],"recipients":"unknown_few","protection":"none","backup":"full","controller":"ordinary"}`, NotifyPeople},
	{"01/2021 case 12", "paper logbook of a rehabilitation clinic stolen, no copy", `{
		"incident":"stolen","breach":["confidentiality","availability"],"access":"possible","intent":"malicious","data":["name"],"special":["health"],
		"groups":["patients"],"recipients":"unknown_few","protection":"none","backup":"none","recovery":"lost","controller":"health_care"}`, NotifyPeople},
	{"01/2021 case 13", "two parcels of shoes swapped, packing bills with name, address, product and price; recalled", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","address","order"],
		"special":["none"],"people_min":2,"people_max":2,"groups":["customers"],"recipients":"known","mitigation":["deletion_requested"],"controller":"ordinary"}`, RegisterOnly},
	{"01/2021 case 14", "60,000 job seekers' names, addresses and social security numbers mailed to all of them", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","email","address","bsn"],
		"special":["none"],"people_min":60000,"groups":["other"],"recipients":"known_many","mitigation":["deletion_requested"],"controller":"government"}`, NotifyPeople},
	{"01/2021 case 15", "list of 15 course participants to 15 former ones, two of them lactose intolerant", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","email"],"special":["health"],
		"sensitive_step":"no_insight","sensitive_ground":"nature","sensitive_reason":"two meal wishes, no conclusion about health possible",
		"people_min":15,"people_max":15,"groups":["customers"],"recipients":"known_many","mitigation":["deletion_requested"],"controller":"ordinary"}`, RegisterOnly},
	{"01/2021 case 16", "one car insurance letter too many in an envelope: name, address, birth date, plate, rates, mileage", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","address","birth_date","licence_plate","insurance"],
		"special":["none"],"people_min":1,"people_max":1,"groups":["customers"],"recipients":"known","controller":"finance"}`, NotifyAuthority},
	{"01/2021 case 17", "somebody posed as a customer and had the phone bills sent to another address", `{
		"incident":"impersonation","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","address","email","traffic"],
		"special":["none"],"people_min":1,"people_max":1,"groups":["customers"],"recipients":"criminal","controller":"telecom"}`, NotifyPeople},
	{"01/2021 case 18", "mail rules forwarded payroll and invoices of 99 employees to an outsider for three months", `{
		"incident":"phishing","breach":["confidentiality","integrity"],"access":"taken","intent":"malicious","data":["name","family","financial"],
		"special":["none"],"people_min":99,"people_max":99,"groups":["employees"],"recipients":"criminal","exposure":"months","controller":"ordinary"}`, NotifyPeople},
}

// annexB are the ten examples of Annex B of Guidelines 9/2022.
var annexB = []touchstone{
	{"9/2022 Annex B i", "encrypted backup on a stolen USB key, other backups exist, key safe", `{
		"incident":"stolen","breach":["confidentiality"],"access":"possible","intent":"malicious","data":["name","address"],"recipients":"unknown_few",
		"protection":"encrypted","data_intact":"yes","data_in_control":"yes","key_safe":"yes","backup":"full"}`, RegisterOnly},
	{"9/2022 Annex B i", "the same, the key is compromised later", `{
		"incident":"stolen","breach":["confidentiality"],"access":"possible","intent":"malicious","data":["name","address"],"recipients":"unknown_few",
		"protection":"encrypted","data_intact":"yes","data_in_control":"yes","key_safe":"no","backup":"full","people_max":50,"special":["none"]}`, NotifyAuthority},
	{"9/2022 Annex B ii", "data taken from an online service, contact details only", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","email"],"special":["none"],
		"people_min":400,"people_max":400,"groups":["customers"],"recipients":"criminal","controller":"ordinary"}`, NotifyAuthority},
	{"9/2022 Annex B ii", "the same, the nature of the data makes it severe", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","email","financial"],"special":["none"],
		"people_min":400,"people_max":400,"groups":["customers"],"recipients":"criminal","controller":"ordinary"}`, NotifyPeople},
	{"9/2022 Annex B iii", "power cut of some minutes at a call centre", `{
		"incident":"outage","breach":["availability"],"intent":"accidental","data":["name","contact"],"recovery":"hours","interruption":"minor"}`, RegisterOnly},
	{"9/2022 Annex B iv", "ransomware that only encrypts, no backup, ordinary data", `{
		"incident":"ransomware","breach":["availability"],"intent":"malicious","data":["name","contact"],"special":["none"],"backup":"none",
		"recovery":"lost","interruption":"minor","groups":["customers"],"controller":"ordinary"}`, NotifyAuthority},
	{"9/2022 Annex B iv", "the same, the lost data are needed for care", `{
		"incident":"ransomware","breach":["availability"],"intent":"malicious","data":["name"],"special":["health"],"backup":"none",
		"recovery":"lost","groups":["patients"],"controller":"health_care"}`, NotifyPeople},
	{"9/2022 Annex B iv", "the same, restored in time and the logs exclude access", `{
		"incident":"ransomware","breach":["availability","confidentiality"],"access":"excluded","excluded_because":"investigation shows the malware only encrypts",
		"intent":"malicious","data":["name","contact"],"backup":"full","recovery":"hours","interruption":"none"}`, RegisterOnly},
	{"9/2022 Annex B v", "one person's monthly bank statement sent to another", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","iban","financial"],"special":["none"],
		"people_min":1,"people_max":1,"groups":["customers"],"recipients":"known","controller":"finance"}`, NotifyPeople},
	{"9/2022 Annex B v", "the same, a statement that shows little", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","iban"],"special":["none"],
		"people_min":1,"people_max":1,"groups":["customers"],"recipients":"known","controller":"finance"}`, NotifyAuthority},
	{"9/2022 Annex B vi", "user names, passwords and purchases of a marketplace published by the attacker", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["credentials","purchases"],"special":["none"],
		"groups":["customers"],"recipients":"public","protection":"none","controller":"ordinary"}`, NotifyPeople},
	{"9/2022 Annex B vii", "coding error let users see one another's account details", `{
		"incident":"vulnerability","breach":["confidentiality"],"access":"possible","intent":"accidental","data":["name","email","address"],"special":["none"],
		"groups":["customers"],"recipients":"known_many","controller":"ordinary"}`, NotifyAuthority},
	{"9/2022 Annex B vii", "the same, complete logs show that nobody used it", `{
		"incident":"vulnerability","breach":["confidentiality"],"access":"excluded","excluded_because":"complete access logs","intent":"accidental",
		"data":["name","email","address"],"recipients":"none"}`, RegisterOnly},
	{"9/2022 Annex B viii", "hospital records out of reach for 30 hours after an attack", `{
		"incident":"hacking","breach":["availability"],"intent":"malicious","data":["name"],"special":["health"],"groups":["patients"],
		"recovery":"days","interruption":"care","controller":"health_care"}`, NotifyPeople},
	{"9/2022 Annex B ix", "students' data to a mailing list of more than 1,000", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","email","address"],"special":["none"],
		"people_min":500,"groups":["students"],"recipients":"known_many","controller":"education"}`, NotifyAuthority},
	{"9/2022 Annex B ix", "the same, with medical notes", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","email"],"special":["health"],
		"people_min":500,"groups":["students"],"recipients":"known_many","controller":"education"}`, NotifyPeople},
	{"9/2022 Annex B x", "marketing mail with a few open addresses, nothing sensitive", `{
		"incident":"email_open_recipients","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["email"],"special":["none"],
		"people_min":12,"people_max":12,"groups":["customers"],"recipients":"known_many","controller":"ordinary"}`, RegisterOnly},
	{"9/2022 Annex B x", "the same with many addresses", `{
		"incident":"email_open_recipients","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["email"],"special":["none"],
		"people_min":2500,"people_max":2500,"groups":["customers"],"recipients":"known_many","controller":"ordinary"}`, NotifyAuthority},
	{"9/2022 Annex B x", "the same from a psychotherapist", `{
		"incident":"email_open_recipients","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["email"],
		"people_min":30,"people_max":30,"groups":["patients"],"recipients":"known_many","controller":"health_care"}`, NotifyAuthority},
	{"9/2022 Annex B x", "the same with first passwords in the mail", `{
		"incident":"email_open_recipients","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["email","credentials"],"special":["none"],
		"people_min":30,"people_max":30,"groups":["customers"],"recipients":"known_many","controller":"ordinary"}`, NotifyPeople},
}

// own are further cases: ours, or from a decision or guidance of the AP.
var own = []touchstone{
	{"AP fine PVV Overijssel 2020", "101 open addresses of a political group", `{
		"incident":"email_open_recipients","breach":["confidentiality"],"access":"seen","data":["email","name"],"people_min":101,"people_max":101,
		"recipients":"known_many","controller":"political"}`, NotifyPeople},
	{"AP wel of niet melden", "medical files leaked", `{"breach":["confidentiality"],"data":["name"],"special":["health"],"recipients":"many_unknown"}`, NotifyPeople},
	{"Art. 33(1) and recital 85", "nothing is known but that something happened", `{}`, NotifyAuthority},
	{"UAVG art. 42", "a bank's stolen card data: the AP, and no duty under Art. 34", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","data":["name","card"],"special":["none"],"recipients":"criminal","regimes":["wft"]}`, NotifyAuthority},
	{"Tw art. 11.3a", "a telecom provider's trusted recipient: notified all the same", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"data":["name"],"special":["none"],"people_max":1,"groups":["customers"],
		"recipients":"trusted","mitigation":["deletion_confirmed"],"regimes":["telecom"]}`, NotifyAuthority},
	{"own: letter back unopened", "a medical letter to an old address came back sealed", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"possible","intent":"accidental","data":["name","address"],"special":["health"],
		"recipients":"none","mitigation":["returned_unopened"]}`, RegisterOnly},
	{"own: trusted but medical", "a medical letter to the wrong doctor, deleted: still the AP, not the patient", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","birth_date"],"special":["health"],
		"people_min":1,"people_max":1,"groups":["patients"],"recipients":"trusted","mitigation":["deletion_confirmed"],"controller":"health_care"}`, NotifyAuthority},
	{"own: shelter", "one address of a woman in hiding to her old address", `{
		"incident":"post_wrong_recipient","breach":["confidentiality"],"access":"seen","data":["name","address"],"special":["none"],"people_min":1,"people_max":1,
		"groups":["vulnerable"],"recipients":"known","controller":"shelter"}`, NotifyPeople},
	{"own: hashed BSN", "hashed national numbers are not protected: all can be tried", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","data":["bsn"],"special":["none"],"recipients":"criminal","protection":"hashed",
		"data_intact":"yes","data_in_control":"yes","key_safe":"yes"}`, NotifyPeople},
	{"own: mail addresses beside hashed passwords", "the addresses were readable", `{
		"incident":"hacking","breach":["confidentiality"],"access":"taken","data":["email","credentials"],"special":["none"],"recipients":"criminal",
		"protection":"hashed","data_intact":"yes","data_in_control":"yes","key_safe":"yes","people_max":40,"groups":["customers"],"controller":"ordinary"}`, NotifyAuthority},
	{"own: encrypted in a hospital, but care stood still", "the encryption rule does not cover harm by unavailability", `{
		"incident":"ransomware","breach":["availability","confidentiality"],"protection":"encrypted","data_intact":"yes","data_in_control":"yes","key_safe":"yes",
		"data":["name"],"special":["health"],"recovery":"days","interruption":"care","controller":"health_care"}`, NotifyPeople},
	{"own: no personal data", "a stolen demonstration laptop that never held any", `{"personal_data":"no","incident":"stolen"}`, RegisterOnly},
	{"own: exclusion without evidence", "claiming that nobody saw it, without saying why, changes nothing", `{
		"incident":"lost","breach":["confidentiality"],"data":["name","bsn"],"special":["none"],"recipients":"unknown_few"}`, NotifyPeople},
	{"Art. 34(3)(b)", "later measures took the high risk away", `{
		"incident":"phishing","breach":["confidentiality"],"access":"seen","data":["email","credentials"],"special":["none"],"recipients":"criminal",
		"mitigation":["passwords_reset"],"later_measures":"yes","later_measures_reason":"all sessions ended and passwords reset within ten minutes, no log-in seen"}`, NotifyAuthority},
	{"9/2022, availability", "an hour without records in a hospital, what patients noticed is unknown", `{
		"incident":"outage","breach":["availability"],"intent":"accidental","data":["name"],"special":["health"],"recovery":"hours","controller":"health_care"}`, NotifyAuthority},
	{"own: many readers", "80 customers' addresses to 500 known readers, all asked to delete", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","address"],"special":["none"],
		"people_min":80,"people_max":80,"groups":["customers"],"recipients":"known_many","mitigation":["deletion_requested"],"controller":"ordinary"}`, NotifyAuthority},
	{"own: client list of a clinic", "to a trusted supplier who deleted it: the list itself says something about health", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"access":"seen","intent":"accidental","data":["name","email"],"special":["none"],
		"people_min":40,"people_max":40,"groups":["patients"],"recipients":"trusted","mitigation":["deletion_confirmed"],"controller":"health_care"}`, NotifyAuthority},
	{"01/2021 case 08, told with more", "the leaving employee also took other business data", `{
		"incident":"insider","breach":["confidentiality"],"access":"taken","intent":"malicious","data":["name","contact","order","other"],
		"special":["none"],"groups":["customers"],"recipients":"known","controller":"ordinary"}`, NotifyAuthority},
	{"own: misuse wins", "a trusted recipient confirmed, yet the data turn up in fraud", `{
		"incident":"email_wrong_recipient","breach":["confidentiality"],"data":["name","iban"],"special":["none"],"people_max":2,"groups":["customers"],
		"recipients":"trusted","mitigation":["deletion_confirmed"],"misuse":"yes"}`, NotifyPeople},
}

func TestTouchstones(t *testing.T) {
	for _, list := range [][]touchstone{edpb2021, annexB, own} {
		for _, c := range list {
			t.Run(c.source, func(t *testing.T) {
				f, err := Parse([]byte(c.facts))
				if err != nil {
					t.Fatalf("%s: %v", c.what, err)
				}
				a := Assess(f)
				if a.Verdict.Level() != c.want {
					t.Errorf("%s:\n got %s, want %s\n severity %v, decided by %s, missing %v\n dpc %+v ei %+v cb %+v",
						c.what, a.Verdict.Label().EN, verdictOf(c.want).Label().EN, a.Severity, a.DecidedBy, a.Missing, a.Enisa.DPC, a.Enisa.EI, a.Enisa.CB)
				}
				if !a.Verdict.Document {
					t.Error("every breach is documented")
				}
			})
		}
	}
}

func TestEveryCaseOfBothGuidelinesIsHere(t *testing.T) {
	have := map[string]bool{}
	for _, c := range append(append([]touchstone{}, edpb2021...), annexB...) {
		have[c.source] = true
	}
	for n := 1; n <= 18; n++ {
		if s := fmt.Sprintf("01/2021 case %02d", n); !have[s] {
			t.Errorf("%s is missing", s)
		}
	}
	for _, n := range []string{"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"} {
		if s := "9/2022 Annex B " + n; !have[s] {
			t.Errorf("%s is missing", s)
		}
	}
}
