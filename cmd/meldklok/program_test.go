package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// asProgram makes the test binary be the program itself.
const asProgram = "MELDKLOK_TEST_AS_PROGRAM"

// program is the service in a process of its own.
type program struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
	out output
}

// output keeps what a process says. It may be read meanwhile.
type output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// startProgram runs the service over a data folder in dir. Through a shell, so
// that LISTEN_PID can name the process, as a service manager does it.
func startProgram(t *testing.T, dir string, env []string, sockets []*os.File, args ...string) *program {
	t.Helper()
	p := &program{t: t, dir: dir}
	script := `exec "$0" "$@"`
	if len(sockets) > 0 {
		script = `LISTEN_PID=$$ exec "$0" "$@"`
	}
	line := append([]string{"-c", script, os.Args[0], "serve", "--data", filepath.Join(dir, "data"), "--key-file", filepath.Join(dir, "master.key"), "--period", "200ms"}, args...)
	p.cmd = exec.Command("/bin/sh", line...)
	p.cmd.Env = append(os.Environ(), append(env, asProgram+"=1")...)
	p.cmd.ExtraFiles = sockets
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// said waits until the service has said something, and returns the first group.
func (p *program) said(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for range 400 {
		if m := re.FindStringSubmatch(p.out.String()); m != nil {
			return m[len(m)-1]
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the service did not say %q, but:\n%s", pattern, p.out.String())
	return ""
}

// stop asks it to end, and fails the test when it does not end well.
func (p *program) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the service ended with %v:\n%s", err, p.out.String())
	}
}

// freeAddress returns an address of this machine that is free now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until waits for something to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("in vain waited for: %s", what)
}

// aPort is the part of an address behind the colon.
func aPort(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
