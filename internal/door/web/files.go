package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/exchange"
)

// imports are the kinds of files that are taken in, each with the right it needs, in the order a new house needs them.
var imports = []struct {
	kind exchange.Kind
	may  access.Permission
}{
	{exchange.Areas, access.AreaManage}, {exchange.Roster, access.RosterLoad}, {exchange.Tubes, access.TubeClose}, {exchange.Results, access.LabReport},
	{exchange.Places, access.PlaceManage}, {exchange.Visits, access.VisitRecord}, {exchange.Stock, access.SupplyRecord},
}

// filesPage is what comes in and goes out by file.
type filesPage struct {
	In       []fileIn
	Lists    []fileList
	Kept     []exchange.Kept // lists the reader is working on
	Done     *doneFile       // of the file just sent
	Labs     []lab.Lab
	Booths   []screening.Booth
	Rounds   []screening.Round
	Spread   []outbreakChoice
	Tubes    bool // may be taken out
	Stock    bool
	Journal  bool
	Purposes []outbreak.Purpose
	Most     int // bytes
}

// fileIn is a kind of file the reader may send.
type fileIn struct{ Kind exchange.Kind }

// doneFile is what became of a file.
type doneFile struct {
	exchange.Report
	Name     string // of the file
	Dry      bool   // it was only checked
	Rejected string // where the rejected rows are; empty: there are none
	Lines    []problemLine
	More     int // problems beyond those shown
}

// Nothing tells whether no row of the file was taken, or would be.
func (d *doneFile) Nothing() bool { return d.Accepted+d.Repeated == 0 }

// mostProblems is how many reasons a page shows; the file of rejected rows has all.
const mostProblems = 200

// filesFor tells whether the page has anything for somebody.
func filesFor(by outbreak.Actor) bool {
	return holdsAny(by, access.AreaManage, access.RosterLoad, access.TubeClose, access.LabReport, access.PlaceManage, access.VisitRecord, access.SupplyRecord, access.ExportRows, access.CaseLoad, access.ContactLoad)
}

func (s *Server) readFiles(c *call) (any, error) {
	p := filesPage{Purposes: outbreak.Purposes, Most: mostFile, Tubes: access.Anywhere(c.by, access.ExportRows), Stock: access.Anywhere(c.by, access.SupplyRead) && access.Anywhere(c.by, access.ExportRows),
		Journal: access.Anywhere(c.by, access.JournalRead) && access.Anywhere(c.by, access.ExportRows)}
	if done, ok := c.remind.(*doneFile); ok {
		p.Done = done
	}
	for _, i := range imports {
		if access.Anywhere(c.by, i.may) {
			p.In = append(p.In, fileIn{Kind: i.kind})
		}
	}
	for _, l := range mayLists {
		if access.Anywhere(c.by, l.may) {
			p.Lists = append(p.Lists, l)
		}
	}
	var err error
	if len(p.Lists) > 0 {
		if p.Kept, err = s.House.Exchange.ListKept(c.ctx, c.by); err != nil {
			return nil, err
		}
	}
	if access.Anywhere(c.by, access.RoundRead) {
		if p.Rounds, err = s.House.Screening.ListRounds(c.ctx, c.by); err != nil {
			return nil, err
		}
	}
	if access.Anywhere(c.by, access.LabReport) {
		if p.Labs, err = s.House.Lab.ListLabs(c.ctx, c.by); err != nil {
			return nil, err
		}
	}
	if access.Anywhere(c.by, access.VisitRecord) {
		if p.Spread, err = s.outbreakChoices(c); err != nil {
			return nil, err
		}
	}
	if access.Anywhere(c.by, access.TubeClose) {
		p.Booths, err = s.House.Screening.ListBooths(c.ctx, c.by)
	}
	return p, err
}

