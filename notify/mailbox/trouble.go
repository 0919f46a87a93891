package mailbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/oauth2"
)

// Trouble is what is wrong with a mailbox, for an administrator. Code is
// stable; Detail is what the other side said, on one line, and never holds a
// secret.
type Trouble struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// The troubles. In has a sentence for each.
const (
	TroubleUnreachable = "unreachable"
	TroubleCertificate = "certificate"
	TroubleNoTLS       = "no-tls"
	TroubleTimeout     = "timeout"
	TroubleDropped     = "dropped"
	TroubleSignIn      = "sign-in"
	TroubleNoMechanism = "no-mechanism"
	TroubleToken       = "token"
	TroubleSecret      = "secret"
	TroubleConsent     = "consent"
	TroubleGrant       = "grant"
	TroubleFolder      = "folder"
	TroubleNoMove      = "no-move"
	TroubleMoveFolder  = "move-folder"
	TroubleMessage     = "message"
	TroubleStore       = "store"
	TroubleUnknown     = "unknown"
)

// Explain finds out what an error means for whoever must put it right.
func Explain(err error) Trouble {
	if err == nil {
		err = io.ErrUnexpectedEOF // a session that ended without saying why
	}
	return Trouble{Code: troubleCode(err), Detail: detail(err)}
}

// troubleCode names the trouble; what is known for certain goes first.
func troubleCode(err error) string {
	at := new(stage)
	errors.As(err, &at)
	var network net.Error
	switch {
	case errors.Is(err, errTimeout) || (errors.As(err, &network) && network.Timeout()):
		return TroubleTimeout
	case isCertificate(err):
		return TroubleCertificate
	case at.doing == stageToken:
		return tokenTrouble(err)
	case at.doing == stageAccept || at.doing == stageRecord:
		return TroubleStore
	case errors.Is(err, errNoMechanism):
		return TroubleNoMechanism
	case errors.Is(err, errNoMove):
		return TroubleNoMove
	case errors.Is(err, errNoBody):
		return TroubleMessage
	case at.doing == stageConnect:
		return TroubleUnreachable
	case at.doing == stageSignIn && !hungUp(err):
		return TroubleSignIn
	case refused(err):
		return refusedTrouble(at.doing)
	case at.doing == stageTLS && !hungUp(err):
		return TroubleNoTLS
	case at.doing == stageGreeting || hungUp(err):
		return TroubleDropped
	}
	return TroubleUnknown
}

// refusedTrouble is a NO or BAD, by what was asked.
func refusedTrouble(doing string) string {
	switch doing {
	case stageTLS:
		return TroubleNoTLS
	case stageFolder:
		return TroubleFolder
	case stageMove:
		return TroubleMoveFolder
	case stageFetch:
		return TroubleMessage
	}
	return TroubleUnknown
}

// tokenTrouble reads what a token endpoint answers (RFC 6749, section 5.2;
// AADSTS numbers are Microsoft's).
func tokenTrouble(err error) string {
	answer := new(oauth2.RetrieveError)
	if !errors.As(err, &answer) {
		return TroubleToken
	}
	switch answer.ErrorCode {
	case "invalid_client":
		return TroubleSecret
	case "unauthorized_client", "access_denied", "invalid_scope", "consent_required":
		return TroubleConsent
	case "invalid_grant":
		return TroubleGrant
	}
	return TroubleToken
}

func isCertificate(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError))
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, new(*net.OpError))
}

// detail is what the other side said. Of a token endpoint only its error code
// and description are shown: the rest may echo what we sent.
func detail(err error) string {
	answer, no := new(oauth2.RetrieveError), new(imap.Error)
	text := err.Error()
	switch {
	case errors.As(err, &answer):
		text = strings.TrimSpace(answer.ErrorCode + " " + answer.ErrorDescription)
	case errors.As(err, &no):
		text = no.Text
	}
	return cutRunes(cleanLine(text), 300)
}

// In says what is wrong and what to do, in Dutch for "nl", else in English.
func (t Trouble) In(language string) string {
	sentence, ok := troubleSentences()[t.Code]
	if !ok {
		sentence = troubleSentences()[TroubleUnknown]
	}
	if language == "nl" {
		return sentence.nl
	}
	return sentence.en
}
