package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
)

// identityRoutes tell what lists said otherwise of who people are, and decide about it.
func identityRoutes(p *plan) {
	tags := []string{"people"}
	registered := func() *registry.Service { return p.house.Registry }
	route(p, access.PersonRead, huma.Operation{Method: http.MethodGet, Path: "/people/{person}/identity-changes", Summary: "What lists said otherwise of who somebody is, the latest first, without names", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*page[registry.IdentityChange], error) {
			list, err := registered().ListIdentityChanges(ctx, door.ActorOf(ctx), in.Person.ID)
			return whole(list), err
		})
	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/identity-changes/open", Summary: "The same with what was said before and then, for the purpose in the header " + door.PurposeHeader + "; journalled", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*page[registry.OpenedChange], error) {
			list, err := registered().OpenIdentityChanges(ctx, door.ActorOf(ctx), in.Person.ID)
			return whole(list), err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodGet, Path: "/identity-differences", Summary: "Where a list and what was corrected here disagree who somebody is, the oldest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Below
			After Ref[registry.ChangeID] `query:"after"`
		}) (*page[registry.IdentityChange], error) {
			list, err := registered().ListIdentityDifferences(ctx, door.ActorOf(ctx), in.Below.Below, in.After.ID, in.Most)
			return paged(list, in.Most, func(c registry.IdentityChange) string { return c.ID.String() }), err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/identity-differences/{change}/decide", Summary: "Take what the list says, or keep what is known here", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Change Ref[registry.ChangeID] `path:"change"`
			Body   struct {
				Take bool `json:"take" doc:"true: what the list says; false: what is known here stays"`
			}
		}) (*reply[registry.IdentityChange], error) {
			c, err := registered().DecideIdentity(ctx, door.ActorOf(ctx), registry.DecideIdentity{Key: in.Key, Change: in.Change.ID, Take: in.Body.Take})
			return &reply[registry.IdentityChange]{c}, err
		})
}
