package linelist

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Formats of an export.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// NameColumn is the sealed name of the person, which an export has only for a purpose.
const NameColumn = "name"

// Export asks for a list as a file: the same cases in the same order as List shows, all of them.
type Export struct {
	Query
	Columns []string // names of fields; empty: the usual ones. With NameColumn every row leaves its reader and the purpose in the journal
	Format  string   // CSV or XLSX; empty: CSV
}

// Exported is the control total of a list that went out: whoever receives it can count again.
type Exported struct {
	Rows   int              `json:"rows"`
	Named  int              `json:"named"`  // rows with a name
	Sheets int              `json:"sheets"` // of a workbook, for rows
	Digest string           `json:"digest"` // SHA-256 of all bytes written
	Seq    int64            `json:"seq"`    // journal entry that says who took them out
	AsOf   outbreak.Instant `json:"as_of"`
	Seen   int64            `json:"seen"` // the last journal entry the list had seen
}

// Usual lists the columns that are shown unless somebody chooses otherwise, the identifier first.
func Usual() []string {
	list := []string{"case"}
	for _, f := range fields {
		if f.Usual {
			list = append(list, f.Name)
		}
	}
	return list
}

// sheet takes rows of cells and makes a file of them.
type sheet interface {
	row(cells []string) error
	end(told []string) error // told is what a workbook says of itself
}

// exportStep is how many rows are written out at a time.
const exportStep = registry.MostIdentities

// Export writes a list into w as a file. Nothing is written before it is clear that it may be; the rows are of one moment, and
// only a few stand in memory at a time beside the list of their places.
func (s *Service) Export(ctx context.Context, by outbreak.Actor, e Export, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return Exported{}, err
	}
	q, err := s.prepare(ctx, by, e.Query)
	if err != nil {
		return Exported{}, err
	}
	if e.Query = q; len(e.Columns) == 0 {
		e.Columns = Usual()
	}
	named := slices.Contains(e.Columns, NameColumn)
	if named {
		if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
			return Exported{}, err
		}
		if by.Purpose == outbreak.PurposeNone {
			return Exported{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
		}
	}
	p, err := s.memory.still(ctx, q.KnownAt)
	if err != nil {
		return Exported{}, err
	}
	o, err := p.outgoing(by, e)
	if err != nil {
		return Exported{}, err
	}
	sum := sha256.New()
	to := io.MultiWriter(sum, w)
	out := newCSV(to)
	if e.Format == XLSX {
		b, err := newWorkbook(to, e.Columns)
		if err != nil {
			return Exported{}, err
		}
		out = b
	}
	if err := out.row(e.Columns); err != nil {
		return Exported{}, err
	}
	done := Exported{Rows: len(o.rows), AsOf: p.asOf, Seen: p.seq, Sheets: 1}
	for part := range slices.Chunk(o.rows, exportStep) {
		names := map[outbreak.PersonID]registry.Identity{}
		if named {
			if names, err = s.rooms.Registry.ReadIdentities(ctx, by, o.people(part)); err != nil {
				return done, err
			}
		}
		for _, row := range part {
			if err := out.row(o.cells(int(row), names)); err != nil {
				return done, err
			}
		}
		done.Named += len(names)
		if err := ctx.Err(); err != nil {
			return done, err
		}
	}
	if err := out.end([]string{"rows", itoa(int64(done.Rows)), "as of", p.asOf.String(), "entry", itoa(p.seq), "known at", q.KnownAt.String(), "query", q.Values().Encode()}); err != nil {
		return done, err
	}
	if b, is := out.(*book); is {
		done.Sheets = b.Sheets()
	}
	done.Digest = hex.EncodeToString(sum.Sum(nil))
	err = s.rooms.DB.Write(ctx, func(tx *store.Tx) (err error) {
		done.Seq, err = s.rooms.Journal.Append(tx, by, outbreak.ExportMade{Scope: outbreak.Scope{Area: q.Below, Outbreak: q.Outbreak}, What: "linelist", Rows: done.Rows, Purpose: by.Purpose})
		return err
	})
	return done, err
}

// outgoing is a list on its way out.
type outgoing struct {
	picture
	rows []int32
	cols []outCell
	room []string
}

type outCell struct {
	col  int
	kind Kind
}

const colName = -3

func (p picture) outgoing(by outbreak.Actor, e Export) (outgoing, error) {
	o := outgoing{picture: p, room: make([]string, len(e.Columns))}
	if e.Format != "" && e.Format != CSV && e.Format != XLSX {
		return o, invalid("format")
	}
	if len(e.Columns) > mostColumns {
		return o, invalid("columns_many", "most", mostColumns)
	}
	for _, name := range e.Columns {
		if name == NameColumn {
			o.cols = append(o.cols, outCell{colName, Text})
			continue
		}
		f, ok := columnOf(name)
		col, there := place(p.Table, name)
		if !ok || !there || col == colQuality {
			return o, invalid("no_field", "field", shortened(name))
		}
		o.cols = append(o.cols, outCell{col, f.Kind})
	}
	set, err := p.choose(by, e.Query, access.CaseRead)
	if err != nil {
		return o, err
	}
	may, n := set.Clone(), set.Count()
	if p.reach(may, access.Reach(by, access.ExportRows)); may.Count() != n { // a part must not look like the whole
		return o, outbreak.Refuse(outbreak.Forbidden, "linelist.export_scope", "all", n, "may", may.Count())
	}
	order, err := p.order(e.Query)
	if err != nil {
		return o, err
	}
	o.rows = p.Window(set, order, 0, n)
	return o, nil
}

const mostColumns = 200

func (o *outgoing) people(rows []int32) (ids []outbreak.PersonID) {
	for _, row := range rows {
		ids = append(ids, outbreak.PersonID(o.Long(int(row), colPerson)))
	}
	return ids
}

// cells writes a row; they are good until the next one.
func (o *outgoing) cells(row int, names map[outbreak.PersonID]registry.Identity) []string {
	for i, c := range o.cols {
		if c.col == colName {
			o.room[i] = safe(names[outbreak.PersonID(o.Long(row, colPerson))].Name)
			continue
		}
		o.room[i] = safe(o.cell(row, c.col, c.kind))
	}
	return o.room
}

// safe keeps a spreadsheet from taking a cell for a formula.
func safe(cell string) string {
	if cell == "" {
		return cell
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + cell
	}
	return cell
}
