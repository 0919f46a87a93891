// Package sheet reads the register that an organisation kept before: a CSV or
// XLSX file of strangers' hands, columns named as somebody liked. It turns rows
// into incident.ImportRow and says line by line what it could not read. It is
// pure and writes nothing; nothing of a file is ever run or shown as anything
// but text.
//
//	read.go      bytes to a table: CSV in any encoding Excel writes, XLSX
//	fields.go    what a column can mean, and how it is often called
//	dates.go     days and moments; 03/04/2026 is asked about, not guessed
//	convert.go   rows to incidents, with the problems of each line
//	facts.go     what a row says of the breach; shorthand.go: as registers abbreviate it
//
// # Dates
//
// A day written with slashes can be the Dutch or the American order. If a day
// above 12 anywhere in the file shows the order, that is it; otherwise the
// person says which. With dashes or dots the Dutch order is meant, unless the
// file shows the other. A moment without a time is kept as a day: for a
// closed incident lateness is then counted in our favour, for an open one the
// clock starts at the beginning of the day.
package sheet
