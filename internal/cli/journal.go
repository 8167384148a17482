package cli

import (
	"fmt"
	"os"

	"breakwater/internal/app"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
)

type journalCmd struct {
	Head   journalHeadCmd   `cmd:"" help:"Sign how far the journal has come: print the line, and keep it beside the key file."`
	Verify journalVerifyCmd `cmd:"" help:"Walk the hash chain and name every record that was changed, taken out or moved."`
}

type journalVerifyCmd struct {
	site
	Head string `help:"File with signed heads that were kept elsewhere, one a line: also find a tail that was cut or replaced, and a past that was rewritten." placeholder:"FILE"`
	JSON bool   `name:"json" help:"One JSON object on standard output."`
}

// Run verifies the chain; a finding is exit status 1.
func (c journalVerifyCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	v, err := c.verify(r, a)
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

func (c journalVerifyCmd) verify(r *run, a *app.App) (journal.Verification, error) {
	if c.Head == "" {
		return journal.Verify(r.ctx, a.House.DB)
	}
	f, err := os.Open(c.Head)
	if err != nil {
		return journal.Verification{}, fmt.Errorf("reading signed heads: %w", err)
	}
	defer f.Close()
	heads, torn, err := journal.ReadHeads(f)
	if err != nil {
		return journal.Verification{}, err
	}
	for _, line := range torn {
		r.say("cli.head_torn", "line", line, "file", c.Head)
	}
	return journal.VerifyAgainst(r.ctx, a.House.DB, heads, a.House.Registry.Keys().Signed)
}

type journalHeadCmd struct{ site }

// Run signs the head.
func (c journalHeadCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	h, err := a.SignHead(r.ctx, outbreak.WallClock{}.Now())
	if h.Signature != "" { // also when only the file could not be written
		fmt.Fprintln(r.streams.Out, h)
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
