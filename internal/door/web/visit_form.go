package web

import (
	"errors"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// visitForm is what the form about a visit offers and holds.
type visitForm struct {
	Outbreaks  []outbreakChoice
	Precisions []registry.Precision
	Sources    []string
	Purposes   []string

	Outbreak, Person, Place, From, FromPrecision, To, ToPrecision, Source, Purpose, Until string

	Corrects string // the row it stands in place of; empty: a new one
}

// visitForm gives the form for a reader who may record visits in an area; nil for others.
func (s *Server) visitForm(c *call, area outbreak.Path) (*visitForm, error) {
	if !access.Can(c.by, access.VisitRecord, outbreak.Scope{Area: area}) {
		return nil, nil
	}
	f := &visitForm{Precisions: registry.Precisions, Sources: registry.VisitSources, Purposes: registry.VisitPurposes,
		FromPrecision: string(registry.ToMinute), ToPrecision: string(registry.ToMinute)}
	list, err := s.Registry.ListOutbreaks(c.ctx, c.by)
	for _, o := range list {
		if o.EndedAt == 0 {
			f.Outbreaks = append(f.Outbreaks, outbreakChoice{ID: o.ID, Name: o.Name})
		}
	}
	if v := c.view; v.Typed("visit") != "" { // refused: as it was typed
		f.Outbreak, f.Person, f.Place, f.Source, f.Purpose, f.Corrects = v.Typed("outbreak"), v.Typed("person"), v.Typed("place"), v.Typed("source"), v.Typed("collected"), v.Typed("corrects")
		f.From, f.FromPrecision, f.To, f.ToPrecision, f.Until = v.Typed("from"), v.Typed("from_precision"), v.Typed("to"), v.Typed("to_precision"), v.Typed("until")
	}
	return f, err
}

// Of is the form filled with a visit that is to be corrected.
func (f visitForm) Of(v *View, x registry.Visit) visitForm {
	f.Corrects, f.Person, f.Place, f.Source, f.Purpose = x.ID.String(), x.Person.String(), x.Place.String(), x.Source, x.Purpose
	f.From, f.FromPrecision, f.To, f.ToPrecision = v.field(x.From), string(x.FromPrecision), v.field(x.To), string(x.ToPrecision)
	f.Until = x.Until.Time().In(v.Zone).Format(time.DateOnly)
	return f
}

// said reads a visit. An end that is known to the day begins with that day in the reader's time zone, and so on.
func (s *Server) saidVisit(c *call) (n registry.RecordVisit, err error) {
	n = registry.RecordVisit{Key: c.key(), Source: c.form.Get("source"), Purpose: c.form.Get("collected")}
	if n.Outbreak, err = outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak")); err != nil {
		return n, refuseField("outbreak", "kernel.id_wrong")
	}
	if n.From, n.FromPrecision, err = c.endOf("from"); err != nil {
		return n, err
	}
	if n.To, n.ToPrecision, err = c.endOf("to"); err != nil {
		return n, err
	}
	if text := c.form.Get("until"); text != "" {
		day, err := time.ParseInLocation(time.DateOnly, text, c.view.Zone)
		if err != nil {
			return n, refuseField("until", "web.visits.until_wrong")
		}
		n.Until = outbreak.At(day)
	}
	return n, nil
}

// endOf reads one end of a visit and how exactly it is known; no moment at all is an end nobody knows.
func (c *call) endOf(field string) (outbreak.Instant, registry.Precision, error) {
	at, err := c.moment(field)
	p := registry.Precision(c.form.Get(field + "_precision"))
	if err != nil || at == 0 || p == registry.NotKnown {
		return 0, registry.NotKnown, err
	}
	return outbreak.At(p.Begin(at.Time().In(c.view.Zone))), p, nil
}

// placeNamed finds the place a field names, by its code or by a name that only one place has.
func (s *Server) placeNamed(c *call, field string) (outbreak.PlaceID, error) {
	text := strings.TrimSpace(c.form.Get(field))
	if id, err := outbreak.ParseID[outbreak.PlaceID](text); err == nil && id != 0 {
		_, err := s.Registry.FindPlace(c.ctx, c.by, id)
		if err == nil {
			return id, nil
		}
		if told, is := errors.AsType[*outbreak.Error](err); !is || told.Kind != outbreak.NotFound {
			return 0, err
		}
	}
	if text == "" {
		return 0, refuseField(field, "web.visits.no_place")
	}
	list, err := s.Registry.SearchPlaces(c.ctx, c.by, text, "")
	if err != nil {
		return 0, err
	}
	var same []registry.Place
	for _, p := range list {
		if p.Name == text {
			same = append(same, p)
		}
	}
	if len(same) == 1 || len(list) == 1 {
		return append(same, list...)[0].ID, nil
	}
	if len(list) == 0 {
		return 0, refuseField(field, "web.visits.no_place")
	}
	var some []string
	for _, p := range list[:min(len(list), 5)] {
		some = append(some, p.Name+" "+p.ID.String())
	}
	return 0, refuseField(field, "web.visits.many_places", "places", strings.Join(some, c.view.T("web.list.comma")))
}

// recordVisit notes a visit on the page of a person or of a place.
func (s *Server) recordVisit(c *call) (string, error) {
	n, err := s.saidVisit(c)
	if err != nil {
		return "", err
	}
	if n.Person, n.Place, err = s.whoAndWhere(c); err != nil {
		return "", err
	}
	_, err = s.Registry.RecordVisit(c.ctx, c.by, n)
	return fill(c.route.Back, c.path) + "?done=visit_recorded", err
}

// whoAndWhere are the person and the place of a form: one is the page's own, the other is named in the form.
func (s *Server) whoAndWhere(c *call) (person outbreak.PersonID, place outbreak.PlaceID, err error) {
	if strings.HasPrefix(c.route.Back, "/people") {
		if person, err = outbreak.ParseID[outbreak.PersonID](c.path("id")); err != nil {
			return 0, 0, err
		}
		place, err = s.placeNamed(c, "place")
		return person, place, err
	}
	if place, err = outbreak.ParseID[outbreak.PlaceID](c.path("id")); err != nil {
		return 0, 0, err
	}
	if person, err = outbreak.ParseID[outbreak.PersonID](strings.TrimSpace(c.form.Get("person"))); err != nil || person == 0 {
		return 0, 0, refuseField("person", "web.site.person_wrong")
	}
	return person, place, nil
}

// correctVisit says anew what was said of a visit, or that it was none.
func (s *Server) correctVisit(c *call) (string, error) {
	id, err := outbreak.ParseID[registry.VisitID](c.path("visit"))
	if err != nil {
		return "", err
	}
	back := fill(c.route.Back, c.path)
	if c.form.Get("how") == "gone" {
		_, err = s.Registry.RecordVisit(c.ctx, c.by, registry.RecordVisit{Key: c.key(), Corrects: id, Gone: true})
		return back + "?done=visit_gone", err
	}
	c.form.Set("corrects", id.String())
	n, err := s.saidVisit(c)
	if err != nil {
		return "", err
	}
	n.Corrects = id
	if n.Place, err = s.placeNamed(c, "place"); err != nil {
		return "", err
	}
	_, err = s.Registry.RecordVisit(c.ctx, c.by, n)
	return back + "?done=visit_corrected", err
}
