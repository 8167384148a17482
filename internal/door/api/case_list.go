package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// caseExtra is what lists said of a case in fields of their own.
type caseExtra struct {
	Fields []cases.Extra `json:"fields"`
	Sealed bool          `json:"sealed" doc:"There are others, which open for a purpose"`
}

// loadedCase is a row of a line list.
type loadedCase struct {
	Person struct {
		Area         string `json:"area" maxLength:"64" doc:"Code"`
		Name         string `json:"name,omitempty" maxLength:"200"`
		DocumentKind string `json:"document_kind,omitempty" maxLength:"40"`
		Document     string `json:"document,omitempty" maxLength:"64"`
		Birth        string `json:"birth,omitempty" maxLength:"10" doc:"ISO date"`
		BirthYear    int    `json:"birth_year,omitempty"`
		Phone        string `json:"phone,omitempty" maxLength:"40"`
		Address      string `json:"address,omitempty" maxLength:"400"`
		Sex          string `json:"sex,omitempty" enum:"female,male,other,unknown"`
	} `json:"person"`
	External string        `json:"external,omitempty" maxLength:"120" doc:"Its number in that list; empty: the row is known again by what it says"`
	Nth      int           `json:"nth,omitempty" minimum:"0" doc:"Without a number: how many rows before it say the very same"`
	Values   cases.Values  `json:"values"`
	Extra    []cases.Extra `json:"extra,omitempty"`
}

func (l loadedCase) row() cases.LoadedCase {
	p := l.Person
	return cases.LoadedCase{External: l.External, Nth: l.Nth, Values: l.Values, Extra: l.Extra, Person: registry.NewPerson{Area: p.Area, Sex: p.Sex, BirthYear: p.BirthYear,
		Identity: registry.Identity{Name: p.Name, DocumentKind: p.DocumentKind, Document: p.Document, Birth: p.Birth, Phone: p.Phone, Address: p.Address}}}
}

