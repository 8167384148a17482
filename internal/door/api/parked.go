package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
)

// ParkedPath is embedded in the input of a route about one parked entry.
type ParkedPath struct {
	Consumer string `path:"consumer" maxLength:"40"`
	Seq      int64  `path:"seq" minimum:"1"`
}

func parkedRoutes(p *plan) {
	tags := []string{"journal"}
	route(p, access.EventRetry, huma.Operation{Method: http.MethodGet, Path: "/parked", Summary: "Entries a part of the system could not work on, the oldest first", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[task.ParkedEntry], error) {
			list, err := p.house.Tasks.ListParked(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	type input struct {
		Keyed
		ParkedPath
	}
	deal := func(do func(context.Context, outbreak.Actor, task.DealWithParked) (task.ParkedEntry, error)) func(context.Context, *input) (*reply[task.ParkedEntry], error) {
		return func(ctx context.Context, in *input) (*reply[task.ParkedEntry], error) {
			e, err := do(ctx, door.ActorOf(ctx), task.DealWithParked{Key: in.Key, Consumer: in.Consumer, Seq: in.Seq})
			return &reply[task.ParkedEntry]{e}, err
		}
	}
	route(p, access.EventRetry, huma.Operation{Method: http.MethodPost, Path: "/parked/{consumer}/{seq}/retry", Summary: "Let the entry be worked on again; refused while it still fails", Tags: tags},
		deal(func(ctx context.Context, by outbreak.Actor, c task.DealWithParked) (task.ParkedEntry, error) {
			return p.house.Tasks.RetryParked(ctx, by, c)
		}))
	route(p, access.EventRetry, huma.Operation{Method: http.MethodPost, Path: "/parked/{consumer}/{seq}/dismiss", Summary: "Say that the entry needs no more work; the journal keeps who said so", Tags: tags},
		deal(func(ctx context.Context, by outbreak.Actor, c task.DealWithParked) (task.ParkedEntry, error) {
			return p.house.Tasks.DismissParked(ctx, by, c)
		}))
}
