package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Area is one node of the tree: a country's province, a county, a street, a community.
type Area struct {
	ID         outbreak.AreaID `json:"id"`
	Code       string          `json:"code"` // GB/T 2260 where it exists
	Path       outbreak.Path   `json:"path"`
	Level      string          `json:"level"`
	CodeKind   string          `json:"code_kind"`
	Name       string          `json:"name"`
	NameEn     string          `json:"name_en"`
	TimeZone   string          `json:"time_zone"`
	Population int             `json:"population"`
}

// NewArea is an area as a file names it; the parent by its code, empty at the root.
type NewArea struct {
	Code       string
	Parent     string
	Level      string
	CodeKind   string
	Name       string
	NameEn     string
	TimeZone   string // empty: the parent's
	Population int
}

const areaColumns = "id, code, path, level, code_kind, name, name_en, time_zone, population"

func scanArea(r store.Row) (a Area, err error) {
	err = r.Scan(&a.ID, &a.Code, &a.Path, &a.Level, &a.CodeKind, &a.Name, &a.NameEn, &a.TimeZone, &a.Population)
	return a, err
}

// AreaByCode finds an area; false when there is none.
func AreaByCode(tx *store.Tx, code string) (Area, bool, error) {
	return store.One(tx, scanArea, "select "+areaColumns+" from area where code = $1", code)
}

// areasByCode finds the areas of many codes, by code.
func areasByCode(tx *store.Tx, codes []string) (map[string]Area, error) {
	found := map[string]Area{}
	err := inParts(codes, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			a, err := scanArea(r)
			found[a.Code] = a
			return err
		}, "select "+areaColumns+" from area where code in ("+in+")", args...)
	})
	return found, err
}

// AreaByID finds an area by its small number.
func AreaByID(tx *store.Tx, id outbreak.AreaID) (Area, bool, error) {
	return store.One(tx, scanArea, "select "+areaColumns+" from area where id = $1", id)
}

// AreaByPath finds an area by its path.
func AreaByPath(tx *store.Tx, path outbreak.Path) (Area, bool, error) {
	return store.One(tx, scanArea, "select "+areaColumns+" from area where path = $1", path)
}

// AreasBelow lists the areas of a subtree, itself first, in the order of paths.
func AreasBelow(tx *store.Tx, path outbreak.Path, after outbreak.Path, most int) ([]Area, error) {
	return store.List(tx, scanArea, "select "+areaColumns+" from area where path >= $1 and path < $2 and path > $3 order by path limit $4",
		path, path.Upto(), after, most)
}

// fit checks a new area against its parent and gives the row to keep.
func (n NewArea) fit(parent Area, hasParent bool) (Area, error) {
	if n.Code == "" || n.Name == "" {
		return Area{}, outbreak.Refuse(outbreak.Invalid, "registry.area_incomplete")
	}
	if n.Parent != "" && !hasParent {
		return Area{}, outbreak.Refuse(outbreak.Invalid, "registry.area_parent", "parent", n.Parent)
	}
	if !codeFits(n.Code) {
		return Area{}, outbreak.Refuse(outbreak.Invalid, "registry.area_code", "code", n.Code)
	}
	zone := n.TimeZone
	if zone == "" {
		zone = parent.TimeZone
	}
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil {
			return Area{}, outbreak.Refuse(outbreak.Invalid, "registry.area_zone", "zone", zone)
		}
	}
	return Area{Code: n.Code, Path: parent.Path.Child(n.Code), Level: n.Level, CodeKind: n.CodeKind, Name: n.Name, NameEn: n.NameEn,
		TimeZone: zone, Population: n.Population}, nil
}

// codeFits lets through codes that can stand between the slashes of a path.
func codeFits(code string) bool {
	if len(code) > 24 {
		return false
	}
	for _, r := range code {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == '_' || r == '.') {
			return false
		}
	}
	return true
}

// PathsOf fills in the paths of areas by their ids; an id nobody knows keeps the path it has.
func PathsOf(tx *store.Tx, areas map[outbreak.AreaID]outbreak.Path) error {
	return inParts(slices.Collect(maps.Keys(areas)), func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.AreaID
			var path outbreak.Path
			err := r.Scan(&id, &path)
			areas[id] = path
			return err
		}, "select id, path from area where id in ("+in+")", args...)
	})
}

// InAreas writes a condition that cuts rows with a column of area ids to areas and what lies below them, and the arguments with
// its own behind them.
func InAreas(areas []outbreak.Path, column string, args []any) (string, []any) {
	if slices.Contains(areas, "") {
		return "1 = 1", args
	}
	var any []string
	for _, a := range areas {
		args = append(args, a, a.Upto())
		any = append(any, fmt.Sprintf("path >= $%d and path < $%d", len(args)-1, len(args)))
	}
	if any == nil {
		return "1 = 0", args
	}
	return column + " in (select id from area where " + strings.Join(any, " or ") + ")", args
}

// FewBelow lists the areas below others when there are no more than most; few tells whether there are.
func FewBelow(tx *store.Tx, areas []outbreak.Path, most int) (ids []outbreak.AreaID, few bool, err error) {
	below, args := InAreas(areas, "id", nil)
	ids, err = store.List(tx, store.Value[outbreak.AreaID], fmt.Sprintf("select id from area where %s limit %d", below, most+1), args...)
	return ids, len(ids) <= most, err
}
