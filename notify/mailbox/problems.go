package mailbox

import "slices"

// What the parser can stumble over. The words are stable: a page translates
// them, a test names them.
const (
	ProblemNoHeader     = "no-header"      // the bytes begin without a mail header; all of it is shown as text
	ProblemHeaderBroken = "header-broken"  // lines that are no header fields were skipped
	ProblemHeaderLong   = "header-long"    // the header is longer than 1 MiB; only its beginning was read
	ProblemStructure    = "structure"      // a multipart without a usable boundary
	ProblemTooDeep      = "too-deep"       // more than 50 levels; the inner ones were not opened
	ProblemTooManyParts = "too-many-parts" // more than 1,000 parts; the later ones were not opened
	ProblemTooLarge     = "too-large"      // more than 25 MiB; only the beginning was read
	ProblemTextCut      = "text-cut"       // the text is longer than a page can hold
	ProblemCharset      = "charset"        // the text does not fit the character set it claims
	ProblemPart         = "part"           // a part could not be decoded; its raw bytes are attached
	ProblemSMIME        = "smime"          // encrypted or sealed with S/MIME: kept, not readable here
	ProblemPGP          = "pgp"            // encrypted with PGP: kept, not readable here
	ProblemTNEF         = "tnef"           // winmail.dat: attachments that only Outlook can open
	ProblemOutlookItem  = "outlook-item"   // an attached .msg file that only Outlook can open
	ProblemInternal     = "internal"       // the parser itself gave up; the raw message is kept
)

// problems is a list without repeats, in the order of discovery.
type problems []string

func (p *problems) add(names ...string) {
	for _, n := range names {
		if !slices.Contains(*p, n) {
			*p = append(*p, n)
		}
	}
}
