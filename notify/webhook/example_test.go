package webhook_test

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"meldklok/notify/webhook"
)

// A receiver verifies a post before it reads it: the signature over the body as
// it came, compared in constant time, and a timestamp of the last five minutes.
func ExampleSign() {
	key, err := webhook.Key("whsec_dGhpcyBpcyBhIGtleSBmb3IgYW4gZXhhbXBsZQ==")
	if err != nil {
		fmt.Println(err)
		return
	}
	verify := func(header http.Header, body []byte, now time.Time) bool {
		seconds, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
		at := time.Unix(seconds, 0)
		if err != nil || now.Sub(at).Abs() > 5*time.Minute {
			return false
		}
		want := webhook.Sign(key, header.Get("webhook-id"), at, body)
		return hmac.Equal([]byte(want), []byte(header.Get("webhook-signature")))
	}

	now := time.Unix(1793015730, 0)
	body := []byte(`{"version":1,"kind":"alert"}`)
	header := http.Header{}
	header.Set("webhook-id", "msg_1")
	header.Set("webhook-timestamp", "1793015730")
	header.Set("webhook-signature", "v1,fuY8+JFdQ2Fs0G/QiOgiUP9YyrQr7ALCidvtxHxo0hE=")
	fmt.Println("as sent:", verify(header, body, now))
	fmt.Println("one byte changed:", verify(header, []byte(`{"version":1,"kind":"alerts"}`), now))
	fmt.Println("an hour later:", verify(header, body, now.Add(time.Hour)))
	// Output:
	// as sent: true
	// one byte changed: false
	// an hour later: false
}
