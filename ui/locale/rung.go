package locale

import (
	"strings"
	"time"
)

// Rung returns the word for a rung of a ladder. A repeated one tells in its
// name how late it is: «overdue+8h».
func Rung(lang, name string) string {
	base, late, repeated := strings.Cut(name, "+")
	if span, err := time.ParseDuration(late); repeated && err == nil && Has("rung."+base+"-by") {
		return T(lang, "rung."+base+"-by", map[string]any{"span": span})
	}
	return Word(lang, "rung", base)
}
