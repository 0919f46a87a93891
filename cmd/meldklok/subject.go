package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meldklok/incident"
	"meldklok/ui/locale"
	"meldklok/ui/web"
)

// subjectCommand answers people who use their rights (GDPR art. 15-22).
type subjectCommand struct {
	Find     subjectFindCommand     `cmd:"" help:"Find everything about a person: reports, parked mail, the register, accounts."`
	Export   subjectExportCommand   `cmd:"" help:"Export what is kept about a person, as JSON or as a page, with the text of their own reports."`
	Correct  subjectCorrectCommand  `cmd:"" help:"Put right what is known of somebody who reported: name, address, telephone number."`
	Erase    subjectEraseCommand    `cmd:"" help:"Destroy what a person wrote, where the law lets you; says for each why not."`
	Restrict subjectRestrictCommand `cmd:"" help:"Have what a person wrote kept and not used."`
}

// subjectArgs says whom it is about.
type subjectArgs struct {
	Who []string `arg:"" help:"Address, name, telephone number: any of them."`
}

func (a subjectArgs) find(ctx context.Context, d *desk) ([]incident.SubjectFind, error) {
	return d.service.FindSubject(ctx, a.Who, everything, nil)
}

// everything is what the command line sees: whoever has the data folder has it all.
func everything(*incident.Incident) bool { return true }

type subjectFindCommand struct {
	subjectArgs
}

// Run implements the command.
func (c *subjectFindCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *subjectFindCommand) do(ctx context.Context, d *desk) error {
	found, err := c.find(ctx, d)
	if err != nil {
		return err
	}
	for _, f := range found {
		fmt.Fprintln(d.stdout, subjectLine(f))
	}
	return nil
}

// subjectLine writes one find.
func subjectLine(f incident.SubjectFind) string {
	place := f.Ref.String()
	switch {
	case f.Person != "":
		place = fmt.Sprintf("person %s (%d entries of logs)", f.Person, f.Acts)
	case f.Parked != 0:
		place = fmt.Sprintf("parked:%d", f.Parked)
		if f.Seen {
			place = fmt.Sprintf("reviewed:%d", f.Parked)
		}
	case f.Report > 0:
		place = fmt.Sprintf("%s report %d", f.Ref, f.Report)
	}
	for _, w := range f.Where {
		place += "  " + locale.Word(locale.English, "subject-in", w)
	}
	if !f.At.IsZero() {
		place += "  " + f.At.UTC().Format(time.RFC3339)
	}
	return place
}

type subjectExportCommand struct {
	subjectArgs
	HTML bool   `name:"html" help:"As a page to read instead of JSON."`
	Lang string `default:"nl" enum:"nl,en" help:"Language of the page: nl or en."`
}

// Run implements the command.
func (c *subjectExportCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *subjectExportCommand) do(ctx context.Context, d *desk) error {
	found, err := c.find(ctx, d)
	if err != nil {
		return err
	}
	found = incident.CopyFor(found)
	if c.HTML {
		return web.SubjectPage(d.stdout, c.Lang, c.Who, found, d.now())
	}
	return writeJSON(d.stdout, found)
}

// subjectActArgs is what is recorded with an act.
type subjectActArgs struct {
	subjectArgs
	Reasons string `required:"" help:"Why; it goes into the log, so name nobody."`
	Request string `help:"The request that asks for it." placeholder:"REF"`
}

func (a subjectActArgs) request() (ref incident.Ref, err error) {
	if a.Request == "" {
		return ref, nil
	}
	if ref, err = incident.ParseRef(a.Request); err != nil {
		err = exit(exitUsage, err)
	}
	return ref, err
}

type subjectEraseCommand struct {
	subjectActArgs
}

// Run implements the command.
func (c *subjectEraseCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *subjectEraseCommand) do(ctx context.Context, d *desk) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	found, err := c.find(ctx, d)
	if err != nil {
		return err
	}
	handled, err := d.service.EraseSubject(ctx, incident.System, found, request, c.Reasons)
	sayHandled(d, handled, "destroyed")
	if slices.ContainsFunc(handled, func(h incident.Handled) bool { return h.Done }) {
		d.sayCopies()
	}
	return err
}

type subjectRestrictCommand struct {
	subjectActArgs
}

// Run implements the command.
func (c *subjectRestrictCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *subjectRestrictCommand) do(ctx context.Context, d *desk) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	found, err := c.find(ctx, d)
	if err != nil {
		return err
	}
	handled, err := d.service.RestrictSubject(ctx, incident.System, found, request, c.Reasons)
	sayHandled(d, handled, "restricted")
	return err
}

// sayHandled writes what became of each find.
func sayHandled(d *desk, handled []incident.Handled, done string) {
	for _, h := range handled {
		outcome := done
		if h.Refused != nil {
			outcome = "stays: " + locale.T(locale.English, "refusal."+h.Refused.Code, h.Refused.Args)
		}
		fmt.Fprintf(d.stdout, "%s: %s\n", subjectLine(h.SubjectFind), outcome)
	}
}
