package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Receipt says what of a report went out, when, to whom, for what and by whom.
type Receipt struct {
	ID       outbreak.StatutoryRun `json:"id"`
	Code     string                `json:"code"`
	Version  int                   `json:"version"`
	Outbreak outbreak.OutbreakID   `json:"outbreak"`
	Area     outbreak.Path         `json:"area"`
	Party    string                `json:"party,omitempty"`
	Rows     int                   `json:"rows"`
	Named    bool                  `json:"named"`
	OnlyNew  bool                  `json:"only_new"`
	Total    Total                 `json:"total"`
	Purpose  outbreak.Purpose      `json:"purpose"`
	Actor    string                `json:"actor"`
	At       outbreak.Instant      `json:"at"`
	File     string                `json:"file,omitempty"` // what the file is, while it is handed over
}

const receiptColumns = "id, code, version, outbreak, area, party, rows, named, only_new, totals, purpose, actor, at"

func scanReceipt(r store.Row) (x Receipt, err error) {
	var named, onlyNew int64
	var totals string
	if err = r.Scan(&x.ID, &x.Code, &x.Version, &x.Outbreak, &x.Area, &x.Party, &x.Rows, &named, &onlyNew, &totals, &x.Purpose, &x.Actor, &x.At); err == nil {
		err = json.Unmarshal([]byte(totals), &x.Total)
	}
	x.Named, x.OnlyNew = named != 0, onlyNew != 0
	return x, err
}

// RunReport is the command that writes a report.
type RunReport struct {
	Code    string `json:"code"`
	Version int    `json:"version"`        // 0: the newest
	OnlyNew bool   `json:"only_new"`       // cases that did not go out before, or went out as something else
	File    string `json:"file,omitempty"` // csv or xlsx; empty: as it is defined
}

// reporting is a report on its way out.
type reporting struct {
	report Report
	fields map[string]int
	form   string
	now    outbreak.Instant
	people map[outbreak.PersonID]registry.Person
	names  map[outbreak.PersonID]registry.Identity
	sent   map[outbreak.CaseID]string
}

// RunReport writes the file of a report, for the purpose the actor names, and keeps the receipt: number, digest, who, when and for
// what. Cases that went out are noted as reported there. Names need the right to open identities, wherever the report reaches.
func (s *Service) RunReport(ctx context.Context, by outbreak.Actor, c RunReport, w io.Writer) (Receipt, error) {
	if err := access.RequireAnywhere(by, access.ExportStatutory); err != nil {
		return Receipt{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Receipt{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	x, ours, err := s.gather(ctx, by, c)
	if err != nil {
		return Receipt{}, err
	}
	r := x.report
	header := make([]string, len(r.Columns))
	for i, col := range r.Columns {
		header[i] = col.Header
	}
	r.File = cmp.Or(c.File, r.File)
	out, err := newSheet(w, r.Format, header)
	if err != nil {
		return Receipt{}, err
	}
	sent := map[outbreak.CaseID]string{}
	var rows [][]any
	receipt := Receipt{ID: outbreak.New[outbreak.StatutoryRun](s.ids), Code: r.Code, Version: r.Version, Outbreak: r.Outbreak, Area: r.Area, Party: r.Party, Named: r.Named, OnlyNew: c.OnlyNew,
		Purpose: by.Purpose, Actor: by.String(), File: cmp.Or(r.File, "csv")}
	for _, o := range ours {
		cells := x.cells(o)
		sum := sha256.Sum256([]byte(asJSON(cells)))
		digest := hex.EncodeToString(sum[:16])
		if c.OnlyNew && x.sent[o.Case] == digest {
			continue
		}
		if err := out.row(cells); err != nil {
			return receipt, err
		}
		sent[o.Case] = o.Number()
		rows = append(rows, []any{r.Code, int64(o.Case), digest, int64(receipt.ID)})
	}
	if receipt.Total, err = out.end(); err != nil {
		return receipt, err
	}
	receipt.Rows = receipt.Total.Rows
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		receipt.At = tx.Now
		return s.keepReceipt(tx, by, receipt, sent, rows)
	})
	return receipt, err
}

// gather reads the cases a report is about, and of their people what its columns say.
func (s *Service) gather(ctx context.Context, by outbreak.Actor, c RunReport) (x reporting, ours []Ours, err error) {
	x = reporting{fields: map[string]int{}, sent: map[outbreak.CaseID]string{}}
	for i, f := range s.cases.Fields() {
		x.fields[f.Name] = i
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if x.report, err = findReport(tx, by, c.Code, c.Version); err != nil {
			return err
		}
		if x.report.Named {
			if err := access.Require(by, access.PersonIdentity, x.report.Scope()); err != nil {
				return err
			}
		}
		x.now, x.form = tx.Now, DateForms[cmp.Or(x.report.Dates, "iso")]
		called, err := s.numbersOf(tx, x.report.Outbreak, x.report.Party)
		if err != nil {
			return err
		}
		all, err := s.cases.CasesOf(tx, x.report.Outbreak, called, x.report.Area)
		if err != nil {
			return err
		}
		var people []outbreak.PersonID
		for _, o := range all {
			if x.holds(o) {
				ours = append(ours, o)
				people = append(people, o.Person)
			}
		}
		if x.people, err = registry.PeopleByID(tx, people); err != nil {
			return err
		}
		if x.report.Named {
			if x.names, err = s.registry.Identities(tx, people); err != nil {
				return err
			}
		}
		if !c.OnlyNew {
			return nil
		}
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.CaseID
			var digest string
			err := r.Scan(&id, &digest)
			x.sent[id] = digest
			return err
		}, "select case_id, digest from statutory_row where code = $1", x.report.Code)
	})
	return x, ours, err
}

