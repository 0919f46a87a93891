package risk

import (
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// signal notes a word about the circumstances. "Encrypted" in a sentence about
// ransomware is the attack, not protection.
func (m *scanner) signal(s []token, h hit, all []hit) {
	name := strings.TrimPrefix(h.kind, asSignal)
	switch {
	case name == "leak":
		m.leak = true
	case name == "encrypted" && (h.negated || slices.ContainsFunc(s, func(t token) bool { return oneOf(t.text, "niet", "not") })):
		name = "unencrypted"
	case name == "encrypted" && slices.ContainsFunc(all, func(o hit) bool { return o.kind == asIncident+string(Ransomware) }):
		return
	case h.negated && name != "unencrypted" && name != "unopened":
		return
	}
	m.told[asSignal+name]++
}

// pairs finds what takes two words in one sentence: "bevestigd ... verwijderd".
func (m *scanner) pairs(s []token) {
	said := func(stems ...string) int {
		return slices.IndexFunc(s, func(t token) bool { return hasStem(t.text, stems...) })
	}
	gone := said("verwijder", "gewist", "wist", "wissen", "vernietig", "delet", "destroy", "erase", "weggegooid", "teruggestuurd", "retour")
	confirmed := said("bevestig", "confirm", "laten weten", "verklaar")
	asked := said("gevraagd", "verzocht", "vragen", "verzoek", "asked", "requested")
	denied := said("niet", "nog", "geen", "not", "no", "yet", "wacht", "waiting", "awaiting") >= 0
	switch {
	case gone >= 0 && confirmed >= 0 && !denied && asked < 0:
		m.told[asSignal+"deleted"]++
	case gone >= 0 && asked < 0 && said("ongeluk", "abuis", "accident", "mistake", "fout", "error") >= 0 && said("verkeerd", "wrong", "gemaild", "verstuurd") < 0:
		m.told[asIncident+string(Deleted)]++
	case gone >= 0 && asked >= 0:
		m.told[asSignal+"asked"]++
		if confirmed > asked && !denied {
			m.told[asSignal+"deleted"]++
		}
	}
	device := said("laptop", "telefoon", "phone", "usb", "tablet", "ipad", "notebook", "harde schijf", "hard", "dossier", "map", "tas", "bag", "agenda", "notitieboek", "papieren", "mobiel", "iphone", "schijf", "koffer", "aktetas", "folder", "computer", "device", "paperwork", "notes", "logboek", "stick", "sleutels", "rugzak", "backpack", "rugtas", "formulier", "lijst", "list", "documenten")
	if device >= 0 {
		m.told[asSignal+"device"]++
	}
}

func (m *scanner) saw(signal string) bool { return m.told[asSignal+signal] > 0 }

// weak are the kinds of incident whose words are common in other mail; they
// need a second sign.
var weak = []Incident{Lost, Published, FolderTooWide, WrongAuthorisation, Vulnerability, Outage, Deleted, PostWrongRecipient, PostLost}

// incident takes the gravest kind told; weak ones need a sign of a leak, of
// personal data, or of a lost thing.
func (m *scanner) incident() Incident {
	best, rank := Incident(""), len(incidentRank)
	for kind, r := range incidentRank {
		if m.told[kind] == 0 || r >= rank {
			continue
		}
		i := Incident(strings.TrimPrefix(kind, asIncident))
		if slices.Contains(weak, i) && !m.leak && !m.personal() && !m.saw("device") && len(m.counts) == 0 {
			continue
		}
		if (i == Lost || i == Stolen) && !m.saw("device") && !m.leak && !m.personal() {
			continue
		}
		best, rank = i, r
	}
	if best == EmailWrongRecipient && m.saw("post") && !m.saidMail() {
		return PostWrongRecipient
	}
	return best
}

// personal says whether personal data of any kind were told.
func (m *scanner) personal() bool {
	if len(m.dataKinds()) > 0 {
		return true
	}
	var f Facts
	m.specials(&f)
	return len(f.Special) > 0
}

// saidMail says whether the report speaks of electronic mail.
func (m *scanner) saidMail() bool {
	for _, p := range m.parts {
		for _, s := range p.sentences {
			for _, t := range s {
				if hasStem(t.text, "mail", "gemaild", "e-mail", "email", "bijlage", "attachment", "outlook") {
					return true
				}
			}
		}
	}
	return false
}

// evidence says whether the mail speaks of something that happened.
func (m *scanner) evidence() bool {
	i := m.incident()
	strongValues := m.values[string(BSN)]+m.values[string(Card)]+m.values["attached:iban"] > 0
	for _, name := range m.order {
		low, _ := m.tables[name].people()
		strongValues = strongValues || low > 1
	}
	if i == "" {
		return strongValues
	}
	return strongValues || !slices.Contains(weak, i) || m.leak
}

// dataKinds lists the categories told, in the questionnaire's order. A mail
// address or telephone number in the text counts when there are several: one is
// somebody's signature.
func (m *scanner) dataKinds() []Data {
	var out []Data
	for _, o := range mustQuestion("data").Options {
		d := Data(o.Value)
		n := m.told[o.Value]
		switch d {
		case Email, Phone, Address:
			if d == Address && m.told[asIncident+string(EmailOpenRecipients)] > 0 {
				n = 0 // "all addresses in cc" are mail addresses
			}
			if d == Email && m.told[asIncident+string(EmailOpenRecipients)] > 0 {
				n++ // the addresses themselves were shown
			}
			if m.values[o.Value] >= 3 || m.values["attached:"+o.Value] > 0 {
				n++
			}
		default:
			n += m.values[o.Value]
		}
		if n > 0 && d != UnknownData {
			out = append(out, d)
		}
	}
	return out
}

// facts proposes facts. What nobody told stays unknown.
func (m *scanner) facts() Facts {
	var f Facts
	f.Incident = m.incident()
	f.Data = m.dataKinds()
	m.specials(&f)
	m.groups(&f)
	m.people(&f)
	m.circumstances(&f)
	m.protection(&f)
	m.mitigation(&f)
	f.Controller = m.controller()
	if len(f.Data) > 0 || hasSpecial(f.Special) {
		f.PersonalData = Yes
	}
	if m.hidesData() {
		f.Data = append(f.Data, UnknownData)
	}
	return normalised(f)
}

func hasSpecial(list []Special) bool {
	return slices.ContainsFunc(list, func(s Special) bool { return s != NoSpecial && s != UnknownSpecial })
}

// hidesData says whether an attached file could not be read: what is in it is
// not known. Pictures are mostly logos and do not count.
func (m *scanner) hidesData() bool {
	return slices.ContainsFunc(m.unread, func(u Unread) bool { return u.Reason != "image" })
}

func (m *scanner) specials(f *Facts) {
	for _, o := range mustQuestion("special").Options {
		if isSpecialKind(o.Value) && m.told[o.Value] > 0 {
			f.Special = append(f.Special, Special(o.Value))
		}
	}
}

func (m *scanner) groups(f *Facts) {
	for _, o := range mustQuestion("groups").Options {
		if m.told[asGroup+o.Value] > 0 {
			f.Groups = append(f.Groups, Group(o.Value))
		}
	}
}

// people takes the largest table, or the largest amount that was told.
func (m *scanner) people(f *Facts) {
	low, high, open := 0, 0, false
	for _, name := range m.order {
		if l, h := m.tables[name].people(); h > high {
			low, high = l, h
		}
	}
	if high == 0 {
		for _, c := range m.counts {
			if c.max == 0 {
				open = true
			}
			if c.min > low || (c.min == low && c.max > high) {
				low, high = c.min, max(c.max, c.min)
				open = c.max == 0
			}
		}
	}
	if low > 0 {
		f.PeopleMin = &low
	}
	if high > 0 && !open {
		f.PeopleMax = &high
	}
}

// circumstances follow from the kind of incident.
func (m *scanner) circumstances(f *Facts) {
	switch f.Incident {
	case EmailWrongRecipient, PostWrongRecipient, PostReturnedOpened:
		f.Breach, f.Recipients, f.Intent = []Breach{Confidentiality}, KnownFew, Accidental
	case EmailOpenRecipients:
		f.Breach, f.Recipients, f.Intent = []Breach{Confidentiality}, KnownMany, Accidental
	case Published:
		f.Breach, f.Recipients = []Breach{Confidentiality}, Public
	case Lost, PostLost:
		f.Breach, f.Recipients, f.Access = []Breach{Confidentiality}, Finder, Possible
	case Stolen:
		f.Breach, f.Recipients, f.Access, f.Intent = []Breach{Confidentiality}, Finder, Possible, Malicious
	case Hacking, Phishing, Impersonation:
		f.Breach, f.Recipients, f.Intent = []Breach{Confidentiality}, Criminals, Malicious
	case Ransomware:
		f.Breach, f.Recipients, f.Intent = []Breach{Confidentiality, Availability}, Criminals, Malicious
	case Insider:
		f.Breach, f.Intent = []Breach{Confidentiality}, Malicious
	case Deleted, Outage:
		f.Breach = []Breach{Availability}
	case FolderTooWide, WrongAuthorisation, Vulnerability, WrongFile:
		f.Breach = []Breach{Confidentiality}
	}
	switch {
	case m.saw("taken") && f.Incident != Stolen && f.Incident != Lost:
		f.Access = Taken
	case m.saw("seen"):
		f.Access = Seen
	}
	if m.saw("misuse") {
		f.Misuse = Yes
	}
	if m.saw("care_stopped") {
		f.Interruption = Care
	}
	if m.saw("criminal_recipient") {
		f.Recipients = Criminals
	}
}

func (m *scanner) protection(f *Facts) {
	switch {
	case m.saw("unencrypted"):
		f.Protection = Unprotected
	case m.saw("encrypted"):
		f.Protection = Encrypted
	}
}

func (m *scanner) mitigation(f *Facts) {
	for _, s := range []struct {
		signal string
		value  Mitigation
	}{
		{"deleted", DeletionConfirmed}, {"asked", DeletionRequested}, {"wiped", RemoteWiped},
		{"reset", PasswordsReset}, {"closed", AccessClosed}, {"offline", TakenOffline},
	} {
		if m.saw(s.signal) {
			f.Mitigation = append(f.Mitigation, s.value)
		}
	}
	if m.saw("unopened") && f.Incident != EmailWrongRecipient {
		f.Mitigation = append(f.Mitigation, ReturnedUnopened)
	}
	if len(f.Mitigation) > 0 {
		f.Mitigation = append(f.Mitigation, UnknownMitigation)
	}
}

// controller takes the kind of organisation that the report speaks of. Only
// kinds that colour the data are proposed, and the two that do not by a clear word.
func (m *scanner) controller() Controller {
	for _, c := range []Controller{Shelter, YouthCare, DebtHelp, HealthCare, Political, Education, Government} {
		if m.saw(string(c)) {
			return c
		}
	}
	return ""
}
