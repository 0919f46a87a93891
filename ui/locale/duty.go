package locale

import (
	"fmt"
	"strings"
)

// Duty returns the word for a duty in one of the groups "duty" and
// "duty-short". One of which an incident can have several carries its number:
// the word for "measure/3" is «Maatregel 3».
func Duty[V ~string](lang, group string, id V) string {
	kind, number, several := strings.Cut(string(id), "/")
	word := Word(lang, group, kind)
	if !several {
		return word
	}
	return fmt.Sprintf("%s %s", word, number)
}