func (x reporting) holds(o Ours) bool {
	for _, w := range x.report.Where {
		if !slices.Contains(w.Values, o.Values[x.fields[w.Field]]) {
			return false
		}
	}
	return true
}

// cells writes a case as a row of the report.
func (x reporting) cells(o Ours) []string {
	cells := make([]string, len(x.report.Columns))
	for i, col := range x.report.Columns {
		value := x.value(o, col)
		if theirs, coded := col.Codes[value]; coded && col.Source != "constant" {
			value = theirs
		}
		cells[i] = value
	}
	return cells
}

func (x reporting) value(o Ours, col ReportColumn) string {
	if at, is := x.fields[col.Source]; is {
		return x.day(o.Values[at])
	}
	p, i := x.people[o.Person], x.names[o.Person]
	switch col.Source {
	case "case":
		return o.Case.String()
	case "number":
		return o.Number()
	case "person":
		return o.Person.String()
	case "area":
		return o.Area.Code()
	case "birth_year":
		return some(p.BirthYear)
	case "age":
		if p.BirthYear > 0 {
			return strconv.Itoa(x.now.Time().Year() - p.BirthYear)
		}
	case "age_band":
		return x.band(p.BirthYear)
	case "constant":
		return col.Codes[""]
	case "name":
		return i.Name
	case "document":
		return i.Document
	case "phone":
		return i.Phone
	case "birth":
		return x.day(i.Birth)
	case "address":
		return i.Address
	}
	return ""
}

func some(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// day writes a date as the report wants it; what is none stays.
func (x reporting) day(value string) string {
	if len(value) != len(time.DateOnly) {
		return value
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return value
	}
	return t.Format(x.form)
}

// band gives the age band of somebody born in a year.
func (x reporting) band(year int) string {
	if year == 0 {
		return ""
	}
	bands := x.report.Bands
	if len(bands) == 0 {
		bands = usualBands
	}
	age := max(x.now.Time().Year()-year, 0)
	at := len(bands) - 1
	for at > 0 && age < bands[at] {
		at--
	}
	if at == len(bands)-1 {
		return strconv.Itoa(bands[at]) + "+"
	}
	return strconv.Itoa(bands[at]) + "–" + strconv.Itoa(bands[at+1]-1)
}

// keepReceipt keeps what went out.
func (s *Service) keepReceipt(tx *store.Tx, by outbreak.Actor, r Receipt, sent map[outbreak.CaseID]string, rows [][]any) error {
	flag := func(is bool) int64 {
		if is {
			return 1
		}
		return 0
	}
	if err := tx.Must("insert into statutory_run ("+receiptColumns+", digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", r.ID, r.Code, r.Version, r.Outbreak, r.Area, r.Party, r.Rows,
		flag(r.Named), flag(r.OnlyNew), asJSON(r.Total), r.Purpose, r.Actor, r.At, r.Total.Digest); err != nil {
		return err
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(sent)), 400) {
		in, args := store.In([]any{r.Code}, part)
		if _, err := tx.Exec("delete from statutory_row where code = $1 and case_id in ("+in+")", args...); err != nil {
			return err
		}
	}
	if err := tx.Add("statutory_row", []string{"code", "case_id", "digest", "run"}, rows); err != nil {
		return err
	}
	if r.Party != "" && len(sent) > 0 {
		called, err := s.numbersOf(tx, r.Outbreak, r.Party)
		if err != nil {
			return err
		}
		if err := s.cases.Reported(tx, by, r.Outbreak, called[0], sent, r.ID.String()); err != nil {
			return err
		}
	}
	_, err := s.journal.Append(tx, by, outbreak.StatutoryExported{Scope: outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak}, Export: r.Code, Version: r.Version, Run: r.ID, Party: r.Party,
		Rows: r.Rows, Named: r.Named, Digest: r.Total.Digest, Purpose: r.Purpose, At: r.At})
	return err
}

// FindReceipt gives the receipt of a report that went out.
func (s *Service) FindReceipt(ctx context.Context, by outbreak.Actor, id outbreak.StatutoryRun) (r Receipt, err error) {
	if err := access.RequireAnywhere(by, access.ExportStatutory); err != nil {
		return r, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		r, ok, err = store.One(tx, scanReceipt, "select "+receiptColumns+" from statutory_run where id = $1", id)
		if err == nil && (!ok || access.Require(by, access.ExportStatutory, outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak}) != nil) {
			err = outbreak.Refuse(outbreak.NotFound, "reconcile.no_receipt")
		}
		return err
	})
	return r, err
}

// ReadColumns reads the columns of a report from lines as people write them: header = source, and behind it codes: "ours=theirs, ...".
func ReadColumns(text string) (columns []ReportColumn, err error) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		said, codes, _ := strings.Cut(line, ";")
		header, source, ok := strings.Cut(said, "=")
		if !ok {
			return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.report_line", "line", clip(line, 60))
		}
		c := ReportColumn{Header: strings.TrimSpace(header), Source: strings.TrimSpace(source)}
		for _, code := range strings.Split(codes, ",") {
			if ours, theirs, ok := strings.Cut(code, "="); ok {
				if c.Codes == nil {
					c.Codes = map[string]string{}
				}
				c.Codes[strings.TrimSpace(ours)] = strings.TrimSpace(theirs)
			}
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// Lines writes columns as ReadColumns takes them.
func Lines(columns []ReportColumn) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(c.Header + " = " + c.Source)
		for i, ours := range slices.Sorted(maps.Keys(c.Codes)) {
			b.WriteString([...]string{"; ", ", "}[min(i, 1)] + ours + "=" + c.Codes[ours])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
