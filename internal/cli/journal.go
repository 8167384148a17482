package cli

import (
	"fmt"

	"breakwater/internal/ledger/journal"
)

type journalCmd struct {
	Verify journalVerifyCmd `cmd:"" help:"Walk the hash chain and name every record that was changed, taken out or moved."`
}

type journalVerifyCmd struct {
	site
	JSON bool `name:"json" help:"One JSON object on standard output."`
}

// Run verifies the chain; a finding is exit status 1.
func (c journalVerifyCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	v, err := journal.Verify(r.ctx, a.House.DB)
	if err != nil {
		return err
	}
	if c.JSON {
		err = r.print(v)
	} else {
		for _, f := range v.Findings {
			fmt.Fprintln(r.streams.Out, f)
		}
		_, err = fmt.Fprintf(r.streams.Out, "%d records, %d findings, head %s\n", v.Entries, len(v.Findings), v.Head)
	}
	if err == nil && len(v.Findings) > 0 {
		return errFailed
	}
	return err
}

type boardCmd struct {
	Rebuild boardRebuildCmd `cmd:"" help:"Make the board anew from the journal."`
}

type boardRebuildCmd struct{ site }

// Run rebuilds the board.
func (c boardRebuildCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	if err := a.House.Board.Rebuild(r.ctx); err != nil {
		return err
	}
	r.say("cli.rebuilt")
	return nil
}
