package web

import (
	"net/http"
	"slices"
	"strconv"

	"breakwater/internal/view/linelist"
)

// tablePage is cases by two fields.
type tablePage struct {
	caseFrame
	linelist.Table
	Cross   linelist.Cross
	Choices []string // fields of rows and columns
	Steps   []string
	Shares  []string
	Share   string
	Lines   []tableLine
	Heads   []tableHead
	Sums    []tableCell
	Whole   string // the list of all cases
	Dated   bool   // days are among the fields
	Rated   bool   // rows are areas
}

type tableHead struct {
	Value string
	Text  string
	Href  string
	On    bool // counts as the outcome
}

type tableLine struct {
	tableHead  // On: counts as exposed
	Cells      []tableCell
	Sum        tableCell
	Population int
	Rate       *linelist.Estimate
}

type tableCell struct {
	Cases int
	Of    int // what it is a share of; 0: it is none
	Href  string
}

var (
	crossFields = []string{"area", "classification", "severity", "state", "sex", "age_group", "age", "occupation", "hospital", "cluster", "outcome", "origin", "via", "followed",
		"onset", "sampled", "positive", "diagnosed", "reported", "hospitalised", "isolated", "outcome_date", "recorded", "dated", "dated_by"}
	crossShares = []string{"none", "row", "column", "all"}
)

// crossOf reads which table an address is of: age groups by outcome unless it says otherwise.
func crossOf(a caseAddress) linelist.Cross {
	x := linelist.Cross{Query: a.Query, Rows: a.How("rows"), Columns: a.How("across"), Step: a.How("step"), Exposed: a.how["exposed"], Outcome: a.how["hit"]}
	if x.Rows == "" {
		x.Rows = "age_group"
		if x.Columns == "" {
			x.Columns = "outcome"
		}
	}
	if x.Columns == nothingShown {
		x.Columns = ""
	}
	x.After, x.Jump = "", 0
	return x
}

func (s *Server) readTable(c *call) (any, error) {
	f, err := s.caseFrame(c)
	if err != nil {
		return nil, err
	}
	p := tablePage{caseFrame: f, Choices: crossFields, Steps: linelist.Steps, Shares: crossShares, Share: f.At.How("share"), Cross: crossOf(f.At), Whole: f.At.rows()}
	for _, name := range s.House.LineList.Memory().Figures().Extra {
		p.Choices = append(slices.Clone(p.Choices), linelist.ExtraPrefix+name)
	}
	if p.Table, err = s.House.LineList.Cross(c.ctx, c.by, p.Cross); err != nil {
		return nil, err
	}
	c.view.Head = p.Seq
	rows, _ := s.caseColumn(p.Cross.Rows)
	columns, _ := s.caseColumn(p.Cross.Columns)
	p.Rated, p.Dated = rows.Kind == linelist.Area, rows.Kind == linelist.Day || columns.Kind == linelist.Day
	p.lay(c.view)
	return p, nil
}

// lay gives each figure its address.
func (p *tablePage) lay(v *View) {
	x := p.Cross
	if x.Columns != "" {
		for j, value := range p.Table.Columns {
			at := linelist.ValueOf(x.Columns, value, x.Step)
			p.Heads = append(p.Heads, tableHead{value, v.FieldValue(x.Columns, value), p.At.rows(at), slices.Contains(x.Outcome, value)})
			p.Sums = append(p.Sums, p.cell(p.ColumnSums[j], p.Sum, p.ColumnSums[j], p.At.rows(at)))
		}
	}
	for i, value := range p.Table.Rows {
		at := linelist.ValueOf(x.Rows, value, x.Step)
		line := tableLine{tableHead: tableHead{value, v.FieldValue(x.Rows, value), p.At.rows(at), slices.Contains(x.Exposed, value)}}
		line.Sum = p.cell(p.RowSums[i], p.RowSums[i], p.Sum, line.Href)
		if x.Columns != "" {
			for j, n := range p.Cells[i] {
				line.Cells = append(line.Cells, p.cell(n, p.RowSums[i], p.ColumnSums[j], p.At.rows(at, linelist.ValueOf(x.Columns, p.Table.Columns[j], x.Step))))
			}
		}
		if p.Rates != nil {
			line.Population, line.Rate = p.Population[i], p.Rates[i]
		}
		p.Lines = append(p.Lines, line)
	}
}

func (p *tablePage) cell(n, row, column int, href string) tableCell {
	x := tableCell{Cases: n, Href: href}
	switch p.Share {
	case "row":
		x.Of = row
	case "column":
		x.Of = column
	case "all":
		x.Of = p.Sum
	}
	return x
}

// giveTable sends a table as a file. It holds figures, no people.
func (s *Server) giveTable(w http.ResponseWriter, _ *http.Request, c *call) error {
	a, err := caseAddressOf("/cases/table", c.query)
	if err != nil {
		return err
	}
	x := crossOf(a)
	t, err := s.House.LineList.Cross(c.ctx, c.by, x)
	if err != nil {
		return err
	}
	head := []string{x.Rows}
	if x.Columns != "" {
		for _, value := range t.Columns {
			head = append(head, x.Columns+":"+value)
		}
	}
	head = append(head, "cases")
	if t.Rates != nil {
		head = append(head, "population", "per_100000", "low", "high")
	}
	rows := [][]string{head}
	for i, value := range t.Rows {
		row := []string{value}
		if x.Columns != "" {
			for _, n := range t.Cells[i] {
				row = append(row, strconv.Itoa(n))
			}
		}
		row = append(row, strconv.Itoa(t.RowSums[i]))
		if t.Rates != nil {
			row = append(row, rateCells(t.Population[i], t.Rates[i])...)
		}
		rows = append(rows, row)
	}
	return giveRows(w, c, "table", rows, a, t.Seq)
}

func rateCells(population int, e *linelist.Estimate) []string {
	if e == nil {
		return []string{"", "", "", ""}
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
	return []string{strconv.Itoa(population), number(e.Value), number(e.Low), number(e.High)}
}

// Figure writes an estimate with its interval; a dash where there is none.
func (v *View) Figure(e *linelist.Estimate, digits int) string {
	if e == nil {
		return "–"
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', digits, 64) }
	return v.T("caselist.table.estimate", "value", number(e.Value), "low", number(e.Low), "high", number(e.High))
}

// Portion writes an estimate of a share in percent.
func (v *View) Portion(e *linelist.Estimate) string {
	if e == nil {
		return "–"
	}
	return v.Figure(&linelist.Estimate{Value: 100 * e.Value, Low: 100 * e.Low, High: 100 * e.High}, 1)
}

// OfOne writes a share of one in percent.
func (v *View) OfOne(share float64) string { return v.Percent(int64(share*1000), int64(1000)) }
