package reconcile

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Report is a statutory report as it is defined: kept as data, each change a new version.
type Report struct {
	Code     string              `json:"code"`
	Version  int                 `json:"version"`
	Name     string              `json:"name"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Party    string              `json:"party"` // to whom; empty: cases get no "reported there"
	Body
	At    outbreak.Instant `json:"at"`
	Actor string           `json:"actor"`
}

// Body is what a version says.
type Body struct {
	Where   []Where        `json:"where,omitempty"` // all have to hold
	Columns []ReportColumn `json:"columns"`
	Named   bool           `json:"named"` // false: no column may say who somebody is, and ages come in bands
	Bands   []int          `json:"bands,omitempty"`
	Dates   string         `json:"dates"` // of DateForms
	Format
}

// Where keeps cases of whose field one of the values holds.
type Where struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

// ReportColumn is one column of a report.
type ReportColumn struct {
	Header string            `json:"header"`
	Source string            `json:"source"`          // a field of cases, or of Sources
	Codes  map[string]string `json:"codes,omitempty"` // our word -> theirs
}

// Sources are what a column can hold besides the fields of cases. Those of NamedSources say who somebody is.
var (
	Sources      = []string{"case", "number", "person", "area", "birth_year", "age_band", "age", "constant"}
	NamedSources = []string{"name", "document", "phone", "birth", "address"}
)

// DateForms are the ways dates are written, with what Go calls them.
var DateForms = map[string]string{"iso": "2006-01-02", "slash": "2006/01/02", "compact": "20060102", "day_first": "02/01/2006", "month_first": "01/02/2006", "han": "2006年01月02日"}

// DateFormNames lists them in the order of a form.
var DateFormNames = []string{"iso", "slash", "compact", "day_first", "month_first", "han"}

// usualBands are the lower ends of age bands when a report names none.
var usualBands = []int{0, 5, 15, 25, 45, 65, 80}

// Scope is where the report belongs.
func (r Report) Scope() outbreak.Scope { return outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak} }

var reportCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// check refuses a definition that could not be run, or would say more than it claims.
func (r Report) check(fields []Field) error {
	switch {
	case !reportCode.MatchString(r.Code):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.report_code")
	case strings.TrimSpace(r.Name) == "" || utf8.RuneCountInString(r.Name) > 100:
		return outbreak.Refuse(outbreak.Invalid, "reconcile.report_name")
	case len(r.Columns) == 0 || len(r.Columns) > 200:
		return outbreak.Refuse(outbreak.Invalid, "reconcile.report_columns")
	case DateForms[cmp.Or(r.Dates, "iso")] == "":
		return outbreak.Refuse(outbreak.Invalid, "reconcile.report_dates")
	case r.Encoding != "" && !slices.Contains(Encodings, r.Encoding):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.encoding")
	case r.File != "" && !slices.Contains(Files, r.File):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.file_format", "files", strings.Join(Files, ", "))
	case !slices.IsSorted(r.Bands) || len(r.Bands) > 0 && r.Bands[0] != 0:
		return outbreak.Refuse(outbreak.Invalid, "reconcile.report_bands")
	}
	if _, known := separator[r.Separator]; !known {
		return outbreak.Refuse(outbreak.Invalid, "reconcile.separator")
	}
	isField := func(name string) bool {
		return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
	}
	for _, w := range r.Where {
		if !isField(w.Field) {
			return outbreak.Refuse(outbreak.Invalid, "reconcile.no_field", "field", w.Field)
		}
	}
	for _, c := range r.Columns {
		named := slices.Contains(NamedSources, c.Source)
		switch {
		case strings.TrimSpace(c.Header) == "":
			return outbreak.Refuse(outbreak.Invalid, "reconcile.report_header")
		case !named && !isField(c.Source) && !slices.Contains(Sources, c.Source):
			return outbreak.Refuse(outbreak.Invalid, "reconcile.no_field", "field", c.Source)
		case !r.Named && (named || c.Source == "person" || c.Source == "age" || c.Source == "birth_year" || c.Source == "age_months"):
			return outbreak.Refuse(outbreak.Invalid, "reconcile.report_named", "column", c.Header)
		}
	}
	return nil
}

const reportColumns = "code, version, name, outbreak, area, party, body, at, actor"

func scanReport(r store.Row) (x Report, err error) {
	var body string
	if err = r.Scan(&x.Code, &x.Version, &x.Name, &x.Outbreak, &x.Area, &x.Party, &body, &x.At, &x.Actor); err == nil {
		err = json.Unmarshal([]byte(body), &x.Body)
	}
	return x, err
}

// newestReport gives a definition as it is now, or a version of it.
func newestReport(tx *store.Tx, code string, version int) (Report, bool, error) {
	if version > 0 {
		return store.One(tx, scanReport, "select "+reportColumns+" from statutory where code = $1 and version = $2", code, version)
	}
	return store.One(tx, scanReport, "select "+reportColumns+" from statutory where code = $1 order by version desc limit 1", code)
}

// DefineReport is the command that defines a report, or a new version of one.
type DefineReport struct {
	Key    string `json:"-"`
	Report Report `json:"report"`
}

// DefineReport keeps a definition. A change is a new version; what went out under older ones stays as it was.
func (s *Service) DefineReport(ctx context.Context, by outbreak.Actor, c DefineReport) (Report, error) {
	if err := access.RequireAnywhere(by, access.ExportStatutory); err != nil {
		return Report{}, err
	}
	r := c.Report
	if err := r.check(s.cases.Fields()); err != nil {
		return r, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.DefineReport", Key: c.Key}, c, func(tx *store.Tx) (Report, error) {
		was, is, err := newestReport(tx, r.Code, 0)
		if err != nil {
			return r, err
		}
		r.Version, r.At, r.Actor = was.Version+1, tx.Now, by.String()
		if is {
			r.Outbreak, r.Area = was.Outbreak, was.Area
		}
		if err := access.Require(by, access.ExportStatutory, r.Scope()); err != nil {
			return Report{}, err
		}
		if r.Party != "" {
			p, ok, err := partyByCode(tx, r.Party)
			if err != nil {
				return r, err
			}
			if !ok || p.Outbreak != r.Outbreak {
				return r, outbreak.Refuse(outbreak.Invalid, "reconcile.no_party")
			}
		}
		if err := tx.Must("insert into statutory ("+reportColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", r.Code, r.Version, strings.TrimSpace(r.Name), r.Outbreak, r.Area, r.Party, asJSON(r.Body), r.At, r.Actor); err != nil {
			return r, err
		}
		_, err = s.journal.Append(tx, by, outbreak.ExportDefined{Scope: r.Scope(), Export: r.Code, Version: r.Version, At: tx.Now})
		return r, err
	})
}

// ListReports lists the definitions as they are now.
func (s *Service) ListReports(ctx context.Context, by outbreak.Actor) (list []Report, err error) {
	if err := access.RequireAnywhere(by, access.ExportStatutory); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.ExportStatutory, "", nil)
		list, err = store.List(tx, scanReport, "select "+reportColumns+" from statutory r where version = (select max(version) from statutory n where n.code = r.code) and "+cond+" order by name, code", args...)
		return err
	})
	return list, err
}

// findReport gives a definition the actor may run.
func findReport(tx *store.Tx, by outbreak.Actor, code string, version int) (Report, error) {
	r, ok, err := newestReport(tx, code, version)
	if err != nil {
		return r, err
	}
	if !ok || access.Require(by, access.ExportStatutory, r.Scope()) != nil {
		return Report{}, outbreak.Refuse(outbreak.NotFound, "reconcile.no_report")
	}
	return r, nil
}

// FindReport gives a definition as it is now, or a version of it, and what went out under any.
func (s *Service) FindReport(ctx context.Context, by outbreak.Actor, code string, version int) (r Report, runs []Receipt, err error) {
	if err := access.RequireAnywhere(by, access.ExportStatutory); err != nil {
		return r, nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if r, err = findReport(tx, by, code, version); err != nil {
			return err
		}
		runs, err = store.List(tx, scanReceipt, "select "+receiptColumns+" from statutory_run where code = $1 order by id desc limit 100", code)
		return err
	})
	return r, runs, err
}
