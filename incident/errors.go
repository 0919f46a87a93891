package incident

import (
	"errors"
	"fmt"
)

// Sentinels that the doors map to an answer, each in one place.
var (
	// ErrNotFound: there is no such incident, person or message.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable: the record could not take it for now (full disk, closing
	// down). Nothing was accepted; the caller should try again (SMTP 451, exit 75).
	ErrUnavailable = errors.New("the record is unavailable")
	// ErrDestroyed: it was destroyed, on schedule or on request; the incident's
	// log says when and why.
	ErrDestroyed = errors.New("destroyed")
	// ErrTooLarge: the message is over the size limit (SMTP 552).
	ErrTooLarge = errors.New("message over the size limit")
)

// Refusal says why a command was not carried out. Code is stable and is
// translated at the edge ("refusal.<code>" in the catalogue); Field names the
// input that has to change, empty when it is not about one input. Several of
// them come joined (errors.Join); [Apart] takes them apart.
type Refusal struct {
	Code  string
	Field string
	Args  map[string]any
}

// Error implements error. It is for logs; people read the translated sentence.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return "refused: " + r.Code
	}
	return fmt.Sprintf("refused: %s (%s)", r.Code, r.Field)
}

// Apart takes joined errors apart, in order; any other error is its own only
// part.
func Apart(err error) (all []error) {
	var several interface {
		error
		Unwrap() []error
	}
	if !errors.As(err, &several) {
		return []error{err}
	}
	for _, one := range several.Unwrap() {
		all = append(all, Apart(one)...)
	}
	return all
}

func refuse(field, code string) error { return &Refusal{Code: code, Field: field} }
