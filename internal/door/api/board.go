package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/board"
)

// BoardCut is embedded in the input of a route about the board.
type BoardCut struct {
	Below
	Outbreak Ref[outbreak.OutbreakID] `query:"outbreak" doc:"Empty: all one may see"`
}

func boardRoutes(p *plan) {
	tags := []string{"board"}
	route(p, access.BoardRead, huma.Operation{Method: http.MethodGet, Path: "/backlog", Summary: "What waits at each step, how long and past what", Tags: tags},
		func(ctx context.Context, in *BoardCut) (*reply[board.Backlog], error) {
			b, err := p.house.Board.Backlog(ctx, door.ActorOf(ctx), board.Filter{Outbreak: in.Outbreak.ID, Below: in.Below.Below})
			b.Lines = some(b.Lines)
			return &reply[board.Backlog]{b}, err
		})
	route(p, access.BoardRows, huma.Operation{Method: http.MethodGet, Path: "/backlog/{step}", Summary: "The rows behind a figure of the backlog, the longest waiting first", Tags: tags},
		func(ctx context.Context, in *struct {
			BoardCut
			Limit
			Step  board.Step       `path:"step" maxLength:"40"`
			Past  bool             `query:"past" doc:"Past their deadline alone"`
			After string           `query:"after" maxLength:"200" doc:"The key of the last row read, with"`
			Since Ref[instantText] `query:"since" doc:"its since"`
		}) (*page[board.Row], error) {
			f := board.Filter{Outbreak: in.Outbreak.ID, Below: in.Below.Below, Step: in.Step, Past: in.Past, After: in.After, Since: in.Since.ID.Instant, Most: in.Most}
			list, err := p.house.Board.ListWaiting(ctx, door.ActorOf(ctx), f)
			return paged(list, in.Most, func(r board.Row) string { return r.Key }), err
		})
	route(p, access.BoardRead, huma.Operation{Method: http.MethodGet, Path: "/counts", Summary: "What was done per hour", Tags: tags},
		func(ctx context.Context, in *struct {
			BoardCut
			From Ref[instantText] `query:"from" doc:"Empty: from the first hour"`
		}) (*page[board.Count], error) {
			f := board.Filter{Outbreak: in.Outbreak.ID, Below: in.Below.Below}
			list, err := p.house.Board.ListCounts(ctx, door.ActorOf(ctx), f, in.From.ID.Instant)
			return whole(list), err
		})
}

// instantText lets an instant stand in a query, where the library would read its number.
type instantText struct{ outbreak.Instant }
