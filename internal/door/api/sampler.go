package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// SamplerPath is embedded in the input of a route about one sampler.
type SamplerPath struct {
	Sampler int64 `path:"sampler" minimum:"1"`
}

// samplerRoutes are the people who take swabs and the badges they sign on with.
func samplerRoutes(p *plan) {
	route(p, access.RoundManage, huma.Operation{Method: http.MethodGet, Path: "/samplers", Summary: "Who takes swabs where one runs rounds", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			After int64 `query:"after" minimum:"0"`
		}) (*page[screening.Sampler], error) {
			list, err := p.house.Screening.ListSamplers(ctx, door.ActorOf(ctx), in.After, in.Most)
			return paged(list, in.Most, func(x screening.Sampler) string { return strconv.FormatInt(x.ID, 10) }), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/samplers", Summary: "Give somebody who takes swabs a number and a badge", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Area     string              `json:"area" maxLength:"40" doc:"Its code"`
				Name     string              `json:"name" maxLength:"300"`
			}
		}) (*reply[screening.Sampler], error) {
			x, err := p.house.Screening.AddSampler(ctx, door.ActorOf(ctx), screening.AddSampler{Key: in.Key, Outbreak: in.Body.Outbreak, Area: in.Body.Area, Name: in.Body.Name})
			return &reply[screening.Sampler]{x}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/samplers/{sampler}/badge", Summary: "Give a sampler's badge, or another one: the one before is good no more then", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			SamplerPath
			Body struct {
				Another bool `json:"another,omitempty"`
			}
		}) (*reply[registry.Badge], error) {
			b, err := p.house.Screening.ShowBadge(ctx, door.ActorOf(ctx), screening.ShowBadge{Key: in.Key, Sampler: in.Sampler, Another: in.Body.Another})
			return &reply[registry.Badge]{b}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/samplers/{sampler}/end", Summary: "Say that somebody takes swabs no more: the badge is good no more, the name is forgotten", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			SamplerPath
		}) (*reply[screening.Sampler], error) {
			x, err := p.house.Screening.EndSampler(ctx, door.ActorOf(ctx), screening.EndSampler{Key: in.Key, Sampler: in.Sampler})
			return &reply[screening.Sampler]{x}, err
		})
}
