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

// files is how large a request with rows may be.
const files = 8 << 20

type newArea struct {
	Code       string `json:"code"`
	Parent     string `json:"parent,omitempty" doc:"Its code; empty at the root"`
	Level      string `json:"level,omitempty"`
	CodeKind   string `json:"code_kind,omitempty"`
	Name       string `json:"name"`
	NameEn     string `json:"name_en,omitempty"`
	TimeZone   string `json:"time_zone,omitempty" doc:"Empty: the parent's"`
	Population int    `json:"population,omitempty"`
}

type newPerson struct {
	Area         string `json:"area" doc:"The code of the community"`
	Household    string `json:"household,omitempty" doc:"Any key that is the same for people of one household"`
	Building     string `json:"building,omitempty"`
	Door         string `json:"door,omitempty"`
	Sex          string `json:"sex,omitempty"`
	Name         string `json:"name,omitempty"`
	DocumentKind string `json:"document_kind,omitempty" doc:"cn_id, passport or other; nobody needs a document"`
	Document     string `json:"document,omitempty"`
	Birth        string `json:"birth,omitempty" doc:"ISO date"`
	BirthYear    int    `json:"birth_year,omitempty" doc:"When no birth date is known; left out: not known"`
	Phone        string `json:"phone,omitempty"`
	Address      string `json:"address,omitempty"`
}

func (n newPerson) person() registry.NewPerson {
	return registry.NewPerson{Area: n.Area, Household: n.Household, Building: n.Building, Door: n.Door, Sex: n.Sex, BirthYear: n.BirthYear,
		Identity: registry.Identity{Name: n.Name, DocumentKind: n.DocumentKind, Document: n.Document, Birth: n.Birth, Phone: n.Phone, Address: n.Address}}
}

type newOutbreak struct {
	Keyed
	Body struct {
		Name     string        `json:"name" maxLength:"200"`
		Protocol string        `json:"protocol" maxLength:"100"`
		Area     outbreak.Path `json:"area,omitempty" maxLength:"200" pattern:"^((/[0-9A-Za-z._-]+)+/)?$" doc:"The path of an area; empty: everywhere"`
	}
}

type newBox struct {
	Keyed
	Body struct {
		First    outbreak.TubeCode   `json:"first" maxLength:"40"`
		Last     outbreak.TubeCode   `json:"last" maxLength:"40"`
		Area     string              `json:"area" maxLength:"40" doc:"Its code"`
		Outbreak outbreak.OutbreakID `json:"outbreak"`
	}
}

// PersonPath is embedded in the input of a route about one person.
type PersonPath struct {
	Person Ref[outbreak.PersonID] `path:"person"`
}

