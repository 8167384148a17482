package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/view/exchange"
)

// PartyPath is embedded in the input of a route about one party.
type PartyPath struct {
	Party string `path:"party" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]*$"`
}

// Chosen is embedded in the body of an act about differences.
type Chosen struct {
	IDs    []reconcile.DifferenceID   `json:"ids,omitempty" maxItems:"5000"`
	All    bool                       `json:"all,omitempty" doc:"All of the filter instead"`
	Filter reconcile.DifferenceFilter `json:"filter,omitempty"`
}

// partyBody is what is said of a party.
type partyBody struct {
	Code     string                       `json:"code" maxLength:"40"`
	Name     string                       `json:"name" maxLength:"100"`
	Kind     string                       `json:"kind" enum:"laboratory,hospital,national,community,other"`
	Outbreak outbreak.OutbreakID          `json:"outbreak"`
	Area     outbreak.Path                `json:"area"`
	Owner    outbreak.UserID              `json:"owner,omitempty" doc:"Whose work its differences are"`
	Rhythm   int                          `json:"rhythm,omitempty" doc:"Hours after which a new list is expected"`
	Folder   string                       `json:"folder,omitempty" maxLength:"60" doc:"Watched folder, below the site's folder for lists"`
	Dates    string                       `json:"dates,omitempty" enum:",day_first,month_first"`
	Columns  map[string]string            `json:"columns,omitempty" doc:"Header of a column -> field; an empty field is ignored"`
	Codes    map[string]map[string]string `json:"codes,omitempty" doc:"Field -> their word -> ours"`
	Ends     bool                         `json:"ends,omitempty" doc:"No list is expected or taken any more"`
}

func partyRoutes(p *plan) {
	tags := []string{"lists"}
	r := p.house.Reconcile
	route(p, access.ReconcileRead, huma.Operation{Method: http.MethodGet, Path: "/parties", Summary: "Other parties whose lists are compared with the cases, and how each stands", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[reconcile.Standing], error) {
			list, err := r.ListParties(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.ReconcileRead, huma.Operation{Method: http.MethodGet, Path: "/parties/{party}", Summary: "One party and how it stands", Tags: tags},
		func(ctx context.Context, in *PartyPath) (*reply[reconcile.Standing], error) {
			x, err := r.FindParty(ctx, door.ActorOf(ctx), in.Party)
			return &reply[reconcile.Standing]{x}, err
		})
	route(p, access.ReconcileLoad, huma.Operation{Method: http.MethodPost, Path: "/parties", Summary: "Add a party, or change what is known of one", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body partyBody
		}) (*reply[reconcile.Party], error) {
			b := in.Body
			x, err := r.KeepParty(ctx, door.ActorOf(ctx), reconcile.KeepParty{Key: in.Key, Ends: b.Ends, Party: reconcile.Party{Code: b.Code, Name: b.Name, Kind: b.Kind, Outbreak: b.Outbreak, Area: b.Area, Owner: b.Owner,
				Rhythm: b.Rhythm, Folder: b.Folder, Dates: b.Dates, Columns: b.Columns, Codes: b.Codes}})
			return &reply[reconcile.Party]{x}, err
		})
	route(p, access.ReconcileLoad, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/compare", Summary: "Compare the newest list of a party with the cases", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
		}) (*reply[reconcile.Run], error) {
			x, err := r.Compare(ctx, door.ActorOf(ctx), reconcile.Compare{Key: in.Key, Party: in.Party})
			return &reply[reconcile.Run]{x}, err
		})
	route(p, access.ReconcileRead, huma.Operation{Method: http.MethodGet, Path: "/parties/{party}/outcomes", Summary: "What became of the rows of a party's newest list", Tags: tags},
		func(ctx context.Context, in *struct {
			PartyPath
			Limit
			After int `query:"after" minimum:"0" doc:"Rows after this one"`
		}) (*page[reconcile.RowOutcome], error) {
			list, err := r.ListOutcomes(ctx, door.ActorOf(ctx), in.Party, in.After, in.Most)
			return paged(list, in.Most, func(o reconcile.RowOutcome) string { return strconv.Itoa(o.Row) }), err
		})
	route(p, access.ReconcileLoad, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/fields", Summary: "Say that a party is the source of truth for fields, or take them over from it", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
			Body struct {
				Fields []string         `json:"fields" maxItems:"50"`
				Owned  bool             `json:"owned" doc:"false: they are ours from then on"`
				From   outbreak.Instant `json:"from,omitempty" doc:"Empty: now"`
			}
		}) (*page[reconcile.OwnedField], error) {
			list, err := r.OwnFields(ctx, door.ActorOf(ctx), reconcile.OwnFields{Key: in.Key, Party: in.Party, Fields: in.Body.Fields, Owned: in.Body.Owned, From: in.Body.From})
			return whole(list), err
		})
	differenceRoutes(p, tags)
	plainRoute(p, access.ReconcileLoad, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/lists", OperationID: "post-parties-party-lists", Tags: tags, MaxBodyBytes: mostFile,
		Summary: "Take in a list of a party, CSV or XLSX, and compare it; the body is the file itself", Parameters: []*huma.Param{pathParam("party"), query("name", huma.TypeString, "Name of the file")},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}}}, p.takePartyList)
	plainRoute(p, access.ReconcileSettle, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/corrections", OperationID: "post-parties-party-corrections", Tags: tags,
		Summary: "Fetch what a party is asked to correct, as CSV or workbook, and note it as sent; for the purpose in the header " + door.PurposeHeader, Parameters: []*huma.Param{pathParam("party"), query("file", huma.TypeString, "csv, which is usual, or xlsx")}},
		func(w http.ResponseWriter, q *http.Request) error {
			as, err := fileAs(q, "file")
			if err != nil {
				return err
			}
			return p.give(w, q, "corrections."+as, func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				t, err := r.SendCorrections(ctx, door.ActorOf(ctx), q.PathValue("party"), reconcile.Format{File: as}, reconcile.CorrectionHeader, w)
				return exchange.Exported{What: "corrections", Rows: t.Rows, Things: t.Rows, Digest: t.Digest}, err
			})
		})
}