// caseListRoutes are the routes of what a line list says of cases.
func caseListRoutes(p *plan) {
	tags := []string{"cases"}
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/fields", Summary: "The fields of the line list", Tags: tags},
		func(context.Context, *struct{}) (*page[cases.Field], error) { return whole(cases.Fields()), nil })
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}/values", Summary: "What the line list says of a case, days as in its area", Tags: tags},
		func(ctx context.Context, in *CasePath) (*reply[cases.Values], error) {
			v, err := p.house.Cases.ReadValues(ctx, door.ActorOf(ctx), in.Case.ID)
			return &reply[cases.Values]{v}, err
		})
	route(p, access.CaseEdit, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/values", Summary: "Change fields of a case; 409 tells that somebody else did meanwhile", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			CasePath
			Body struct {
				Version int64        `json:"version" doc:"Of the case that was looked at"`
				Values  cases.Values `json:"values"`
				Take    bool         `json:"take,omitempty" doc:"Keep what others changed meanwhile, and mine where both said something"`
			}
		}) (*reply[cases.Case], error) {
			c, err := p.house.Cases.EditCase(ctx, door.ActorOf(ctx), cases.EditCase{Key: in.Key, Case: in.Case.ID, Version: in.Body.Version, Values: in.Body.Values, Take: in.Body.Take})
			return &reply[cases.Case]{c}, err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}/changes", Summary: "What changed in a case, the latest first", Tags: tags},
		func(ctx context.Context, in *CasePath) (*page[cases.Change], error) {
			list, err := p.house.Cases.ListChanges(ctx, door.ActorOf(ctx), in.Case.ID)
			return whole(list), err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}/numbers", Summary: "The numbers of a case in the lists of others, and where it was reported", Tags: tags},
		func(ctx context.Context, in *CasePath) (*page[cases.External], error) {
			list, err := p.house.Cases.ListExternals(ctx, door.ActorOf(ctx), in.Case.ID)
			return whole(list), err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}/extra", Summary: "Fields of lists that are none of ours", Tags: tags},
		func(ctx context.Context, in *CasePath) (*reply[caseExtra], error) {
			open, sealed, err := p.house.Cases.ListExtra(ctx, door.ActorOf(ctx), in.Case.ID)
			return &reply[caseExtra]{caseExtra{some(open), sealed}}, err
		})
	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/extra/open", Summary: "Open the sealed ones, for a purpose", Tags: tags},
		func(ctx context.Context, in *CasePath) (*page[cases.Extra], error) {
			list, err := p.house.Cases.OpenExtra(ctx, door.ActorOf(ctx), in.Case.ID)
			return whole(list), err
		})
	route(p, access.CaseBulk, huma.Operation{Method: http.MethodPost, Path: "/case-edits", Summary: "Set the same values in many cases, or see what would happen", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Cases  []outbreak.CaseID `json:"cases" maxItems:"20000"`
				Values cases.Values      `json:"values"`
				Reason string            `json:"reason,omitempty" maxLength:"500"`
				Dry    bool              `json:"dry,omitempty" doc:"Nothing is written"`
			}
		}) (*reply[cases.Edited], error) {
			e, err := p.house.Cases.EditCases(ctx, door.ActorOf(ctx), cases.EditCases{Key: in.Key, Cases: in.Body.Cases, Values: in.Body.Values, Reason: in.Body.Reason, Dry: in.Body.Dry})
			e.Refused = some(e.Refused)
			return &reply[cases.Edited]{e}, err
		})
	route(p, access.CaseBulk, huma.Operation{Method: http.MethodGet, Path: "/case-edits", Summary: "Changes of many cases at once, the latest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Before Ref[outbreak.Instant] `query:"before"`
		}) (*page[cases.Edit], error) {
			list, err := p.house.Cases.ListEdits(ctx, door.ActorOf(ctx), in.Before.ID, in.Most)
			return whole(list), err
		})
	route(p, access.CaseBulk, huma.Operation{Method: http.MethodPost, Path: "/case-edits/{batch}/undo", Summary: "Take a change of many cases back", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Batch Ref[outbreak.BatchID] `path:"batch"`
		}) (*reply[cases.Edited], error) {
			e, err := p.house.Cases.UndoEdit(ctx, door.ActorOf(ctx), cases.UndoEdit{Key: in.Key, Batch: in.Batch.ID})
			e.Refused = some(e.Refused)
			return &reply[cases.Edited]{e}, err
		})
	route(p, access.CaseLoad, huma.Operation{Method: http.MethodPost, Path: "/case-lists", Summary: "Take rows of a line list in; the same rows again change nothing", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Party    string              `json:"party,omitempty" maxLength:"120" doc:"Whose list it is; empty: our own"`
				Followed bool                `json:"followed,omitempty" doc:"Reports, investigations and beds are still owed here"`
				Rows     []loadedCase        `json:"rows" maxItems:"1000"`
			}
		}) (*reply[cases.LoadedCases], error) {
			c := cases.LoadCases{Key: in.Key, Outbreak: in.Body.Outbreak, Party: in.Body.Party, Followed: in.Body.Followed}
			for _, r := range in.Body.Rows {
				c.Rows = append(c.Rows, r.row())
			}
			got, err := p.house.Cases.LoadCases(ctx, door.ActorOf(ctx), c)
			got.Rejected, got.Cases = some(got.Rejected), some(got.Cases)
			return &reply[cases.LoadedCases]{got}, err
		})
	route(p, access.ExportRows, huma.Operation{Method: http.MethodPost, Path: "/case-reports", Summary: "Note that cases were reported to somebody", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID        `json:"outbreak"`
				Party    string                     `json:"party" minLength:"1" maxLength:"120"`
				Numbers  map[outbreak.CaseID]string `json:"numbers" doc:"The number there by case; empty: the case's own id"`
				Receipt  string                     `json:"receipt,omitempty" maxLength:"200"`
				At       outbreak.Instant           `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[int], error) {
			n, err := p.house.Cases.ReportCases(ctx, door.ActorOf(ctx), cases.ReportCases{Key: in.Key, Outbreak: in.Body.Outbreak, Party: in.Body.Party, Numbers: in.Body.Numbers, Receipt: in.Body.Receipt, At: in.Body.At})
			return &reply[int]{n}, err
		})
}
