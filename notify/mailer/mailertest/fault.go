package mailertest

import (
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"
)

// Point is where in the conversation a fault strikes.
type Point string

// The points, in the order of a conversation. The first four belong to the
// connection and are taken from the script's answer for an empty recipient;
// the others belong to a recipient.
const (
	AtDial     Point = "dial"     // no connection at all; Code does not apply
	AtGreeting Point = "greeting" // instead of 220
	AtAuth     Point = "auth"     // in answer to AUTH
	AtMail     Point = "mail"     // in answer to MAIL
	AtRcpt     Point = "rcpt"     // in answer to RCPT
	AtData     Point = "data"     // in answer to DATA, before any text
	AfterData  Point = "end"      // after the final dot
	AtQuit     Point = "quit"     // in answer to QUIT
)

// Fault is one thing that goes wrong. The zero Fault is nothing.
type Fault struct {
	At Point
	// Code and what follows it are answered instead of the usual; 0 answers
	// nothing.
	Code     int
	Enhanced string // as in "5.1.1"; empty for none
	Text     string
	HangUp   bool // the connection is closed, after the answer if there is one
	Hang     bool // silence until the client gives up
	// Keep records the message all the same. It is for AfterData: the server
	// accepted, and the client never hears so.
	Keep bool
}

// Refuse answers at a point with a code.
func Refuse(at Point, code int, enhanced, text string) Fault {
	return Fault{At: at, Code: code, Enhanced: enhanced, Text: text}
}

// HangUp closes the connection at a point without a word.
func HangUp(at Point) Fault { return Fault{At: at, HangUp: true} }

// Hang keeps silent at a point until the client gives up.
func Hang(at Point) Fault { return Fault{At: at, Hang: true} }

// line is the answer as it goes over the wire. The space after the code stays
// when nothing follows: a bare code is more than many clients understand.
func (f Fault) line() string {
	return fmt.Sprintf("%d %s\r\n", f.Code, strings.TrimSpace(f.Enhanced+" "+f.Text))
}

// smtpError is the answer as go-smtp wants it.
func (f Fault) smtpError() *smtp.SMTPError {
	enhanced := smtp.NoEnhancedCode
	var c smtp.EnhancedCode
	if n, _ := fmt.Sscanf(f.Enhanced, "%d.%d.%d", &c[0], &c[1], &c[2]); n == 3 {
		enhanced = c
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: enhanced, Message: f.Text}
}
