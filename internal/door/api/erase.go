package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
)

// eraseRoutes destroy an identity and show the receipt again.
func eraseRoutes(p *plan) {
	registered := func() *registry.Service { return p.house.Registry }
	tags := []string{"registry"}

	route(p, access.PersonErase, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/erase", Tags: tags,
		Summary: "Destroy a person's identity for good; the answer is the signed receipt. The person stays as a code"},
		func(ctx context.Context, in *struct {
			Keyed
			PersonPath
			Body struct {
				Reason string `json:"reason" maxLength:"20" doc:"asked, retention, unlawful or mistake"`
				Basis  string `json:"basis" maxLength:"200" doc:"The article of the law or the decision; without names"`
			}
		}) (*reply[registry.Receipt], error) {
			r, err := registered().ErasePerson(ctx, door.ActorOf(ctx), registry.ErasePerson{Key: in.Key, Person: in.Person.ID, Reason: in.Body.Reason, Basis: in.Body.Basis})
			return &reply[registry.Receipt]{r}, err
		})
	route(p, access.PersonErase, huma.Operation{Method: http.MethodGet, Path: "/people/{person}/erasure", Summary: "The receipt of an identity that was destroyed", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*reply[registry.Receipt], error) {
			r, err := registered().FindErasure(ctx, door.ActorOf(ctx), in.Person.ID)
			return &reply[registry.Receipt]{r}, err
		})
}
