package worklist

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Exported is the control total of a list that went out.
type Exported struct {
	Rows   int    `json:"rows"`
	Digest string `json:"digest"` // SHA-256 of all bytes
}

// ExportList writes a list as CSV, for the purpose the actor names: its lines when he has them open, own columns, and what each roll
// call found.
func (s *Service) ExportList(ctx context.Context, by outbreak.Actor, id outbreak.WorkListID, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return Exported{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Exported{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	d, err := s.FindList(ctx, by, id)
	if err != nil {
		return Exported{}, err
	}
	if err := access.Require(by, access.WorklistUse, d.Scope()); err != nil {
		return Exported{}, err
	}
	marks := make([]map[int]Mark, len(d.Calls))
	for i, c := range d.Calls {
		if marks[i], err = s.ListMarks(ctx, by, id, c.No); err != nil {
			return Exported{}, err
		}
	}
	sum := sha256.New()
	out := csv.NewWriter(io.MultiWriter(sum, w))
	header := []string{"no", "state", "person", "case"}
	if d.Open != 0 {
		header = append(header, "line")
	}
	for _, c := range d.Columns {
		header = append(header, safe(c.Name))
	}
	for _, c := range d.Calls {
		header = append(header, "roll_call_"+strconv.Itoa(c.No), "roll_call_"+strconv.Itoa(c.No)+"_at")
	}
	if err := out.Write(header); err != nil {
		return Exported{}, fmt.Errorf("writing the header of a list: %w", err)
	}
	for _, r := range d.Lines {
		cells := []string{strconv.Itoa(r.No), r.State, r.Person.String(), r.Case.String()}
		if d.Open != 0 {
			cells = append(cells, safe(r.Line))
		}
		for _, c := range r.Cells {
			cells = append(cells, safe(c))
		}
		for _, m := range marks {
			cells = append(cells, m[r.No].Mark, m[r.No].At.String())
		}
		if err := out.Write(cells); err != nil {
			return Exported{}, fmt.Errorf("writing line %d of a list: %w", r.No, err)
		}
	}
	if out.Flush(); out.Error() != nil {
		return Exported{}, fmt.Errorf("writing a list: %w", out.Error())
	}
	done := Exported{Rows: len(d.Lines), Digest: hex.EncodeToString(sum.Sum(nil))}
	return done, s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := s.journal.Append(tx, by, outbreak.ExportMade{Scope: d.Scope(), What: "work_list", Rows: done.Rows, Purpose: by.Purpose})
		return err
	})
}

// safe puts an apostrophe before what a spreadsheet would take for a formula.
func safe(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	return "'" + cell
}
