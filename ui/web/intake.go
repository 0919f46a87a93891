package web

import (
	"io"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"
)

// addressOf is where a request comes from, as far as it counts for bounds: a
// household or a server has 2^64 addresses of IPv6, so these count as one.
func addressOf(c echo.Context) string {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return c.RealIP()
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// intake bounds the memory that strangers' uploads take while they are on their
// way. A report without files always has room.
type intake struct {
	most, each int64 // bytes in all, and from one address

	mu   sync.Mutex
	all  int64
	from map[string]int64
}

// freeBytes of each form are not counted: more than all its texts have.
const freeBytes = 512 << 10

func newIntake(largest int64) *intake {
	return &intake{most: 4 * largest, each: 2 * largest, from: map[string]int64{}}
}

func (i *intake) take(address string, n int64) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.all+n > i.most || i.from[address]+n > i.each {
		return false
	}
	i.all += n
	i.from[address] += n
	return true
}

func (i *intake) give(address string, n int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all -= n
	if i.from[address] -= n; i.from[address] <= 0 {
		delete(i.from, address)
	}
}

// counted is a body that is read no further than there is room; then it ends
// with errFlood.
type counted struct {
	io.ReadCloser
	in      *intake
	address string
	read    int64
	taken   int64
}

// count puts the body of a request under the bound until done is called.
func (i *intake) count(c echo.Context) (done func()) {
	b := &counted{ReadCloser: c.Request().Body, in: i, address: addressOf(c)}
	c.Request().Body = b
	return func() { i.give(b.address, b.taken) }
}

// Read implements io.Reader.
func (b *counted) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if want := b.read - freeBytes - b.taken; want > 0 {
		if !b.in.take(b.address, want) {
			_, _ = io.Copy(io.Discard, b.ReadCloser) // a browser listens only when it has said all
			return 0, errFlood
		}
		b.taken += want
	}
	return n, err
}
