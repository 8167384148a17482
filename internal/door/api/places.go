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

// PlacePath is embedded in the input of a route about one place.
type PlacePath struct {
	Place Ref[outbreak.PlaceID] `path:"place"`
}

type placeSaid struct {
	Kind        string               `json:"kind" maxLength:"20" doc:"campus, building, floor, room, market, stall, line, vehicle, trip, shop, site or other"`
	Parent      outbreak.PlaceID     `json:"parent,omitempty" doc:"The place around it; left out: a root"`
	Area        string               `json:"area,omitempty" maxLength:"40" doc:"Its code; left out: the parent's"`
	Name        string               `json:"name" maxLength:"800"`
	Aliases     []registry.PlaceName `json:"aliases,omitempty" maxItems:"30" doc:"Further names, in any language"`
	Address     string               `json:"address,omitempty" maxLength:"800"`
	Lat         int64                `json:"lat,omitempty" doc:"Millionths of a degree"`
	Lon         int64                `json:"lon,omitempty" doc:"Millionths of a degree"`
	Coordinates string               `json:"coordinates,omitempty" maxLength:"10" doc:"Their system: WGS84, GCJ02, BD09 or CGCS2000"`
	OpenFrom    outbreak.Instant     `json:"open_from,omitempty"`
	OpenTo      outbreak.Instant     `json:"open_to,omitempty"`
}

func (b placeSaid) command(key string) registry.AddPlace {
	return registry.AddPlace{Key: key, Kind: b.Kind, Parent: b.Parent, Area: b.Area, Name: b.Name, Aliases: b.Aliases,
		Address: b.Address, Lat: b.Lat, Lon: b.Lon, Coordinates: b.Coordinates, OpenFrom: b.OpenFrom, OpenTo: b.OpenTo}
}

type NewPlace struct {
	Keyed
	Body placeSaid
}

type newVisit struct {
	Keyed
	Body struct {
		Outbreak      outbreak.OutbreakID `json:"outbreak,omitempty"`
		Person        outbreak.PersonID   `json:"person,omitempty"`
		Place         outbreak.PlaceID    `json:"place,omitempty"`
		From          outbreak.Instant    `json:"from,omitempty" doc:"The beginning of the minute, hour, half-day or day that was named"`
		FromPrecision string              `json:"from_precision,omitempty" maxLength:"20" doc:"minute, hour, half_day, day or unknown"`
		To            outbreak.Instant    `json:"to,omitempty"`
		ToPrecision   string              `json:"to_precision,omitempty" maxLength:"20"`
		Source        string              `json:"source,omitempty" maxLength:"20" doc:"interview, registration, ticket, payment, camera or other"`
		Purpose       string              `json:"purpose,omitempty" maxLength:"20" doc:"Of collecting it: contact_tracing, care or welfare"`
		Until         outbreak.Instant    `json:"until,omitempty" doc:"When it is deleted; left out: 35 days after the visit"`
		Corrects      registry.VisitID    `json:"corrects,omitempty" doc:"The row that is corrected; outbreak and person are its own"`
		Gone          bool                `json:"gone,omitempty" doc:"Of a correction: nothing stands in its place"`
	}
}

