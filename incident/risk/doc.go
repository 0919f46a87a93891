// Package risk proposes what a data breach calls for: register it only, notify
// the Autoriteit Persoonsgegevens (AP), or notify the AP and tell the people.
//
// It has two halves. Assess turns Facts into ENISA severity (DPC x EI + CB),
// a verdict and the reasons for it, each with its source. Scan reads one mail
// with its attachments and proposes Facts, showing every find masked.
//
// Three ideas carry the package.
//
// Unknown is a value. A question nobody answered never counts as zero: it
// blocks the way to "register only", and Best and Worst say where the answers
// could lead.
//
// Register only has to be earned. The verdict starts at "notify the AP", since
// Art. 33(1) GDPR exempts only a breach that is unlikely to lead to a risk, and
// the controller must be able to show that (recital 85). A short list of ways
// out (gates.go) leads down from there; each needs positive facts. So a mistake
// errs towards notifying.
//
// A rule has a name. Every step is a rule with a code, a text in Dutch and in
// English, and a source, evaluated in a fixed order; the one that decided is
// named in Assessment.DecidedBy.
//
// The package is pure: no clock, no network, no files, no state. It proposes;
// a person decides. It must not know about incidents, duties, storage or pages.
package risk
