package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// A service manager tells a program by its environment where to report
// (sd_notify(3)) and which sockets it holds open for it (sd_listen_fds(3)).
// Both are a few lines, so no module is needed for them.

// manager is the service manager above us. Its zero value is none.
type manager struct {
	socket   string        // where to report; empty: nowhere
	watchdog time.Duration // how long it waits for a sign of life; 0: it does not
	sockets  int           // how many it passed, from descriptor 3 on
}

// firstSocket is the descriptor of the first socket that is passed.
const firstSocket = 3

// managerFrom reads the environment of the process with this number. What is
// meant for another process is left alone.
func managerFrom(env func(string) string, pid int) manager {
	m := manager{socket: env("NOTIFY_SOCKET")}
	ours := func(name string) bool { return env(name) == "" || env(name) == strconv.Itoa(pid) }
	if usec, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 && ours("WATCHDOG_PID") {
		m.watchdog = time.Duration(usec) * time.Microsecond
	}
	if n, err := strconv.Atoi(env("LISTEN_FDS")); err == nil && n > 0 && env("LISTEN_PID") == strconv.Itoa(pid) {
		m.sockets = n
	}
	return m
}

// keepsLog reports whether what we print is kept by a service manager.
func (m manager) keepsLog() bool { return m.socket != "" }

// report sends one state, like READY=1.
func (m manager) report(state string) error {
	if m.socket == "" {
		return nil
	}
	name := m.socket
	if name[0] == '@' {
		name = "\x00" + name[1:] // the abstract namespace
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, state); err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	return nil
}

// keepAlive gives signs of life until ctx ends, twice in the time that the
// manager waits, but only while live returns nil: that the process exists proves
// nothing, that the engine turns does.
func (m manager) keepAlive(ctx context.Context, live func() error) error {
	if m.watchdog == 0 {
		return nil
	}
	ticks := time.NewTicker(m.watchdog / 2)
	defer ticks.Stop()
	for {
		if live() == nil {
			_ = m.report("WATCHDOG=1") // a sign that is lost is followed by the next
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// doors are listening sockets that were passed to us and not asked for yet.
type doors struct{ passed []net.Listener }

// passedDoors takes the sockets over.
func (m manager) passedDoors() (*doors, error) {
	d := &doors{}
	for fd := firstSocket; fd < firstSocket+m.sockets; fd++ {
		f := os.NewFile(uintptr(fd), "socket "+strconv.Itoa(fd))
		l, err := net.FileListener(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("socket %d of the service manager: %w", fd, err), f.Close())
		}
		_ = f.Close() // l has a descriptor of its own
		d.passed = append(d.passed, l)
	}
	return d, nil
}

// open returns the passed socket of an address, or opens one itself.
func (d *doors) open(address string) (net.Listener, error) {
	if d != nil {
		for i, l := range d.passed {
			if sameAddress(l.Addr(), address) {
				d.passed = append(d.passed[:i:i], d.passed[i+1:]...)
				return l, nil
			}
		}
	}
	return listenOn(address)
}

// sameAddress reports whether a socket listens on the address as a setting
// writes it.
func sameAddress(have net.Addr, want string) bool {
	if path, ok := cutUnix(want); ok {
		return have.Network() == "unix" && have.String() == path
	}
	at, err := net.ResolveTCPAddr("tcp", want)
	tcp, ok := have.(*net.TCPAddr)
	if err != nil || !ok || tcp.Port != at.Port {
		return false
	}
	everywhere := at.IP == nil || at.IP.IsUnspecified()
	return tcp.IP.Equal(at.IP) || (everywhere && tcp.IP.IsUnspecified())
}

// unused refuses to start with a door that nobody stands behind: whoever
// connects there would wait for ever.
func (d *doors) unused() error {
	if d == nil || len(d.passed) == 0 {
		return nil
	}
	return fmt.Errorf("systemd passes the socket %s, and no setting names that address: let both say the same", d.passed[0].Addr())
}
