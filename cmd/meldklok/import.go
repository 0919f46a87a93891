package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"meldklok/incident"
	"meldklok/incident/dossier/sheet"
	"meldklok/ui/locale"
)

// importCommand takes over another register.
type importCommand struct {
	File   string   `arg:"" help:"CSV or XLSX." type:"existingfile"`
	Map    []string `help:"What a column means, as HEADING=FIELD; may be given several times. An empty field leaves a column out." placeholder:"HEADING=FIELD" sep:"none"`
	Dates  string   `help:"How 03/04/2026 is meant: dmy (3 April) or mdy (4 March)." enum:",dmy,mdy" default:""`
	Open   bool     `help:"Take over open incidents too: their clock of 72 hours runs from the moment stated, and alerts go out."`
	Source string   `help:"Name of that register; tells two registers apart that both have a number 1." placeholder:"NAME"`
	DryRun bool     `help:"Say what would happen, line by line; write nothing."`
	Lang   string   `help:"Language of the report: nl or en." enum:"nl,en" default:"nl"`
}

func (*importCommand) readsInput() {}

// Run implements the command. The file goes in as standard input, since the
// service may not be allowed to read it.
func (c *importCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	f, err := os.Open(c.File)
	if err != nil {
		return exit(exitFailed, fmt.Errorf("import: %w", err))
	}
	defer f.Close()
	w.stdin = io.LimitReader(f, sheet.MaxBytes+1)
	return atDesk(ctx, w, place, args, c)
}

func (c *importCommand) do(ctx context.Context, d *desk) error {
	raw, err := io.ReadAll(d.stdin)
	if err != nil {
		return exit(exitFailed, fmt.Errorf("import: %w", err))
	}
	table, err := sheet.Read(raw)
	if err != nil {
		return exit(exitRefused, err)
	}
	mapping := sheet.Guess(table.Headings)
	for _, pair := range c.Map {
		if err := mapping.Set(table.Headings, pair); err != nil {
			return exit(exitUsage, err)
		}
	}
	for i, h := range table.Headings {
		fmt.Fprintf(d.stdout, "%-40q %s\n", h, sheet.Say(c.Lang, mapping[i]))
	}
	result := sheet.Convert(table, sheet.Options{Mapping: mapping, Order: sheet.Order(c.Dates)})
	return c.lines(ctx, d, result)
}

// lines takes over every line that has nothing in its way, and says of each what
// became of it.
func (c *importCommand) lines(ctx context.Context, d *desk, result sheet.Result) error {
	o := incident.ImportOptions{Source: c.Source, Open: c.Open}
	total := sheet.Total{}
	for _, l := range result.Lines {
		did, err := sheet.Take(ctx, d.service, incident.System, l, o, c.DryRun)
		if err != nil {
			return err
		}
		total.Add(did)
		fmt.Fprintf(d.stdout, "%s\n", strings.TrimSpace(sheet.SayLine(c.Lang, did)))
	}
	fmt.Fprintln(d.stdout, sheet.SayTotal(c.Lang, total, c.DryRun))
	if result.AskOrder {
		fmt.Fprintln(d.stdout, locale.T(c.Lang, "import.ask-order", nil)+" --dates dmy, --dates mdy")
	}
	if total.Refused > 0 {
		return exit(exitRefused, fmt.Errorf("%d of %d lines were not taken over", total.Refused, len(result.Lines)))
	}
	return nil
}
