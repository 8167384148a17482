package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Place is somewhere people visit: a node of a tree. Places are no secret.
type Place struct {
	ID          outbreak.PlaceID `json:"id"`
	Kind        string           `json:"kind"`
	Parent      outbreak.PlaceID `json:"parent"` // the place around it; none: a root
	AreaID      outbreak.AreaID  `json:"area_id"`
	Area        outbreak.Path    `json:"area"`
	Name        string           `json:"name"`
	Address     string           `json:"address"`
	Lat         int64            `json:"lat"`         // millionths of a degree
	Lon         int64            `json:"lon"`         // millionths of a degree
	Coordinates string           `json:"coordinates"` // their system; empty: there are none
	OpenFrom    outbreak.Instant `json:"open_from"`   // 0: always
	OpenTo      outbreak.Instant `json:"open_to"`     // 0: still

	MergedInto outbreak.PlaceID `json:"merged_into"` // the leading one of places that are one; none: this one leads, or is alone
}

// within says in which kinds of places a kind may lie; "" is a root.
var within = map[string][]string{
	"campus": {""}, "building": {"", "campus"}, "floor": {"building"}, "room": {"floor", "building"},
	"market": {"", "campus", "building"}, "stall": {"market", "floor", "building"},
	"line": {""}, "vehicle": {"", "line"}, "trip": {"vehicle", "line"},
	"shop": {"", "campus", "building", "floor", "market"}, "site": {"", "campus"}, "other": {"", "campus", "building", "floor", "market", "line", "vehicle", "site"},
}

// PlaceKinds are the words of the kind of a place, the larger before the smaller.
var PlaceKinds = []string{"campus", "building", "floor", "room", "market", "stall", "line", "vehicle", "trip", "shop", "site", "other"}

// CoordinateSystems are the systems in which a place may be said to lie: they differ by some hundred metres in China.
var CoordinateSystems = []string{"WGS84", "GCJ02", "BD09", "CGCS2000"}

// PlaceName is a name of a place in a language.
type PlaceName struct {
	Name string `json:"name"`
	Lang string `json:"lang"` // BCP 47; may be empty
}

// AddPlace is the command that makes a place known.
type AddPlace struct {
	Key         string           `json:"-"`
	Kind        string           `json:"kind"`
	Parent      outbreak.PlaceID `json:"parent"`
	Area        string           `json:"area"` // code; empty: the parent's
	Name        string           `json:"name"`
	Aliases     []PlaceName      `json:"aliases"`
	Address     string           `json:"address"`
	Lat         int64            `json:"lat"`
	Lon         int64            `json:"lon"`
	Coordinates string           `json:"coordinates"`
	OpenFrom    outbreak.Instant `json:"open_from"`
	OpenTo      outbreak.Instant `json:"open_to"`
}

const (
	longestPlace = 200 // characters of a name
	mostAliases  = 30
	mostPlaces   = 50 // in an answer to a search
)

// tidy folds and checks what was said of a place, all but where it lies.
func (c AddPlace) tidy() (AddPlace, error) {
	for _, n := range c.Aliases {
		if foldName(n.Name).whole() == "" || utf8.RuneCountInString(n.Name) > longestPlace || len(n.Lang) > 20 {
			return c, outbreak.Refuse(outbreak.Invalid, "registry.place_name", "most", longestPlace)
		}
	}
	c.Name, c.Address = strings.Join(strings.Fields(c.Name), " "), strings.Join(strings.Fields(c.Address), " ")
	if foldName(c.Name).whole() == "" || utf8.RuneCountInString(c.Name) > longestPlace || utf8.RuneCountInString(c.Address) > longestPlace || len(c.Aliases) > mostAliases {
		return c, outbreak.Refuse(outbreak.Invalid, "registry.place_name", "most", longestPlace)
	}
	if within[c.Kind] == nil {
		return c, outbreak.Refuse(outbreak.Invalid, "registry.place_kind", "kinds", strings.Join(PlaceKinds, ", "))
	}
	has := c.Lat != 0 || c.Lon != 0
	if has != (c.Coordinates != "") || has && !slices.Contains(CoordinateSystems, c.Coordinates) ||
		max(c.Lat, -c.Lat) > 90_000_000 || max(c.Lon, -c.Lon) > 180_000_000 {
		return c, outbreak.Refuse(outbreak.Invalid, "registry.place_coordinates", "systems", strings.Join(CoordinateSystems, ", "))
	}
	if c.OpenTo != 0 && c.OpenTo <= c.OpenFrom {
		return c, outbreak.Refuse(outbreak.Invalid, "registry.place_open")
	}
	return c, nil
}