// placeRoutes know places and who was where.
func placeRoutes(p *plan) {
	registered := func() *registry.Service { return p.house.Registry }
	tags := []string{"places"}

	route(p, access.PlaceManage, huma.Operation{Method: http.MethodPost, Path: "/places", Summary: "Make a place known, or give it further names", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *NewPlace) (*reply[registry.Place], error) {
			x, err := registered().AddPlace(ctx, door.ActorOf(ctx), in.Body.command(in.Key))
			return &reply[registry.Place]{x}, err
		})
	route(p, access.PlaceManage, huma.Operation{Method: http.MethodPost, Path: "/places/{place}", Summary: "Say anew what a place is called, what it is and where it lies; the old name stays one of its names", Tags: tags},
		func(ctx context.Context, in *struct {
			NewPlace
			PlacePath
		}) (*reply[registry.Place], error) {
			x, err := registered().ChangePlace(ctx, door.ActorOf(ctx), registry.ChangePlace{Place: in.Place.ID, AddPlace: in.Body.command(in.Key)})
			return &reply[registry.Place]{x}, err
		})
	route(p, access.PlaceManage, huma.Operation{Method: http.MethodPost, Path: "/places/{place}/names", Summary: "Give a place further names, in any language", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PlacePath
			Body struct {
				Names []registry.PlaceName `json:"names" maxItems:"30"`
			}
		}) (*reply[registry.Place], error) {
			x, err := registered().NamePlace(ctx, door.ActorOf(ctx), registry.NamePlace{Key: in.Key, Place: in.Place.ID, Names: in.Body.Names})
			return &reply[registry.Place]{x}, err
		})
	route(p, access.PlaceRead, huma.Operation{Method: http.MethodGet, Path: "/places/{place}/merges", Summary: "The decisions about a place, the newest first", Tags: tags},
		func(ctx context.Context, in *PlacePath) (*page[registry.PlaceMerge], error) {
			list, err := registered().ListPlaceMerges(ctx, door.ActorOf(ctx), in.Place.ID)
			return whole(list), err
		})
	route(p, access.PlaceRead, huma.Operation{Method: http.MethodGet, Path: "/places", Summary: "Places by a part of a name in any language, at most 50", Tags: tags},
		func(ctx context.Context, in *struct {
			Below
			Name string `query:"name" maxLength:"200"`
		}) (*page[registry.Place], error) {
			list, err := registered().SearchPlaces(ctx, door.ActorOf(ctx), in.Name, in.Below.Below)
			return whole(list), err
		})
	route(p, access.PlaceRead, huma.Operation{Method: http.MethodGet, Path: "/places/{place}", Summary: "A place, its names, what lies around it and in it", Tags: tags},
		func(ctx context.Context, in *PlacePath) (*reply[registry.PlaceDetail], error) {
			d, err := registered().FindPlace(ctx, door.ActorOf(ctx), in.Place.ID)
			d.Names, d.Around, d.Within, d.Together = some(d.Names), some(d.Around), some(d.Within), some(d.Together)
			return &reply[registry.PlaceDetail]{d}, err
		})
	route(p, access.PlaceManage, huma.Operation{Method: http.MethodPost, Path: "/places/merges", Summary: "Decide that two places are one; nothing is moved", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				One    outbreak.PlaceID `json:"one"`
				Other  outbreak.PlaceID `json:"other"`
				Reason string           `json:"reason" maxLength:"2000"`
			}
		}) (*reply[registry.PlaceMerge], error) {
			m, err := registered().MergePlaces(ctx, door.ActorOf(ctx), registry.MergePlaces{Key: in.Key, One: in.Body.One, Other: in.Body.Other, Reason: in.Body.Reason})
			return &reply[registry.PlaceMerge]{m}, err
		})
	route(p, access.PlaceManage, huma.Operation{Method: http.MethodPost, Path: "/places/merges/{merge}/undo", Summary: "Take the decision about two places back", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Merge Ref[registry.MergeID] `path:"merge"`
			Body  struct {
				Reason string `json:"reason" maxLength:"2000"`
			}
		}) (*reply[registry.PlaceMerge], error) {
			m, err := registered().UnmergePlaces(ctx, door.ActorOf(ctx), registry.UnmergePlaces{Key: in.Key, Merge: in.Merge.ID, Reason: in.Body.Reason})
			return &reply[registry.PlaceMerge]{m}, err
		})
	route(p, access.VisitRecord, huma.Operation{Method: http.MethodPost, Path: "/visits", Summary: "Say who was where, or correct it: rows are added and never changed", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newVisit) (*reply[registry.Visit], error) {
			b := in.Body
			v, err := registered().RecordVisit(ctx, door.ActorOf(ctx), registry.RecordVisit{Key: in.Key, Outbreak: b.Outbreak, Person: b.Person, Place: b.Place,
				When:   registry.When{From: b.From, FromPrecision: registry.Precision(b.FromPrecision), To: b.To, ToPrecision: registry.Precision(b.ToPrecision)},
				Source: b.Source, Purpose: b.Purpose, Until: b.Until, Corrects: b.Corrects, Gone: b.Gone})
			return &reply[registry.Visit]{v}, err
		})
	journalled := ", for the purpose in the header " + door.PurposeHeader + "; journalled. What was collected for something else is left out"
	route(p, access.VisitRead, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/visits", Summary: "Where a person was" + journalled, Tags: tags},
		func(ctx context.Context, in *PersonPath) (*page[registry.Visit], error) {
			list, err := registered().VisitsOf(ctx, door.ActorOf(ctx), in.Person.ID)
			return whole(list), err
		})
	route(p, access.VisitRead, huma.Operation{Method: http.MethodPost, Path: "/places/{place}/visits", Summary: "Who was at a place, by code" + journalled, Tags: tags},
		func(ctx context.Context, in *PlacePath) (*page[registry.Visit], error) {
			list, err := registered().VisitsAt(ctx, door.ActorOf(ctx), in.Place.ID)
			return whole(list), err
		})
}
