package mailbox

import (
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// hop is one Received line (RFC 5321, section 4.4): who recorded it, when, and
// from whom the mail came.
type hop struct {
	by   string    // the recording host, lower case; "" if the line names none
	at   time.Time // UTC; zero if the line has no readable date
	from string    // what stands between "from" and "by", comments included
}

// ownHostTime reads Received lines from the top while one of our own hosts
// wrote them, and returns the time of the lowest.
//
// A sender can put any line below ours, one that names our own host included.
// So a line is read on only when the line above it says that the mail came
// from one of our own hosts, and never when it claims to be later than that.
func ownHostTime(h header, own []string) (at time.Time) {
	for _, line := range h.all("received") {
		r := readHop(line)
		if !isOwnHost(r.by, own) || (!at.IsZero() && r.at.After(at.Add(clockSkew))) {
			break
		}
		if !r.at.IsZero() {
			at = r.at
		}
		if !r.cameFromOwn(own) {
			break
		}
	}
	return at
}

var (
	hopBy      = regexp.MustCompile(`(?i)(?:^|\s)by\s+([A-Za-z0-9._\-\[\]:]+)`)
	hopFrom    = regexp.MustCompile(`(?i)^\s*from\s+(\S+)`)
	hopName    = regexp.MustCompile(`\(\s*([A-Za-z0-9._\-]+)\s*\[`)
	hopAddress = regexp.MustCompile(`[\[(](?:IPv6:)?([0-9A-Fa-f.:]{3,45})[\])]`)
)

// readHop reads one trace line. Comments are left out where the recording host
// is sought, because a sender chooses the name that stands in them.
func readHop(line string) hop {
	clause, date := line, ""
	if i := strings.LastIndexByte(line, ';'); i >= 0 {
		clause, date = line[:i], line[i+1:]
	}
	r := hop{at: parseDate(date)}
	bare := blankComments(clause)
	m := hopBy.FindStringSubmatchIndex(bare)
	if m == nil {
		return r
	}
	r.by = strings.ToLower(strings.Trim(bare[m[2]:m[3]], ".[]"))
	r.from = clause[:m[0]]
	return r
}

// cameFromOwn reports whether the mail was handed over by one of our own
// hosts. The name in HELO is free to choose; the name and address that the
// recording host looked up itself, in the comment behind it, are not.
func (r hop) cameFromOwn(own []string) bool {
	m := hopFrom.FindStringSubmatch(r.from)
	if m == nil {
		return true // put in the queue on the host itself
	}
	if a := hopAddress.FindStringSubmatch(r.from); a != nil {
		if ip, err := netip.ParseAddr(a[1]); err == nil && (ip.IsLoopback() || ip.IsPrivate()) {
			return true
		}
	}
	if name := hopName.FindStringSubmatch(r.from); name != nil && !isOwnHost(strings.ToLower(name[1]), own) {
		return false
	}
	return isOwnHost(strings.ToLower(strings.Trim(m[1], "[]().;")), own)
}

// blankComments overwrites "(...)" with blanks, so that places stay the same.
func blankComments(s string) string {
	out, depth := []byte(s), 0
	for i, c := range out {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
			out[i] = ' '
		}
		if depth > 0 {
			out[i] = ' '
		}
	}
	return string(out)
}

// isOwnHost reports whether a host is on the list. An entry that begins with a
// dot stands for everything under it.
func isOwnHost(host string, own []string) bool {
	for _, o := range own {
		o = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(o), "."))
		if host != "" && (host == o || (strings.HasPrefix(o, ".") && strings.HasSuffix(host, o))) {
			return true
		}
	}
	return false
}