// AddPlace makes a place known. A place of that name and kind at the same node and in the same area is the one that is there:
// it gets the new names and keeps the rest.
func (s *Service) AddPlace(ctx context.Context, by outbreak.Actor, c AddPlace) (Place, error) {
	if err := access.RequireAnywhere(by, access.PlaceManage); err != nil {
		return Place{}, err
	}
	c, err := c.tidy()
	if err != nil {
		return Place{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.AddPlace", Key: c.Key}, c, func(tx *store.Tx) (Place, error) {
		p, e, err := s.addPlace(tx, by, c)
		if err != nil || e == nil {
			return p, err
		}
		_, err = s.journal.Append(tx, by, *e)
		return p, err
	})
}

// addPlace adds a place, or names to the one that is there; no event when nothing is new.
func (s *Service) addPlace(tx *store.Tx, by outbreak.Actor, c AddPlace) (Place, *outbreak.PlaceNamed, error) {
	p, err := c.lie(tx)
	if err != nil {
		return p, nil, err
	}
	if err := access.Require(by, access.PlaceManage, outbreak.Scope{Area: p.Area}); err != nil {
		return p, nil, err
	}
	mark := p.mark()
	p.ID = outbreak.New[outbreak.PlaceID](s.ids)
	n, err := tx.Exec("insert into place ("+placeColumns+", ukey, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (ukey) do nothing",
		p.ID, p.Kind, p.Parent, p.AreaID, p.Area, p.Name, p.Address, p.Lat, p.Lon, p.Coordinates, p.OpenFrom, p.OpenTo, 0, mark, tx.Now)
	if err != nil {
		return p, nil, fmt.Errorf("adding a place: %w", err)
	}
	if p, _, err = store.One(tx, scanPlace, "select "+placeColumns+" from place where ukey = $1", mark); err != nil {
		return p, nil, err
	}
	fresh, err := callPlace(tx, p.ID, append([]PlaceName{{Name: c.Name}}, c.Aliases...))
	if err != nil || n == 0 && fresh == 0 {
		return p, nil, err
	}
	return p, &outbreak.PlaceNamed{Scope: outbreak.Scope{Area: p.Area}, Place: p.ID, PlaceKind: p.Kind, New: n > 0}, nil
}

// mark is what makes a place the same place again: its kind and name at one node and in one area.
func (p Place) mark() string {
	return fmt.Sprintf("%s %d %d %s", p.Kind, p.Parent, p.AreaID, foldName(p.Name).whole())
}

// lie finds where a new place lies.
func (c AddPlace) lie(tx *store.Tx) (Place, error) {
	p := Place{Kind: c.Kind, Parent: c.Parent, Name: c.Name, Address: c.Address, Lat: c.Lat, Lon: c.Lon, Coordinates: c.Coordinates, OpenFrom: c.OpenFrom, OpenTo: c.OpenTo}
	around, ok, err := PlaceByID(tx, c.Parent)
	if err != nil {
		return p, err
	}
	if c.Parent != 0 && !ok {
		return p, outbreak.Refuse(outbreak.NotFound, "registry.no_place")
	}
	if !slices.Contains(within[c.Kind], around.Kind) {
		return p, outbreak.Refuse(outbreak.Invalid, "registry.place_within", "kind", c.Kind, "around", strings.Join(within[c.Kind], " / "))
	}
	if c.Area == "" && ok {
		p.AreaID, p.Area = around.AreaID, around.Area
		return p, nil
	}
	a, ok, err := AreaByCode(tx, c.Area)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
	}
	p.AreaID, p.Area = a.ID, a.Path
	return p, err
}

