package locale

import (
	"strings"
	"time"
)

// Rung returns the word for a rung of a ladder. A repeated one tells in its
// name how late it is: «overdue+8h»; one that people made themselves tells when
// it comes: «left-30h», «since-2h», «unseen-6h».
func Rung(lang, name string) string {
	base, late, repeated := strings.Cut(name, "+")
	if span, err := time.ParseDuration(late); repeated && err == nil && Has("rung."+base+"-by") {
		return T(lang, "rung."+base+"-by", map[string]any{"span": span})
	}
	if kind, span, made := strings.Cut(base, "-"); made && !Has("rung."+base) && Has("rung."+kind+"-span") {
		if d, err := time.ParseDuration(span); err == nil {
			return T(lang, "rung."+kind+"-span", map[string]any{"span": d})
		}
	}
	return Word(lang, "rung", base)
}
