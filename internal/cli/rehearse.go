package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"breakwater/internal/drill"
)

type rehearseCmd struct {
	Screening rehearseScreeningCmd `cmd:"" help:"Close tubes and report results as many booths and laboratories, kill the server, and count what was lost."`
}

type rehearseScreeningCmd struct {
	Data    string  `help:"Folder for the rehearsal's embedded database. Default: a temporary one, removed at the end." placeholder:"DIR"`
	DB      string  `name:"db" help:"PostgreSQL address, instead of the embedded database." placeholder:"postgres://..."`
	Key     string  `help:"File of the master key." placeholder:"FILE"`
	People  int     `help:"People on the roll of the rehearsal." default:"2000"`
	Rate    float64 `help:"Operations per second at most. 0: as fast as the house takes them."`
	Clients int     `help:"Who send at the same time." default:"16"`
	Kill    int     `help:"How often the server is killed without warning, under load."`
	Seed    uint64  `help:"Of the moments, the positives and the lost tubes." default:"1"`
	URL     string  `name:"url" help:"A running house instead of an own server; it is not killed." placeholder:"http://..."`
	Token   string  `help:"Token of an administrator of the running house." env:"BREAKWATER_TOKEN"`
	Acked   string  `help:"File of the acknowledged operations, each on disk before it is counted." placeholder:"FILE"`
	JSON    bool    `name:"json" help:"One JSON object on standard output."`
}

// Run rehearses; something lost, doubled or left alone is exit status 1.
func (c rehearseScreeningCmd) Run(r *run) error {
	if c.Data == "" && c.DB == "" {
		dir, err := os.MkdirTemp("", "breakwater-rehearsal-")
		if err != nil {
			return fmt.Errorf("making a folder for the rehearsal: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c.Data = filepath.Join(dir, "data")
	}
	report, err := drill.Rehearse(r.ctx, drill.RehearseConfig{People: c.People, Rate: c.Rate, Clients: c.Clients, Kills: c.Kill, Seed: c.Seed,
		URL: c.URL, Token: c.Token, Data: c.Data, DB: c.DB, Key: c.Key, Acked: c.Acked, Told: func(line string) { fmt.Fprintln(r.streams.Err, line) }})
	if err != nil {
		return err
	}
	if c.JSON {
		err = r.print(report)
	} else {
		_, err = fmt.Fprintf(r.streams.Out, "%+v\n", report)
	}
	if err == nil && (!report.Sound() || c.URL == "" && !report.JournalOK) {
		return errFailed
	}
	return err
}
