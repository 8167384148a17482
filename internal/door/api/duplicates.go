package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// DuplicatePath is embedded in the input of a route about one pair of codes.
type DuplicatePath struct {
	Duplicate Ref[registry.DuplicateID] `path:"duplicate"`
}

// duplicateRoutes list and decide which codes may be one person, or of one household.
func duplicateRoutes(p *plan) {
	registered := func() *registry.Service { return p.house.Registry }
	tags := []string{"registry"}

	route(p, access.PersonMerge, huma.Operation{Method: http.MethodGet, Path: "/duplicates", Tags: tags,
		Summary: "Pairs of codes that may be one person, or of one household, the strongest evidence first; found as people come, for somebody to decide"},
		func(ctx context.Context, in *struct {
			Below
			Limit
			Outbreak Ref[outbreak.OutbreakID] `query:"outbreak" required:"false" doc:"Of its area alone"`
			Kind     string                   `query:"kind" enum:"person,household" default:"person"`
			State    string                   `query:"state" enum:"waiting,merged,apart,joined" default:"waiting"`
			Sure     bool                     `query:"sure" doc:"Only pairs of which one in a hundred is expected to be wrong"`
			After    string                   `query:"after" maxLength:"60"`
		}) (*page[registry.Duplicate], error) {
			list, err := registered().ListDuplicates(ctx, door.ActorOf(ctx), registry.DuplicatesFilter{Below: in.Below.Below, Outbreak: in.Outbreak.ID, Kind: in.Kind, State: in.State, Sure: in.Sure, After: in.After, Most: in.Most})
			answer := whole(list.List)
			answer.Body.Next = list.Next
			return answer, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodGet, Path: "/duplicates/linking", Tags: tags,
		Summary: "Which weights pairs are found by, which values too many people share, and how many pairs wait"},
		func(ctx context.Context, _ *struct{}) (*reply[registry.Linking], error) {
			l, err := registered().FindLinking(ctx, door.ActorOf(ctx))
			l.Crowds = some(l.Crowds)
			return &reply[registry.Linking]{l}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodGet, Path: "/duplicates/{duplicate}", Summary: "One pair, with how each field agrees; no value of a field", Tags: tags},
		func(ctx context.Context, in *DuplicatePath) (*reply[registry.Duplicate], error) {
			d, err := registered().FindDuplicate(ctx, door.ActorOf(ctx), in.Duplicate.ID)
			return &reply[registry.Duplicate]{d}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/duplicates/{duplicate}/join", Summary: "Decide that the two are of one household", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			DuplicatePath
		}) (*reply[registry.Duplicate], error) {
			d, err := registered().JoinHousehold(ctx, door.ActorOf(ctx), registry.JoinHousehold{Key: in.Key, ID: in.Duplicate.ID})
			return &reply[registry.Duplicate]{d}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/duplicates/{duplicate}/back", Summary: "Let a pair that was kept apart, or put into one household, wait for a decision again", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			DuplicatePath
		}) (*reply[registry.Duplicate], error) {
			d, err := registered().PutBack(ctx, door.ActorOf(ctx), registry.PutBack{Key: in.Key, ID: in.Duplicate.ID})
			return &reply[registry.Duplicate]{d}, err
		})
	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/whole", Tags: tags,
		Summary: "Open the identities of all codes of a person, put together as was chosen when they were made one, for the purpose in the header " + door.PurposeHeader + "; journalled"},
		func(ctx context.Context, in *struct {
			Keyed
			PersonPath
		}) (*reply[registry.Whole], error) {
			w, err := registered().ReadWhole(ctx, door.ActorOf(ctx), in.Person.ID, in.Key)
			return &reply[registry.Whole]{w}, err
		})
}
