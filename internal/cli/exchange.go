package cli

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
	"breakwater/internal/view/linelist"
	"breakwater/internal/words"
)

type importCmd struct {
	site
	Kind     string `arg:"" help:"areas, roster, tubes, results, places, visits, stock, linelist or contacts." enum:"areas,roster,tubes,results,places,visits,stock,linelist,contacts"`
	File     string `arg:"" help:"The file; - for standard input."`
	DryRun   bool   `help:"Check alone; nothing is written. Needs no database."`
	Map      string `help:"File with lines field=column, for headers that are not understood; of a linelist or contacts the JSON that the wizard saves." placeholder:"FILE"`
	Report   string `help:"Where rejected rows go, with line, column and reason; correct them there and send that file. Of a linelist or contacts a workbook, unless the name ends in .csv." placeholder:"FILE"`
	Zone     string `help:"Time zone of times that name none, and of a root area." placeholder:"Asia/Shanghai"`
	Lab      string `help:"Laboratory of a results file without that column: name or number."`
	Round    string `help:"Round of a tubes file without that column: name or number."`
	Outbreak string `help:"Outbreak of a linelist or contacts, or of a visits file without that column: name or number."`
	Party    string `help:"Whose linelist or contacts these are: the numbers in them are that party's."`
	Followed bool   `help:"Reports, investigations and beds are owed here for the cases of a linelist. Default: they are for the record."`
	Area     string `help:"Area of the rows of a linelist or contacts that name none: its code." placeholder:"CODE"`
	Booth    string `help:"Sampling point of a tubes file without that column: name or number."`
	Purpose  string `help:"Why people are looked up by document." enum:"care,investigation,sampling,placement,welfare,correction,audit" default:"sampling"`
	JSON     bool   `name:"json" help:"One JSON object on standard output."`
}

// Run takes a file in. Rejected rows are no failure of the work: they come back with their reasons.
func (c importCmd) Run(r *run) error {
	in, end, err := c.input(r)
	if err != nil {
		return err
	}
	defer end()
	if exchange.IsList(exchange.Kind(c.Kind)) {
		return c.takeList(r, in)
	}
	o := exchange.Options{Lang: r.lang, Lab: c.Lab, Round: c.Round, Booth: c.Booth, Outbreak: c.Outbreak, Now: outbreak.WallClock{}.Now()}
	if c.Zone != "" {
		if o.Zone, err = time.LoadLocation(c.Zone); err != nil {
			return outbreak.Refuse(outbreak.Invalid, "registry.area_zone", "zone", c.Zone)
		}
	}
	if c.Map != "" {
		f, err := os.Open(c.Map)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Map = f
	}
	if c.Report != "" {
		f, err := os.Create(c.Report)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Rejected = f
	}
	report, err := c.take(r, in, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.print(report)
	}
	return printReport(r, report)
}

func (c importCmd) input(r *run) (io.Reader, func(), error) {
	if c.File == "-" {
		return r.streams.In, func() {}, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}

func (c importCmd) take(r *run, in io.Reader, o exchange.Options) (exchange.Report, error) {
	kind := exchange.Kind(c.Kind)
	if c.DryRun {
		return exchange.Check(kind, in, o)
	}
	a, done, err := c.open(r)
	if err != nil {
		return exchange.Report{}, err
	}
	defer done()
	return a.House.Exchange.Import(r.ctx, console(outbreak.Purpose(c.Purpose)), kind, in, o)
}

func printReport(r *run, p exchange.Report) error {
	for _, x := range p.Shared {
		rows := words.Text(r.lang, "cli.rows_back", map[string]any{"n": x.Rows})
		if x.Rows == p.Received {
			rows = words.Text(r.lang, "cli.rows_all", map[string]any{"n": x.Rows})
		}
		fmt.Fprintf(r.streams.Out, "%s\t%s\t%s\t%s\n", rows, x.Column, x.Value, x.Reason)
	}
	for _, x := range p.Single() {
		fmt.Fprintf(r.streams.Out, "%d\t%s\t%s\t%s\n", x.Row, x.Column, x.Value, x.Reason)
	}
	if p.LeftOut > 0 {
		r.say("cli.problems_left", "n", p.LeftOut)
	}
	for _, w := range p.Warnings {
		fmt.Fprintln(r.streams.Err, w)
	}
	r.say("cli.imported", "received", p.Received, "accepted", p.Accepted, "repeated", p.Repeated, "rejected", p.Rejected)
	return nil
}

type exportCmd struct {
	site
	What     string   `arg:"" help:"tubes, linelist, contacts, stock or journal." enum:"tubes,linelist,contacts,stock,journal"`
	Round    string   `help:"Tubes of one round. Default: all."`
	Outbreak string   `help:"Contacts of one outbreak: name or number. Default: of all."`
	After    int64    `help:"Journal entries after this one."`
	Query    string   `help:"Cases of a line list, as in the address of its page." placeholder:"severity=mild&sort=-onset"`
	Columns  []string `help:"Fields of a line list. Default: the usual ones. With name every row leaves its reader in the journal."`
	XLSX     bool     `name:"xlsx" help:"A line list as a workbook."`
	Purpose  string   `help:"What names of a line list are read for." default:"audit"`
	Out      string   `help:"Where the rows go. Default: standard output." placeholder:"FILE"`
}

// lineList gives cases out as their page does.
func (c exportCmd) lineList(r *run, a *app.App, w io.Writer) error {
	v, err := url.ParseQuery(c.Query)
	if err != nil {
		return outbreak.Refuse(outbreak.Invalid, "cli.query", "query", c.Query)
	}
	q, err := linelist.ParseQuery(v)
	if err != nil {
		return err
	}
	e := linelist.Export{Query: q, Columns: c.Columns, Format: linelist.CSV}
	if c.XLSX {
		e.Format = linelist.XLSX
	}
	x, err := a.House.LineList.Export(r.ctx, console(outbreak.Purpose(c.Purpose)), e, w)
	if err != nil {
		return err
	}
	r.say("cli.exported", "rows", x.Rows, "things", x.Rows, "digest", x.Digest)
	return nil
}

// contacts gives out who exposed whom.
func (c exportCmd) contacts(r *run, a *app.App, w io.Writer) (x exchange.Exported, err error) {
	var ob outbreak.OutbreakID
	if c.Outbreak != "" {
		if ob, err = a.House.Exchange.OutbreakCalled(r.ctx, console(outbreak.PurposeAudit), c.Outbreak); err != nil {
			return x, err
		}
	}
	return a.House.Exchange.ExportContacts(r.ctx, console(outbreak.PurposeAudit), ob, w)
}

// Run gives rows out as CSV; the control total goes to standard error.
func (c exportCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	w := r.streams.Out
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	var x exchange.Exported
	switch c.What {
	case "tubes":
		round, err := outbreak.ParseID[outbreak.RoundID](c.Round)
		if err != nil {
			return err
		}
		x, err = a.House.Exchange.ExportTubes(r.ctx, console(outbreak.PurposeAudit), round, w)
		if err != nil {
			return err
		}
	case "linelist":
		return c.lineList(r, a, w)
	case "contacts":
		if x, err = c.contacts(r, a, w); err != nil {
			return err
		}
	case "stock":
		if x, err = a.House.Exchange.ExportStock(r.ctx, console(outbreak.PurposeAudit), w); err != nil {
			return err
		}
	default:
		if x, err = a.House.Exchange.ExportJournal(r.ctx, console(outbreak.PurposeAudit), c.After, w); err != nil {
			return err
		}
	}
	r.say("cli.exported", "rows", x.Rows, "things", x.Things, "digest", x.Digest)
	return nil
}
