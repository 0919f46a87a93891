package main

import (
	"context"
	"fmt"
	"strconv"

	"meldklok/incident"
)

// userFGCommand grants the FG to decide, or takes that back.
type userFGCommand struct {
	Grant string `arg:"" enum:"yes,no" help:"yes or no."`
}

// Run implements the command.
func (c *userFGCommand) Run(ctx context.Context, w world, place Place, args []string) error {
	return atDesk(ctx, w, place, args, c)
}

func (c *userFGCommand) do(ctx context.Context, d *desk) error {
	may := c.Grant == "yes"
	if err := d.putSetting(ctx, incident.SettingFGDecides, []byte(strconv.FormatBool(may))); err != nil {
		return err
	}
	if !may {
		_, err := fmt.Fprintln(d.stdout, "the FG advises and does not decide")
		return err
	}
	fmt.Fprintln(d.stderr, "Warning: GDPR art. 38(6) requires that tasks given to the FG do not lead to a conflict of interests.\nAn FG who decides about breaches supervises their own decisions. Take it back with: meldklok user fg-may-decide no")
	_, err := fmt.Fprintln(d.stdout, "the FG may decide")
	return err
}