// takeIn checks a file, or hands its rows to the room they belong to, and shows what became of them. The same file sent
// again changes nothing: what is known is repeated.
func takeIn(kind exchange.Kind) func(*Server, *call) (string, error) {
	return func(s *Server, c *call) (string, error) {
		if c.file == nil {
			return "", refuseField("file-"+string(kind), "web.files.no_file")
		}
		o, err := s.fileOptions(c)
		if err != nil {
			return "", err
		}
		by := c.by
		if c.form.Get("purpose") != "" { // people are looked up by document
			if by, err = forPurpose(c); err != nil {
				return "", err
			}
		}
		rows, err := newScratch()
		if err != nil {
			return "", err
		}
		o.Rejected = rows
		done := &doneFile{Name: c.form.Get("file"), Dry: c.form.Get("check") != ""}
		if done.Dry {
			done.Report, err = exchange.Check(kind, c.file, o)
		} else {
			done.Report, err = s.House.Exchange.Import(c.ctx, by, kind, c.file, o)
		}
		if err != nil || done.Report.Rejected == 0 {
			rows.done()
		} else {
			done.Rejected = s.shelf.put(c.by.User, rows, s.House.Wall.Now())
		}
		done.Lines, done.More = problemLines(done.Single())
		done.More += done.LeftOut
		if err != nil && done.Received == 0 { // nothing was read of it: there is nothing to tell but why
			return "", err
		}
		c.remind, c.form = done, nil
		return "", err
	}
}

func (s *Server) fileOptions(c *call) (o exchange.Options, err error) {
	o = exchange.Options{Lang: c.view.Lang, Now: s.House.Clock.Now(), Lab: c.form.Get("lab"), Round: c.form.Get("round"), Booth: c.form.Get("booth"), Outbreak: c.form.Get("outbreak")}
	if zone := c.form.Get("zone"); zone != "" {
		if o.Zone, err = time.LoadLocation(zone); err != nil {
			return o, outbreak.Refuse(outbreak.Invalid, "registry.area_zone", "zone", zone)
		}
	}
	return o, nil
}

// giveRejected gives the rejected rows of a file back to the one who sent it.
func (s *Server) giveRejected(w http.ResponseWriter, _ *http.Request, c *call) error {
	rows, err := s.shelf.get(c.by.User, c.path("id"), s.House.Wall.Now())
	if err != nil {
		return err
	}
	s.patiently(w)
	attachment(w, "rejected.csv")
	_, _ = io.Copy(w, rows) // who left needs no answer
	return nil
}

func (s *Server) giveTubes(w http.ResponseWriter, r *http.Request, c *call) error {
	round, err := outbreak.ParseID[outbreak.RoundID](c.form.Get("round"))
	if err != nil {
		return err
	}
	return s.give(w, r, c, "tubes.csv", func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		return s.House.Exchange.ExportTubes(ctx, by, round, w)
	})
}

func (s *Server) giveJournal(w http.ResponseWriter, r *http.Request, c *call) error {
	after, err := strconv.ParseInt("0"+c.form.Get("after"), 10, 64)
	if err != nil {
		return refuseField("after", "web.files.after_wrong")
	}
	return s.give(w, r, c, "journal.csv", func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		return s.House.Exchange.ExportJournal(ctx, by, after, w)
	})
}

// give streams rows out for a stated purpose. A failure before the first row is a page; after it the connection breaks, so
// that nobody takes a part for the whole.
func (s *Server) give(w http.ResponseWriter, r *http.Request, c *call, name string, write func(context.Context, outbreak.Actor, io.Writer) (exchange.Exported, error)) error {
	by, err := forPurpose(c)
	if err != nil {
		return err
	}
	s.patiently(w)
	out := &rowsOut{w: w, name: name}
	_, err = write(c.ctx, by, out)
	if err != nil && out.begun {
		s.House.Log.ErrorContext(r.Context(), "an export broke off", "reference", door.ReferenceOf(r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// rowsOut begins the answer with the first row, not before: until then it can still be a refusal.
type rowsOut struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (o *rowsOut) Write(b []byte) (int, error) {
	if !o.begun {
		o.begun = true
		attachment(o.w, o.name)
	}
	return o.w.Write(b)
}

// attachment says that a file follows, CSV or a workbook, which is kept and not shown.
func attachment(w http.ResponseWriter, name string) {
	kind := "text/csv; charset=utf-8"
	if strings.HasSuffix(name, ".xlsx") {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}
