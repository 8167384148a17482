package supplies

import (
	"context"
	"embed"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of supplies.
var Migrations = store.Migrations{Owner: "supplies", FS: migrations}

// Points is what supplies asks of screening.
type Points interface {
	// BoothPlace gives where a sampling point is and what it is called.
	BoothPlace(tx *store.Tx, id outbreak.BoothID) (outbreak.Scope, string, error)
	// EachUse calls do for what was used up with each tube of a hand-in, by its rows.
	EachUse(tx *store.Tx, first, last int64, do func(outbreak.PointUse)) error
	// LastRow gives the last row of the table of tubes.
	LastRow(tx *store.Tx) (int64, error)
	// KitsOut gives how many antigen kits were handed out in each area.
	KitsOut(tx *store.Tx) (map[outbreak.Path]int, error)
	// PointNeeds gives what the sampling points still have to do in open rounds.
	PointNeeds(tx *store.Tx) (map[outbreak.BoothID]outbreak.PointNeed, error)
}

// Laboratories is what supplies asks of lab.
type Laboratories interface {
	// LabPlace gives where a laboratory is and what it is called.
	LabPlace(tx *store.Tx, id outbreak.LabID) (outbreak.Path, string, error)
	// WellsOf gives how many wells of a run were used, and how many of them held samples.
	WellsOf(tx *store.Tx, run outbreak.RunID) (wells, samples int, err error)
	// EachRunUse calls do for each run with its wells and samples.
	EachRunUse(tx *store.Tx, do func(lab outbreak.LabID, wells, samples int)) error
}

// Service is supplies' door inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	points   Points
	labs     Laboratories
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, points Points, labs Laboratories) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, points: points, labs: labs}
}

// OpenStore is the command that lets the supplies of a sampling point, a laboratory or an area be kept account of.
type OpenStore struct {
	Key   string           `json:"-"`
	Kind  string           `json:"kind"`
	Booth outbreak.BoothID `json:"booth"` // of a booth
	Lab   outbreak.LabID   `json:"lab"`   // of a lab
	Area  string           `json:"area"`  // code, of a depot
}

// OpenStore lets supplies be kept account of, or gives the store that is there.
func (s *Service) OpenStore(ctx context.Context, by outbreak.Actor, c OpenStore) (Store, error) {
	if err := access.RequireAnywhere(by, access.SupplyRecord); err != nil {
		return Store{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "supplies.OpenStore", Key: c.Key}, c, func(tx *store.Tx) (Store, error) {
		x, err := s.place(tx, c)
		if err != nil {
			return x, err
		}
		if access.Require(by, access.SupplyRecord, x.Scope()) != nil {
			return Store{}, outbreak.Refuse(outbreak.NotFound, "supplies.no_store")
		}
		return s.open(tx, by, x)
	})
}

// place finds what a store belongs to.
func (s *Service) place(tx *store.Tx, c OpenStore) (Store, error) {
	switch c.Kind {
	case AtBooth:
		return s.storeAt(tx, AtBooth, int64(c.Booth))
	case AtLab:
		return s.storeAt(tx, AtLab, int64(c.Lab))
	case Depot:
		a, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Store{}, err
		}
		if !ok {
			return Store{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		return s.storeAt(tx, Depot, int64(a.ID))
	}
	return Store{}, outbreak.Refuse(outbreak.Invalid, "supplies.store_kind")
}

// storeAt describes the store of a sampling point, a laboratory or an area, whether it is kept or not.
func (s *Service) storeAt(tx *store.Tx, kind string, ref int64) (x Store, err error) {
	x = Store{Kind: kind, ref: ref}
	switch kind {
	case AtBooth:
		var at outbreak.Scope
		at, x.Name, err = s.points.BoothPlace(tx, outbreak.BoothID(ref))
		x.Area, x.Outbreak = at.Area, at.Outbreak
	case AtLab:
		x.Area, x.Name, err = s.labs.LabPlace(tx, outbreak.LabID(ref))
	default:
		var a registry.Area
		a, _, err = registry.AreaByID(tx, outbreak.AreaID(ref))
		x.Area, x.Name = a.Path, a.Name
	}
	if err != nil {
		return x, err
	}
	a, _, err := registry.AreaByPath(tx, x.Area)
	if err != nil {
		return x, err
	}
	x.AreaID = a.ID
	zone, err := registry.LocationOf(tx, x.Area)
	if err == nil {
		x.Zone = zone.String()
	}
	return x, err
}

// open keeps a store, or gives the one that is kept.
func (s *Service) open(tx *store.Tx, by outbreak.Actor, x Store) (Store, error) {
	there, err := storesOf(tx, x.Kind, []int64{x.ref})
	if err != nil {
		return x, err
	}
	if was, kept := there[x.ref]; kept {
		return was, nil
	}
	x.ID = outbreak.New[outbreak.StoreID](s.ids)
	if err := insertStore(tx, x); err != nil {
		return x, err
	}
	_, err = s.journal.Append(tx, by, outbreak.StoreOpened{Scope: x.Scope(), Store: x.ID, What: x.Kind})
	return x, err
}

// storeFor finds a store where the actor holds a right.
func (s *Service) storeFor(tx *store.Tx, by outbreak.Actor, id outbreak.StoreID, may access.Permission) (Store, error) {
	x, err := storeByID(tx, id)
	if err != nil {
		return x, err
	}
	if !access.Can(by, access.SupplyRead, x.Scope()) {
		return Store{}, outbreak.Refuse(outbreak.NotFound, "supplies.no_store")
	}
	return x, access.Require(by, may, x.Scope())
}

// longestNote is how many characters a note or a name may have.
const longestNote = 300

// noteOf tidies what somebody wrote.
func noteOf(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > longestNote {
		return "", outbreak.Refuse(outbreak.Invalid, "supplies.note_long", "most", longestNote)
	}
	return text, nil
}

// rulesAt gives what rule books say of the stock of a store: that of its outbreak, or the stricter of all that reach its area.
func (s *Service) rulesAt(tx *store.Tx, x Store) (l Limits, err error) {
	if x.Outbreak != 0 {
		p, err := s.registry.ProtocolOf(tx, x.Outbreak)
		return limitsOf(p), err
	}
	running, err := registry.RunningOutbreaks(tx, x.Area)
	if err != nil {
		return l, err
	}
	for _, o := range running {
		p, err := s.registry.ProtocolOf(tx, o.ID)
		if err != nil {
			return l, err
		}
		l = l.stricter(limitsOf(p))
	}
	return l, nil
}
