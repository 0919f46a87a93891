package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"meldklok/incident"
	"meldklok/incident/dossier/register"
)

// exportCommand writes the register, its figures, or one incident to a file.
type exportCommand struct {
	Format          string `help:"Of the register: xlsx, csv, json or pdf; of the figures: csv or json. Default: by the file's ending." enum:",xlsx,csv,json,pdf" default:""`
	Output          string `required:"" short:"o" help:"File to write. It is replaced only when the new one is whole." placeholder:"FILE" type:"path"`
	Year            int    `help:"Only what was received in this year."`
	From            string `help:"Only what was received from this day on." placeholder:"DAY"`
	Until           string `help:"Only what was received up to and including this day." placeholder:"DAY"`
	Statistics      bool   `help:"The anonymous figures per year instead of the register."`
	Incident        string `help:"The whole file of one incident instead, as a ZIP with its proof." placeholder:"REF"`
	WithoutPersonal bool   `help:"Leave the reporter, raw mail and attachments out of the file of an incident."`
	Lang            string `help:"Language of the words: nl or en." enum:"nl,en" default:"nl"`
}

// Run implements the command. Whoever runs it writes the file, also when the
// service does the reading: the service may be another user in another folder.
func (c *exportCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	file, err := os.CreateTemp(filepath.Dir(c.Output), ".meldklok-export-*")
	if err != nil {
		return exit(exitFailed, fmt.Errorf("export: %w", err))
	}
	defer os.Remove(file.Name()) // gone already when it was renamed
	said := w.stdout
	w.stdout = file
	err = atDesk(ctx, w, place, args, c)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), c.Output); err != nil {
		return exit(exitFailed, fmt.Errorf("export: %w", err))
	}
	info, err := os.Stat(c.Output)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(said, "%s: %d bytes\n", c.Output, info.Size())
	return err
}

func (c *exportCommand) do(ctx context.Context, d *desk) error {
	if c.Incident != "" {
		ref, err := incident.ParseRef(c.Incident)
		if err != nil {
			return exit(exitUsage, err)
		}
		return d.caseFiler().write(ctx, d.stdout, c.Lang, ref, !c.WithoutPersonal)
	}
	return c.register(ctx, d, d.stdout)
}

func (d *desk) caseFiler() caseFiler {
	return caseFiler{service: d.service, store: d.store, now: d.now}
}

// register writes the register or its figures.
func (c *exportCommand) register(ctx context.Context, d *desk, w io.Writer) error {
	f, err := c.filter()
	if err != nil {
		return exit(exitUsage, err)
	}
	format := c.Format
	if ending := filepath.Ext(c.Output); format == "" && len(ending) > 1 {
		format = ending[1:]
	}
	reader := register.Reader{Service: d.service, Words: register.NewWords(c.Lang)}
	if !c.Statistics {
		return usage(reader.Export(ctx, format, f, w))
	}
	years, err := reader.Years(ctx, f)
	if err != nil {
		return err
	}
	return usage(register.WriteYears(format, w, reader.Words, years))
}

// usage says that a refused option is a mistake of the command line.
func usage(err error) error {
	if errors.As(err, new(*incident.Refusal)) {
		return exit(exitUsage, err)
	}
	return err
}

// filter is the period asked for.
func (c *exportCommand) filter() (f register.Filter, err error) {
	if c.Year != 0 {
		f.Year(c.Year)
	}
	return f, f.Days(c.From, c.Until)
}
