package dossier

import (
	"regexp"
	"slices"
	"strings"

	"meldklok/incident"
	"meldklok/incident/risk"
)

// Flag is something in an answer that must not go to an authority: personal
// data of the people concerned, or the name of whoever reported (AP: strip what
// names the affected; Wbk art. 1a: a reporter's identity stays secret).
type Flag struct {
	Question string // id
	Number   string
	What     string // "bsn", another value of risk.Data, or FlagReporter
	Masked   string // what may be shown of it
}

// FlagReporter marks the name or address of somebody who reported.
const FlagReporter = "reporter"

// hard are the finds of the scanner that name a person and have no business in
// a form. Words about data («there were BSNs in it») are no finds of values.
func hard() []string {
	return []string{string(risk.BSN), string(risk.IBAN), string(risk.Card), string(risk.IDNumber), string(risk.BirthDate), string(risk.Email), string(risk.Phone)}
}

// flags looks through every answer in which people write freely. Where contacts
// of our own staff belong, only numbers are looked for.
func (c *Case) flags(f *Filled) (flags []Flag) {
	names := c.reporterNames()
	for _, a := range f.All() {
		text := a.freeText()
		for _, find := range risk.Scan(risk.Document{Text: text}).Finds {
			own := a.Contacts && (find.Kind == string(risk.Email) || find.Kind == string(risk.Phone))
			if find.Evidence == risk.ByValue && !own && slices.Contains(hard(), find.Kind) {
				flags = append(flags, Flag{Question: a.ID, Number: a.Number(), What: find.Kind, Masked: find.Masked})
			}
		}
		if !a.Contacts && names != nil && names.MatchString(text) {
			flags = append(flags, Flag{Question: a.ID, Number: a.Number(), What: FlagReporter, Masked: "***"})
		}
	}
	return flags
}

// freeText is the part of an answer that no list of options wrote.
func (a Answered) freeText() string {
	lines := make([]string, len(a.words))
	for i, l := range a.words {
		lines[i] = l.NL
	}
	return strings.Join(lines, "\n")
}

// shortestName is how long a surname is that tells somebody by itself.
const shortestName = 4

// reporterNames matches the full names, surnames and addresses of those who
// reported; nil when nobody is known, or when that part was destroyed.
func (c *Case) reporterNames() *regexp.Regexp {
	var words set
	entries := c.Guard
	if entries == nil {
		entries = c.Entries
	}
	for _, w := range incident.Writers(entries) {
		for _, a := range writerAddresses(w) {
			words.add(strings.Contains(a.Email, "@"), a.Email)
			parts := strings.Fields(a.Name)
			words.add(len(parts) > 1, a.Name)
			if len(parts) > 0 {
				last := parts[len(parts)-1]
				words.add(len([]rune(last)) >= shortestName && c.unlikeUs(last), last)
			}
		}
	}
	if len(words) == 0 {
		return nil
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(?:` + strings.Join(quoted, "|") + `)(?:$|[^\pL\pN])`)
}

// writerAddresses lists by what somebody may be known who wrote a report, or whom
// it quotes: as it is known now, and as it stood before somebody put it right.
func writerAddresses(w *incident.Writer) []incident.Address {
	all := []incident.Address{w.From, {Email: w.Sender}}
	if w.Original != nil {
		all = append(all, *w.Original)
	}
	for _, c := range w.Corrections {
		for _, x := range c.Changes {
			switch x.Detail {
			case incident.DetailName:
				all = append(all, incident.Address{Name: x.Was})
			case incident.DetailEmail:
				all = append(all, incident.Address{Email: x.Was})
			}
		}
	}
	return all
}

// unlikeUs keeps a shared mailbox («Helpdesk Voorbeeld») from making the name of
// the organisation suspect.
func (c *Case) unlikeUs(word string) bool {
	return !strings.Contains(strings.ToLower(c.Organisation.Name), strings.ToLower(word))
}
