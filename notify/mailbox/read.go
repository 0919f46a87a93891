package mailbox

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"meldklok/incident"
)

// Read makes what can be made of one delivery. It is total: it never fails and
// never panics, and says in Problems what it stumbled over. The same input
// gives the same Reading.
//
// It looks at 25 MiB at most, 50 levels and 1,000 parts; large messages are
// read one at a time in the whole process. in.Body is not touched. Attachment
// data are copies or parts of raw, which must not change afterwards.
func Read(raw []byte, in incident.Incoming, o incident.ReadOptions) (r incident.Reading) {
	defer func() {
		if recover() != nil {
			r = unread(in, o)
		}
	}()
	unlock := reserve(len(raw))
	defer unlock()
	return read(raw, in, o)
}

// oneLargeMessage is the one slot of a process for large messages: memory is
// what the process shares, so its guard is the process's too. It keeps nothing.
var oneLargeMessage sync.Mutex

// reserve waits for the slot when a message is large.
func reserve(size int) (release func()) {
	if size < 256<<10 {
		return func() {}
	}
	oneLargeMessage.Lock()
	return oneLargeMessage.Unlock
}

// read is Read without its safety net.
func read(raw []byte, in incident.Incoming, o incident.ReadOptions) incident.Reading {
	s := splitter{}
	root := s.splitMessage(raw[:min(len(raw), maxParse)], 0)
	if len(raw) > maxParse {
		s.problems.add(ProblemTooLarge)
		lastLeaf(root).cut = true
	}
	c := contents{problems: &s.problems}
	c.walk(root)
	text := c.text.String()

	m := &mailFacts{root: root, in: in, o: o, text: text}
	m.from = author(root.header, in.Sender)
	m.subject = cleanLine(decodeWords(root.header.first("subject")))

	r := incident.Reading{
		From:           m.from,
		Original:       original(root, m.subject, text, m.from),
		Subject:        m.subject,
		Date:           dateOf(root.header),
		MessageID:      messageIDOf(root.header),
		InReplyTo:      inReplyTo(root.header),
		Addressees:     addressees(root.header, in.Recipients),
		Text:           text,
		Attachments:    c.files,
		Park:           m.park(),
		Machine:        m.machine(),
		Authentication: authentication(root.header, o.OwnHosts),
	}
	if words := calendarWords(root, text); words != "" {
		c.write(words)
		r.Text = c.text.String()
	}
	if r.Park == incident.ParkBounce {
		r.Bounce = readBounce(root)
	}
	best, flag := received(root.header, in, o)
	r.Received, r.ReceivedBasis, r.ReceivedFlag = best.at, best.basis, flag
	r.Unreadable = len(root.header) == 0 && len(c.files) == 0 && !legible(raw, text)
	r.Problems = s.problems
	return r
}

// unread is what remains when the parser itself gave up.
func unread(in incident.Incoming, o incident.ReadOptions) incident.Reading {
	best, flag := received(nil, in, o)
	return incident.Reading{
		Unreadable:    true,
		Problems:      []string{ProblemInternal},
		From:          incident.Address{Email: cleanLine(in.Sender)},
		Addressees:    addressees(nil, in.Recipients),
		Received:      best.at,
		ReceivedBasis: best.basis,
		ReceivedFlag:  flag,
	}
}

// lastLeaf is the part that the end of the bytes falls into.
func lastLeaf(p *part) *part {
	for len(p.children) > 0 {
		p = p.children[len(p.children)-1]
	}
	return p
}

// legible reports text that a person could read. Bytes that are no UTF-8 were
// read as Windows-1252, where noise is letters too; so there only ASCII counts.
func legible(raw []byte, text string) bool {
	utf, good, all := utf8.Valid(raw), 0, 0
	for _, r := range head(text, 4096) {
		all++
		if unicode.IsSpace(r) || (unicode.IsLetter(r) && (utf || r < utf8.RuneSelf)) {
			good++
		}
	}
	return strings.TrimSpace(text) != "" && good*2 > all
}
