package linelist

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Cross asks for a table of two fields.
type Cross struct {
	Query
	Rows    string   `json:"rows"`
	Columns string   `json:"columns"` // empty: counts by the rows' field alone
	Step    string   `json:"step"`    // of days: day, week or month; empty: month
	Exposed []string `json:"exposed"` // values of the rows' field that count as exposed, for a two-by-two table
	Outcome []string `json:"outcome"` // values of the columns' field that count as the outcome
}

// Few is the number of cases from which on a cell tells of nobody in particular.
const Few = 5

// mostCells is how many cells a table may have.
const mostCells = 200_000

// Table is cases by two fields.
type Table struct {
	Rows       []string         `json:"rows"` // values; empty: not known. Of days the step, of areas the next below the query's
	Columns    []string         `json:"columns"`
	Cells      [][]int          `json:"cells"` // by row and column
	RowSums    []int            `json:"row_sums"`
	ColumnSums []int            `json:"column_sums"`
	Sum        int              `json:"sum"`
	Few        int              `json:"few"`                  // cells with 1 to 4 cases
	Population []int            `json:"population,omitempty"` // of each row, when the rows are areas; 0: not known
	Rates      []*Estimate      `json:"rates,omitempty"`      // cases for 100,000 people of each row
	Two        *TwoByTwo        `json:"two,omitempty"`        // when two values of either field are known, or were named
	Seq        int64            `json:"seq"`
	AsOf       outbreak.Instant `json:"as_of"`
}

// Cross counts the cases of a query by two fields. Values that no case has are left out.
func (s *Service) Cross(ctx context.Context, by outbreak.Actor, c Cross) (Table, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return Table{}, err
	}
	q, err := s.prepare(ctx, by, c.Query)
	if err != nil {
		return Table{}, err
	}
	var t Table
	if err := s.memory.look(ctx, q.KnownAt, func(p picture) (err error) {
		t, err = p.cross(by, q, c)
		return err
	}); err != nil {
		return Table{}, err
	}
	t.compare(c)
	if f, _ := columnOf(c.Rows); f.Kind == Area {
		return t, s.rate(ctx, &t)
	}
	return t, nil
}

func (p picture) cross(by outbreak.Actor, q Query, c Cross) (t Table, err error) {
	set, err := p.choose(by, q, access.CaseRead)
	if err != nil {
		return t, err
	}
	rows, err := p.group(q, c.Rows, c.Step)
	if err != nil {
		return t, err
	}
	columns := all()
	if c.Columns != "" {
		if columns, err = p.group(q, c.Columns, c.Step); err != nil {
			return t, err
		}
	}
	rows, columns = p.used(set, rows), p.used(set, columns)
	if len(rows.values)*len(columns.values) > mostCells {
		return t, invalid("table_large", "most", mostCells)
	}
	counts := p.Cross(set, rows.Group, columns.Group)
	t = Table{Rows: rows.values, Columns: columns.values, ColumnSums: make([]int, columns.N), Seq: p.seq, AsOf: p.asOf}
	for line := range slices.Chunk(counts, max(columns.N, 1)) {
		sum := 0
		for j, n := range line {
			sum += n
			t.ColumnSums[j] += n
			if n > 0 && n < Few {
				t.Few++
			}
		}
		t.Cells, t.RowSums, t.Sum = append(t.Cells, line), append(t.RowSums, sum), t.Sum+sum
	}
	return t, nil
}

// compare makes the two-by-two table when there is one.
func (t *Table) compare(c Cross) {
	exposed, outcome := c.Exposed, c.Outcome
	if len(exposed) == 0 && len(outcome) == 0 {
		rows, columns := knownOf(t.Rows), knownOf(t.Columns)
		if len(rows) != 2 || len(columns) != 2 {
			return
		}
		exposed, outcome = rows[:1], columns[:1]
	}
	if len(exposed) == 0 || len(outcome) == 0 {
		return
	}
	var n [2][2]int
	for i, row := range t.Rows {
		for j, column := range t.Columns {
			if row == "" || column == "" { // of whom it is not known
				continue
			}
			n[other(slices.Contains(exposed, row))][other(slices.Contains(outcome, column))] += t.Cells[i][j]
		}
	}
	two := Compare(n[0][0], n[0][1], n[1][0], n[1][1])
	t.Two = &two
}

func knownOf(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

func other(is bool) int {
	if is {
		return 0
	}
	return 1
}

// rate adds how many cases there are for 100,000 people of each area.
func (s *Service) rate(ctx context.Context, t *Table) error {
	return s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		t.Population, t.Rates = make([]int, len(t.Rows)), make([]*Estimate, len(t.Rows))
		for i, path := range t.Rows {
			a, ok, err := registry.AreaByPath(tx, outbreak.Path(path))
			if err != nil {
				return err
			}
			if ok && a.Population >= t.RowSums[i] && a.Population > 0 {
				t.Population[i], t.Rates[i] = a.Population, per(t.RowSums[i], a.Population, 100_000)
			}
		}
		return nil
	})
}

// CellQuery gives the query of the cases behind a cell; an empty column is the whole row.
func (c Cross) CellQuery(row, column string) Query {
	q := c.With(ValueOf(c.Rows, row, c.Step))
	if c.Columns != "" {
		q = q.With(ValueOf(c.Columns, column, c.Step))
	}
	return q
}

// ValueOf gives the condition for one value of a count by a field.
func ValueOf(field, value, step string) Condition {
	f, _ := columnOf(field)
	switch {
	case value == "":
		return Condition{Field: field, Op: Missing}
	case f.Kind == Day:
		first, last := spanOf(value, step)
		return Condition{Field: field, Op: FromTo, Values: []string{first, last}}
	}
	return Condition{Field: field, Op: In, Values: []string{value}}
}
