// Package extract turns attached files into lines of text and rows of tables:
// text, CSV, HTML, mail, XLSX, DOCX and its relatives, PDF, and ZIP around them.
//
// The files come from strangers. So everything has a limit: bytes in, text out,
// rows, pages, entries, depth of nesting, and the ratio of unpacking. Libraries
// that may panic are called behind a recover. Nothing is written to disk, not
// even a temporary file, for the content may be personal data.
//
// The package knows nothing about breaches or personal data.
package extract
