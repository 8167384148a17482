package reconcile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
)

func (h *house) define(change func(*reconcile.Report)) reconcile.Report {
	h.Helper()
	r := reconcile.Report{Code: "daily", Name: "Daily report", Outbreak: h.outbreak, Area: "/22/", Party: "national"}
	r.Columns, _ = reconcile.ReadColumns("编号 = case\n发病日期 = onset\n分类 = classification; confirmed=确诊, suspected=疑似\n年龄段 = age_band\n")
	r.Where = []reconcile.Where{{Field: "classification", Values: []string{"confirmed", "suspected"}}}
	r.Dates, r.Encoding = "slash", "gb18030"
	if change != nil {
		change(&r)
	}
	r, err := h.reconcile.DefineReport(h.ctx, settler, reconcile.DefineReport{Report: r})
	h.ok(err)
	return r
}

func TestAReportGoesOutWithTotalsAndAReceipt(t *testing.T) {
	engines(t, func(h *house) {
		h.party(func(p *reconcile.Party) { p.Code, p.Name, p.Kind = "national", "National system", "national" })
		id := h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1", Birth: "1990-01-02"}, cases.Values{"onset": "2022-03-01", "classification": "confirmed"})
		h.theCase(registry.Identity{Name: "王芳", DocumentKind: "other", Document: "D2"}, nil) // not classified: left out
		h.define(nil)
		var out bytes.Buffer
		receipt, err := h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily"}, &out)
		h.ok(err)
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(out.Bytes())
		h.ok(err)
		h.want("the file", string(text), "编号,发病日期,分类,年龄段\r\n"+id.String()+",2022/03/01,确诊,25–44\r\n")
		sum := sha256.Sum256(out.Bytes())
		h.want("digest", receipt.Total.Digest, hex.EncodeToString(sum[:]))
		h.want("totals", fmt.Sprint(receipt.Rows, receipt.Total.Columns[1].Filled), "1 1")
		kept, err := h.reconcile.FindReceipt(h.ctx, settler, receipt.ID)
		h.ok(err)
		h.want("the receipt", kept.Total.Digest+string(kept.Purpose), receipt.Total.Digest+"correction")
		reported, err := h.cases.ListExternals(h.ctx, root, id)
		h.ok(err)
		at := -1
		for i, x := range reported {
			if x.Party == "national" {
				at = i
			}
		}
		if at < 0 || reported[at].Receipt != receipt.ID.String() || reported[at].ReportedAt == 0 {
			h.Errorf("the case does not say that it was reported there: %+v", reported)
		}

		out.Reset()
		receipt, err = h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily", OnlyNew: true}, &out)
		h.ok(err)
		h.want("rows that are new", receipt.Rows, 0)
		_, err = h.cases.EditCase(h.ctx, root, cases.EditCase{Case: id, Values: cases.Values{"onset": "2022-03-02"}, Take: true})
		h.ok(err)
		out.Reset()
		receipt, err = h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily", OnlyNew: true}, &out)
		h.ok(err)
		h.want("rows that changed", receipt.Rows, 1)
		kinds, bodies := h.journalled()
		h.want("entries", kinds["StatutoryExported"], 3)
		if strings.Contains(bodies, "张伟") {
			h.Error("the journal has a name")
		}
	})
}

// TestAReportGoesOutAsAWorkbook writes a report as a workbook: no cell is a formula, and the totals stand behind the rows.
func TestAReportGoesOutAsAWorkbook(t *testing.T) {
	engines(t, func(h *house) {
		h.party(func(p *reconcile.Party) { p.Code = "national" })
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"classification": "confirmed", "hospital": "=1+1"})
		h.define(func(r *reconcile.Report) {
			r.Columns = []reconcile.ReportColumn{{Header: "医院", Source: "hospital"}, {Header: "份数", Source: "constant", Codes: map[string]string{"": "7"}}}
		})
		var out bytes.Buffer
		receipt, err := h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily", File: "xlsx"}, &out)
		h.ok(err)
		sum := sha256.Sum256(out.Bytes())
		h.want("digest", receipt.Total.Digest, hex.EncodeToString(sum[:]))
		book, err := excelize.OpenReader(&out)
		h.ok(err)
		rows, err := book.GetRows("rows")
		h.ok(err)
		about, err := book.GetRows("about")
		h.ok(err)
		h.want("rows", fmt.Sprint(rows), "[[医院 份数] ['=1+1 7]]")
		h.want("totals", fmt.Sprint(about[0], about[1], about[len(about)-1]), "[rows 1] [医院: filled 1] [份数: sum 7]")
		if f, err := book.GetCellFormula("rows", "A2"); err != nil || f != "" {
			h.Errorf("a cell is a formula: %s %v", f, err)
		}
		_, err = h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily", File: "pdf"}, &out)
		h.refused(err, "reconcile.file_format")
	})
}

func TestADefinitionSaysNoMoreThanItClaims(t *testing.T) {
	engines(t, func(h *house) {
		h.party(func(p *reconcile.Party) { p.Code = "national" })
		base := h.define(nil)
		for key, change := range map[string]func(*reconcile.Report){
			"reconcile.report_named":   func(r *reconcile.Report) { r.Columns = []reconcile.ReportColumn{{Header: "姓名", Source: "name"}} },
			"reconcile.no_field":       func(r *reconcile.Report) { r.Columns = []reconcile.ReportColumn{{Header: "x", Source: "blood"}} },
			"reconcile.report_columns": func(r *reconcile.Report) { r.Columns = nil },
			"reconcile.encoding":       func(r *reconcile.Report) { r.Encoding = "ebcdic" },
			"reconcile.report_bands":   func(r *reconcile.Report) { r.Bands = []int{5, 10} },
			"reconcile.no_party":       func(r *reconcile.Report) { r.Party = "nobody" },
		} {
			r := base
			change(&r)
			_, err := h.reconcile.DefineReport(h.ctx, settler, reconcile.DefineReport{Report: r})
			h.refused(err, key)
		}
		named := h.define(func(r *reconcile.Report) {
			r.Named = true
			r.Columns = []reconcile.ReportColumn{{Header: "姓名", Source: "name"}}
			r.Where = nil
		})
		h.want("version", named.Version, 2)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, nil)
		var out bytes.Buffer
		command := outbreak.Actor{User: 9, Purpose: outbreak.PurposeAudit, Grants: []outbreak.Grant{{Role: "command", Area: "/22/"}}}
		_, err := h.reconcile.RunReport(h.ctx, command, reconcile.RunReport{Code: "daily"}, &out)
		if outbreak.KindOf(err) != outbreak.Forbidden || out.Len() > 0 {
			h.Errorf("somebody who may open no identity took names out: %v", err)
		}
		_, err = h.reconcile.RunReport(h.ctx, command, reconcile.RunReport{Code: "daily", Version: 1}, &out)
		h.ok(err)
		out.Reset()
		receipt, err := h.reconcile.RunReport(h.ctx, settler, reconcile.RunReport{Code: "daily"}, &out)
		h.ok(err)
		h.want("with names", fmt.Sprint(receipt.Named, strings.Count(out.String(), "\n")), "true 2")
	})
}