// fileAs says what a file is asked for as.
func fileAs(q *http.Request, known ...string) (string, error) {
	if err := knownQuery(q, known...); err != nil {
		return "", err
	}
	switch as := q.URL.Query().Get("file"); as {
	case "", "csv":
		return "csv", nil
	case "xlsx":
		return as, nil
	}
	return "", outbreak.Refuse(outbreak.Invalid, "reconcile.file_format", "files", strings.Join(reconcile.Files, ", "))
}

func pathParam(name string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
}

func differenceRoutes(p *plan, tags []string) {
	r := p.house.Reconcile
	route(p, access.ReconcileRead, huma.Operation{Method: http.MethodGet, Path: "/differences", Summary: "How lists of others differ from the cases", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Party string                      `query:"party" maxLength:"40"`
			State reconcile.State             `query:"state" enum:"open,ours_right,theirs_right,explained,taken_over,asked,gone" doc:"Empty: all but those that are gone"`
			What  string                      `query:"what" enum:"differs,only_here,only_there"`
			Field string                      `query:"field" maxLength:"40"`
			Case  Ref[outbreak.CaseID]        `query:"case"`
			After Ref[reconcile.DifferenceID] `query:"after"`
		}) (*page[reconcile.Difference], error) {
			list, err := r.ListDifferences(ctx, door.ActorOf(ctx), reconcile.DifferenceFilter{Party: in.Party, State: in.State, What: in.What, Field: in.Field, Case: in.Case.ID, After: in.After.ID, Most: in.Most})
			return paged(list, in.Most, func(d reconcile.Difference) string { return d.ID.String() }), err
		})
	route(p, access.ReconcileSettle, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/settle", Summary: "Decide differences, or give them to an owner", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
			Body struct {
				Chosen
				State reconcile.State `json:"state,omitempty" enum:"open,ours_right,theirs_right,explained"`
				Note  string          `json:"note,omitempty" maxLength:"500" doc:"Names nobody"`
				Owner outbreak.UserID `json:"owner,omitempty"`
			}
		}) (*reply[reconcile.Settled], error) {
			b := in.Body
			x, err := r.SettleDifferences(ctx, door.ActorOf(ctx), reconcile.SettleDifferences{Key: in.Key, Party: in.Party, IDs: b.IDs, All: b.All, Filter: b.Filter, State: b.State, Note: b.Note, Owner: b.Owner})
			return &reply[reconcile.Settled]{x}, err
		})
	route(p, access.ReconcileSettle, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/take", Summary: "Write what their list says into the cases", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
			Body Chosen
		}) (*reply[reconcile.Settled], error) {
			x, err := r.TakeTheirs(ctx, door.ActorOf(ctx), reconcile.TakeTheirs{Key: in.Key, Party: in.Party, IDs: in.Body.IDs, All: in.Body.All, Filter: in.Body.Filter})
			return &reply[reconcile.Settled]{x}, err
		})
	route(p, access.ReconcileSettle, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/is", Summary: "Say which case a row of their list is", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
			Body struct {
				Difference reconcile.DifferenceID `json:"difference"`
				Case       outbreak.CaseID        `json:"case"`
			}
		}) (*reply[reconcile.Settled], error) {
			x, err := r.SayCase(ctx, door.ActorOf(ctx), reconcile.SayCase{Key: in.Key, Party: in.Party, ID: in.Body.Difference, Case: in.Body.Case})
			return &reply[reconcile.Settled]{x}, err
		})
	route(p, access.ReconcileSettle, huma.Operation{Method: http.MethodPost, Path: "/parties/{party}/send", Summary: "Put what the cases say onto the list of corrections for the party", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PartyPath
			Body Chosen
		}) (*reply[reconcile.Settled], error) {
			x, err := r.SendOurs(ctx, door.ActorOf(ctx), reconcile.SendOurs{Key: in.Key, Party: in.Party, IDs: in.Body.IDs, All: in.Body.All, Filter: in.Body.Filter})
			return &reply[reconcile.Settled]{x}, err
		})
}

