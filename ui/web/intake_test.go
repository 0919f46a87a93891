package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

func TestAddressesThatCountAsOne(t *testing.T) {
	for _, row := range []struct{ why, from, want string }{
		{"an address of IPv4 is one", "192.0.2.7:1", "192.0.2.7"},
		{"written as IPv6 too", "[::ffff:192.0.2.7]:1", "192.0.2.7"},
		{"a server has 2^64 addresses of IPv6: they are one", "[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1:2::/64"},
		{"the network beside it is another", "[2001:db8:1:3::1]:1", "2001:db8:1:3::/64"},
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.RemoteAddr = row.from
		e := echo.New()
		e.IPExtractor = echo.ExtractIPDirect()
		if got := addressOf(e.NewContext(req, nil)); got != row.want {
			t.Errorf("%s: %s, want %s", row.why, got, row.want)
		}
	}
}

// TestUploadsOfStrangersAreBounded: what is on its way is in memory, so it is
// bounded from each address and in all, and given back in the end.
func TestUploadsOfStrangersAreBounded(t *testing.T) {
	in := newIntake(1 << 20)
	send := func(from string, size int) (done func(), err error) {
		req := httptest.NewRequest(http.MethodPost, "/melden", bytes.NewReader(make([]byte, size)))
		req.RemoteAddr = from
		c := echo.New().NewContext(req, nil)
		done = in.count(c)
		_, err = io.ReadAll(c.Request().Body)
		return done, err
	}
	const whole = 1<<20 + freeBytes
	var ends []func()
	for i, row := range []struct {
		why, from string
		size      int
		refused   bool
	}{
		{"the first", "192.0.2.1:1", whole, false},
		{"another from there", "192.0.2.1:2", whole, false},
		{"a third is one too many", "192.0.2.1:3", whole, true},
		{"a form without files is not", "192.0.2.1:4", freeBytes, false},
		{"somebody elsewhere", "192.0.2.2:1", whole, false},
		{"and there", "192.0.2.3:1", whole, false},
		{"four are what there is room for in all", "192.0.2.4:1", whole, true},
		{"a text always has room", "192.0.2.5:1", freeBytes, false},
	} {
		done, err := send(row.from, row.size)
		if errors.Is(err, errFlood) != row.refused {
			t.Errorf("%d, %s: %v", i, row.why, err)
		}
		ends = append(ends, done)
	}
	for _, done := range ends {
		done()
	}
	if in.all != 0 || len(in.from) != 0 {
		t.Errorf("%d bytes of %d addresses are never given back", in.all, len(in.from))
	}
}

// TestInterruptedFormOfAStrangerIsBounded: anybody can send a form to a page that
// asks them to sign in, and the answer carries the form.
func TestInterruptedFormOfAStrangerIsBounded(t *testing.T) {
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for range 8 {
		_ = w.WriteField("text", strings.Repeat(`"`, mostKeptText/2))
	}
	_ = w.Close()
	many := url.Values{}
	for i := range 20_000 {
		many.Set(fmt.Sprint("f", i), "")
	}
	for _, row := range []struct{ why, mime, body string }{
		{"large fields with files", w.FormDataContentType(), parts.String()},
		{"a large field", echo.MIMEApplicationForm, "text=" + strings.Repeat("a", 4*mostKeptText)},
		{"many fields", echo.MIMEApplicationForm, many.Encode()},
	} {
		req := httptest.NewRequest(http.MethodPost, "/incidents/2026-0001/file", strings.NewReader(row.body))
		req.Header.Set("Content-Type", row.mime)
		size := 0
		j := interrupted(req)
		for _, f := range j.Kept {
			size += len(f.Name) + len(f.Value)
		}
		if size > mostKeptText || len(j.Kept) > mostKeptFields {
			t.Errorf("%s: %d bytes in %d fields are carried on", row.why, size, len(j.Kept))
		}
	}
}

// TestOnceThatPanicsIsNoReceipt: who sends the form again must not be told that
// it was recorded.
func TestOnceThatPanicsIsNoReceipt(t *testing.T) {
	r := newReceipts(time.Now)
	func() {
		defer func() { _ = recover() }()
		_, _ = r.once("a", func() (receipt, error) { panic("a stranger's bytes") })
	}()
	again := false
	if _, err := r.once("a", func() (receipt, error) { again = true; return receipt{}, nil }); err != nil || !again {
		t.Error("the form is not sent again", err)
	}
}
