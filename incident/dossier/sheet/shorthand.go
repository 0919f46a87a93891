package sheet

import (
	"slices"

	"meldklok/incident/risk"
)

// found is what one word of a column of data stands for: answers of the question
// about data, and of the one about special categories.
type found struct{ data, special []string }

// shorthand lists how registers abbreviate what the score asks for in full, by
// the folded word.
func shorthand() map[string]found {
	of := func(d ...risk.Data) (f found) {
		for _, v := range d {
			f.data = append(f.data, string(v))
		}
		return f
	}
	health := found{special: []string{string(risk.Health)}}
	out := map[string]found{}
	for _, row := range []struct {
		means found
		words []string
	}{
		{of(risk.Name, risk.Address), []string{"naw", "naw gegevens", "naam en adres", "name and address"}},
		{of(risk.Name), []string{"namen", "names"}},
		{of(risk.Address), []string{"adres", "adressen", "woonadres", "adresgegevens", "addresses"}},
		{of(risk.BSN), []string{"burgerservicenummer", "bsn nummer", "national number"}},
		{of(risk.BirthDate), []string{"geboortedatum", "leeftijd", "date of birth", "age"}},
		{of(risk.Contact), []string{"contactgegevens", "contact details"}},
		{of(risk.Email), []string{"mail", "email", "e mail", "mailadres", "mailadressen", "e mailadressen", "email addresses"}},
		{of(risk.Phone), []string{"telefoon", "telefoonnummers", "phone", "telephone"}},
		{of(risk.Credentials), []string{"wachtwoord", "wachtwoorden", "inloggegevens", "password", "passwords", "credentials"}},
		{of(risk.Financial), []string{"financieel", "financiële gegevens", "salaris", "salarisgegevens", "loonstrook", "inkomen", "financial", "salary", "income"}},
		{of(risk.IBAN), []string{"iban", "rekeningnummer", "bankgegevens", "bankrekening", "bank account"}},
		{of(risk.Debts), []string{"schulden", "debts"}},
		{of(risk.Benefits), []string{"uitkering", "bijstand", "toeslag", "benefits"}},
		{of(risk.IDCopy), []string{"kopie id", "kopie paspoort", "kopie legitimatie", "kopie legitimatiebewijs", "kopie identiteitsbewijs", "copy of passport"}},
		{of(risk.Photo), []string{"foto", "foto s", "beeld", "photo", "photos"}},
		{of(risk.Criminal), []string{"strafrechtelijk", "criminal"}},
		{health, []string{"medisch", "medische gegevens", "medische info", "gezondheidsgegevens", "zorggegevens", "medical", "medical data", "health data"}},
	} {
		for _, w := range row.words {
			out[plain(w)] = row.means
		}
	}
	return out
}

// data reads a column of data: in words of ours, or as registers abbreviate. all
// says that every part was known.
func data(text string, short map[string]found) (f found, all bool) {
	all = true
	for _, part := range parts(question("data"), text) {
		one, known := short[plain(part)]
		if v := value(question("data"), part); v != "" {
			one, known = found{data: []string{v}}, true
		} else if v := value(question("special"), part); v != "" && v != string(risk.NoSpecial) {
			one, known = found{special: []string{v}}, true
		}
		all = all && known
		f.data, f.special = adding(f.data, one.data), adding(f.special, one.special)
	}
	return f, all
}

// adding puts what is new behind the others.
func adding(to, more []string) []string {
	for _, v := range more {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}
