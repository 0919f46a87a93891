package session

import (
	"slices"
	"strings"
)

// withoutWalks takes out what is typed by walking: four letters or digits and
// more that lie beside each other in the alphabet, among the digits, or on a
// row of the keyboard, in either direction.
func withoutWalks(s string) string {
	const shortestWalk = 4
	letters := []rune(s)
	var out strings.Builder
	for i := 0; i < len(letters); {
		n := 1
		for _, row := range []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm"} {
			n = max(n, walk(letters[i:], []rune(row), 1), walk(letters[i:], []rune(row), -1))
		}
		if n < shortestWalk {
			out.WriteRune(letters[i])
			i++
			continue
		}
		out.WriteRune(' ')
		i += n
	}
	return out.String()
}

// walk is how many letters of the beginning lie on a row, one step after the
// other.
func walk(letters, row []rune, step int) int {
	at := slices.Index(row, letters[0])
	if at < 0 {
		return 0
	}
	n := 1
	for at += step; n < len(letters) && at >= 0 && at < len(row) && letters[n] == row[at]; at += step {
		n++
	}
	return n
}

// unit is the part that a password repeats from beginning to end, or all of it.
func unit(s string) string {
	letters := []rune(s)
	for size := 1; size <= len(letters)/2; size++ {
		if repeats(letters, size) {
			return string(letters[:size])
		}
	}
	return s
}

func repeats(letters []rune, size int) bool {
	for i := size; i < len(letters); i++ {
		if letters[i] != letters[i-size] {
			return false
		}
	}
	return true
}
