// Package dossier makes the papers of one incident from what is recorded: the
// AP's form with its answers, the EDPB template, the letters. It is pure: an
// incident with its log and the organisation go in, documents come out; it
// reads no clock, no record and no network.
//
//	case.go      what documents are made from
//	form.go      a form of an authority as versioned data (forms/*.json)
//	fill.go      a form with its answers: recorded, derived, missing, to check
//	derive_*.go  how the facts answer a question
//	flags.go     personal data that must not go into a form
//	edpb.go      the EDPB template as JSON
//	letter*.go   letters to the people, the public, the controller
//	document.go  headings, paragraphs, answers: what every paper consists of
//	html.go, pdf.go, docx.go, text.go   the same document in four formats
//	files.go     every document of a case, by name
//
// # Forms are data
//
// An authority's list of questions changes without notice, and nobody can ask
// the AP's site for it. So a form is a file with the date of the list, and what
// nobody could establish is marked in it and shown as «check on the form». A
// changed form is a new file under a new id: stored answers name the id of the
// list they were given under, and stored values are never renamed.
//
// # One document, several formats
//
// The page in HTML is the accessible original; the PDF is its copy for the file
// (the library makes untagged PDF), DOCX and text are for sending.
package dossier
