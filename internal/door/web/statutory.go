package web

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/reconcile"
)

// reportsPage is the statutory reports there are.
type reportsPage struct {
	Reports []reconcile.Report
	Form    reportForm
}

// reportForm is what is asked of a report.
type reportForm struct {
	Report     reconcile.Report
	New        bool
	Lines      string
	Where      string
	Bands      string
	Outbreaks  []outbreakChoice
	Areas      []areaChoice
	Parties    []reconcile.Standing
	Fields     []reconcile.Field
	Sources    []string
	Named      []string
	Dates      []string
	Encodings  []string
	Separators []string
}

func (s *Server) reportForm(c *call, r reconcile.Report) (f reportForm, err error) {
	f = reportForm{Report: r, New: r.Code == "", Lines: reconcile.Lines(r.Columns), Fields: s.House.Reconcile.Fields(), Sources: reconcile.Sources, Named: reconcile.NamedSources, Dates: reconcile.DateFormNames,
		Encodings: reconcile.Encodings, Separators: reconcile.Separators}
	for _, w := range r.Where {
		f.Where += w.Field + " = " + strings.Join(w.Values, ", ") + "\n"
	}
	for i, b := range r.Bands {
		f.Bands += [...]string{"", ", "}[min(i, 1)] + strconv.Itoa(b)
	}
	if c.view.Form.Has("columns") { // what was typed into a refused form
		f.Lines, f.Where, f.Bands = c.view.Typed("columns"), c.view.Typed("where"), c.view.Typed("bands")
		f.Report.Name, f.Report.Named, f.Report.Party = c.view.Typed("name"), c.view.Typed("named") != "", c.view.Typed("party")
		f.Report.Dates, f.Report.Encoding, f.Report.Separator = c.view.Typed("dates"), c.view.Typed("encoding"), c.view.Typed("separator")
	}
	if access.Anywhere(c.by, access.ReconcileRead) {
		if f.Parties, err = s.House.Reconcile.ListParties(c.ctx, c.by); err != nil {
			return f, err
		}
	}
	if f.Outbreaks, err = s.outbreakChoices(c); err != nil {
		return f, err
	}
	f.Areas, err = s.areaChoices(c, access.ExportStatutory)
	return f, err
}

func (s *Server) readReports(c *call) (any, error) {
	var p reportsPage
	var err error
	if p.Reports, err = s.House.Reconcile.ListReports(c.ctx, c.by); err != nil {
		return nil, err
	}
	p.Form, err = s.reportForm(c, reconcile.Report{})
	return p, err
}

// reportPage is one report and what went out of it.
type reportPage struct {
	Report   reconcile.Report
	Runs     []reconcile.Receipt
	Form     reportForm
	Purposes []outbreak.Purpose
	Receipt  *reconcile.Receipt // the one that was asked for
}

func (s *Server) readReport(c *call) (any, error) {
	version, _ := strconv.Atoi(c.query.Get("version")) // a number that is none means the newest
	p := reportPage{Purposes: outbreak.Purposes}
	var err error
	if p.Report, p.Runs, err = s.House.Reconcile.FindReport(c.ctx, c.by, c.path("code"), version); err != nil {
		return nil, err
	}
	if id, err := outbreak.ParseID[outbreak.StatutoryRun](c.query.Get("receipt")); err == nil && id != 0 {
		r, err := s.House.Reconcile.FindReceipt(c.ctx, c.by, id)
		if err != nil {
			return nil, err
		}
		p.Receipt = &r
	} else if len(p.Runs) > 0 {
		p.Receipt = &p.Runs[0]
	}
	p.Form, err = s.reportForm(c, p.Report)
	return p, err
}

// saidReport reads a definition out of a form.
func saidReport(c *call) (r reconcile.Report, err error) {
	get := func(field string) string { return strings.TrimSpace(c.form.Get(field)) }
	r = reconcile.Report{Code: strings.ToLower(cmp.Or(c.path("code"), get("code"))), Name: get("name"), Area: outbreak.Path(get("area")), Party: get("party")}
	if r.Outbreak, err = outbreak.ParseID[outbreak.OutbreakID](get("outbreak")); err != nil {
		return r, err
	}
	if r.Columns, err = reconcile.ReadColumns(c.form.Get("columns")); err != nil {
		return r, fieldFault{field: "columns", refusal: err.(*outbreak.Error)}
	}
	for _, line := range strings.Split(c.form.Get("where"), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		field, list, ok := strings.Cut(line, "=")
		if !ok {
			return r, refuseField("where", "reconcile.report_line", "line", line)
		}
		w := reconcile.Where{Field: strings.TrimSpace(field)}
		for _, v := range strings.Split(list, ",") {
			w.Values = append(w.Values, strings.TrimSpace(v))
		}
		r.Where = append(r.Where, w)
	}
	for _, text := range strings.FieldsFunc(c.form.Get("bands"), func(r rune) bool { return r == ',' || r == ' ' || r == '，' }) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return r, refuseField("bands", "reconcile.report_bands")
		}
		r.Bands = append(r.Bands, n)
	}
	r.Named, r.Dates, r.Encoding, r.Separator = get("named") != "", get("dates"), get("encoding"), get("separator")
	return r, nil
}

func (s *Server) defineReport(c *call) (string, error) {
	r, err := saidReport(c)
	if err != nil {
		return "", err
	}
	if r, err = s.House.Reconcile.DefineReport(c.ctx, c.by, reconcile.DefineReport{Key: c.key(), Report: r}); err != nil {
		return "", err
	}
	return "/statutory/" + r.Code + "?done=report_kept", nil
}

// giveReport runs a report and gives its file. The receipt is kept before anything is sent; it stands on the page.
func (s *Server) giveReport(w http.ResponseWriter, r *http.Request, c *call) error {
	by, err := forPurpose(c)
	if err != nil {
		return err
	}
	s.patiently(w)
	file, err := newScratch()
	if err != nil {
		return err
	}
	defer file.done()
	version, _ := strconv.Atoi(c.form.Get("version")) // none: the newest
	receipt, err := s.House.Reconcile.RunReport(c.ctx, by, reconcile.RunReport{Code: c.path("code"), Version: version, OnlyNew: c.form.Get("only_new") != "", File: c.form.Get("file")}, file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	attachment(w, receipt.Code+"-"+receipt.ID.String()+"."+receipt.File)
	h := w.Header()
	if i := slices.Index(reconcile.Encodings, "gb18030"); receipt.File == "csv" && c.form.Get("encoding") == reconcile.Encodings[i] {
		h.Set("Content-Type", "text/csv; charset=gb18030")
	}
	h.Set("Breakwater-Receipt", receipt.ID.String())
	h.Set("Breakwater-Rows", strconv.Itoa(receipt.Rows))
	h.Set("Breakwater-Digest", receipt.Total.Digest)
	_, _ = io.Copy(w, file) // who left needs no answer
	return nil
}