func registryRoutes(p *plan) {
	registered := func() *registry.Service { return p.house.Registry }
	tags := []string{"registry"}

	route(p, access.AreaRead, huma.Operation{Method: http.MethodGet, Path: "/areas", Summary: "The areas one may see, in the order of their paths", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Below
			After outbreak.Path `query:"after" maxLength:"200"`
		}) (*page[registry.Area], error) {
			list, err := registered().ListAreas(ctx, door.ActorOf(ctx), in.Below.Below, in.After, in.Most)
			return paged(list, in.Most, func(a registry.Area) string { return string(a.Path) }), err
		})
	route(p, access.AreaManage, huma.Operation{Method: http.MethodPost, Path: "/areas", Summary: "Load areas, parents before children", Tags: tags, MaxBodyBytes: files},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Areas []newArea `json:"areas" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[registry.Loaded], error) {
			c := registry.LoadAreas{Key: in.Key}
			for _, a := range in.Body.Areas {
				c.Areas = append(c.Areas, registry.NewArea(a))
			}
			l, err := registered().LoadAreas(ctx, door.ActorOf(ctx), c)
			return &reply[registry.Loaded]{l}, err
		})
	route(p, access.AreaRead, huma.Operation{Method: http.MethodGet, Path: "/outbreaks", Summary: "The outbreaks one may see", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[registry.Outbreak], error) {
			list, err := registered().ListOutbreaks(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.OutbreakManage, huma.Operation{Method: http.MethodPost, Path: "/outbreaks", Summary: "Declare an outbreak under a protocol", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newOutbreak) (*reply[made], error) {
			id, err := registered().DeclareOutbreak(ctx, door.ActorOf(ctx), registry.DeclareOutbreak{Key: in.Key, Name: in.Body.Name, Protocol: in.Body.Protocol, Area: in.Body.Area})
			return &reply[made]{made{id.String()}}, err
		})
	route(p, access.AreaManage, huma.Operation{Method: http.MethodPost, Path: "/boxes", Summary: "Give an area a run of tube serials", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newBox) (*reply[registry.Box], error) {
			b := in.Body
			box, err := registered().IssueBox(ctx, door.ActorOf(ctx), registry.IssueBox{Key: in.Key, First: b.First, Last: b.Last, Area: b.Area, Outbreak: b.Outbreak})
			return &reply[registry.Box]{box}, err
		})
	route(p, access.RosterLoad, huma.Operation{Method: http.MethodPost, Path: "/roll/plan", Summary: "Make room on the roll before it is loaded", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Counts map[string]int `json:"counts" doc:"People to come, by the code of their community"`
			}
		}) (*reply[counted], error) {
			n, err := registered().PlanRoll(ctx, door.ActorOf(ctx), registry.PlanRoll{Key: in.Key, Counts: in.Body.Counts})
			return &reply[counted]{counted{n}}, err
		})
	route(p, access.RosterLoad, huma.Operation{Method: http.MethodPost, Path: "/roll/people", Summary: "Put people on the roll", Tags: tags, MaxBodyBytes: files},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				People []newPerson `json:"people" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[registry.Loaded], error) {
			c := registry.LoadPeople{Key: in.Key}
			for _, n := range in.Body.People {
				c.People = append(c.People, n.person())
			}
			l, err := registered().LoadPeople(ctx, door.ActorOf(ctx), c)
			return &reply[registry.Loaded]{l}, err
		})
	route(p, access.PersonRegister, huma.Operation{Method: http.MethodPost, Path: "/people", Summary: "Register somebody who is not on the roll", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body newPerson
		}) (*reply[registry.Person], error) {
			who, err := registered().RegisterPerson(ctx, door.ActorOf(ctx), registry.RegisterPerson{Key: in.Key, Person: in.Body.person()})
			return &reply[registry.Person]{who}, err
		})
	route(p, access.PersonRead, huma.Operation{Method: http.MethodPost, Path: "/people/find", Summary: "Find a person by the number of a document, for a stated purpose; the look-up is journalled", Tags: tags},
		func(ctx context.Context, in *struct {
			Body struct {
				Kind   string `json:"kind" maxLength:"20" doc:"cn_id, passport or other"`
				Number string `json:"number" maxLength:"60"`
			}
		}) (*reply[registry.Person], error) {
			who, err := registered().FindPerson(ctx, door.ActorOf(ctx), in.Body.Kind, in.Body.Number)
			return &reply[registry.Person]{who}, err
		})
	route(p, access.PersonRead, huma.Operation{Method: http.MethodGet, Path: "/people/{person}", Summary: "What may be known of a person without the name", Tags: tags},
		func(ctx context.Context, in *PersonPath) (*reply[registry.Person], error) {
			who, err := registered().FindPersonByID(ctx, door.ActorOf(ctx), in.Person.ID)
			return &reply[registry.Person]{who}, err
		})
	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/identity", Summary: "Open the sealed identity for the purpose in the header " + door.PurposeHeader + "; journalled", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			PersonPath
		}) (*reply[registry.Identity], error) {
			i, err := registered().ReadIdentity(ctx, door.ActorOf(ctx), in.Person.ID, in.Key)
			return &reply[registry.Identity]{i}, err
		})
	eraseRoutes(p)
	peopleRoutes(p)
	duplicateRoutes(p)
	identityRoutes(p)
	placeRoutes(p)
}
