package main

import (
	"bufio"
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
	"time"
)

// A command that needs the data while the service runs is carried out by the
// service: the command line and standard input go in over a socket in the data
// folder, which only its owner may open; what the command prints comes back.
// The same code runs on both sides, so a command behaves the same either way.

const controlFile = "control.sock"

// errNoService: nothing listens on the socket.
var errNoService = errors.New("the service is not running")

// controlReply is a piece of what a command said; the last one has its status.
type controlReply struct {
	Code   *int   `json:"code,omitempty"`
	Stdout []byte `json:"stdout,omitempty"`
	Stderr string `json:"stderr,omitempty"`
}

// pieceSize is how much of its output a command holds back: short answers go
// out when it has ended, and a file in pieces of this size.
const pieceSize = 64 << 10

// pieceTime is how long the other side may take for one piece.
const pieceTime = time.Minute

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
	return copyReplies(w, resp.Body)
}

// copyReplies passes on what a command says until it has ended.
func copyReplies(w world, from io.Reader) (code int, err error) {
	for pieces := json.NewDecoder(from); ; {
		var piece controlReply
		if err := pieces.Decode(&piece); err != nil {
			return exitAgain, fmt.Errorf("the service did not answer to the end: %w", err)
		}
		if _, err := w.stdout.Write(piece.Stdout); err != nil {
			return exitFailed, err
		}
		fmt.Fprint(w.stderr, piece.Stderr)
		switch {
		case piece.Code == nil:
		case *piece.Code != 0:
			return *piece.Code, errSaid
		default:
			return 0, nil
		}
	}
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
		var stderr bytes.Buffer
		out := pieces{http.NewResponseController(rw), json.NewEncoder(rw)}
		_ = out.control.EnableFullDuplex() // the command may still read when it begins to write
		rw.Header().Set("Content-Type", "application/json")
		stdout := bufio.NewWriterSize(out, pieceSize)
		code := status(world{r.Body, stdout, &stderr, a.now}, dispatch(r.Context(), a.desk(r.Body, stdout, &stderr), args))
		if stdout.Flush() == nil {
			_ = out.send(controlReply{Code: &code, Stderr: stderr.String()})
		}
	})
}

// pieces sends what is written to it as it comes. Whoever stops reading is let
// go of, so that no command waits for ever.
type pieces struct {
	control *http.ResponseController
	enc     *json.Encoder
}

// Write implements io.Writer.
func (p pieces) Write(b []byte) (int, error) {
	if err := p.send(controlReply{Stdout: b}); err != nil {
		return 0, fmt.Errorf("whoever asked does not listen any more: %w", err)
	}
	return len(b), nil
}

func (p pieces) send(r controlReply) error {
	err := p.control.SetWriteDeadline(time.Now().Add(pieceTime))
	if err == nil {
		err = p.enc.Encode(r)
	}
	if err == nil {
		err = p.control.Flush()
	}
	return err
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
