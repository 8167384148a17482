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

type twoCodes struct {
	Keyed
	Body struct {
		One    outbreak.PersonID `json:"one"`
		Other  outbreak.PersonID `json:"other"`
		Reason string            `json:"reason" maxLength:"2000" doc:"How it was found out; without names"`
	}
}

// peopleRoutes find people by name and decide which codes are one person.
func peopleRoutes(p *plan) {
	registered := func() *registry.Service { return p.house.Registry }
	tags := []string{"registry"}

	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/people/search", Tags: tags,
		Summary: "Find people by name, by how it is read or by a part of it, for the purpose in the header " + door.PurposeHeader + "; journalled without the name"},
		func(ctx context.Context, in *struct {
			Body struct {
				Name      string        `json:"name" maxLength:"200"`
				Below     outbreak.Path `json:"below,omitempty" maxLength:"200" pattern:"^((/[0-9A-Za-z._-]+)+/)?$" doc:"The path of an area; empty for all where one may open identities"`
				BirthYear int           `json:"birth_year,omitempty" minimum:"0" maximum:"3000" doc:"Left out: whatever it is"`
			}
		}) (*reply[registry.Found], error) {
			f, err := registered().SearchPeople(ctx, door.ActorOf(ctx), registry.SearchPeople{Name: in.Body.Name, Below: in.Body.Below, BirthYear: in.Body.BirthYear})
			f.Matches = some(f.Matches)
			return &reply[registry.Found]{f}, err
		})
	route(p, access.PersonRead, huma.Operation{Method: http.MethodGet, Path: "/people/{person}/codes", Summary: "All codes of a person, the leading one first, and the decisions about them", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*reply[registry.Together], error) {
			t, err := registered().FindTogether(ctx, door.ActorOf(ctx), in.Person.ID)
			t.Codes, t.Merges = some(t.Codes), some(t.Merges)
			return &reply[registry.Together]{t}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/people/merges", Summary: "Decide that two codes are one person; nothing that was recorded is moved", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				One     outbreak.PersonID            `json:"one"`
				Other   outbreak.PersonID            `json:"other"`
				Reason  string                       `json:"reason" maxLength:"2000" doc:"How it was found out; without names"`
				Choices map[string]outbreak.PersonID `json:"choices,omitempty" doc:"Whose word leads, by field: name, birth, sex, document, phone, address; left out: the leading code's"`
			}
		}) (*reply[registry.Merge], error) {
			m, err := registered().MergePeople(ctx, door.ActorOf(ctx), registry.MergePeople{Key: in.Key, One: in.Body.One, Other: in.Body.Other, Reason: in.Body.Reason, Choices: in.Body.Choices})
			return &reply[registry.Merge]{m}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/people/merges/{merge}/undo", Summary: "Take the decision back; facts recorded since stay with the code they came by", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Merge Ref[registry.MergeID] `path:"merge"`
			Body  struct {
				Reason string `json:"reason" maxLength:"2000"`
			}
		}) (*reply[registry.Merge], error) {
			m, err := registered().UnmergePeople(ctx, door.ActorOf(ctx), registry.UnmergePeople{Key: in.Key, Merge: in.Merge.ID, Reason: in.Body.Reason})
			return &reply[registry.Merge]{m}, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodGet, Path: "/people/candidates", Tags: tags,
		Summary: "The pairs of the queue of duplicates that wait for a decision, those of the newest codes first"},
		func(ctx context.Context, in *struct {
			Below
			After Ref[outbreak.PersonID] `query:"after" required:"false"`
		}) (*page[registry.Candidate], error) {
			list, next, err := registered().ListCandidates(ctx, door.ActorOf(ctx), in.Below.Below, in.After.ID)
			answer := whole(list)
			answer.Body.Next = next.String()
			return answer, err
		})
	route(p, access.PersonMerge, huma.Operation{Method: http.MethodPost, Path: "/people/apart", Summary: "Decide that two codes that look like one person are two; they are not proposed again", Tags: tags},
		func(ctx context.Context, in *twoCodes) (*reply[Done], error) {
			_, err := registered().KeepApart(ctx, door.ActorOf(ctx), registry.KeepApart{Key: in.Key, One: in.Body.One, Other: in.Body.Other, Reason: in.Body.Reason})
			return &reply[Done]{}, err
		})
}
