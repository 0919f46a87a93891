package risk

// The words people use in reports, Dutch and English, folded: lower case, no
// accents. A * ends a stem. The kinds are values of Data, Special and Group
// (with a prefix where they would clash), of Incident, and of the signals in
// infer.go.

const (
	asGroup    = "group:"
	asIncident = "incident:"
	asSignal   = "signal:"
)

// dataWords name categories of personal data.
var dataWords = []entry{
	{"name", "naam|name|op naam|naam van|namen en|naam zichtbaar|names and|names of|the name|naam geboortedatum|voorletters|initials|namelijst|namen|voornamen|achternamen|voornaam|achternaam|naw|naw-gegevens|naw-lijst|nawt-gegevens|names|full name*|first name*|last name*|surname*|naam en|naam adres|name and|name address|naam geboortedatum|namenlijst*|klantnamen|with name|met naam|name of|naam van de|zijn naam|haar naam|de naam|customer's name|patient's name|whose name"},
	{"gender", "geslacht|gender"},
	{"birth_date", "geboortedat*|geboortejaar|date of birth|dates of birth|dob|birth date*|birthdate*|birthday*|leeftijd*|geboren op"},
	{"bsn", "bsn*|burgerservicenummer*|burger-service*|sofinummer*|sofi-nummer*|social security number*|national insurance number*|citizen service number*|ssn|ssns|national id number*"},
	{"contact", "contactpersoon van|visitekaart*|business card*|relatiebestand*|crm-export*|crm export|klantenlijst*|customer list*|mailing list export|contactgegevens|contact details|contact information|contactinformatie|personalia|klantgegevens|contactpersonen|contact list|contactenlijst"},
	{"address", "adres|adressen|adresgegevens|woonadres*|huisadres*|naw|naw-gegevens|naw-lijst|nawt-gegevens|postadres*|postcodes|postcode en|home address*|address and|addresses and|addresses of|addresses|postal address*|street address*|adressenlijst|adreslijst|address list|adresbestand|name address"},
	{"email", "e-mailadres*|emailadres*|mailadres*|email address*|e-mail address*|mail address*|mailaddress*|emails of all|elkaars mailadres*"},
	{"phone", "telefoonnummer*|telefoonlijst*|mobiele nummer*|mobiel nummer|06-nummer*|phone number*|telephone number*|mobile number*|nummers van alle"},
	{"pseudonym", "schuilna*|nickname*|pseudoniem*|pseudonym*|klantnummer*|relatienummer*|customer number*"},
	{"credentials", "wachtwoord*|password*|inloggegeven*|inlogcode*|inlognaam|pincode*|login data|login details|login credentials|logins|credentials|api key*|api-key*|api-sleutel*|toegangscode*|access code*|user name and password"},
	{"financial", "loonbelasting*|loonheffing*|betaalgeschiedenis|payment history|vermogen van|belastingschuld*|belastinggegevens|creditscore*|credit score*|lening*|loan*|spaarsaldo|budget van|financiele situatie|financial situation|bonus van|declaraties|aanslag*|salaris*|loonstro*|loonlijst*|loongegevens|inkomen*|salary|salaries|payslip*|pay slip*|payroll|bankafschrift*|bank statement*|jaaropgave*|income|hypotheek*|mortgage*|financiele gegevens|financial data|financial details|transacties|transactions|pensioen*|pension*|saldo|facturen|invoices|betaalgegevens|payment details|payment data|belastingaangifte*|tax return*|jaarcijfers|wage*"},
	{"iban", "iban*|bankrekening*|rekeningnummer*|rekeningnr*|bank account*|account number*|bankgegevens|bank details"},
	{"card", "creditcard*|credit card*|pinpas*|betaalkaart*|betaalpas*|card number*|cvc*|payment card*|debit card*|card data|card details"},
	{"debts", "schulden*|schuldhulp*|schuldsanering*|schuldeiser*|debt*|incasso*|bewindvoer*|wanbetaler*|bkr*|betalingsachterstand*|arrears|deurwaarder*|beslaglegging*|loonbeslag*"},
	{"benefits", "bijstandsuitkering*|aow|iva|wia|wga|participatiewet|huurtoeslag*|zorgtoeslag*|kinderbijslag|kindgebonden|uwv*|food stamps|disability benefit*|uitkering*|bijstand*|toeslagen*|wajong*|ww-uitkering*|benefit payment*|social benefit*|welfare|unemployment benefit*|wmo-*|wmo"},
	{"insurance", "polis|polissen|polisnummer*|polisgegevens|polisblad*|verzekeringsgegevens|verzekeringspapieren|insurance polic*|insurance detail*|insurance data"},
	{"id_copy", "kopie van het id|kopie van id|kopieen id|id-kopie*|id copies|verblijfsvergunning*|residence permit*|visa|loonheffingsformulier*|driver's license*|drivers license*|paspoort|paspoorten|paspoortkopie*|kopie-id|kopie id|identiteitsbewij*|id-bewij*|legitimatiebewij*|passport|passports|passport cop*|passport scan*|rijbewij*|identity card*|id card*|id-kaart*|identiteitskaart*|driving licen*|identity document*|id-scan*|id scan*|copies of id|copy of id"},
	{"id_number", "documentnummer*|paspoortnummer*|passport number*|document number*|identity card number*|rijbewijsnummer*"},
	{"location", "locatiegegevens|locatiedata|gps*|location data|reisgegevens|ov-chipkaart*|travel data|verblijfplaats*|whereabouts"},
	{"traffic", "belgegevens|ip-adres*|ip address*|call record*|surfgedrag|zoekgeschiedenis|browsing history|chatberichten|chat logs|chatgesprekken|belhistorie|telefoonrekening*|phone bill*"},
	{"purchases", "aankoopgeschiedenis|bestelgeschiedenis|purchase history|order history|koopgedrag|leengeschiedenis"},
	{"order", "bestelling|bestellingen|pakbon*|packing slip*|packing bill*|orderbevestiging*|order confirmation*|reservering*|booking|bookings|boeking*"},
	{"education_work", "cv's|studieresultaten|tentamen*|exam*|rapporten van|schooladvies*|verzuimregistratie|arbeidscontract*|employment contract*|ontslag*|dismissal*|sollicitatie*|salarisschaal|resume|curricula|beoordeling*|evaluation form*|feedbackformulier*|inschrijfformulier*|onderwijskundig rapport*|cv|cv's|curriculum|sollicitatiebrie*|sollicitatieformulier*|sollicitatiegegevens|sollicitatiedossier*|sollicitaties|cijferlijst*|cijfers van|toetsresultaten|job application*|application form*|resumes|diploma*|beoordelingsgesprek*|beoordelingsverslag*|beoordelingsformulier*|functioneringsverslag*|functioneringsgesprek*|personeelsdossier*|personeelsgegevens|personnel file*|leerlingdossier*|leerlinggegevens|rapportcijfer*|grades|performance review*|exam result*|studieresultaten|studentgegevens"},
	{"family", "gezinsleden|familieleden|alimentatie*|voogdij*|custody|omgangsregeling*|kinderen van|huwelijk*|next of kin|emergency contact*|noodcontact*|burgerlijke staat|gezinssamenstelling|marital status|gezinssituatie|partnergegevens|family situation|echtscheiding*|divorce*"},
	{"photo", "foto's van|pasfoto*|photos of|photographs of|camerabeeld*|cctv*|pictures of|video's van"},
	{"licence_plate", "kenteken*|licence plate*|license plate*|number plate*|registration plate*"},
	{"criminal", "strafzaak*|strafzaken|verdachten|verdachte van|suspects of|aangiftes van|politieregister*|taakstraf*|celstraf*|huisverbod*|fraudeonderzoek*|criminal case*|offender*|dader*|strafblad*|strafrecht*|strafbare feiten|veroordeling*|veroordeeld*|justitiele|vog's|proces-verba*|processen-verba*|criminal record*|criminal data|conviction*|convicted|strafdossier*|reclassering*|gedetineerd*|detainee*|criminal offence*|politiedossier*"},
	{"other", "persoonsgegevens|personal data|privegegevens|personal details|personal information|klantenbestand*|customer database|klantendatabase|ledenlijst*|ledenadministratie|ledenbestand*|member list|membership list"},
}

