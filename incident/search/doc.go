// Package search finds incidents by the words in them. What lies on disk is
// sealed, so the index lives in memory only: it is built in the background from
// the record at every start, follows the record's changes, and is bounded.
//
//	words.go   text into folded words
//	index.go   words to incidents: postings, a bound
//	find.go    prefix search, a ranking, the best of many hits
//	build.go   filling the index from the record, slowly, newest first
//
// What is indexed of an incident: its reference, title and summary, who
// reported, subject, text and the names of files of each report, questions,
// reasons of decisions, advice, and numbers of filings. What is kept is which
// word occurs in what kind of place, not the texts: a list of hits shows what
// the list of incidents shows, so that reading a report stays a look that the
// access log knows of.
//
// The index knows nothing of who may see what. Whoever shows hits asks
// incident.Sight for each.
//
// The work is done in small slices with pauses as long as the slices, in
// transactions of their own: intake and alerts go first. When the bound is
// reached, the oldest incidents are left out, and [Progress] says from where.
package search
