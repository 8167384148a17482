package web

import (
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// placeForm is what the form about a place offers and holds; nil for a reader who may not manage places there.
type placeForm struct {
	Kinds   []string
	Systems []string
	Areas   []areaChoice

	Kind, Parent, Area, Name, Aliases, Address, Lat, Lon, Coordinates, OpenFrom, OpenTo string
}

func (s *Server) placeForm(c *call) (*placeForm, error) {
	if !access.Anywhere(c.by, access.PlaceManage) {
		return nil, nil
	}
	f := &placeForm{Kinds: registry.PlaceKinds, Systems: registry.CoordinateSystems}
	var err error
	f.Areas, err = s.namedAreas(c, access.PlaceManage)
	return f, err
}

// typed fills a form with what was typed into it before it was refused.
func (f *placeForm) typed(v *View) {
	f.Kind, f.Parent, f.Area, f.Name, f.Aliases, f.Address = v.Typed("kind"), v.Typed("parent"), v.Typed("area"), v.Typed("name"), v.Typed("aliases"), v.Typed("address")
	f.Lat, f.Lon, f.Coordinates, f.OpenFrom, f.OpenTo = v.Typed("lat"), v.Typed("lon"), v.Typed("coordinates"), v.Typed("open_from"), v.Typed("open_to")
}

// of fills a form with what is known of a place.
func (f *placeForm) of(p registry.Place, v *View) {
	f.Kind, f.Area, f.Name, f.Address, f.Coordinates = p.Kind, string(p.Area), p.Name, p.Address, p.Coordinates
	f.OpenFrom, f.OpenTo = v.field(p.OpenFrom), v.field(p.OpenTo)
	if p.Parent != 0 {
		f.Parent = p.Parent.String()
	}
	if p.Coordinates != "" {
		f.Lat, f.Lon = degrees(p.Lat), degrees(p.Lon)
	}
}

// field writes a moment as a form's field holds it; empty for none.
func (v *View) field(i outbreak.Instant) string {
	if i == 0 {
		return ""
	}
	return i.Time().In(v.Zone).Format(momentForm)
}

// degrees writes millionths of a degree.
func degrees(micro int64) string { return strconv.FormatFloat(float64(micro)/1e6, 'f', -1, 64) }

// micro reads a decimal number of degrees; an empty field is 0.
func (c *call) micro(field string) (int64, error) {
	text := strings.TrimSpace(c.form.Get(field))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= -180 && n <= 180) {
		return 0, refuseField(field, "web.places.degrees_wrong")
	}
	if n < 0 {
		return int64(n*1e6 - .5), nil
	}
	return int64(n*1e6 + .5), nil
}

// said reads the form about a place.
func (c *call) saidPlace() (n registry.AddPlace, err error) {
	n = registry.AddPlace{Key: c.key(), Kind: c.form.Get("kind"), Area: outbreak.Path(c.form.Get("area")).Code(), Name: c.form.Get("name"),
		Aliases: aliases(c.form.Get("aliases")), Address: c.form.Get("address"), Coordinates: c.form.Get("coordinates")}
	if n.Parent, err = outbreak.ParseID[outbreak.PlaceID](strings.TrimSpace(c.form.Get("parent"))); err != nil {
		return n, refuseField("parent", "kernel.id_wrong")
	}
	for field, at := range map[string]*int64{"lat": &n.Lat, "lon": &n.Lon} {
		if *at, err = c.micro(field); err != nil {
			return n, err
		}
	}
	for field, at := range map[string]*outbreak.Instant{"open_from": &n.OpenFrom, "open_to": &n.OpenTo} {
		if *at, err = c.moment(field); err != nil {
			return n, err
		}
	}
	return n, nil
}

// aliases reads names, one a line.
func aliases(text string) (list []registry.PlaceName) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, registry.PlaceName{Name: line})
		}
	}
	return list
}

func (s *Server) addPlace(c *call) (string, error) {
	n, err := c.saidPlace()
	if err != nil {
		return "", err
	}
	p, err := s.Registry.AddPlace(c.ctx, c.by, n)
	return "/places/" + p.ID.String() + "?done=place_added", err
}

// aboutPlace does something to the place the address names and comes back to its page.
func aboutPlace(c *call, done string, do func(outbreak.PlaceID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.PlaceID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/places/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) changePlace(c *call) (string, error) {
	return aboutPlace(c, "place_changed", func(id outbreak.PlaceID) error {
		n, err := c.saidPlace()
		if err != nil {
			return err
		}
		_, err = s.Registry.ChangePlace(c.ctx, c.by, registry.ChangePlace{Place: id, AddPlace: n})
		return err
	})
}

func (s *Server) namePlace(c *call) (string, error) {
	return aboutPlace(c, "place_named", func(id outbreak.PlaceID) error {
		n := registry.PlaceName{Name: c.form.Get("alias"), Lang: strings.TrimSpace(c.form.Get("lang"))}
		_, err := s.Registry.NamePlace(c.ctx, c.by, registry.NamePlace{Key: c.key(), Place: id, Names: []registry.PlaceName{n}})
		return err
	})
}

func (s *Server) mergePlaces(c *call) (string, error) {
	return aboutPlace(c, "places_merged", func(id outbreak.PlaceID) error {
		other, err := outbreak.ParseID[outbreak.PlaceID](strings.TrimSpace(c.form.Get("other")))
		if err != nil {
			return refuseField("other", "kernel.id_wrong")
		}
		_, err = s.Registry.MergePlaces(c.ctx, c.by, registry.MergePlaces{Key: c.key(), One: id, Other: other, Reason: c.form.Get("reason")})
		return err
	})
}

func (s *Server) unmergePlaces(c *call) (string, error) {
	return aboutPlace(c, "places_unmerged", func(outbreak.PlaceID) error {
		m, err := outbreak.ParseID[registry.MergeID](c.path("merge"))
		if err != nil {
			return err
		}
		_, err = s.Registry.UnmergePlaces(c.ctx, c.by, registry.UnmergePlaces{Key: c.key(), Merge: m, Reason: c.form.Get("reason")})
		return err
	})
}
