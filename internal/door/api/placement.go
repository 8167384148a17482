package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
)

// whereabouts is what a person needed and where the person stayed.
type whereabouts struct {
	Needs []placement.Need `json:"needs"`
	Stays []placement.Stay `json:"stays"`
}

func placementRoutes(p *plan) {
	tags := []string{"placement"}
	route(p, access.SiteRead, huma.Operation{Method: http.MethodGet, Path: "/sites", Summary: "Hospitals and isolation sites with their beds", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[placement.SiteStatus], error) {
			list, err := p.house.Placement.ListSites(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.SiteManage, huma.Operation{Method: http.MethodPost, Path: "/sites", Summary: "Open a site with its wards and beds", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak,omitempty" doc:"Empty: serves every outbreak"`
				Area     string              `json:"area" maxLength:"40" doc:"Its code"`
				Kind     string              `json:"kind" enum:"hospital_designated,hospital_makeshift,isolation_site,buffer_ward"`
				Name     string              `json:"name" maxLength:"200"`
				Wards    []placement.NewWard `json:"wards" maxItems:"500"`
			}
		}) (*reply[placement.Site], error) {
			b := in.Body
			s, err := p.house.Placement.OpenSite(ctx, door.ActorOf(ctx), placement.OpenSite{Key: in.Key, Outbreak: b.Outbreak, Area: b.Area, Kind: b.Kind, Name: b.Name, Wards: b.Wards})
			return &reply[placement.Site]{s}, err
		})
	route(p, access.SiteRead, huma.Operation{Method: http.MethodGet, Path: "/needs", Summary: "Who needs a bed, the gravest and longest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			State string               `query:"state" enum:"waiting,reserved,met,ended" doc:"Empty: all"`
			After Ref[outbreak.NeedID] `query:"after"`
		}) (*page[placement.Need], error) {
			list, err := p.house.Placement.ListNeeds(ctx, door.ActorOf(ctx), in.State, in.After.ID, in.Most)
			for i := range list {
				list[i].Kinds = some(list[i].Kinds)
			}
			return paged(list, in.Most, func(n placement.Need) string { return n.ID.String() }), err
		})
	route(p, access.SiteRead, huma.Operation{Method: http.MethodGet, Path: "/stays", Summary: "Beds reserved, occupied and left", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Site  Ref[outbreak.SiteID] `query:"site"`
			State string               `query:"state" enum:"reserved,arrived,discharged,cancelled" doc:"Empty: all"`
			After Ref[outbreak.StayID] `query:"after"`
		}) (*page[placement.Stay], error) {
			list, err := p.house.Placement.ListStays(ctx, door.ActorOf(ctx), in.Site.ID, in.State, in.After.ID, in.Most)
			return paged(list, in.Most, func(s placement.Stay) string { return s.ID.String() }), err
		})
	route(p, access.SiteRead, huma.Operation{Method: http.MethodGet, Path: "/people/{person}/stays", Summary: "What a person needed and where the person stayed", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*reply[whereabouts], error) {
			needs, stays, err := p.house.Placement.ListStaysOf(ctx, door.ActorOf(ctx), in.Person.ID)
			for i := range needs {
				needs[i].Kinds = some(needs[i].Kinds)
			}
			return &reply[whereabouts]{whereabouts{some(needs), some(stays)}}, err
		})
	route(p, access.StayRecord, huma.Operation{Method: http.MethodPost, Path: "/arrivals", Summary: "Record an arrival; it is recorded even when no bed is free", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Person   outbreak.PersonID   `json:"person"`
				Site     outbreak.SiteID     `json:"site"`
				Ward     string              `json:"ward,omitempty" maxLength:"200" doc:"Its name; left out: wherever a bed is free"`
				Bed      string              `json:"bed,omitempty" maxLength:"60" doc:"Its label in the ward; left out: any free one of the ward"`
				At       outbreak.Instant    `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[placement.Stay], error) {
			b := in.Body
			s, err := p.house.Placement.RecordArrival(ctx, door.ActorOf(ctx), placement.RecordArrival{Key: in.Key, Outbreak: b.Outbreak, Person: b.Person, Site: b.Site, Ward: b.Ward, Bed: b.Bed, At: b.At})
			return &reply[placement.Stay]{s}, err
		})
	route(p, access.StayRecord, huma.Operation{Method: http.MethodPost, Path: "/stays/{stay}/discharge", Summary: "Record that somebody left", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Stay Ref[outbreak.StayID] `path:"stay"`
			Body struct {
				Reason string           `json:"reason" maxLength:"40" doc:"recovered, moved, not_a_case, died or left"`
				At     outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[placement.Stay], error) {
			s, err := p.house.Placement.DischargePerson(ctx, door.ActorOf(ctx), placement.DischargePerson{Key: in.Key, Stay: in.Stay.ID, Reason: in.Body.Reason, At: in.Body.At})
			return &reply[placement.Stay]{s}, err
		})
}
