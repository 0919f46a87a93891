package incident_test

import (
	"errors"
	"strings"
	"testing"

	"meldklok/incident"
)

func TestTextsAreChecked(t *testing.T) {
	tests := []struct {
		why, text, code string
	}{
		{"nothing", "", ""},
		{"plain words and a new line", "Bel bij spoed 030 123 45 67.\r\nDag en nacht.", ""},
		{"a link over https, with a full stop behind it", "Lees https://example.org/privacy.", ""},
		{"a link that can be read on its way", "Lees http://example.org", "text-link"},
		{"a link without a scheme", "Lees www.example.org", "text-link"},
		{"a link to something else", "Klik javascript://x", "text-link"},
		{"a link with a password", "https://a:b@example.org", "text-link"},
		{"a link in capitals", "HTTP://EXAMPLE.ORG", "text-link"},
		{"too long", strings.Repeat("é", incident.LongestText+1), "text-long"},
		{"just not too long", strings.Repeat("é", incident.LongestText), ""},
		{"a control character", "a\x1b[31m", "text-plain"},
		{"a mark that turns the direction of reading", "a\u202eb", "text-plain"},
	}
	for _, tt := range tests {
		_, err := incident.Texts{Report: incident.Words{EN: tt.text}}.Checked()
		var r *incident.Refusal
		if tt.code == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.why, err)
			}
		} else if !errors.As(err, &r) || r.Code != tt.code || r.Field != "report_en" {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}
