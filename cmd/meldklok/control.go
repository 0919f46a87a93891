package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// A command that needs the data while the service runs is carried out by the
// service: the command line and standard input go in over a socket in the data
// folder, which only its owner may open; what the command prints comes back.
// The same code runs on both sides, so a command behaves the same either way.

const controlFile = "control.sock"

// errNoService: nothing listens on the socket.
var errNoService = errors.New("the service is not running")

// controlReply is what a command said.
type controlReply struct {
	Code   int    `json:"code"`
	Stdout []byte `json:"stdout"`
	Stderr string `json:"stderr"`
}

// shortPath returns a path to the socket that fits into a socket address (108
// bytes on Linux), however deep the data folder lies. release lets go of it.
func shortPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, controlFile)
	if len(path) < 100 {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("control socket: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), controlFile), func() { _ = f.Close() }, nil
}

// listenControl opens the socket. The caller holds the record, so a socket
// that is already there was left behind by a process that is gone.
func listenControl(dir string) (net.Listener, error) {
	path, release, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	return l, nil
}

// callControl has the running service carry out a command line. It returns
// errNoService when there is none.
func callControl(ctx context.Context, w world, dir string, args []string) (code int, err error) {
	if _, err := os.Stat(filepath.Join(dir, controlFile)); err != nil {
		return 0, errNoService
	}
	path, release, err := shortPath(dir)
	if err != nil {
		return 0, err
	}
	defer release()
	conn, err := net.Dial("unix", path)
	if err != nil {
		return 0, errNoService
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }, DisableKeepAlives: true,
	}}
	line, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://meldklok/command", w.stdin)
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-Meldklok-Args", strconv.QuoteToASCII(string(line)))
	resp, err := client.Do(req)
	if err != nil {
		return exitAgain, fmt.Errorf("the service did not answer: %w", err)
	}
	defer resp.Body.Close()
	var reply controlReply
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return exitAgain, fmt.Errorf("the service did not answer: %w", err)
	}
	if _, err := w.stdout.Write(reply.Stdout); err != nil {
		return exitFailed, err
	}
	fmt.Fprint(w.stderr, reply.Stderr)
	if reply.Code != 0 {
		return reply.Code, errSaid
	}
	return 0, nil
}

// errSaid: the reason is on stderr already.
var errSaid = errors.New("")

// codeError turns the answer of the service into this process's status.
func codeError(code int, err error) error {
	if err == nil {
		return nil
	}
	return exit(max(code, exitFailed), err)
}

// controlHandler carries out command lines inside the service.
func controlHandler(a *App) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var args []string
		line, err := strconv.Unquote(r.Header.Get("X-Meldklok-Args"))
		if err == nil {
			err = json.Unmarshal([]byte(line), &args)
		}
		if err != nil || r.Method != http.MethodPost {
			http.Error(rw, "not a command", http.StatusBadRequest)
			return
		}
		var stdout, stderr bytes.Buffer
		d := a.desk(r.Body, &stdout, &stderr)
		code := status(world{r.Body, &stdout, &stderr, a.now}, dispatch(r.Context(), d, args))
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(controlReply{Code: code, Stdout: stdout.Bytes(), Stderr: stderr.String()})
	})
}

// desk is the service's own.
func (a *App) desk(stdin io.Reader, stdout, stderr io.Writer) *desk {
	return &desk{
		running: true, service: a.service, store: a.store, planner: a.planner, sessions: a.sessions, master: a.master, place: a.place, url: a.cfg.URL, now: a.now,
		keeper: a.backups.keeper, copies: a.cfg.BackupConfig.copies, mailboxes: a.watchedMailboxes, door: a.mailDoor(), recipient: a.cfg.replyTo, tokens: a.service.Tokens, stdin: stdin, stdout: stdout, stderr: stderr,
	}
}

// dispatch parses a command line that needs the data and carries it out.
func dispatch(ctx context.Context, d *desk, args []string) error {
	var c cli
	parser, err := newParser(&c, world{d.stdin, d.stdout, d.stderr, d.now}, func(int) {})
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return exit(exitUsage, err)
	}
	command, ok := parsed.Selected().Target.Addr().Interface().(deskCommand)
	if !ok {
		return exit(exitUsage, fmt.Errorf("%s does not work on the data", parsed.Command()))
	}
	return command.do(ctx, d)
}
