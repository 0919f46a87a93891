// Package register is the record of all data breaches that GDPR art. 33(5)
// asks for: every incident, also those that were not notified, with facts,
// effects, measures and the reasons of every decision. Folded incidents go in,
// rows, figures and files come out; a Reader walks the record for them, as somebody
// may see it.
//
//	row.go       one incident as a row of stored values: the JSON of the register
//	effects.go   what of the facts is effect, protection or measure
//	words.go     stored values in words
//	columns.go   the one table of columns that every form of the register shows
//	filter.go    which rows, in which order
//	csv.go, xlsx.go, json.go, pdf.go   the register as a file
//	harmless.go  cells that a spreadsheet would take for a formula
//	years.go     anonymised figures per year
//	export.go    the Reader: one walk for every file
//	ledger.go    a line of every incident in memory (line.go), for figures and
//	             pages at once; browse.go opens no more than a page shows
//
// # What is in it
//
// Drills and what was sorted out as «no report» are outside; so is mail from
// before a mailbox was watched that nobody promoted. How many there were is
// stated, so that a missing number is no riddle. What turned out not to be a
// breach is in, with the reason (accountability, GDPR art. 5(2)), and so is a
// duplicate, with the incident it was merged into.
//
// A row holds register parts only. The subject of a mail is personal part, so
// an incident that nobody gave a title has none in a file; the page shows its
// headline to whoever may read it.
//
// # Time
//
// Spreadsheets and paper show Dutch local time, because they cannot hold a
// zone; JSON shows UTC. CSV and XLSX are written row by row, in memory that
// does not grow with the text, except that a sheet of XLSX is held until it is
// full: the library would put what is larger than 16 MiB into a temporary
// file, unsealed, so a new sheet begins before that. A PDF needs the number of
// its pages first and is held whole.
package register
