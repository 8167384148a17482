package registry

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LocationOf gives the time zone of the nearest area on a path that names one; UTC when none does.
func LocationOf(tx *store.Tx, path outbreak.Path) (*time.Location, error) {
	found, err := LocationsOf(tx, []outbreak.Path{path})
	return found[path], err
}

// LocationsOf is LocationOf for many.
func LocationsOf(tx *store.Tx, paths []outbreak.Path) (map[outbreak.Path]*time.Location, error) {
	zones := map[outbreak.Path]string{}
	for _, path := range paths {
		for p := path; p != ""; p = p.Parent() {
			zones[p] = ""
		}
	}
	if err := store.Lookup(tx, func(r store.Row) error {
		var p outbreak.Path
		var zone string
		err := r.Scan(&p, &zone)
		zones[p] = zone
		return err
	}, store.Asked{Columns: "path, time_zone", Table: "area", By: "path"}, slices.Collect(maps.Keys(zones))); err != nil {
		return nil, fmt.Errorf("asking for time zones: %w", err)
	}
	found := make(map[outbreak.Path]*time.Location, len(paths))
	for _, path := range paths {
		found[path] = time.UTC
		for p := path; p != ""; p = p.Parent() {
			if loc := location(zones[p]); loc != nil {
				found[path] = loc
				break
			}
		}
	}
	return found, nil
}

// locations are the time zones that were read: each is a file.
var locations sync.Map

// location gives a time zone by its name; nil when there is none.
func location(name string) *time.Location {
	if name == "" {
		return nil
	}
	if loc, read := locations.Load(name); read {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	locations.Store(name, loc)
	return loc
}
