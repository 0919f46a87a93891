package mailbox

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"meldklok/incident"
)

// parse reads a message given with line feeds.
func parse(raw string) incident.Reading {
	return Read([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), fromMailbox(), testOptions())
}

// multi wraps parts in a multipart.
func multi(kind, boundary string, parts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/%s; boundary=%q\n\n", kind, boundary)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\n%s\n", boundary, p)
	}
	fmt.Fprintf(&b, "--%s--\n", boundary)
	return b.String()
}

const from = "From: Balie <balie@gemeente.example>\nTo: privacy@gemeente.example\nSubject: lek\n"

// TestReadText: whatever the form, a person's words arrive as plain text.
func TestReadText(t *testing.T) {
	for _, row := range []struct{ why, raw, want, problem string }{
		{"plain text", from + "\nEen brief kwijt.\n", "Een brief kwijt.", ""},
		{"UTF-8 that claims to be ASCII is still UTF-8", from + "Content-Type: text/plain; charset=us-ascii\n\ncafé\n", "café", ""},
		{"Windows-1252 that claims to be UTF-8", from + "Content-Type: text/plain; charset=utf-8\n\ncaf\xe9 \x80 5\n", "café € 5", ProblemCharset},
		{"Latin-1 as stated", from + "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9\n", "café", ""},
		{"a charset nobody knows", from + "Content-Type: text/plain; charset=klingon\n\ncafé\n", "café", ProblemCharset},
		{"UTF-7, which only enmime knows", from + "Content-Type: text/plain; charset=utf-7\n\ncaf+AOk-\n", "café", ""},
		{"Japanese in its mail encoding", from + "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B8!:w\x1b(B\n", "検索", ""},
		{"quoted-printable with a soft break", from + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=\n=A9\n", "café", ""},
		{"quoted-printable with a broken escape", from + "Content-Transfer-Encoding: quoted-printable\n\nprijs =ZZ 5\n", "prijs =ZZ 5", ""},
		{"base64 with dirt in it", from + "Content-Transfer-Encoding: base64\n\nRWVu!!IGxl\n aw==\n", "Een lek", ""},
		{"base64 pieces behind one another", from + "Content-Transfer-Encoding: base64\n\nRWU=\nbiBsZWs=\n", "Een lek", ""},
		{"a transfer encoding that does not exist", from + "Content-Transfer-Encoding: 8-bit\n\ngewoon\n", "gewoon", ""},
		{"flowed lines are joined", from + "Content-Type: text/plain; format=flowed\n\neen lange \nregel\n", "een lange regel", ""},
		{"HTML only", from + "Content-Type: text/html\n\n<style>p{}</style><p>Een&nbsp;<b>lek</b></p><ul><li>naam<li>BSN</ul><a href=\"https://kwaad.example/x\">klik</a>", "Een lek\n- naam\n- BSN\nklik <https://kwaad.example/x>", ""},
		{"an empty plain part beside a full HTML part", from + multi("alternative", "a", "Content-Type: text/plain\n\n ", "Content-Type: text/html\n\n<p>het staat hier</p>"), "het staat hier", ""},
		{"plain wins from HTML", from + multi("alternative", "a", "Content-Type: text/plain\n\nplat", "Content-Type: text/html\n\n<p>rijk</p>"), "plat", ""},
		{"two texts and no duplicate of the related one", from + multi("alternative", "a", "Content-Type: text/plain\n\nplat", multi("related", "r", "Content-Type: text/html\n\n<p>rijk</p>", "Content-Type: image/png\n\nPNG")), "plat", ""},
		{"no end boundary", from + "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhalf", "half", ""},
		{"a multipart without a boundary", from + "Content-Type: multipart/mixed\n\n--x\n\ntoch leesbaar\n--x--\n", "--x\n\ntoch leesbaar\n--x--", ProblemStructure},
		{"a boundary that never comes", from + "Content-Type: multipart/mixed; boundary=zz\n\nalleen tekst\n", "alleen tekst", ProblemStructure},
		{"a line without a colon among the fields", "From: a@b.example\nwat is dit\nSubject: x\n\ntekst\n", "tekst", ProblemHeaderBroken},
		{"the first line of an mbox file", "From a@b.example Tue Oct 20\n" + from + "\ntekst\n", "tekst", ""},
		{"no header at all", "Beste collega,\n\ner is een lijst kwijt.\n", "Beste collega,\n\ner is een lijst kwijt.", ProblemNoHeader},
		{"control characters do not reach a page", from + "\nrood\x1b[31m\x00alarm\n", "rood[31malarm", ""},
		{"a PGP text is kept and marked", from + "\n-----BEGIN PGP MESSAGE-----\nhQ\n-----END PGP MESSAGE-----\n", "-----BEGIN PGP MESSAGE-----\nhQ\n-----END PGP MESSAGE-----", ProblemPGP},
	} {
		r := parse(row.raw)
		if r.Text != row.want {
			t.Errorf("%s: text %q, want %q", row.why, r.Text, row.want)
		}
		if (row.problem == "" && len(r.Problems) > 0) || (row.problem != "" && !slices.Contains(r.Problems, row.problem)) {
			t.Errorf("%s: problems %q, want %q", row.why, r.Problems, row.problem)
		}
		if r.Unreadable {
			t.Errorf("%s: called unreadable", row.why)
		}
	}
}

// TestReadSealed: what cannot be opened here is kept whole and said so.
func TestReadSealed(t *testing.T) {
	for _, row := range []struct{ why, raw, problem, file string }{
		{"S/MIME", from + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIIB\n", ProblemSMIME, "smime.p7m"},
		{"PGP/MIME", from + multi("encrypted", "p", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\nhQ"), ProblemPGP, "encrypted.asc"},
		{"winmail.dat", from + multi("mixed", "m", "\n\nzie bijlage", "Content-Type: application/ms-tnef; name=winmail.dat\n\n\x78\x9f\x3e\x22"), ProblemTNEF, "winmail.dat"},
		{"an Outlook item", from + multi("mixed", "m", "\n\nzie bijlage", "Content-Type: application/octet-stream; name=\"FW lek.msg\"\n\n\xd0\xcf\x11\xe0"), ProblemOutlookItem, "FW lek.msg"},
	} {
		r := parse(row.raw)
		if !slices.Contains(r.Problems, row.problem) {
			t.Errorf("%s: problems %q", row.why, r.Problems)
		}
		if !slices.ContainsFunc(r.Attachments, func(a incident.Attachment) bool { return a.Name == row.file && a.Size > 0 }) {
			t.Errorf("%s: %s is not kept: %+v", row.why, row.file, r.Attachments)
		}
		if r.Unreadable {
			t.Errorf("%s: sender and subject can be read", row.why)
		}
	}
}

// TestReadZipIsNotOpened: a zip bomb costs its own size and no more.
func TestReadZipIsNotOpened(t *testing.T) {
	bomb := "PK\x03\x04" + strings.Repeat("\x00", 4096)
	r := parse(from + multi("mixed", "m", "Content-Type: application/zip; name=42.zip\nContent-Transfer-Encoding: binary\n\n"+bomb))
	if len(r.Attachments) != 1 || r.Attachments[0].Size != len(bomb) || r.Attachments[0].Type != "application/zip" {
		t.Errorf("attachments: %d", len(r.Attachments))
	}
}

// TestReadNestedMessages: a mail in a mail is text to read, a file to open, and
// its own files too.
func TestReadNestedMessages(t *testing.T) {
	inner := "From: Inwoner <inwoner@post.example>\nSubject: mijn dossier\n" +
		multi("mixed", "i", "\n\nIk zag een ander dossier.", "Content-Type: image/png; name=scherm.png\n\nPNG")
	for why, attached := range map[string]string{
		"message/rfc822":                     "Content-Type: message/rfc822\n\n" + inner,
		"an .eml under another type":         "Content-Type: application/octet-stream; name=\"mail.eml\"\n\n" + inner,
		"message/rfc822 in quoted-printable": "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(inner, "=", "=3D"),
	} {
		r := parse(from + multi("mixed", "o", "\n\nZie bijlage.", attached))
		if !strings.HasPrefix(r.Text, "Zie bijlage.\n\n") || !strings.Contains(r.Text, "Ik zag een ander dossier.") || !strings.Contains(r.Text, "Subject: mijn dossier") {
			t.Errorf("%s: text %q", why, r.Text)
		}
		if len(r.Attachments) != 2 || !strings.HasSuffix(r.Attachments[0].Name, ".eml") || r.Attachments[1].Name != "scherm.png" {
			t.Errorf("%s: attachments %+v", why, r.Attachments)
		}
	}
}

// TestReadNames: header text is decoded, on one line, and turns nothing around.
func TestReadNames(t *testing.T) {
	r := parse("From: =?utf-8?q?Caf=C3=A9_De_Hoek?= <cafe@hoek.example>\nSubject: =?iso-8859-1?Q?caf=E9?=\n =?utf-8?b?w6k=?= \u202egpj.exe\nMessage-ID: <a@b>\nIn-Reply-To: <p@b>\nReferences: <r@b>\n <p@b>\nTo: a@b.example, \"C, D\" <c@d.example>\nDelivered-To: privacy+Tok3n@gemeente.example\n\nx\n")
	if r.From != (incident.Address{Name: "Café De Hoek", Email: "cafe@hoek.example"}) || r.Subject != "caféé gpj.exe" || r.MessageID != "a@b" {
		t.Errorf("from %+v, subject %q, id %q", r.From, r.Subject, r.MessageID)
	}
	if !slices.Equal(r.InReplyTo, []string{"p@b", "r@b"}) || !slices.Equal(r.Addressees, []string{"a@b.example", "c@d.example", "privacy+Tok3n@gemeente.example"}) {
		t.Errorf("answers %q, addressees %q", r.InReplyTo, r.Addressees)
	}
}

// TestReadBrokenFrom: a broken field still says who wrote.
func TestReadBrokenFrom(t *testing.T) {
	for _, row := range []struct {
		why, field string
		want       incident.Address
	}{
		{"no closing bracket", "Balie <balie@gemeente.example", incident.Address{Name: "Balie", Email: "balie@gemeente.example"}},
		{"a name with an at sign", "balie@gemeente.example <balie@gemeente.example>", incident.Address{Email: "balie@gemeente.example"}},
		{"raw Latin-1 in the name", "Caf\xe9 <cafe@hoek.example>", incident.Address{Name: "Café", Email: "cafe@hoek.example"}},
		{"nothing in it, so the envelope", "", incident.Address{Email: "envelop@post.example"}},
	} {
		in := incident.Incoming{Channel: incident.ChannelSMTP, Sender: "envelop@post.example", Arrived: testNow}
		if r := Read([]byte("From: "+row.field+"\nSubject: x\n\nx"), in, testOptions()); r.From != row.want {
			t.Errorf("%s: %+v", row.why, r.From)
		}
	}
}

// TestLesson3UnreadableIsStillAReport: bytes that make no sense give a reading
// with a sender, a time and the mark that tells a person to open the file.
func TestLesson3UnreadableIsStillAReport(t *testing.T) {
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(i*i*31 + i*7)
	}
	for why, raw := range map[string][]byte{"noise": noise, "nothing": nil, "zero bytes": make([]byte, 100)} {
		in := incident.Incoming{Channel: incident.ChannelLMTP, Sender: "balie@gemeente.example", Arrived: testNow}
		r := Read(raw, in, testOptions())
		if !r.Unreadable || r.Park != "" || r.From.Email != in.Sender || !r.Received.Equal(testNow) {
			t.Errorf("%s: %+v", why, r)
		}
	}
	if r := unread(incident.Incoming{Sender: "a@b.example", Arrived: testNow}, testOptions()); !r.Unreadable || r.Received.IsZero() || r.From.Email == "" {
		t.Errorf("after a panic: %+v", r)
	}
}

// TestLesson10SameBytesSameReading: a mail without Message-ID reads the same
// every time, so that only its bytes decide whether it is known.
func TestLesson10SameBytesSameReading(t *testing.T) {
	for _, class := range []string{"human", "near", "machine", "parked"} {
		for name, raw := range corpusFiles(t, class) {
			raw = []byte(strings.ReplaceAll(string(raw), "Message-ID:", "X-Nothing:"))
			a, b := Read(raw, fromMailbox(), testOptions()), Read(raw, fromMailbox(), testOptions())
			if !reflect.DeepEqual(a, b) || a.MessageID != "" {
				t.Errorf("%s/%s reads differently", class, name)
			}
		}
	}
}

// TestLesson16BounceIsQuotedNotBelieved: a delivery report gives the
// Message-ID it quotes, which others check for our token; it decides nothing.
func TestLesson16BounceIsQuotedNotBelieved(t *testing.T) {
	parked := corpusFiles(t, "parked")
	for name, want := range map[string]*incident.Bounce{
		"bounce-postfix":      {MessageID: "alert.42.k3y@meldklok.example", Recipient: "oud@far.example", Status: "5.1.1", Action: "failed"},
		"bounce-headers-only": {MessageID: "alert.43.k3y@meldklok.example", Recipient: "oud@far.example", Status: "5.1.1", Action: "failed"},
		"bounce-delayed":      {MessageID: "dossier@gemeente.example", Recipient: "oud@far.example", Status: "4.4.1", Action: "delayed"},
		"bounce-qmail":        nil,
		"read-receipt":        nil,
	} {
		if r := Read(parked[name], fromMailbox(), testOptions()); !reflect.DeepEqual(r.Bounce, want) {
			t.Errorf("%s: %+v, want %+v", name, r.Bounce, want)
		}
	}
}

// TestLesson17ForwarderStaysReporter: the quoted sender is a suggestion.
func TestLesson17ForwarderStaysReporter(t *testing.T) {
	for _, row := range []struct{ why, raw, original string }{
		{"Outlook in Dutch", "Subject: FW: lek\n\nZie hieronder.\n\nVan: Inwoner <inwoner@post.example>\nVerzonden: maandag\nAan: Balie\nOnderwerp: lek\n\nIk zag iets.", "inwoner@post.example"},
		{"Gmail", "Subject: Fwd: lek\n\n---------- Forwarded message ---------\nFrom: Inwoner <inwoner@post.example>\nDate: Mon\n", "inwoner@post.example"},
		{"Apple Mail, quoted", "Subject: lek\n\nBegin doorgestuurd bericht:\n\n> Van: Inwoner <inwoner@post.example>\n> Onderwerp: lek", "inwoner@post.example"},
		{"Outlook's mailto form", "Subject: Doorst: lek\n\nVan: Inwoner [mailto:inwoner@post.example]\n", "inwoner@post.example"},
		{"attached", "Subject: lek\n" + multi("mixed", "o", "\n\nzie bijlage", "Content-Type: message/rfc822\n\nFrom: Inwoner <inwoner@post.example>\nSubject: x\n\nx"), "inwoner@post.example"},
		{"a group address that took over the sender", "Subject: lek\nX-Original-From: Inwoner <inwoner@post.example>\n\nx", "inwoner@post.example"},
		{"a reply is no forward", "Subject: Re: lek\n\nDank.\n\nVan: Inwoner <inwoner@post.example>\nOnderwerp: lek", ""},
		{"nothing quoted", "Subject: FW: lek\n\nVan: de buurvrouw gehoord.", ""},
	} {
		r := parse("From: Balie <balie@gemeente.example>\n" + row.raw)
		if r.From.Email != "balie@gemeente.example" {
			t.Errorf("%s: reporter %q", row.why, r.From.Email)
		}
		if got := r.Original; (got == nil) != (row.original == "") || (got != nil && got.Email != row.original) {
			t.Errorf("%s: original %+v, want %q", row.why, got, row.original)
		}
	}
}

// TestLesson18RepliesShowTheirToken: what threading needs is handed over as it
// was sent, from every place where a relay leaves it.
func TestLesson18RepliesShowTheirToken(t *testing.T) {
	in := incident.Incoming{Channel: incident.ChannelSMTP, Recipients: []string{"Privacy+K3yEd@gemeente.example"}, Arrived: testNow}
	r := Read([]byte("From: a@b.example\nTo: other@gemeente.example\nIn-Reply-To: <rewritten@relay.example>\nReferences: <K3yEd@meldklok.example> <x@y.example>\n\nx"), in, testOptions())
	if !slices.Contains(r.Addressees, "Privacy+K3yEd@gemeente.example") || !slices.Contains(r.InReplyTo, "K3yEd@meldklok.example") || r.InReplyTo[0] != "rewritten@relay.example" {
		t.Errorf("addressees %q, answers %q", r.Addressees, r.InReplyTo)
	}
}

// TestAuthentication: only the organisation's own server is quoted.
func TestAuthentication(t *testing.T) {
	for _, row := range []struct{ why, raw, want string }{
		{"our server", "Authentication-Results: mx.gemeente.example; spf=pass smtp.mailfrom=a.example; dkim=none; dmarc=fail header.from=a.example\n", "spf=pass dkim=none dmarc=fail"},
		{"somebody else's", "Authentication-Results: mx.kwaad.example; spf=pass smtp.mailfrom=a.example\n", ""},
		{"ours above a forged one", "Authentication-Results: mx.gemeente.example; spf=fail smtp.mailfrom=a.example\nAuthentication-Results: mx.gemeente.example; spf=pass smtp.mailfrom=a.example\n", "spf=fail"},
		{"Microsoft 365 names no server; believed above the first foreign hop", "Authentication-Results: spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=a.example; dkim=pass (signature was verified) header.d=a.example; dmarc=pass action=none header.from=a.example\nReceived: from out.example by mx.gemeente.example; Tue, 20 Oct 2026 09:12:00 +0200\n", "spf=pass dkim=pass dmarc=pass"},
		{"the same below a foreign hop", "Received: from x by relay.kwaad.example; Tue, 20 Oct 2026 09:12:00 +0200\nAuthentication-Results: spf=pass smtp.mailfrom=a.example\n", ""},
		{"two signatures, one good", "Authentication-Results: mx.gemeente.example; dkim=pass header.d=a.example; dkim=fail header.d=b.example\n", "dkim=pass"},
	} {
		if r := parse(row.raw + from + "\nx"); r.Authentication != row.want {
			t.Errorf("%s: %q, want %q", row.why, r.Authentication, row.want)
		}
	}
}

// TestSafeNames: a stranger's file name can do nothing.
func TestSafeNames(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\Windows\win.ini`: "win.ini", "lijst.xlsx": "lijst.xlsx", ".htaccess": "htaccess",
		"": "file-1.pdf", "...": "file-1.pdf", "con.txt": "_con.txt", "a\x00b\nc.pdf": "a b c.pdf", "lek\u202efdp.exe": "lekfdp.exe",
		"a<b>|\"c*.pdf": "a_b___c_.pdf", strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", 96) + ".pdf",
	} {
		if got := safeName(name, "application/pdf", 1); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

// TestHTMLLoadsNothing: the page keeps words and tables, and nothing that
// could fetch, run, submit or lead away.
func TestHTMLLoadsNothing(t *testing.T) {
	page := HTML([]byte(from + "Content-Type: text/html; charset=utf-8\n\n<p onclick=x()>Een <b>lek</b></p><img src=https://k.example/p.gif><a href=https://k.example>klik</a>" +
		"<script>alert(1)</script><style>@import 'https://k.example'</style><form action=//k><input></form><iframe src=//k></iframe><table><tr><td colspan=2 style='background:url(//k)'>cel</td></tr></table><svg><image href=//k /></svg>"))
	for _, bad := range []string{"http", "//k", "src", "href", "style", "script", "alert", "<form", "<input", "onclick", "<iframe", "<svg", "<img"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page keeps %q: %s", bad, page)
		}
	}
	for _, good := range []string{"<b>lek</b>", `<td colspan="2">cel</td>`, "klik"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lost %q: %s", good, page)
		}
	}
	if HTML([]byte(from+"\nplat")) != "" || HTML(nil) != "" {
		t.Error("a plain mail has no page")
	}
}
