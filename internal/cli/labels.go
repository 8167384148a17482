package cli

import (
	"fmt"
	"os"

	"breakwater/internal/door"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/label"
)

// labelsCmd prints labels: a file of HTML that stands alone, for any browser.
type labelsCmd struct {
	Formats labelFormatsCmd `cmd:"" help:"List the sizes of sheets and rolls."`
	Serials labelSerialsCmd `cmd:"" help:"Labels of tubes or of their box, as Code 128. Needs no database."`
	People  labelPeopleCmd  `cmd:"" help:"Personal codes of the people of an area, as QR codes; journalled."`
}

type labelFormatsCmd struct {
	JSON bool `name:"json" help:"One JSON object on standard output."`
}

// Run lists the formats.
func (c labelFormatsCmd) Run(r *run) error {
	if c.JSON {
		return r.print(map[string]any{"formats": label.Formats})
	}
	for _, f := range label.Formats {
		fmt.Fprintf(r.streams.Out, "%s\t%d\t%s\t%v\n", f.ID, f.PerPage(), f.Size(), f.For)
	}
	return nil
}

type labelSerialsCmd struct {
	First   string `arg:"" help:"The first serial."`
	Last    string `arg:"" optional:"" help:"The last serial. Default: the first alone."`
	Kind    string `help:"tube: a label for each; box: one for all." enum:"tube,box" default:"tube"`
	Format  string `help:"One of those that labels formats lists. Default: A4." placeholder:"ID"`
	Checked bool   `help:"The serials end with a check character, as those do that the house makes."`
	Out     string `required:"" help:"File to write." placeholder:"FILE"`
}

// Run draws the labels of serials.
func (c labelSerialsCmd) Run(r *run) error {
	first, last := outbreak.TubeCode(c.First).Canonical(), outbreak.TubeCode(c.Last).Canonical()
	if last == "" {
		last = first
	}
	list, err := registry.SerialsBetween(first, last, c.Checked)
	if err != nil {
		return err
	}
	d, err := door.SerialDocument(c.Kind, list, c.Format, r.lang)
	if err != nil {
		return err
	}
	return r.labels(d, c.Out)
}

type labelPeopleCmd struct {
	site
	Area     string `arg:"" help:"Path of the area, with what lies below it: /22/2202/."`
	Purpose  string `required:"" help:"Why they are printed." enum:"care,investigation,sampling,placement,welfare,correction,audit"`
	Building string `help:"One building alone."`
	Door     string `help:"One door alone."`
	After    int64  `help:"Numbers after this one: the next part of a large area."`
	Format   string `help:"One of those that labels formats lists. Default: A4, 24 on a page." placeholder:"ID"`
	Out      string `required:"" help:"File to write. Whoever has it can print the codes: delete it afterwards." placeholder:"FILE"`
}

// Run draws personal codes.
func (c labelPeopleCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	d, _, err := a.House.PeopleLabels(r.ctx, console(outbreak.Purpose(c.Purpose)),
		registry.GiveCodes{Below: outbreak.Path(c.Area), Building: c.Building, Door: c.Door, After: c.After}, c.Format, r.lang)
	if err != nil {
		return err
	}
	return r.labels(d, c.Out)
}

// labels writes a document that stands alone. Nobody but its owner may read it.
func (r *run) labels(d label.Document, name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return outbreak.Refuse(outbreak.Invalid, "cli.file_there", "file", name).Because(err)
	}
	if err := d.Write(f); err != nil {
		_ = f.Close()
		return err
	}
	fmt.Fprintln(r.streams.Err, d.Hint)
	return f.Close()
}
