package exchange

import (
	"context"
	"io"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// ExportMissing writes whom a round still looks for, with the doors and without names, by roll number.
func (s *Service) ExportMissing(ctx context.Context, by outbreak.Actor, round outbreak.RoundID, f screening.MissingFilter, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	st, err := s.rooms.Screening.FindRound(ctx, by, round, f.Below)
	if err != nil {
		return Exported{}, err
	}
	where := st.Scope()
	if f.Below != "" {
		where.Area = f.Below
	}
	if err := access.Require(by, access.ExportRows, where); err != nil {
		return Exported{}, err
	}
	var out *sheet
	for f.Most, f.After = page, 0; ; {
		list, err := s.rooms.Screening.ListMissing(ctx, by, round, f)
		if err != nil {
			return Exported{}, err
		}
		if out == nil { // nothing is written before the first rows are there: until then it can be refused
			if out, err = newSheet(w, "missing", "round", "roll_no", "area", "building", "door", "sex", "birth_year", "outcome", "sheet"); err != nil {
				return Exported{}, err
			}
		}
		for _, m := range list {
			f.After = m.No
			out.done.Things++
			if err := out.row(round.String(), strconv.FormatInt(m.No, 10), m.Area.Code(), m.Building, m.Door, m.Sex, birth(m.BirthYear), string(m.Outcome), string(m.Sheet)); err != nil {
				return out.done, err
			}
		}
		if len(list) < page {
			return s.end(ctx, by, out, where)
		}
	}
}

// birth writes a year of birth; one that is not known is empty.
func birth(year int) string {
	if year == 0 {
		return ""
	}
	return strconv.Itoa(year)
}
