package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones of areas, on machines that have none installed

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// areaBook keeps the names and time zones of areas, which nearly every row of every page shows. They are no secret and
// change by a file twice a year.
type areaBook struct {
	mu   sync.Mutex
	by   map[outbreak.Path]registry.Area
	read outbreak.Instant // wall clock
}

const (
	bookFor   = 30 * time.Second
	mostAreas = 20_000
)

func (b *areaBook) get(s *Server, ctx context.Context) map[outbreak.Path]registry.Area {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := s.House.Wall.Now()
	if b.by != nil && now.Sub(b.read) < bookFor {
		return b.by
	}
	list, err := s.Registry.ListAreas(ctx, outbreak.SystemActor("web"), "", "", mostAreas)
	if err != nil {
		if ctx.Err() == nil {
			s.House.Log.Warn("names of areas not read", "error", err)
		}
		return b.by
	}
	b.by, b.read = make(map[outbreak.Path]registry.Area, len(list)), now
	for _, a := range list {
		b.by[a.Path] = a
	}
	return b.by
}

// zone gives the time zone of the nearest area on a path that names one; for the whole world the zone that all areas share,
// nil when they differ or name none.
func (b *areaBook) zone(s *Server, ctx context.Context, path outbreak.Path) *time.Location {
	book := b.get(s, ctx)
	for p := path; p != ""; p = p.Parent() {
		if a := book[p]; a.TimeZone != "" {
			return location(a.TimeZone)
		}
	}
	shared := ""
	for _, a := range book {
		if shared != "" && a.TimeZone != "" && a.TimeZone != shared {
			return nil
		}
		if a.TimeZone != "" {
			shared = a.TimeZone
		}
	}
	return location(shared)
}

func location(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// areaName gives the name of an area in the reader's language; its code when the name is not known.
func (s *Server) areaName(ctx context.Context, lang words.Lang, path outbreak.Path) string {
	if path == "" {
		return words.Text(lang, "web.area.everywhere", nil)
	}
	a, ok := s.areas.get(s, ctx)[path]
	switch {
	case !ok:
		return path.Code()
	case lang != words.Chinese && a.NameEn != "":
		return a.NameEn
	}
	return a.Name
}

// areaChoice is one line of a form's list of areas.
type areaChoice struct {
	Path outbreak.Path
	Name string
}

// areaChoices lists the areas in which the reader holds a permission, the inner ones set in.
func (s *Server) areaChoices(c *call, may access.Permission) ([]areaChoice, error) {
	var list []areaChoice
	if access.Can(c.by, may, outbreak.Scope{}) {
		list = append(list, areaChoice{Name: s.areaName(c.ctx, c.view.Lang, "")})
	}
	areas, err := s.Registry.ListAreas(c.ctx, c.by, "", "", 2_000)
	if err != nil {
		return nil, err
	}
	for _, a := range areas {
		if access.Can(c.by, may, outbreak.Scope{Area: a.Path}) {
			depth := strings.Count(string(a.Path), "/") - 2
			list = append(list, areaChoice{Path: a.Path, Name: strings.Repeat("  ", depth) + s.areaName(c.ctx, c.view.Lang, a.Path)})
		}
	}
	return list, nil
}

// namedAreas are the choices for a form that needs one area by its code: the world is none.
func (s *Server) namedAreas(c *call, may access.Permission) ([]areaChoice, error) {
	list, err := s.areaChoices(c, may)
	return slices.DeleteFunc(list, func(a areaChoice) bool { return a.Path == "" }), err
}

// outbreakChoice is one line of a form's list of outbreaks.
type outbreakChoice struct {
	ID   outbreak.OutbreakID
	Name string
}

func (s *Server) outbreakChoices(c *call) ([]outbreakChoice, error) {
	list, err := s.Registry.ListOutbreaks(c.ctx, c.by)
	var choices []outbreakChoice
	for _, o := range list {
		choices = append(choices, outbreakChoice{ID: o.ID, Name: o.Name})
	}
	return choices, err
}
