package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// minSecret is the least length of a signing key, in bytes.
const minSecret = 16

// Key reads a signing key from the text of its file: whsec_ and base64, or any
// text of at least 16 bytes. Its errors show nothing of it.
func Key(secret string) ([]byte, error) {
	key := []byte(secret)
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(coded); err != nil {
			return nil, errors.New("webhook: after whsec_ the signing key is not base64")
		}
	}
	if len(key) < minSecret {
		return nil, fmt.Errorf("webhook: the signing key is shorter than %d bytes", minSecret)
	}
	return key, nil
}

// Sign returns the webhook-signature header of a post: the version and the
// HMAC-SHA256 of id, time in seconds and body, joined by dots (Standard
// Webhooks, version 1).
func Sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