// callPlace adds names and gives how many were new.
func callPlace(tx *store.Tx, id outbreak.PlaceID, names []PlaceName) (int64, error) {
	var rows [][]any
	for _, n := range names {
		n.Name = strings.Join(strings.Fields(n.Name), " ")
		folded := foldName(n.Name).whole()
		if folded == "" || utf8.RuneCountInString(n.Name) > longestPlace || len(n.Lang) > 20 {
			return 0, outbreak.Refuse(outbreak.Invalid, "registry.place_name", "most", longestPlace)
		}
		rows = append(rows, []any{id, folded, n.Name, n.Lang})
	}
	fresh, err := tx.Insert("place_name", []string{"place", "folded", "name", "lang"}, []string{"place", "folded"}, rows)
	if err != nil {
		return 0, fmt.Errorf("naming a place: %w", err)
	}
	return fresh, nil
}

const placeColumns = "id, kind, parent, area_id, area, name, address, lat, lon, coordinates, open_from, open_to, first_place"

func scanPlace(r store.Row) (p Place, err error) {
	err = r.Scan(&p.ID, &p.Kind, &p.Parent, &p.AreaID, &p.Area, &p.Name, &p.Address, &p.Lat, &p.Lon, &p.Coordinates, &p.OpenFrom, &p.OpenTo, &p.MergedInto)
	if p.MergedInto == p.ID {
		p.MergedInto = 0
	}
	return p, err
}

// PlaceByID finds a place; false when there is none.
func PlaceByID(tx *store.Tx, id outbreak.PlaceID) (Place, bool, error) {
	return store.One(tx, scanPlace, "select "+placeColumns+" from place where id = $1", id)
}

// placesTogether lists all places that are one with a place, the leading one first.
func placesTogether(tx *store.Tx, id outbreak.PlaceID) ([]outbreak.PlaceID, error) {
	leading, _, err := store.One(tx, store.Value[outbreak.PlaceID], "select first_place from place where id = $1", id)
	if err != nil || leading == 0 {
		return []outbreak.PlaceID{id}, err
	}
	return store.List(tx, store.Value[outbreak.PlaceID], "select id from place where first_place = $1 and first_place <> 0 order by id", leading)
}

// PlaceDetail is a place with its names, what lies around it from the root on, and what lies directly in it.
type PlaceDetail struct {
	Place
	Names    []PlaceName        `json:"names"`
	Around   []Place            `json:"around"`
	Within   []Place            `json:"within"`
	Together []outbreak.PlaceID `json:"together"` // all places that are one with it, the leading one first
}

// FindPlace gives a place.
func (s *Service) FindPlace(ctx context.Context, by outbreak.Actor, id outbreak.PlaceID) (d PlaceDetail, err error) {
	if err := access.RequireAnywhere(by, access.PlaceRead); err != nil {
		return d, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		if d.Place, ok, err = PlaceByID(tx, id); err != nil {
			return err
		}
		if !ok || access.Require(by, access.PlaceRead, outbreak.Scope{Area: d.Area}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_place")
		}
		if d.Together, err = placesTogether(tx, id); err != nil {
			return err
		}
		in, args := store.In(nil, d.Together)
		if d.Names, err = store.List(tx, func(r store.Row) (n PlaceName, err error) {
			err = r.Scan(&n.Name, &n.Lang)
			return n, err
		}, "select name, lang from place_name where place in ("+in+") order by place, name", args...); err != nil {
			return err
		}
		if d.Within, err = store.List(tx, scanPlace, "select "+placeColumns+" from place where parent in ("+in+") order by name, id", args...); err != nil {
			return err
		}
		for at := d.Parent; at != 0; {
			around, ok, err := PlaceByID(tx, at)
			if err != nil || !ok {
				return err
			}
			d.Around, at = append([]Place{around}, d.Around...), around.Parent
		}
		return nil
	})
	return d, err
}

// SearchPlaces finds places below an area by a part of a name in any language; empty: all, by name.
func (s *Service) SearchPlaces(ctx context.Context, by outbreak.Actor, name string, below outbreak.Path) (list []Place, err error) {
	if err := access.RequireAnywhere(by, access.PlaceRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := withinPeople(by, access.PlaceRead, []any{below, below.Upto()})
		if folded := foldName(name).whole(); folded != "" { // letters and digits alone: nothing in it is a sign of like
			args = append(args, "%"+folded+"%")
			cond += fmt.Sprintf(" and id in (select place from place_name where folded like $%d)", len(args))
		}
		limit, args := store.In(args, []int{mostPlaces})
		list, err = store.List(tx, scanPlace, "select "+placeColumns+" from place where area >= $1 and area < $2 and "+cond+" order by name, id limit "+limit, args...)
		return err
	})
	return list, err
}
