package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// imports are the kinds of files that are taken in, each with the right it needs. The rooms ask again, row by row.
var imports = []struct {
	kind exchange.Kind
	may  access.Permission
	what string
}{
	{exchange.Areas, access.AreaManage, "areas"},
	{exchange.Roster, access.RosterLoad, "people for the roll"},
	{exchange.Tubes, access.TubeClose, "closed tubes, one row for each member"},
	{exchange.Results, access.LabReport, "results of a laboratory"},
	{exchange.Places, access.PlaceManage, "places"},
	{exchange.Visits, access.VisitRecord, "visits: who was where"},
	{exchange.Stock, access.SupplyRecord, "supplies that came in, left or were counted"},
}

// mostRejected is how much of the rejected rows is put into the answer itself.
const mostRejected = 64 << 10

// imported is the answer to a file.
type imported struct {
	exchange.Report
	RejectedRows    string `json:"rejected_rows" doc:"The rejected rows as CSV, with row, column and reason; corrected, they can be sent again. Empty when there are none or they are too many"`
	RejectedLeftOut bool   `json:"rejected_rows_left_out" doc:"They are too many for this answer: send the file again with report=csv"`
}

func importRoutes(p *plan) {
	queries := []*huma.Param{
		query("dry_run", huma.TypeBoolean, "Check the file alone; nothing is written and nothing is compared with what is known"),
		query("report", huma.TypeString, "csv: the answer is the CSV of rejected rows, the totals stand in the headers Breakwater-Received, -Accepted, -Repeated and -Rejected"),
		query("zone", huma.TypeString, "Time zone of times that name none, and of a root area: Asia/Shanghai"),
		query("lab", huma.TypeString, "The laboratory of a results file without that column: name or id"),
		query("round", huma.TypeString, "The round of a tubes file without that column: name or id"),
		query("outbreak", huma.TypeString, "The outbreak of a visits file without that column: name or id"),
		query("booth", huma.TypeString, "The sampling point of a tubes file without that column: name or id"),
	}
	answer := p.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[imported](), true, "")
	for _, i := range imports {
		op := huma.Operation{Method: http.MethodPost, Path: "/import/" + string(i.kind), OperationID: "post-import-" + string(i.kind), Tags: []string{"files"},
			Summary: "Take in a CSV file of " + i.what + "; the body is the file itself", MaxBodyBytes: mostFile, Parameters: queries,
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {}}},
			Responses: map[string]*huma.Response{"200": {Description: "What became of the rows", Content: map[string]*huma.MediaType{
				"application/json": {Schema: answer}, "text/csv": {}}}}}
		plainRoute(p, i.may, op, func(w http.ResponseWriter, r *http.Request) error { return p.take(w, r, i.kind) })
	}
}

func query(name, kind, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: kind}}
}

// take receives a file, hands it on and answers with what became of it.
func (p *plan) take(w http.ResponseWriter, r *http.Request, kind exchange.Kind) error {
	o, dry, asCSV, err := p.options(r)
	if err != nil {
		return err
	}
	ctx, cancel := atLength(w, r)
	defer cancel()
	file, err := received(w, r)
	if err != nil {
		return err
	}
	defer file.done()
	rows, err := newScratch()
	if err != nil {
		return err
	}
	defer rows.done()
	o.Rejected = rows
	var report exchange.Report
	if dry {
		report, err = exchange.Check(kind, file, o)
	} else {
		report, err = p.house.Exchange.Import(ctx, door.ActorOf(ctx), kind, file, o)
	}
	if err != nil {
		return err
	}
	if err := rows.rewind(); err != nil {
		return err
	}
	if asCSV {
		return rejectedFile(w, report, rows)
	}
	return p.tell(w, report, rows)
}

// options reads how a file is to be read.
func (p *plan) options(r *http.Request) (o exchange.Options, dry, asCSV bool, err error) {
	if err = knownQuery(r, "dry_run", "report", "zone", "lab", "round", "booth", "outbreak"); err != nil {
		return o, false, false, err
	}
	q := r.URL.Query()
	o = exchange.Options{Lang: door.LangOf(r.Context()), Lab: q.Get("lab"), Round: q.Get("round"), Booth: q.Get("booth"), Outbreak: q.Get("outbreak"), Now: p.house.Clock.Now()}
	if zone := q.Get("zone"); zone != "" {
		if o.Zone, err = time.LoadLocation(zone); err != nil {
			return o, false, false, outbreak.Refuse(outbreak.Invalid, "registry.area_zone", "zone", zone)
		}
	}
	if text := q.Get("dry_run"); text != "" {
		if dry, err = strconv.ParseBool(text); err != nil {
			return o, false, false, outbreak.Refuse(outbreak.Invalid, "api.wrong_type", "type", huma.TypeBoolean)
		}
	}
	switch q.Get("report") {
	case "", "json":
	case "csv":
		asCSV = true
	default:
		return o, false, false, outbreak.Refuse(outbreak.Invalid, "api.not_listed", "list", "json, csv")
	}
	return o, dry, asCSV, nil
}

// tell answers with the report, and the rejected rows when they are few.
func (p *plan) tell(w http.ResponseWriter, report exchange.Report, rows io.Reader) error {
	answer := imported{Report: report}
	if report.Rejected > 0 {
		text, err := io.ReadAll(io.LimitReader(rows, mostRejected+1))
		if err != nil {
			return err
		}
		if answer.RejectedLeftOut = len(text) > mostRejected; !answer.RejectedLeftOut {
			answer.RejectedRows = string(text)
		}
	}
	return writeJSON(w, answer)
}

// writeJSON answers a plain route with one document.
func writeJSON(w http.ResponseWriter, answer any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(answer); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body.Bytes()) // who left needs no answer
	return nil
}

// rejectedFile answers with the rejected rows as they were kept.
func rejectedFile(w http.ResponseWriter, report exchange.Report, rows io.Reader) error {
	for name, n := range map[string]int{"Received": report.Received, "Accepted": report.Accepted, "Repeated": report.Repeated, "Rejected": report.Rejected} {
		w.Header().Set("Breakwater-"+name, strconv.Itoa(n))
	}
	attachment(w, "rejected.csv")
	_, _ = io.Copy(w, rows) // who left needs no answer
	return nil
}

// attachment says that a CSV file follows.
func attachment(w http.ResponseWriter, name string) {
	kind := "text/csv; charset=utf-8"
	if strings.HasSuffix(name, ".xlsx") {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
