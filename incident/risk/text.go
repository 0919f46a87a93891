package risk

// Lang is a language of the product.
type Lang string

// The languages. English is the default of JSON output.
const (
	English Lang = "en"
	Dutch   Lang = "nl"
)

// Text is one sentence or label in both languages. Both are always filled.
type Text struct {
	NL string `json:"nl"`
	EN string `json:"en"`
}

// In gives the text in the language asked for, English for any other.
func (t Text) In(lang Lang) string {
	if lang == Dutch {
		return t.NL
	}
	return t.EN
}
