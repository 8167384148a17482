package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// takeList takes a line list or a list of contacts in: a CSV or a workbook, its columns as a map file or a saved mapping says.
func (c importCmd) takeList(r *run, in io.Reader) error {
	kind := exchange.Kind(c.Kind)
	source, end, err := listSource(in)
	if err != nil {
		return err
	}
	defer end()
	o := exchange.ListOptions{Lang: r.lang, Now: outbreak.WallClock{}.Now(), Party: c.Party, Followed: c.Followed}
	if o.Plan, err = c.plan(kind); err != nil {
		return err
	}
	if c.Report != "" {
		f, err := os.Create(c.Report)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Rejected, o.AsCSV = f, strings.HasSuffix(strings.ToLower(c.Report), ".csv")
	}
	report, err := c.loadList(r, kind, source, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.print(report)
	}
	return printReport(r, report)
}

func (c importCmd) loadList(r *run, kind exchange.Kind, source *exchange.Source, o exchange.ListOptions) (exchange.Report, error) {
	if c.DryRun {
		return exchange.CheckList(kind, source, o)
	}
	a, done, err := c.open(r)
	if err != nil {
		return exchange.Report{}, err
	}
	defer done()
	by := console(outbreak.Purpose(c.Purpose))
	if o.Outbreak, err = a.House.Exchange.OutbreakCalled(r.ctx, by, c.Outbreak); err != nil {
		return exchange.Report{}, err
	}
	o.Progress = func(p exchange.Report) {
		fmt.Fprintf(r.streams.Err, "%d\n", p.Received)
	}
	return a.House.Exchange.ImportList(r.ctx, by, kind, source, o)
}

// plan reads the map file; nil when there is nothing to say.
func (c importCmd) plan(kind exchange.Kind) (*exchange.Plan, error) {
	if c.Map == "" && c.Area == "" {
		return nil, nil
	}
	var p exchange.Plan
	if c.Map != "" {
		f, err := os.Open(c.Map)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if p, err = exchange.ReadPlan(kind, f); err != nil {
			return nil, err
		}
	}
	if c.Area != "" {
		p.Area = c.Area
	}
	return &p, nil
}

// mostList is how large a list may be.
const mostList = 4 << 30

// listSource opens a list; what comes through a pipe is kept until it has been read to its end.
func listSource(in io.Reader) (*exchange.Source, func(), error) {
	if f, is := in.(*os.File); is {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			s, err := exchange.OpenSource(f, info.Size())
			return s, func() {}, err
		}
	}
	f, err := os.CreateTemp("", "breakwater-")
	if err != nil {
		return nil, nil, err
	}
	_ = os.Remove(f.Name())
	end := func() { _, _ = f.Close(), os.Remove(f.Name()) }
	n, err := io.Copy(f, io.LimitReader(in, mostList+1))
	if err == nil && n > mostList {
		err = errors.New("the list is larger than 4 GB")
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	s, err := exchange.OpenSource(f, n)
	if err != nil {
		end()
	}
	return s, end, err
}
