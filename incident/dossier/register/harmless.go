package register

import "strings"

// harmless puts an apostrophe before a text that a spreadsheet would take for a
// formula: one that begins with = + - @, a tab or a line end, also in their
// full-width forms and behind spaces. What people type into a register, or a
// stranger into a report, must not run on the desk of an auditor.
func harmless(s string) string {
	trimmed := strings.TrimLeft(s, " \u00a0")
	if trimmed == "" {
		return s
	}
	if r := []rune(trimmed[:min(len(trimmed), 4)])[0]; strings.ContainsRune("=+-@\t\r\n＝＋－＠", r) {
		return "'" + s
	}
	return s
}
