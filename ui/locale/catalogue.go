package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The languages. Dutch is the first of the product and the answer to any other.
const (
	Dutch   = "nl"
	English = "en"
)

// Languages lists the languages, the first one first.
func Languages() []string { return []string{Dutch, English} }

// Pick returns the language itself if the product speaks it, and Dutch
// otherwise.
func Pick(lang string) string {
	if lang == English {
		return English
	}
	return Dutch
}

//go:embed catalogue/*.json
var files embed.FS

// message is one sentence in both languages, Dutch first.
type message [2]string

func (m message) in(lang string) string {
	if Pick(lang) == English {
		return m[1]
	}
	return m[0]
}

// catalogue is read once; it is embedded and tested, so reading cannot fail.
var catalogue = sync.OnceValue(func() map[string]message {
	all, err := load()
	if err != nil {
		panic("locale: the embedded catalogue cannot be read: " + err.Error())
	}
	return all
})

func load() (map[string]message, error) {
	entries, err := files.ReadDir("catalogue")
	if err != nil {
		return nil, fmt.Errorf("locale: %w", err)
	}
	all := map[string]message{}
	for _, e := range entries {
		raw, err := files.ReadFile("catalogue/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("locale: %w", err)
		}
		var part map[string]message
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("locale: %s: %w", e.Name(), err)
		}
		for id, m := range part {
			if _, twice := all[id]; twice {
				return nil, fmt.Errorf("locale: %s: %q stands in two files", e.Name(), id)
			}
			all[id] = m
		}
	}
	return all, nil
}

// IDs lists every identifier, sorted.
func IDs() []string { return slices.Sorted(maps.Keys(catalogue())) }

// Has reports whether there is a sentence with the identifier.
func Has(id string) bool { _, ok := catalogue()[id]; return ok }

// T returns the sentence in the language, with its arguments filled in. An
// unknown identifier is returned as it is: a test keeps that from happening.
func T(lang, id string, args map[string]any) string {
	m, ok := catalogue()[id]
	if !ok {
		return id
	}
	return fill(lang, choose(m.in(lang), args["n"]), args)
}

// Word returns the word for a stored value of an enumeration, or the value
// itself when the catalogue does not know it.
func Word[V ~string](lang, group string, value V) string {
	if id := group + "." + string(value); Has(id) {
		return T(lang, id, nil)
	}
	return string(value)
}

// choose takes the form of «one|other» that fits the number.
func choose(text string, n any) string {
	one, other, two := strings.Cut(text, "|")
	switch {
	case !two:
		return text
	case fmt.Sprint(n) == "1":
		return one
	}
	return other
}

// fill replaces every {name} that has an argument.
func fill(lang, text string, args map[string]any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", show(lang, value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// show writes an argument: times and durations in words, lists with «en».
func show(lang string, value any) string {
	switch v := value.(type) {
	case time.Time:
		return When(lang, v)
	case time.Duration:
		return Span(lang, v)
	case []string:
		return List(lang, v)
	}
	return fmt.Sprint(value)
}

// List joins items as people do: «a, b en c».
func List(lang string, items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	and := " en "
	if Pick(lang) == English {
		and = " and "
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + and + items[last]
}
