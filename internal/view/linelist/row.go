package linelist

import (
	"context"
	"math"
	"slices"
	"strconv"

	"breakwater/internal/engine/columns"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Row is one case of a list.
type Row struct {
	Case       outbreak.CaseID     `json:"case"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Person     outbreak.PersonID   `json:"person"`
	Area       outbreak.Path       `json:"area"`
	Values     map[string]string   `json:"values"`  // by field; a day as an ISO date; what is not known is left out
	Version    int64               `json:"version"` // of the row as it is now, for who edits it
	RecordedAt outbreak.Instant    `json:"recorded_at"`
	External   []External          `json:"external,omitempty"`
}

// External is the number of a case in somebody else's list.
type External struct {
	Party      string           `json:"party"`
	Number     string           `json:"number"`
	ReportedAt outbreak.Instant `json:"reported_at"` // when the case was reported to the party; 0: not by us
}

// Scope is where the case belongs.
func (r Row) Scope() outbreak.Scope { return outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak} }

// row writes one row of the memory out.
func (p picture) row(row int) Row {
	r := Row{Case: outbreak.CaseID(p.ID(row)), Person: outbreak.PersonID(p.Long(row, colPerson)), Area: outbreak.Path(p.Text(row, colArea)),
		RecordedAt: outbreak.Instant(p.Long(row, colRecordedAt)), Values: map[string]string{}}
	r.Outbreak, _ = outbreak.ParseID[outbreak.OutbreakID](p.Text(row, colOutbreak)) // we wrote it
	for _, f := range fields {
		if text := p.cell(row, f.col, f.Kind); text != "" {
			r.Values[f.Name] = text
		}
	}
	for _, name := range p.extra {
		if text := p.Text(row, p.Column(ExtraPrefix+name)); text != "" {
			r.Values[ExtraPrefix+name] = text
		}
	}
	return r
}

// cell is what a field says of a case; empty when it is not known.
func (p picture) cell(row, col int, kind Kind) string {
	switch {
	case col == colCase:
		return outbreak.CaseID(p.ID(row)).String()
	case col == colPerson:
		return outbreak.PersonID(p.Long(row, col)).String()
	case col < 0:
		return ""
	case col < colAge || col >= colsOfOurs:
		return p.Text(row, col)
	}
	v := p.Number(row, col)
	switch {
	case v == columns.Missing:
		return ""
	case kind == Day:
		return dayText(v)
	}
	return years(v)
}

// years writes an age in years, as the cases write it.
func years(months int32) string {
	return strconv.FormatFloat(math.Round(float64(months)/12*100)/100, 'f', -1, 64)
}

// complete reads what of some rows stands in the tables alone.
func (s *Service) complete(ctx context.Context, rows []Row) error {
	at := make(map[outbreak.CaseID]int, len(rows))
	ids := make([]outbreak.CaseID, len(rows))
	for i, r := range rows {
		at[r.Case], ids[i] = i, r.Case
	}
	return s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		for part := range slices.Chunk(ids, 400) {
			in, args := store.In(nil, part)
			if err := store.Each(tx, func(r store.Row) error {
				var id outbreak.CaseID
				var version int64
				err := r.Scan(&id, &version)
				rows[at[id]].Version = version
				return err
			}, "select id, version from case_file where id in ("+in+")", args...); err != nil {
				return err
			}
			if err := store.Each(tx, func(r store.Row) error {
				var id outbreak.CaseID
				var e External
				err := r.Scan(&id, &e.Party, &e.Number, &e.ReportedAt)
				rows[at[id]].External = append(rows[at[id]].External, e)
				return err
			}, "select case_id, party, number, reported_at from case_external where case_id in ("+in+") order by case_id, party, number", args...); err != nil {
				return err
			}
		}
		return nil
	})
}
