package mailbox

// sentence is one thing to tell an administrator.
type sentence struct{ nl, en string }

// troubleSentences says for each trouble what is wrong and which setting or
// permission to look at first.
func troubleSentences() map[string]sentence {
	return map[string]sentence{
		TroubleUnreachable: {
			"De mailserver is niet te bereiken. Controleer de naam, de poort en de firewall.",
			"The mail server cannot be reached. Check its name, the port and the firewall.",
		},
		TroubleCertificate: {
			"Het certificaat van de mailserver klopt niet: het is verlopen, voor een andere naam, of van een onbekende uitgever. Er wordt niets gelezen tot dit hersteld is.",
			"The mail server's certificate is not right: it has expired, is for another name, or comes from an unknown issuer. Nothing is read until this is put right.",
		},
		TroubleNoTLS: {
			"De mailserver praat niet versleuteld zoals is ingesteld. Controleer de poort en de keuze tussen TLS en STARTTLS.",
			"The mail server does not speak TLS as configured. Check the port and the choice between TLS and STARTTLS.",
		},
		TroubleTimeout: {
			"De mailserver geeft geen antwoord. De verbinding is verbroken en wordt opnieuw gemaakt.",
			"The mail server does not answer. The connection was closed and is made again.",
		},
		TroubleDropped: {
			"De mailserver heeft de verbinding verbroken. Zij wordt opnieuw gemaakt.",
			"The mail server closed the connection. It is made again.",
		},
		TroubleSignIn: {
			"De mailserver weigert de aanmelding. Controleer de gebruiker en het wachtwoord. Bij Microsoft 365: geef de toepassing de machtiging IMAP.AccessAsApp, maak in Exchange een service principal met de object-id van de bedrijfstoepassing, en geef die rechten op de mailbox.",
			"The mail server refuses the sign-in. Check the user and the password. With Microsoft 365: give the application the permission IMAP.AccessAsApp, make a service principal in Exchange with the object id of the enterprise application, and give it rights on the mailbox.",
		},
		TroubleNoMechanism: {
			"De mailserver biedt geen manier van aanmelden die bij de instellingen past. Gebruik een versleutelde verbinding, en bij Microsoft 365 of Google een token in plaats van een wachtwoord.",
			"The mail server offers no way to sign in that fits the settings. Use an encrypted connection, and with Microsoft 365 or Google a token instead of a password.",
		},
		TroubleToken: {
			"Er is geen toegangstoken te krijgen. Controleer het adres voor tokens en of dat vanaf deze machine te bereiken is.",
			"No access token can be had. Check the token address and whether this machine can reach it.",
		},
		TroubleSecret: {
			"Het geheim van de toepassing is onjuist of verlopen. Maak een nieuw geheim bij de mailprovider en zet het in het bestand.",
			"The application's secret is wrong or has expired. Make a new secret at the mail provider and put it in the file.",
		},
		TroubleConsent: {
			"De mailprovider geeft deze toepassing geen toegang. Een beheerder moet de machtiging IMAP.AccessAsApp geven en goedkeuren.",
			"The mail provider gives this application no access. An administrator must grant and approve the permission IMAP.AccessAsApp.",
		},
		TroubleGrant: {
			"De toestemming is ingetrokken of verlopen. Geef opnieuw toestemming en sla het nieuwe vernieuwingstoken op.",
			"The consent was withdrawn or has expired. Give consent again and store the new refresh token.",
		},
		TroubleFolder: {
			"De map bestaat niet of mag niet worden gelezen. Controleer de naam van de map en de rechten op de mailbox.",
			"The folder does not exist or may not be read. Check the folder's name and the rights on the mailbox.",
		},
		TroubleNoMove: {
			"De mailserver kan berichten niet veilig verplaatsen. Berichten worden wel gelezen en blijven staan.",
			"The mail server cannot move messages safely. Messages are read and stay where they are.",
		},
		TroubleMoveFolder: {
			"Verplaatsen naar de ingestelde map lukt niet. Berichten worden wel gelezen en blijven staan. Controleer de naam van de map en de rechten.",
			"Moving to the configured folder fails. Messages are read and stay where they are. Check the folder's name and the rights.",
		},
		TroubleMessage: {
			"Een of meer berichten zijn niet op te halen. De andere worden gewoon gelezen. Open deze berichten in uw mailprogramma en voer ze met de hand in.",
			"One or more messages cannot be fetched. The others are read as usual. Open these messages in your mail program and enter them by hand.",
		},
		TroubleStore: {
			"Meldklok kan berichten nu niet opslaan. Kijk naar de schijfruimte en het logboek. Er gaat niets verloren: de berichten staan nog in de mailbox.",
			"Meldklok cannot store messages now. Look at the disk space and the log. Nothing is lost: the messages are still in the mailbox.",
		},
		TroubleUnknown: {
			"Er ging iets mis met de mailbox. Het antwoord van de server staat hieronder.",
			"Something went wrong with the mailbox. The server's answer is below.",
		},
	}
}
