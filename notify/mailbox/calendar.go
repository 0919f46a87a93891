package mailbox

import (
	"regexp"
	"strings"
)

// isCalendarReply reports the answer of a calendar program to an invitation
// (RFC 6047, METHOD:REPLY). Programs let people type a note with it, and a
// note can be a report: "cannot come, we have a leak here". So the mail is
// parked only when nothing in it was typed by a person.
func (m *mailFacts) isCalendarReply() bool {
	cal := findCalendar(m.root, 0)
	if cal == nil {
		return false
	}
	data, _ := cal.content()
	ics := unfoldCalendar(string(data[:min(len(data), 64<<10)]))
	method := strings.ToUpper(firstOf(cal.params["method"], calendarValue(ics, "METHOD")))
	if method != "REPLY" || calendarValue(ics, "COMMENT") != "" || strings.Contains(strings.ToUpper(ics), "X-RESPONSE-COMMENT") {
		return false
	}
	summary := unescapeCalendar(calendarValue(ics, "SUMMARY"))
	return onlyAnswer(m.text, summary)
}

// calendarWords returns what a person typed into a calendar program: the note
// with an answer, and the meeting itself where the mail has no other text.
func calendarWords(root *part, text string) string {
	cal := findCalendar(root, 0)
	if cal == nil {
		return ""
	}
	data, _ := cal.content()
	ics := unfoldCalendar(string(data[:min(len(data), 64<<10)]))
	properties := []string{"COMMENT"}
	if text == "" {
		properties = []string{"SUMMARY", "DESCRIPTION", "COMMENT"}
	}
	var words []string
	for _, property := range properties {
		if v := unescapeCalendar(calendarValue(ics, property)); v != "" {
			words = append(words, toUTF8(v))
		}
	}
	return strings.Join(words, "\n")
}

// findCalendar looks where calendar programs put their part: alone, or among
// the first levels of a multipart, not in attached messages.
func findCalendar(p *part, depth int) *part {
	if p.mediaType == "text/calendar" {
		return p
	}
	if depth > 3 || p.message {
		return nil
	}
	for _, child := range p.children {
		if found := findCalendar(child, depth+1); found != nil {
			return found
		}
	}
	return nil
}

// answerSentence is what programs write by themselves, in the two languages
// of our users. The name before it is at most five words.
var answerSentence = regexp.MustCompile(`(?i)^(\S+ ){1,5}(has |have |heeft |hebt )?(tentatively |voorlopig |onder voorbehoud )?(accepted|declined|geaccepteerd|aanvaard|afgewezen|geweigerd|afgeslagen)( this| the| your| deze| de| uw)?( event| afspraak)?( invitation| uitnodiging)?( to the event| voor de afspraak)?( geaccepteerd| afgewezen| geweigerd| aanvaard| voorlopig geaccepteerd)?\.?$`)

// onlyAnswer reports a text in which every line is a program's: empty, the
// name of the meeting with at most an answer before it, or the fixed sentence.
func onlyAnswer(text, summary string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(strings.Trim(line, "*-_= \t"))
		if line == "" || answerSentence.MatchString(line) {
			continue
		}
		rest := strings.TrimSpace(strings.TrimSuffix(line, summary))
		if summary != "" && rest != line && answerWords.MatchString(rest) {
			continue
		}
		return false
	}
	return true
}

var answerWords = regexp.MustCompile(`(?i)^((accepted|declined|tentative|geaccepteerd|afgewezen|geweigerd|voorlopig|titel|title|onderwerp|subject)\s*:?)?$`)

// unfoldCalendar joins folded lines (RFC 5545, section 3.1).
func unfoldCalendar(ics string) string {
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(ics)
}

// calendarValue returns the first value of a property.
func calendarValue(ics, property string) string {
	for line := range strings.SplitSeq(ics, "\n") {
		line = strings.TrimRight(line, "\r")
		name, value, ok := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, ";")
		if ok && strings.EqualFold(name, property) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// unescapeCalendar undoes the escapes of RFC 5545, section 3.3.11.
func unescapeCalendar(value string) string {
	return strings.NewReplacer(`\,`, ",", `\;`, ";", `\n`, " ", `\N`, " ", `\\`, `\`).Replace(value)
}
