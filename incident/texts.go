package incident

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SettingTexts names the setting that holds a [Texts].
const SettingTexts = "texts"

// Texts are sentences of the organisation's own in what the program says to
// people who report. Empty ones are left out.
type Texts struct {
	Receipt Words `json:"receipt,omitzero"` // in the mail that thanks a reporter
	Report  Words `json:"report,omitzero"`  // above the form at /melden
}

// Words is a text in both languages. Without one in a language its readers see
// none: a text in a language they may not read helps nobody.
type Words struct {
	NL string `json:"nl,omitempty"`
	EN string `json:"en,omitempty"`
}

// In returns the text in a language.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.NL
}

// LongestText bounds a text, in characters.
const LongestText = 600

// link finds what a mail program or a reader takes for an address of the web.
var link = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>]*`)

// ParseTexts reads the setting; nothing at all means no texts.
func ParseTexts(raw []byte) (t Texts, err error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return t, nil
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return Texts{}, fmt.Errorf("incident: texts: %w", err)
	}
	return t.Checked()
}

// Checked returns the texts without stray space, or a *Refusal that names the
// field that has to change.
func (t Texts) Checked() (Texts, error) {
	for _, f := range []struct {
		field string
		text  *string
	}{{"receipt_nl", &t.Receipt.NL}, {"receipt_en", &t.Receipt.EN}, {"report_nl", &t.Report.NL}, {"report_en", &t.Report.EN}} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n"))
		if n := utf8.RuneCountInString(*f.text); n > LongestText {
			return Texts{}, &Refusal{Field: f.field, Code: "text-long", Args: map[string]any{"most": LongestText, "now": n}}
		}
		if strings.ContainsFunc(*f.text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			return Texts{}, refuse(f.field, "text-plain")
		}
		for _, address := range link.FindAllString(*f.text, -1) {
			u, err := url.Parse(strings.TrimRight(address, ".,;:!?)"))
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
				return Texts{}, &Refusal{Field: f.field, Code: "text-link", Args: map[string]any{"link": address}}
			}
		}
	}
	return t, nil
}

// TextsOf returns the texts of an organisation.
func TextsOf(org *Org) Texts {
	t, err := ParseTexts([]byte(org.Settings[SettingTexts]))
	if err != nil {
		return Texts{} // they were checked when they were set
	}
	return t
}

// SetTexts records the texts. It returns a *Refusal that names the field for one
// that cannot stand.
func (s *Service) SetTexts(ctx context.Context, by Actor, t Texts) error {
	t, err := t.Checked()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("incident: texts: %w", err)
	}
	return s.PutSetting(ctx, by, SettingTexts, raw)
}
