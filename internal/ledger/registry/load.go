package registry

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Loaded is what a batch of rows came to: received = added + changed + repeated + rejected.
type Loaded struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Changed  int                 `json:"changed"`
	Repeated int                 `json:"repeated"`
	Rejected outbreak.Rejections `json:"rejected,omitempty"`
}

// LoadAreas is a batch of areas; parents come before their children, in this batch or earlier.
type LoadAreas struct {
	Key   string    `json:"-"`
	Areas []NewArea `json:"areas"`
}

// LoadAreas adds areas and takes over changed names; an area never moves in the tree here.
func (s *Service) LoadAreas(ctx context.Context, by outbreak.Actor, c LoadAreas) (Loaded, error) {
	if err := access.Require(by, access.AreaManage, outbreak.Scope{}); err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadAreas", Key: c.Key}, c, func(tx *store.Tx) (Loaded, error) {
		l := Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}
		next, err := store.Count(tx, "select coalesce(max(id), 0) from area")
		if err != nil {
			return l, err
		}
		for i, n := range c.Areas {
			parent, hasParent, err := AreaByCode(tx, n.Parent)
			if err != nil {
				return l, err
			}
			a, err := n.fit(parent, hasParent)
			if err != nil {
				if err := l.Rejected.Add(i, err); err != nil {
					return l, err
				}
				continue
			}
			a.ID = outbreak.AreaID(next + 1)
			added, err := s.keepArea(tx, a, &l)
			if err != nil {
				if err := l.Rejected.Add(i, err); err != nil {
					return l, err
				}
			}
			if added {
				next++
			}
		}
		if l.Added+l.Changed == 0 {
			return l, nil
		}
		_, err = s.journal.Append(tx, by, outbreak.AreasLoaded{Batch: l.Batch, Added: l.Added, Changed: l.Changed, Digest: s.vault.key("batch", fmt.Sprint(c.Areas))})
		return l, err
	})
}

func (s *Service) keepArea(tx *store.Tx, a Area, l *Loaded) (bool, error) {
	old, known, err := AreaByCode(tx, a.Code)
	if err != nil {
		return false, err
	}
	if !known {
		l.Added++
		return true, tx.Must("insert into area ("+areaColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			a.ID, a.Code, a.Path, a.Level, a.CodeKind, a.Name, a.NameEn, a.TimeZone, a.Population, tx.Now)
	}
	if old.Path != a.Path {
		return false, outbreak.Refuse(outbreak.Conflict, "registry.area_moved", "code", a.Code)
	}
	a.ID = old.ID
	if a == old {
		l.Repeated++
		return false, nil
	}
	l.Changed++
	return false, tx.Must(`update area set level = $1, code_kind = $2, name = $3, name_en = $4, time_zone = $5, population = $6, recorded_at = $7
		where id = $8`, a.Level, a.CodeKind, a.Name, a.NameEn, a.TimeZone, a.Population, tx.Now, a.ID)
}

// PlanRoll is the number of people a roll is about to bring to each area, by code.
type PlanRoll struct {
	Key    string         `json:"-"`
	Counts map[string]int `json:"counts"`
}

// PlanRoll makes room on the roll: each area gets a range of numbers in the order of the tree, with an eighth left as a gap.
// An area that has room keeps its numbers; one that has too little gets a further range.
func (s *Service) PlanRoll(ctx context.Context, by outbreak.Actor, c PlanRoll) (int, error) {
	if err := access.RequireAnywhere(by, access.RosterLoad); err != nil {
		return 0, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.PlanRoll", Key: c.Key}, c, func(tx *store.Tx) (int, error) {
		var areas []Area
		for code := range c.Counts {
			a, ok, err := AreaByCode(tx, code)
			if err != nil {
				return 0, err
			}
			if ok {
				if err := access.Require(by, access.RosterLoad, outbreak.Scope{Area: a.Path}); err != nil {
					return 0, err
				}
				areas = append(areas, a)
			}
		}
		slices.SortFunc(areas, func(a, b Area) int {
			if a.Path < b.Path {
				return -1
			}
			return 1
		})
		made := 0
		for _, a := range areas {
			n, err := s.room(tx, a, c.Counts[a.Code])
			if err != nil {
				return 0, err
			}
			made += n
		}
		return made, nil
	})
}