// specialWords name special categories (Art. 9 GDPR).
var specialWords = []entry{
	{"health", "patient*|type of treatment|treatments|behandelingen|zorgvraag|hulpvraag|beperkingen|indicatiestelling|wlz*|zorgverlening|opname in|ziekenhuisopname|operatieverslag*|operatie van|echo's|scan van|consult*|anamnese|intakeverslag*|intakegesprek*|suicid*|depressi*|burn-out*|burnout|trauma*|dementie|diabetes|epilepsie|corona*|covid*|positief getest|tested positive|illness*|disease*|health condition*|health issue*|care plan*|care file*|nursing file*|hospital record*|vaccin*|arbodienst*|occupational health|letselschade*|ergotherap*|jeugdhulpverlening*|leerplicht-medisch|medisch*|patientgegevens|patientendossier*|patientdossier*|patientenlijst*|patient record*|patient file*|patient data|patient list*|patient letter*|patientenbrie*|diagnos*|zorgdossier*|clientdossier*|clientgegevens|gezondheids*|gezondheid van|ziekte*|ziekmelding*|verzuimgegevens|verzuimdossier*|verzuimlijst*|ziekteverzuim*|medicatie*|medicijn*|herhaalrecept*|recepten|bloeduitslag*|labuitslag*|uitslag van|behandelplan*|behandelverslag*|behandeldossier*|zorgplan*|zorgindicatie*|medical|health data|health record*|health information|medication*|prescription*|sick leave|lab result*|test result*|treatment plan*|mental health|psycholog*|psychiatr*|therapie*|therapy|therapist*|allergi*|zwanger*|pregnan*|hiv|handicap*|disabilit*|kanker*|cancer|autis*|adhd|verslaving*|verslavings*|addiction*|epd|huisartsenbrief|verwijsbrief*|verwijsbrieven|referral letter*|doktersverklaring*|re-integratie*|bedrijfsarts*|huisartsdossier*|ontslagbrief*|rontgen*|mri-scan*|vaccinatie*|vaccination*|gezondheidsdossier*|lactose*|dieetwens*|rehabilitat*|revalidati*"},
	{"race", "etnisch*|etniciteit*|afkomst|ethnic*|racial*|huidskleur"},
	{"politics", "stemming van|kieslijst*|actievoerder*|politieke kleur|campagnevrijwilliger*|voted for|politieke voorkeur*|politieke opvatting*|partijlid*|partijleden|political opinion*|political preference*|party member*|stemgedrag|politieke partij"},
	{"religion", "geloof van|kerkgenootschap*|synagoge*|synagogue*|koor van de kerk|gebedsgroep*|halal*|kosher*|koosjer*|religie*|religieu*|geloofsovertuiging*|kerklid*|kerkleden|moskee*|joods*|katholiek*|kerkelijk*|parochi*|religio*|church member*|mosque*|levensovertuiging*|islamitisch*"},
	{"union", "vakbond*|fnv|cnv|trade union*|union member*"},
	{"sex", "seksuele orient*|sexual orientation|datingprofiel*|dating profile*|soa-*|abortus*|abortion*|genderdysforie*|transgender*|seksue*|geaardheid|homosek*|lhbti*|sexual*|lgbt*|soa-test*|soa-uitslag*|hiv-*"},
	{"genetic", "genetisch*|dna*|genetic*"},
	{"biometric", "vingerafdruk*|biometri*|gezichtsherkenning*|fingerprint*|facial recognition|irisscan*"},
}

