package registry

import (
	"cmp"
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadVisits is a batch of visits, as a file brings them. None of them corrects another.
type LoadVisits struct {
	Key    string        `json:"-"`
	Visits []RecordVisit `json:"visits"`
}

// LoadVisits adds visits. One that was said before is repeated, even when it was corrected or withdrawn since: the same file
// again changes nothing.
func (s *Service) LoadVisits(ctx context.Context, by outbreak.Actor, c LoadVisits) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.VisitRecord); err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadVisits", Key: c.Key}, c, func(tx *store.Tx) (Loaded, error) {
		l := Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}
		var events []outbreak.Event
		for i, n := range c.Visits {
			n.Corrects, n.Gone = 0, false
			v, err := s.visit(tx, by, n)
			var said bool
			if err == nil {
				said, err = saidBefore(tx, v)
			}
			if err == nil && !said {
				err = insertVisit(tx, v, false)
			}
			switch {
			case err != nil:
				if err := l.Rejected.Add(i, err); err != nil {
					return l, err
				}
			case said:
				l.Repeated++
			default:
				l.Added++
				events = append(events, outbreak.VisitRecorded{Scope: v.Scope(), Visit: v.ID.String(), Person: v.Person, Source: v.Source})
			}
		}
		if len(events) == 0 {
			return l, nil
		}
		_, err := s.journal.Append(tx, by, events...)
		return l, err
	})
}

// saidBefore tells whether the same was said of the person before, of whichever of places that are one.
func saidBefore(tx *store.Tx, v Visit) (bool, error) {
	all, err := placesTogether(tx, v.Place)
	if err != nil {
		return false, err
	}
	in, args := store.In([]any{v.Outbreak, v.Person, v.From, v.FromPrecision, v.To, v.ToPrecision, v.Source, v.Purpose}, all)
	n, err := store.Count(tx, `select count(*) from visit where outbreak = $1 and person = $2 and from_at = $3 and from_precision = $4 and to_at = $5 and to_precision = $6
		and source = $7 and purpose = $8 and place in (`+in+")", args...)
	return n > 0, err
}

// FindPersonCoded finds the person a row names by code or by number on the roll.
func (s *Service) FindPersonCoded(ctx context.Context, by outbreak.Actor, id outbreak.PersonID, no int64) (p Person, err error) {
	if err := access.RequireAnywhere(by, access.PersonRead); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		if id != 0 {
			p, ok, err = PersonByID(tx, id)
		} else {
			var found map[int64]Person
			found, err = PeopleByNo(tx, []int64{no})
			p, ok = found[no]
		}
		if err != nil || !ok || access.Require(by, access.PersonRead, outbreak.Scope{Area: p.Area}) != nil {
			return cmp.Or[error](err, outbreak.Refuse(outbreak.NotFound, "registry.no_person"))
		}
		return nil
	})
	return p, err
}
