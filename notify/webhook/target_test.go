package webhook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meldklok/notify/webhook"
)

// TestParse holds what a setting may say.
func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "address")
	if err := os.WriteFile(file, []byte("https://hooks.example.org/T0/B0/s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ why, text, name, refused string }{
		{"the usual", "json+https://host.example/path", "json+https://host.example", ""},
		{"a query is the receiver's own", "teams+https://host.example:8443/workflows/1?sp=%2Ftriggers&sig=s3cret", "teams+https://host.example:8443", ""},
		{"an address from a file", "slack+file:" + file, "slack+https://hooks.example.org", ""},
		{"the same, as a URL", "slack+file://" + file, "slack+https://hooks.example.org", ""},
		{"a language", "ntfy+https://ntfy.example/topic#lang=en", "ntfy+https://ntfy.example", ""},
		{"every new entry", "json+https://host.example/path#entries=all&lang=en", "json+https://host.example", ""},
		{"new entries of two kinds", "json+https://host.example/path#entries=decided,filed", "json+https://host.example", ""},
		{"entries of a kind that is none", "json+https://host.example/path#entries=decided,fild", "", "no entry has"},
		{"entries for a chat", "slack+https://host.example/path#entries=all", "", "not known"},
		{"a heartbeat with both options", "heartbeat+https://hc.example/uuid#fail&get", "heartbeat+https://hc.example", ""},
		{"plain http on this machine", "json+http://127.0.0.1:9000/x", "json+http://127.0.0.1:9000", ""},
		{"plain http elsewhere, knowingly", "json+http://host.example/x#insecure", "json+http://host.example", ""},

		{"plain http elsewhere", "json+http://host.example/s3cret", "", "#insecure"},
		{"an option on the wrong side", "json+http://localhost/x?insecure", "", "#insecure"},
		{"no format", "https://host.example/s3cret", "", "json+https://"},
		{"an unknown format", "discord+https://host.example/s3cret", "", "teams+https://"},
		{"another scheme", "json+ftp://host.example/s3cret", "", "https://"},
		{"no host", "json+https:///s3cret", "", "https://"},
		{"a password in the address", "ntfy+https://me:s3cret@host.example/x", "", "in a file"},
		{"a misspelt option", "json+https://host.example/x#insecur", "", "not known"},
		{"fail is for heartbeats", "slack+https://host.example/x#fail", "", "not known"},
		{"a language that we do not speak", "slack+https://host.example/x#lang=fr", "", "not known"},
		{"a file that is not there", "slack+file:/nowhere/at/all", "", "no such file"},
		{"not an address", "json+https://host.example/s3cret\x7f", "", "not an address"},
	}
	for _, tt := range tests {
		target, err := webhook.Parse(tt.text)
		if tt.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refused) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: error %v, want one that says %q and no secret", tt.why, err, tt.refused)
			}
			continue
		}
		if err != nil || target.Name() != tt.name {
			t.Errorf("%s: %v, %v, want %s", tt.why, target.Name(), err, tt.name)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s", target, target, target, target); strings.Contains(shown, "s3cret") {
			t.Errorf("%s: printing the target shows its address: %s", tt.why, shown)
		}
	}
}

// TestParseTellsNothing: whatever is wrong with a setting, no error quotes what
// may be a secret.
func TestParseTellsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"json", "teams", "slack", "ntfy", "heartbeat", "x", ""}).Draw(t, "format")
		scheme := rapid.SampledFrom([]string{"+https://", "+http://", "+ftp:", "+https:", "://", ""}).Draw(t, "scheme")
		before, after := rapid.StringN(0, 5, 20).Draw(t, "before"), rapid.StringN(0, 5, 20).Draw(t, "after")
		if _, err := webhook.Parse(format + scheme + "h.example/" + before + "S3CRET" + after); err != nil && strings.Contains(err.Error(), "S3CRET") {
			t.Fatalf("the error quotes the address: %v", err)
		}
	})
}
