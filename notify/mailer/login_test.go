package mailer

import (
	"testing"

	"github.com/wneessen/go-mail/smtp"
)

func TestLoginChooses(t *testing.T) {
	tests := []struct {
		sentence string
		offered  []string
		trusted  bool
		token    bool
		want     string // empty: none
	}{
		{"the plainest, where nobody listens", []string{"SCRAM-SHA-256", "LOGIN", "PLAIN"}, true, false, "PLAIN"},
		{"LOGIN, where a server knows nothing else", []string{"LOGIN"}, true, false, "LOGIN"},
		{"case does not matter", []string{"plain"}, true, false, "PLAIN"},
		{"a proof, where anybody may listen", []string{"PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}, false, false, "SCRAM-SHA-256"},
		{"the older proof", []string{"PLAIN", "SCRAM-SHA-1"}, false, false, "SCRAM-SHA-1"},
		{"no password in clear", []string{"PLAIN", "LOGIN"}, false, false, ""},
		{"no weak or unknown mechanism", []string{"CRAM-MD5", "NTLM", "GSSAPI"}, true, false, ""},
		{"a token, where nobody listens", []string{"PLAIN", "XOAUTH2"}, true, true, "XOAUTH2"},
		{"no token in clear", []string{"XOAUTH2", "SCRAM-SHA-256"}, false, true, ""},
		{"a token is not a password", []string{"PLAIN"}, true, true, ""},
		{"nothing offered", nil, true, false, ""},
	}
	for _, tt := range tests {
		l := &login{with: credentials{user: "klok", secret: "geheim", token: tt.token}, trusted: tt.trusted}
		got, _, err := l.Start(&smtp.ServerInfo{Name: "mail.example.org", TLS: tt.trusted, Auth: tt.offered})
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: chose %q, %v; want %q", tt.sentence, got, err, tt.want)
		}
	}
}
