package risk

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEverySourceIsDutchToo: no word of a source is the same in both languages,
// other than names, numbers and what stands in brackets as its English title.
func TestEverySourceIsDutchToo(t *testing.T) {
	same := strings.Fields("AP EDPB ENISA RvIG PVV Overijssel Telecommunicatiewet UAVG B Datalek wel of niet melden art")
	words := func(s string) []string { return regexp.MustCompile(`[A-Za-z]{2,}|B`).FindAllString(s, -1) }
	for _, r := range Rules() {
		dutch := regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(r.Cited(Dutch), "")
		for _, w := range words(dutch) {
			if slices.Contains(words(r.Source), w) && !slices.Contains(same, w) && !regexp.MustCompile(`^[ivx]+$`).MatchString(w) {
				t.Errorf("%s: %q is English in %q", r.Code, w, r.Cited(Dutch))
			}
		}
		if r.Cited(English) != r.Source || r.Source == "" {
			t.Errorf("%s: the English source is %q", r.Code, r.Cited(English))
		}
	}
}
