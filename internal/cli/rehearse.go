package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"breakwater/internal/app"
	"breakwater/internal/door"
	"breakwater/internal/drill"
)

type rehearseCmd struct {
	Screening rehearseScreeningCmd `cmd:"" help:"Play a day of testing: sampling points with outboxes of their own, a crowd at the opening, networks that fail; kill the server, and compare what it acknowledged with what it holds."`
	Response  rehearseResponseCmd  `cmd:"" help:"Close tubes and report results as many booths and laboratories, kill the server, and count what was lost of them and of what follows."`
	House     rehearseHouseCmd     `cmd:"" hidden:""`
}

// rehearseHouseCmd serves the house of a rehearsal, where all residents ask from one address.
type rehearseHouseCmd struct {
	serveCmd
	BareLog string `name:"bare-log"`
}

// Run serves until it is told to end.
func (c rehearseHouseCmd) Run(r *run) error {
	return c.serve(r, func(config *app.Config) {
		residents := door.PublicLimits
		residents.PerAddress = door.Rate{PerSecond: 1e9, Burst: 1e9}
		config.Limits, config.BareLog = map[string]door.Limits{"public": residents}, c.BareLog
	})
}

type rehearseScreeningCmd struct {
	rehearseWhere
	People  int     `help:"People on the roll of the rehearsal." default:"100000"`
	Rate    float64 `help:"People per second over the whole day; a shorter day has a higher rate. 0: as fast as the house takes them."`
	Clients int     `help:"Connections." default:"64"`
	Upload  int     `help:"Operations a device sends at once." default:"1"`
	Pool    int     `help:"Swabs per tube." default:"10"`
	Booths  int     `help:"Sampling points. 0: one for 1,000 people."`
	Kill    int     `help:"How often the server is killed without warning."`
	RawLog  bool    `help:"Measure a bare log that takes the same uploads the same way, and print the ratio."`
	Lookups float64 `help:"Residents per second who ask for their result meanwhile."`
	Seed    uint64  `help:"Of the moments." default:"1"`
	Record  string  `help:"A running house that is told when the rehearsal was passed, with --token: it then opens large rounds on this version. The house that was rehearsed on, with --url." placeholder:"http://..."`
}

// rehearseWhere says where a rehearsal takes place, and where its file of acknowledged operations goes.
type rehearseWhere struct {
	Data  string `help:"Folder for the rehearsal's embedded database. Default: a temporary one, removed at the end." placeholder:"DIR"`
	DB    string `name:"db" help:"PostgreSQL address, instead of the embedded database." placeholder:"postgres://..."`
	Key   string `help:"File of the master key." placeholder:"FILE"`
	URL   string `name:"url" help:"A running house instead of an own server; it is not killed." placeholder:"http://..."`
	Token string `help:"Token of an administrator of the running house." env:"BREAKWATER_TOKEN"`
	Acked string `help:"File of the acknowledged operations, each on disk before it is counted." placeholder:"FILE"`
	JSON  bool   `name:"json" help:"One JSON object on standard output."`
}

// place gives the folder of the rehearsal, and takes a temporary one away when it is over.
func (c *rehearseWhere) place() (done func(), err error) {
	if c.Data != "" || c.DB != "" || c.URL != "" {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "breakwater-rehearsal-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the rehearsal: %w", err)
	}
	c.Data = filepath.Join(dir, "data")
	return func() { _ = os.RemoveAll(dir) }, nil
}

// Run rehearses; something lost, doubled or made up is exit status 1.
func (c rehearseScreeningCmd) Run(r *run) error {
	done, err := c.place()
	if err != nil {
		return err
	}
	defer done()
	report, err := drill.RehearseRound(r.ctx, drill.RoundConfig{Pool: c.Pool, Booths: c.Booths, Upload: c.Upload, RawLog: c.RawLog, Lookups: c.Lookups, Version: version(),
		RehearseConfig: drill.RehearseConfig{People: c.People, Rate: c.Rate, Clients: c.Clients, Kills: c.Kill, Seed: c.Seed,
			URL: c.URL, Token: c.Token, Data: c.Data, DB: c.DB, Key: c.Key, Acked: c.Acked, Told: func(line string) { fmt.Fprintln(r.streams.Err, line) }}})
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
	if err != nil || c.Record == "" {
		return err
	}
	if err := report.Record(r.ctx, drill.NewClient(c.Record, c.Token)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.streams.Err, "The rehearsal was recorded at", c.Record)
	return err
}

type rehearseResponseCmd struct {
	rehearseWhere
	People  int     `help:"People on the roll of the rehearsal." default:"2000"`
	Rate    float64 `help:"Operations per second at most. 0: as fast as the house takes them."`
	Clients int     `help:"Who send at the same time." default:"16"`
	Kill    int     `help:"How often the server is killed without warning, under load."`
	Seed    uint64  `help:"Of the moments, the positives and the lost tubes." default:"1"`
}

// Run rehearses; something lost, doubled or left alone is exit status 1.
func (c rehearseResponseCmd) Run(r *run) error {
	done, err := c.place()
	if err != nil {
		return err
	}
	defer done()
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
