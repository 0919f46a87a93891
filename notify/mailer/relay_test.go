package mailer

import (
	"strings"
	"testing"
)

func TestParseRelay(t *testing.T) {
	tests := []struct {
		sentence, url string
		want          Relay
		name          string
	}{
		{"a server on this machine may be plain", "smtp://localhost:2525",
			Relay{Security: Plain, Host: "localhost", Port: 2525}, "smtp://localhost:2525"},
		{"so may a loopback address, on the scheme's port", "smtp://127.0.0.2",
			Relay{Security: Plain, Host: "127.0.0.2", Port: 25}, "smtp://127.0.0.2:25"},
		{"so may the loopback of IPv6", "smtp://[::1]:25/",
			Relay{Security: Plain, Host: "::1", Port: 25}, "smtp://[::1]:25"},
		{"another server may be plain when somebody says so", "smtp://mail.example.org?insecure",
			Relay{Security: Plain, Host: "mail.example.org", Port: 25, Insecure: true}, "smtp://mail.example.org:25"},
		{"encryption after the greeting", "smtp+starttls://mail.example.org",
			Relay{Security: StartTLS, Host: "mail.example.org", Port: 587}, "smtp+starttls://mail.example.org:587"},
		{"encryption at once, a user, a name for EHLO", "smtps://privacy%40example.org@mail.example.org?hello=klok.example.org",
			Relay{Security: TLS, Host: "mail.example.org", Port: 465, User: "privacy@example.org", Hello: "klok.example.org"},
			"smtps://mail.example.org:465"},
	}
	for _, tt := range tests {
		got, err := ParseRelay(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.sentence, err)
			continue
		}
		if got.Name() != tt.name || got.String() != tt.name {
			t.Errorf("%s: named %s, want %s", tt.sentence, got.Name(), tt.name)
		}
		if got.Security != tt.want.Security || got.Host != tt.want.Host || got.Port != tt.want.Port ||
			got.User != tt.want.User || got.Hello != tt.want.Hello || got.Insecure != tt.want.Insecure {
			t.Errorf("%s: got %+v", tt.sentence, got)
		}
	}
}

func TestParseRelayRefuses(t *testing.T) {
	tests := []struct{ sentence, url, says string }{
		{"nothing", "", "is written"},
		{"another scheme", "http://mail.example.org", "scheme"},
		{"no scheme", "mail.example.org:25", "is written"},
		{"no host", "smtps://", "is written"},
		{"plain to another machine", "smtp://mail.example.org", "in the clear"},
		{"a name that merely begins like this machine's", "smtp://localhost.example.org", "in the clear"},
		{"a port that is none", "smtps://mail.example.org:70000", "70000"},
		{"port zero", "smtps://mail.example.org:0", "port"},
		{"a path", "smtps://mail.example.org/inbox", "after the port"},
		{"a misspelt option", "smtp://localhost?inscure", "inscure"},
		{"insecure where it has no meaning", "smtps://mail.example.org?insecure", "smtp:// only"},
		{"insecure said in doubt", "smtp://mail.example.org?insecure=no", "insecure"},
		{"a password in the URL", "smtps://user:geheim123@mail.example.org", "file"},
		{"a password in a URL that is broken", "smtps://user:geheim123@mail.example.org:port", "not a URL"},
		{"a password in a URL with a bad escape", "smtps://us%zzer:geheim123@mail.example.org", "not a URL"},
	}
	for _, tt := range tests {
		_, err := ParseRelay(tt.url)
		if err == nil {
			t.Errorf("%s: accepted", tt.sentence)
			continue
		}
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %q does not say %q", tt.sentence, err, tt.says)
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the error tells the password: %v", tt.sentence, err)
		}
	}
}

// FuzzParseRelay: no text makes a relay that sends in the clear by accident,
// and the name of a relay is again one, without its secrets.
func FuzzParseRelay(f *testing.F) {
	f.Add("smtp://localhost:25")
	f.Add("smtps://user%40example.org@mail.example.org?hello=x")
	f.Add("smtp://mail.example.org?insecure")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRelay(text)
		if err != nil {
			return
		}
		if r.Security == Plain && !r.loopback() && !strings.Contains(text, "insecure") {
			t.Errorf("%q sends in the clear", text)
		}
		if r.User != "" && strings.Contains(r.Name(), "@") {
			t.Errorf("%q: the name %q tells the user", text, r.Name())
		}
		if r.Port < 1 || r.Port > 65535 || r.Host == "" {
			t.Errorf("%q: %+v", text, r)
		}
	})
}