// takePartyList receives a list of a party, keeps it and compares it.
func (p *plan) takePartyList(w http.ResponseWriter, r *http.Request) error {
	if err := knownQuery(r, "name"); err != nil {
		return err
	}
	ctx, cancel := atLength(w, r)
	defer cancel()
	file, err := received(w, r)
	if err != nil {
		return err
	}
	defer file.done()
	sheet, err := exchange.ReadSheet(file)
	if err != nil {
		return err
	}
	by, party := door.ActorOf(ctx), r.PathValue("party")
	if _, err := p.house.Reconcile.LoadList(ctx, by, reconcile.LoadList{Party: party, Name: r.URL.Query().Get("name"), Digest: sheet.Digest, Rows: sheet.Rows}); err != nil {
		return err
	}
	run, err := p.house.Reconcile.Compare(ctx, by, reconcile.Compare{Party: party})
	if err != nil {
		return err
	}
	return writeJSON(w, run)
}

func statutoryRoutes(p *plan) {
	tags := []string{"lists"}
	r := p.house.Reconcile
	type code struct {
		Code string `path:"code" maxLength:"40"`
	}
	route(p, access.ExportStatutory, huma.Operation{Method: http.MethodGet, Path: "/statutory", Summary: "Statutory reports as they are defined", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[reconcile.Report], error) {
			list, err := r.ListReports(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.ExportStatutory, huma.Operation{Method: http.MethodPost, Path: "/statutory", Summary: "Define a statutory report, or a new version of one", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Code     string              `json:"code" maxLength:"40"`
				Name     string              `json:"name" maxLength:"100"`
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Area     outbreak.Path       `json:"area"`
				Party    string              `json:"party,omitempty" maxLength:"40"`
				reconcile.Body
			}
		}) (*reply[reconcile.Report], error) {
			b := in.Body
			x, err := r.DefineReport(ctx, door.ActorOf(ctx), reconcile.DefineReport{Key: in.Key, Report: reconcile.Report{Code: b.Code, Name: b.Name, Outbreak: b.Outbreak, Area: b.Area, Party: b.Party, Body: b.Body}})
			return &reply[reconcile.Report]{x}, err
		})
	route(p, access.ExportStatutory, huma.Operation{Method: http.MethodGet, Path: "/statutory/{code}/receipts", Summary: "What went out of a statutory report", Tags: tags},
		func(ctx context.Context, in *code) (*page[reconcile.Receipt], error) {
			_, list, err := r.FindReport(ctx, door.ActorOf(ctx), in.Code, 0)
			return whole(list), err
		})
	plainRoute(p, access.ExportStatutory, huma.Operation{Method: http.MethodPost, Path: "/statutory/{code}/run", OperationID: "post-statutory-code-run", Tags: tags,
		Summary:    "Write a statutory report, for the purpose in the header " + door.PurposeHeader + "; the receipt stands in the header Breakwater-Receipt",
		Parameters: []*huma.Param{pathParam("code"), query("only_new", huma.TypeBoolean, "Only cases that did not go out before, or went out as something else"), query("file", huma.TypeString, "csv or xlsx; empty: as the report is defined, CSV unless it says otherwise")}},
		func(w http.ResponseWriter, q *http.Request) error {
			if _, err := fileAs(q, "only_new", "file"); err != nil {
				return err
			}
			ctx, cancel := atLength(w, q)
			defer cancel()
			file, err := newScratch()
			if err != nil {
				return err
			}
			defer file.done()
			receipt, err := r.RunReport(ctx, door.ActorOf(ctx), reconcile.RunReport{Code: q.PathValue("code"), OnlyNew: q.URL.Query().Get("only_new") == "true", File: q.URL.Query().Get("file")}, file)
			if err == nil {
				err = file.rewind()
			}
			if err != nil {
				return err
			}
			attachment(w, receipt.Code+"."+receipt.File)
			w.Header().Set("Breakwater-Receipt", receipt.ID.String())
			w.Header().Set("Breakwater-Rows", strconv.Itoa(receipt.Rows))
			w.Header().Set("Breakwater-Digest", receipt.Total.Digest)
			_, _ = io.Copy(w, file) // who left needs no answer
			return nil
		})
}
