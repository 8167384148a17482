package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/worklist"
	"breakwater/internal/view/exchange"
)

// WorkListPath is embedded in the input of a route about one working list.
type WorkListPath struct {
	List Ref[outbreak.WorkListID] `path:"list"`
}

// WorkListCommand is embedded in the input of a command about one working list.
type WorkListCommand struct {
	Keyed
	WorkListPath
}

func worklistRoutes(p *plan) {
	tags := []string{"lists"}
	s := p.house.Worklist
	purpose := ", for the purpose in the header " + door.PurposeHeader + "; journalled"
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodGet, Path: "/worklists", Summary: "Working lists of one's own, and those shared with one", Tags: tags},
		func(ctx context.Context, in *Limit) (*page[worklist.List], error) {
			list, err := s.ListLists(ctx, door.ActorOf(ctx), in.Most)
			return whole(list), err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists", Summary: "Make a working list of pasted lines" + purpose, Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Form     string              `json:"form,omitempty" enum:"list,manifest"`
				Name     string              `json:"name" maxLength:"100" doc:"Names nobody"`
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Area     outbreak.Path       `json:"area"`
				Vehicle  string              `json:"vehicle,omitempty" maxLength:"60"`
				Site     string              `json:"site,omitempty" maxLength:"100"`
				Columns  []worklist.Column   `json:"columns,omitempty" maxItems:"20"`
				Days     int                 `json:"days,omitempty" doc:"Until it ends; left out: 14"`
				Text     string              `json:"text" maxLength:"600000" doc:"One person a line, in any order"`
			}
		}) (*reply[worklist.List], error) {
			b := in.Body
			l, err := s.MakeList(ctx, door.ActorOf(ctx), worklist.MakeList{Key: in.Key, Form: b.Form, Name: b.Name, Outbreak: b.Outbreak, Area: b.Area, Vehicle: b.Vehicle, Site: b.Site, Columns: b.Columns, Days: b.Days, Text: b.Text})
			return &reply[worklist.List]{l}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodGet, Path: "/worklists/{list}", Summary: "One working list; its lines while one has it open", Tags: tags},
		func(ctx context.Context, in *WorkListPath) (*reply[worklist.Detail], error) {
			d, err := s.FindList(ctx, door.ActorOf(ctx), in.List.ID)
			d.Lines, d.Shares, d.Calls, d.Columns = some(d.Lines), some(d.Shares), some(d.Calls), some(d.Columns)
			return &reply[worklist.Detail]{d}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/open", Summary: "Open the lines of a list for half an hour" + purpose, Tags: tags},
		func(ctx context.Context, in *WorkListCommand) (*reply[Done], error) {
			_, err := s.OpenLines(ctx, door.ActorOf(ctx), worklist.OpenLines{Key: in.Key, List: in.List.ID})
			return &reply[Done]{}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/end", Summary: "End a list; its rows are deleted a week later", Tags: tags},
		func(ctx context.Context, in *WorkListCommand) (*reply[Done], error) {
			_, err := s.EndList(ctx, door.ActorOf(ctx), worklist.EndList{Key: in.Key, List: in.List.ID})
			return &reply[Done]{}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/shares", Summary: "Share a list with a user or a role, or no more", Tags: tags},
		func(ctx context.Context, in *struct {
			WorkListCommand
			Body struct {
				User outbreak.UserID `json:"user,omitempty"`
				Role access.Role     `json:"role,omitempty" maxLength:"30"`
				Ends bool            `json:"ends,omitempty"`
			}
		}) (*reply[Done], error) {
			_, err := s.ShareList(ctx, door.ActorOf(ctx), worklist.ShareList{Key: in.Key, List: in.List.ID, User: in.Body.User, Role: in.Body.Role, Ends: in.Body.Ends})
			return &reply[Done]{}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/rows/{no}", Summary: "Write own columns of a line, or choose who of several it means", Tags: tags},
		func(ctx context.Context, in *struct {
			WorkListCommand
			No   int `path:"no" minimum:"1"`
			Body struct {
				Values map[string]string `json:"values,omitempty"`
				Person outbreak.PersonID `json:"person,omitempty"`
				Nobody bool              `json:"nobody,omitempty" doc:"None of the people it may mean"`
			}
		}) (*reply[Done], error) {
			by := door.ActorOf(ctx)
			var err error
			if in.Body.Person != 0 || in.Body.Nobody {
				_, err = s.ChoosePerson(ctx, by, worklist.ChoosePerson{Key: in.Key, List: in.List.ID, No: in.No, Person: in.Body.Person})
			} else {
				_, err = s.SetCells(ctx, by, worklist.SetCells{Key: in.Key, List: in.List.ID, No: in.No, Values: in.Body.Values})
			}
			return &reply[Done]{}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/calls", Summary: "Begin to call the roll of a manifest", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			WorkListCommand
			Body struct {
				Name string `json:"name,omitempty" maxLength:"60"`
			}
		}) (*reply[worklist.Call], error) {
			x, err := s.BeginCall(ctx, door.ActorOf(ctx), worklist.BeginCall{Key: in.Key, List: in.List.ID, Name: in.Body.Name})
			return &reply[worklist.Call]{x}, err
		})
	route(p, access.WorklistUse, huma.Operation{Method: http.MethodPost, Path: "/worklists/{list}/calls/{call}", Summary: "Say who is there, and end a roll call", Tags: tags},
		func(ctx context.Context, in *struct {
			WorkListCommand
			Call int `path:"call" minimum:"1"`
			Body struct {
				Marks map[string]string `json:"marks,omitempty" doc:"By number of the line: present, absent or unknown"`
				Ends  bool              `json:"ends,omitempty"`
			}
		}) (*reply[worklist.Call], error) {
			marks := map[int]string{}
			for no, mark := range in.Body.Marks {
				n, err := strconv.Atoi(no)
				if err != nil {
					return nil, outbreak.Refuse(outbreak.NotFound, "worklist.no_row", "no", no)
				}
				marks[n] = mark
			}
			by := door.ActorOf(ctx)
			x, err := s.MarkRoll(ctx, by, worklist.MarkRoll{Key: in.Key, List: in.List.ID, Call: in.Call, Marks: marks})
			if err == nil && in.Body.Ends {
				x, err = s.EndCall(ctx, by, worklist.EndCall{Key: in.Key, List: in.List.ID, Call: in.Call})
			}
			return &reply[worklist.Call]{x}, err
		})
	plainRoute(p, access.WorklistUse, huma.Operation{Method: http.MethodGet, Path: "/worklists/{list}/rows", OperationID: "get-worklists-list-rows", Tags: tags, Summary: "A working list as CSV" + purpose, Parameters: []*huma.Param{pathParam("list")}},
		func(w http.ResponseWriter, r *http.Request) error {
			id, err := outbreak.ParseID[outbreak.WorkListID](r.PathValue("list"))
			if err != nil {
				return err
			}
			return p.give(w, r, "list.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				t, err := s.ExportList(ctx, door.ActorOf(ctx), id, w)
				return exchange.Exported{What: "work_list", Rows: t.Rows, Things: t.Rows, Digest: t.Digest}, err
			})
		})
}