// groupWords name the people concerned.
var groupWords = []entry{
	{asGroup + "patients", "patientes|zorgclient*|patient*|client|clienten|clients|bewoner*|zorgvrager*|clientgegevens|clientdossier*"},
	{asGroup + "customers", "klantdossier*|klantenlijst*|klantenkaart*|customer list*|klant|klanten|klantgegevens|klantenbestand*|klantendatabase|customer|customers|abonnee*|gasten|hotelgasten|subscriber*|consumenten|huurder*|tenant*|relaties|verzekerden|polishouder*|policyholder*|donateur*|shoppers|buyers|kopers"},
	{asGroup + "students", "leerling*|student*|pupil*|studenten|cursisten|scholieren"},
	{asGroup + "minors", "dochter|zoontje|pleegkind*|foster child*|teenagers|tieners|baby|kinderdossier*|schoolkinderen|schoolchildren|kinderen|minderjarig*|children|minors|een kind|van kind|het kind|a child|of a child|peuter*|kleuter*|baby's|kinderdagverblijf*|kinderopvang|day-care|daycare|basisschool*|basisschoolleerling*|primary school|leerlingen uit groep|leerlingen van groep|jeugdzorg*|jongeren|jeugdspelers|jeugdleden|youth members|toddlers"},
	{asGroup + "employees", "personeel|staff|oud-medewerkers|ex-medewerkers|teamleden|werknemer*|personeelsleden|personeelsdossier*|personeelslijst*|personeelsgegevens|employees|staff members|medewerkers|salarisadministratie|loonstro*|payroll|payslip*|een medewerker|van medewerker|an employee|of an employee|alle collega's|van collega's|personnel"},
	{asGroup + "vulnerable", "asielzoeker*|daklo*|verslaafd*|slachtoffer*|vluchteling*|blijf-van-mijn-lijf*|vrouwenopvang*|asylum*|refugee*|victim*|women's shelter|ondergedoken|in hiding|schuilhoud*|geheim adres|geheime adres*|secret address|schuldhulp*|schuldenaren|statushouder*|ouderen met dementie|daklozenopvang"},
	{asGroup + "other", "sollicitant*|applicant*|vrijwilligers|volunteers|leden|members|deelnemers|participants|burgers|citizens|inwoners|residents|bezoekers|visitors|nieuwsbrieflezers|job seekers|werkzoekenden|ouders|parents|kandidaten|candidates|passengers|reizigers"},
}
