package mailbox

import (
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/authres"
)

// authentication sums up what the organisation's own server found out about
// the sender (RFC 8601), like "spf=pass dkim=none dmarc=fail". Anybody can
// write such a field, so only the topmost one that carries the name of an own
// host counts; a fact to show, never a reason to believe or refuse a report.
func authentication(h header, own []string) string {
	trusted := len(own) > 0
	for _, f := range h {
		switch f.name {
		case "received":
			r := readHop(f.value)
			trusted = trusted && isOwnHost(r.by, own)
		case "authentication-results":
			if results := ownResults(f.value, own, trusted); results != "" {
				return results
			}
		}
	}
	return ""
}

// ownResults reads one field. Microsoft 365 leaves out the name of its server;
// such a field is believed only above the first foreign Received line, where
// nobody else can have put it.
func ownResults(value string, own []string, trusted bool) string {
	identifier, results, err := authres.Parse(value)
	if err != nil && trusted {
		identifier, results, err = authres.Parse("m365.invalid; " + value)
	}
	if err != nil || (identifier != "m365.invalid" && !isOwnHost(strings.ToLower(identifier), own)) {
		return ""
	}
	if identifier == "m365.invalid" && !trusted {
		return ""
	}
	found := map[string]string{}
	for _, r := range results {
		method, verdict := verdictOf(r)
		if method != "" && found[method] != string(authres.ResultPass) {
			found[method] = verdict
		}
	}
	var out []string
	for _, method := range []string{"spf", "dkim", "dmarc"} {
		if v := found[method]; v != "" {
			out = append(out, fmt.Sprintf("%s=%s", method, v))
		}
	}
	return strings.Join(out, " ")
}

// verdictOf names the method and its verdict; several DKIM signatures count as
// passed when one of them did.
func verdictOf(r authres.Result) (method, verdict string) {
	switch r := r.(type) {
	case *authres.SPFResult:
		return "spf", cleanLine(string(r.Value))
	case *authres.DKIMResult:
		return "dkim", cleanLine(string(r.Value))
	case *authres.DMARCResult:
		return "dmarc", cleanLine(string(r.Value))
	}
	return "", ""
}
