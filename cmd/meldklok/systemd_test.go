package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestManagerFrom: what is meant for another process is left alone.
func TestManagerFrom(t *testing.T) {
	tests := []struct {
		why  string
		env  map[string]string
		want manager
	}{
		{"no service manager", nil, manager{}},
		{"a place to report", map[string]string{"NOTIFY_SOCKET": "/run/x"}, manager{socket: "/run/x"}},
		{"a watchdog for anybody", map[string]string{"WATCHDOG_USEC": "2000000"}, manager{watchdog: 2 * time.Second}},
		{"a watchdog for us", map[string]string{"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, manager{watchdog: 2 * time.Second}},
		{"a watchdog for somebody else", map[string]string{"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"}, manager{}},
		{"sockets for us", map[string]string{"LISTEN_FDS": "2", "LISTEN_PID": "7"}, manager{sockets: 2}},
		{"sockets for our parent, which we inherit", map[string]string{"LISTEN_FDS": "2", "LISTEN_PID": "6"}, manager{}},
		{"nonsense", map[string]string{"LISTEN_FDS": "x", "LISTEN_PID": "7", "WATCHDOG_USEC": "-1"}, manager{}},
	}
	for _, tt := range tests {
		if got := managerFrom(func(name string) string { return tt.env[name] }, 7); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.why, got, tt.want)
		}
	}
}

// TestSameAddress: a passed socket is found by the address of the setting.
func TestSameAddress(t *testing.T) {
	any6 := &net.TCPAddr{IP: net.IPv6unspecified, Port: 25}
	tests := []struct {
		have net.Addr
		want string
		same bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25}, "127.0.0.1:25", true},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25}, "127.0.0.1:26", false},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25}, ":25", false},
		{any6, ":25", true}, {any6, "[::]:25", true}, {any6, "0.0.0.0:25", true}, {any6, "127.0.0.1:25", false},
		{&net.UnixAddr{Name: "/run/x", Net: "unix"}, "unix:/run/x", true},
		{&net.UnixAddr{Name: "/run/x", Net: "unix"}, "/run/x", false},
		{any6, "no address", false},
	}
	for _, tt := range tests {
		if got := sameAddress(tt.have, tt.want); got != tt.same {
			t.Errorf("%v and %s: %v", tt.have, tt.want, got)
		}
	}
}

// notifySocket hears what a service reports.
func notifySocket(t *testing.T) (path string, heard func() string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "mk") // a short path: it must fit into a socket address
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = os.RemoveAll(dir) })
	return path, func() string {
		buf := make([]byte, 100)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _ := conn.Read(buf)
		return string(buf[:n])
	}
}

// TestTellsItsManager: the program says when it serves, that it is alive, and
// that it stops; before it serves it says nothing.
func TestTellsItsManager(t *testing.T) {
	path, heard := notifySocket(t)
	p := startProgram(t, t.TempDir(), []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=400000"}, nil, "--listen", "127.0.0.1:0", "--mail-listen", "127.0.0.1:0")
	said := []string{heard()}
	resp, err := http.Get("http://" + p.said(`pages +http://(\S+)`) + "/readyz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("after the first word: %v %v", resp, err)
	} else {
		resp.Body.Close()
	}
	said = append(said, heard(), heard())
	p.stop()
	for len(said) < 40 && !slices.Contains(said, "STOPPING=1") {
		said = append(said, heard())
	}
	for _, want := range []string{"READY=1", "WATCHDOG=1", "STOPPING=1"} {
		if !slices.Contains(said, want) {
			t.Errorf("the program said %q, and not %s", said, want)
		}
	}
}

// TestWatchdogHoldsItsTongue: no sign of life while the engine stands still.
func TestWatchdogHoldsItsTongue(t *testing.T) {
	path, heard := notifySocket(t)
	m := manager{socket: path, watchdog: 20 * time.Millisecond}
	var turns atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	var alive sync.WaitGroup
	alive.Go(func() {
		_ = m.keepAlive(ctx, func() error {
			if !turns.Load() {
				return errors.New("the engine has not turned")
			}
			return nil
		})
	})
	time.Sleep(100 * time.Millisecond)
	if err := m.report("MARK=1"); err != nil { // datagrams of one socket keep their order
		t.Fatal(err)
	}
	turns.Store(true)
	if first, second := heard(), heard(); first != "MARK=1" || second != "WATCHDOG=1" {
		t.Errorf("heard %q, then %q", first, second)
	}
	stop()
	alive.Wait()
	if err := (manager{}).report("READY=1"); err != nil {
		t.Errorf("without a manager: %v", err)
	}
}

// heldOpen is a socket that somebody else holds open for the program.
func heldOpen(t *testing.T) (address string, f *os.File) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err = l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); _ = f.Close() })
	return l.Addr().String(), f
}

// TestRestartLosesNoConnection: with its sockets held open by a manager, the
// program is restarted three times under a stream of reports and looks. Nobody
// is turned away, and every report that was answered with yes is there.
func TestRestartLosesNoConnection(t *testing.T) {
	dir := t.TempDir()
	pages, pagesSocket := heldOpen(t)
	mail, mailSocket := heldOpen(t)
	args := []string{"--listen", pages, "--mail-listen", mail, "--recipient", "privacy@example.org", "--from", "meldklok@example.org"}
	start := func() *program {
		return startProgram(t, dir, []string{"LISTEN_FDS=2"}, []*os.File{pagesSocket, mailSocket}, args...)
	}
	p := start()
	p.said(`mail in +(\S+)`)
	var accepted, looked, cut atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	for worker := range 4 {
		traffic.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				text := strings.ReplaceAll(strings.Replace(report, "one@", fmt.Sprintf("%d-%d@", worker, n), 1), "\n", "\r\n")
				switch err := smtp.SendMail(mail, nil, "colleague@example.org", []string{"privacy@example.org"}, []byte(text)); {
				case err == nil:
					accepted.Add(1)
				case errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(err.Error(), "refused"):
					t.Errorf("a sender was turned away: %v", err)
				default:
					cut.Add(1) // between two commands: the sender has no 250 and comes again
				}
			}
		})
	}
	traffic.Go(func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
		for ctx.Err() == nil {
			resp, err := client.Get("http://" + pages + "/melden")
			if err != nil {
				t.Errorf("a look was cut off: %v", err)
				return
			}
			resp.Body.Close()
			looked.Add(1)
		}
	})
	for range 3 {
		time.Sleep(500 * time.Millisecond)
		p.stop()
		p = start()
		p.said(`mail in +(\S+)`)
	}
	time.Sleep(300 * time.Millisecond)
	stop()
	traffic.Wait()
	if accepted.Load() == 0 || looked.Load() == 0 {
		t.Error("there was no traffic")
	}
	until(t, "an incident for every report that was accepted", func() bool { return int64(len(shell{t, dir}.list())) >= accepted.Load() })
	p.stop()
	t.Logf("%d reports accepted, %d cut off between two commands, %d looks", accepted.Load(), cut.Load(), looked.Load())
}

// TestDoorWithoutSetting: a socket that no setting names is refused in words.
func TestDoorWithoutSetting(t *testing.T) {
	_, socket := heldOpen(t)
	p := startProgram(t, t.TempDir(), []string{"LISTEN_FDS=1"}, []*os.File{socket}, "--listen", "127.0.0.1:0", "--mail-listen", "")
	p.said(`systemd passes the socket 127\.0\.0\.1:\d+, (and no setting names that address)`)
	if err := p.cmd.Wait(); err == nil {
		t.Error("the program ended well")
	}
}
