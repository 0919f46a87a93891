package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit statuses, after sysexits.h where a mail server reads them.
const (
	exitFailed  = 1  // it did not work; why is on stderr
	exitUsage   = 64 // the command line is wrong
	exitRefused = 65 // the input was refused, for good
	exitAgain   = 75 // not now: try again
)

// exitError carries an exit status with its reason.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func exit(code int, err error) error { return &exitError{code, err} }

// cli is the whole command line.
type cli struct {
	Place
	Config kong.ConfigFlag `help:"File of settings, one NAME=VALUE a line, named as the environment variables are; flags and environment win." env:"MELDKLOK_CONFIG" placeholder:"FILE"`

	Serve        serveCommand        `cmd:"" default:"withargs" help:"Run the service (what happens without a command)."`
	Report       reportCommand       `cmd:"" help:"Record one report: a mail on standard input."`
	List         listCommand         `cmd:"" help:"List incidents, or parked mail."`
	Show         showCommand         `cmd:"" help:"Show one incident with its log and alerts."`
	Deadline     deadlineCommand     `cmd:"" help:"Compute the 72-hour deadline of a moment."`
	Assess       assessCommand       `cmd:"" help:"Score facts (JSON on standard input); writes nothing."`
	Scan         scanCommand         `cmd:"" help:"Show what a mail (standard input) would score; writes nothing."`
	User         userCommand         `cmd:"" help:"People: who is alerted, and who may sign in."`
	Token        tokenCommand        `cmd:"" help:"Tokens with which other programs use the API."`
	Restrict     restrictCommand     `cmd:"" help:"Say who may see an incident, or lift its restriction."`
	Ladder       ladderCommand       `cmd:"" help:"Who is alerted when: show or set the ladders."`
	Organisation organisationCommand `cmd:"" help:"Who the organisation is, for the AP's form and the letters: show or set it."`
	Drill        drillCommand        `cmd:"" help:"Exercise the whole path, from a mail in to alerts at management."`
	Mailbox      mailboxCommand      `cmd:"" help:"The mailboxes that are watched: test them, or see how they stand."`
	Relay        relayCommand        `cmd:"" help:"The servers that take our mail: test them."`
	Verify       verifyCommand       `cmd:"" help:"Replay the whole record and say whether it is whole."`
	Backup       backupCommand       `cmd:"" help:"Backups: write one, test one, make their key."`
	Restore      restoreCommand      `cmd:"" help:"Bring the record back from a backup, into an empty data folder."`
	Release      releaseCommand      `cmd:"" help:"Let a restored record send again."`
	Export       exportCommand       `cmd:"" help:"The register as a file, its figures per year, or the whole file of one incident."`
	Import       importCommand       `cmd:"" help:"Take over another register from CSV or XLSX."`
	Key          keyCommand          `cmd:"" help:"The master key: prove or make its recovery copy."`
	Retention    retentionCommand    `cmd:"" help:"What is kept how long: show or set it, see what goes when, hold it."`
	Subject      subjectCommand      `cmd:"" help:"People who use their rights: find, export, correct, erase or restrict what is kept about one."`
	Demo         demoCommand         `cmd:"" help:"Watch 72 hours pass in a minute, in an instance that is thrown away."`
	Deploy       deployCommand       `cmd:"" help:"Print a file for whoever installs or watches it: settings, systemd, container, Prometheus, Grafana."`
	Version      versionCommand      `cmd:"" help:"Say which program this is."`
	Help         helpCommand         `cmd:"" help:"Explain a subject: json or mailbox."`
}

// world is what a program touches outside itself.
type world struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], world{os.Stdin, os.Stdout, os.Stderr, time.Now}))
}

// run parses a command line, carries it out, and returns the exit status.
func run(ctx context.Context, args []string, w world) int {
	var c cli
	done := false
	parser, err := newParser(&c, w, func(int) { done = true })
	if err != nil {
		fmt.Fprintln(w.stderr, "meldklok:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(helpAsFlag(args))
	if done {
		return 0
	}
	if err != nil {
		fmt.Fprintf(w.stderr, "meldklok: %v\nRun meldklok --help.\n", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return status(w, parsed.Run(ctx, w, c.Place, args))
}

func newParser(c *cli, w world, exit func(int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("meldklok"),
		kong.Description("Data-breach incident tracker with 72-hour deadline alerts."),
		kong.Writers(w.stdout, w.stderr), kong.Exit(exit),
		kong.Configuration(settingsFile),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.UsageOnError(),
	)
}

// helpAsFlag lets people write "meldklok help" and "meldklok help serve".
func helpAsFlag(args []string) []string {
	switch {
	case len(args) == 1 && args[0] == "help":
		return []string{"--help"}
	case len(args) == 2 && args[0] == "help" && args[1] != "json" && args[1] != "mailbox":
		return []string{args[1], "--help"}
	}
	return args
}

// status prints why a command failed and returns its exit status.
func status(w world, err error) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(w.stderr, "meldklok:", sentence(err))
	}
	var own *exitError
	if errors.As(err, &own) {
		return own.code
	}
	return exitFailed
}
