package main

import (
	"errors"
	"io"
	"strings"

	"meldklok/incident/store"
)

// phraseLetters are the letters of a recovery phrase (base32), and phraseLength
// how many there are.
const (
	phraseLetters = "abcdefghijklmnopqrstuvwxyz234567"
	phraseLength  = 25
)

// asPrinted is a recovery phrase as it was printed: it is typed from paper, by
// hand, on a bad day, so capitals, spaces and a zero for an o do not matter.
// What does not have the length of one of ours stays as it is.
func asPrinted(typed string) string {
	letters := strings.Map(func(r rune) rune {
		if r == '0' {
			r = 'o'
		}
		if strings.ContainsRune(phraseLetters, r) {
			return r
		}
		return -1
	}, strings.ToLower(typed))
	if len(letters) != phraseLength {
		return strings.TrimSpace(typed)
	}
	var groups []string
	for i := 0; i < phraseLength; i += 5 {
		groups = append(groups, letters[i:i+5])
	}
	return strings.Join(groups, "-")
}

// openExport opens a recovery copy of the master key with its phrase.
func openExport(sealed io.Reader, typed string) (*store.Master, error) {
	m, err := store.ImportMaster(sealed, asPrinted(typed))
	if err != nil && strings.Contains(err.Error(), "incorrect passphrase") {
		return nil, errors.New("this is not the phrase of this recovery copy: five groups of five, letters a to z and digits 2 to 7; each new copy (meldklok key export) has a new phrase")
	}
	return m, err
}
