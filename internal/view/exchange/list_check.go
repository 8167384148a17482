package exchange

import (
	"io"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// ListOptions say how a list is to be read.
type ListOptions struct {
	Lang     words.Lang       // of the reasons; empty: the catalogue's first
	Plan     *Plan            // how its columns are read; nil: one that was saved for its headers, or as they suggest themselves
	Now      outbreak.Instant // after which nothing can have happened; 0: not checked
	Rejected io.Writer        // where rejected rows go, as a workbook
	AsCSV    bool             // as a CSV instead
	Outbreak outbreak.OutbreakID
	Party    string // whose list it is: the numbers are this party's; empty: our own
	Followed bool   // reports, investigations and beds are still owed here; false: for the record
	Progress func(Report)

	MostProblems int // listed in the report; 0: 1,000
}

// CheckList reads a list and says what would become of it, without a database. The checks are those of loading it.
func CheckList(kind Kind, s *Source, o ListOptions) (Report, error) {
	scan, err := beginList(kind, s, o)
	if err != nil {
		return Report{}, err
	}
	return scan.run()
}

func (o *ListOptions) complete() {
	if o.Lang == "" {
		o.Lang = words.Langs[0]
	}
	if o.MostProblems == 0 {
		o.MostProblems = 1000
	}
}

func beginList(kind Kind, s *Source, o ListOptions) (*listScan, error) {
	o.complete()
	if !IsList(kind) {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.kind_unknown", "kind", string(kind))
	}
	var plan Plan
	if o.Plan != nil {
		plan = *o.Plan
	}
	f, err := Look(kind, s, plan)
	if err != nil {
		return nil, err
	}
	return f.scan(s, plan, o)
}

// scan makes ready to read what was found by a plan.
func (f *Found) scan(s *Source, plan Plan, o ListOptions) (*listScan, error) {
	r, err := f.reading(plan, o.Now)
	if err != nil {
		return nil, err
	}
	scan := &listScan{reading: r, source: s, lang: o.Lang, most: o.MostProblems, report: newListReport(r), seen: newSightings(), size: mostPerBatch, progress: o.Progress}
	scan.rejected, err = newRejectedBook(o.Rejected, o.AsCSV, r)
	return scan, err
}
