package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// VisitID identifies a row about a visit.
type VisitID = outbreak.ID[visitKind]

type visitKind struct{}

// Visit is that somebody was somewhere, as somebody or something said.
type Visit struct {
	ID       VisitID             `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Person   outbreak.PersonID   `json:"person"`
	Place    outbreak.PlaceID    `json:"place"`
	Area     outbreak.Path       `json:"area"` // of the place
	When
	Source     string             `json:"source"`
	Purpose    string             `json:"purpose"` // of collecting it
	Retention  outbreak.Retention `json:"retention"`
	Until      outbreak.Instant   `json:"until"`    // it is deleted then
	Corrects   VisitID            `json:"corrects"` // the row this one stands in place of
	Actor      string             `json:"actor"`
	RecordedAt outbreak.Instant   `json:"recorded_at"`
}

// Scope is where the visit belongs.
func (v Visit) Scope() outbreak.Scope { return outbreak.Scope{Area: v.Area, Outbreak: v.Outbreak} }

// VisitSources are the words of where a visit is known from.
var VisitSources = []string{"interview", "registration", "ticket", "payment", "camera", "other"}

// readableFor says for which purposes of opening a visit may be read, by the purpose it was collected for. What was collected
// for tracing is not there for anything else.
var readableFor = map[string][]outbreak.Purpose{
	"contact_tracing": {outbreak.PurposeInvestigation, outbreak.PurposeCorrection, outbreak.PurposeAudit},
	"care":            {outbreak.PurposeCare, outbreak.PurposeInvestigation, outbreak.PurposeCorrection, outbreak.PurposeAudit},
	"welfare":         {outbreak.PurposeWelfare, outbreak.PurposeCorrection, outbreak.PurposeAudit},
}

// VisitPurposes are the words of what visits are collected for.
var VisitPurposes = []string{"contact_tracing", "care", "welfare"}

// How long visits are kept: the longest look-back and follow-up of the rule books together, unless an end is named.
const (
	visitKept     = 35 * 24 * time.Hour
	longestKept   = 180 * 24 * time.Hour
	mostVisits    = 500
	visitsAtATime = 500 // deleted in one transaction
)

// RecordVisit is the command that says somebody was somewhere, or corrects what was said.
type RecordVisit struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Person   outbreak.PersonID   `json:"person"`
	Place    outbreak.PlaceID    `json:"place"`
	When
	Source   string           `json:"source"`
	Purpose  string           `json:"purpose"`
	Until    outbreak.Instant `json:"until"`    // 0: 35 days after the visit
	Corrects VisitID          `json:"corrects"` // 0: it corrects none
	Gone     bool             `json:"gone"`     // of a correction: nothing stands in its place
}

// RecordVisit adds a row. Nothing that was said is changed: a correction is a further row, and the newest stands.
func (s *Service) RecordVisit(ctx context.Context, by outbreak.Actor, c RecordVisit) (Visit, error) {
	if err := access.RequireAnywhere(by, access.VisitRecord); err != nil {
		return Visit{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.RecordVisit", Key: c.Key}, c, func(tx *store.Tx) (Visit, error) {
		v, err := s.visit(tx, by, c)
		if err != nil {
			return v, err
		}
		if err := insertVisit(tx, v, c.Gone); err != nil {
			return v, err
		}
		_, err = s.journal.Append(tx, by, outbreak.VisitRecorded{Scope: v.Scope(), Visit: v.ID.String(), Person: v.Person, Source: v.Source, Corrected: c.Corrects != 0, Gone: c.Gone})
		return v, err
	})
}

func insertVisit(tx *store.Tx, v Visit, withdrawn bool) error {
	gone := 0
	if withdrawn {
		gone = 1
	}
	if err := tx.Must("insert into visit ("+visitColumns+", gone) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
		v.ID, v.Outbreak, v.Person, v.Place, v.Area, v.From, v.FromPrecision, v.To, v.ToPrecision, v.Source, v.Purpose, v.Retention, v.Until, v.Corrects, v.Actor, v.RecordedAt, gone); err != nil {
		return fmt.Errorf("recording a visit: %w", err)
	}
	return nil
}

// visit checks what is said and makes the row of it.
func (s *Service) visit(tx *store.Tx, by outbreak.Actor, c RecordVisit) (Visit, error) {
	if c.Corrects != 0 {
		old, stands, err := standingVisit(tx, c.Corrects)
		if err != nil {
			return Visit{}, err
		}
		if !stands || access.Require(by, access.VisitRecord, old.Scope()) != nil {
			return Visit{}, outbreak.Refuse(outbreak.NotFound, "registry.no_visit")
		}
		c.Outbreak, c.Person = old.Outbreak, old.Person // a visit of somebody else is another visit
		if c.Gone {
			c.Place, c.When, c.Source, c.Purpose, c.Until = old.Place, old.When, old.Source, old.Purpose, old.Until
		}
	} else if c.Gone {
		return Visit{}, outbreak.Refuse(outbreak.NotFound, "registry.no_visit")
	}
	if err := c.check(tx.Now); err != nil {
		return Visit{}, err
	}
	if !slices.Contains(VisitSources, c.Source) || !slices.Contains(VisitPurposes, c.Purpose) {
		return Visit{}, outbreak.Refuse(outbreak.Invalid, "registry.visit_words", "sources", strings.Join(VisitSources, ", "), "purposes", strings.Join(VisitPurposes, ", "))
	}
	p, ok, err := PersonByID(tx, c.Person)
	if err != nil || !ok {
		return Visit{}, cmp.Or[error](err, outbreak.Refuse(outbreak.NotFound, "registry.no_person"))
	}
	if _, gone, err := erasedOf(tx, p.ID); err != nil || gone && !c.Gone {
		return Visit{}, cmp.Or[error](err, outbreak.Refuse(outbreak.Conflict, "registry.visit_erased")) // where somebody was tells who it is
	}
	place, ok, err := PlaceByID(tx, c.Place)
	if err != nil || !ok {
		return Visit{}, cmp.Or[error](err, outbreak.Refuse(outbreak.NotFound, "registry.no_place"))
	}
	if err := access.Require(by, access.VisitRecord, outbreak.Scope{Area: p.Area, Outbreak: c.Outbreak}); err != nil {
		return Visit{}, err
	}
	if _, ok, err := OutbreakByID(tx, c.Outbreak); err != nil || !ok {
		return Visit{}, cmp.Or[error](err, outbreak.Refuse(outbreak.NotFound, "registry.no_outbreak"))
	}
	end := c.Possible().To
	until := cmp.Or(c.Until, end.Add(visitKept))
	if until <= tx.Now || until > end.Add(longestKept) {
		return Visit{}, outbreak.Refuse(outbreak.Invalid, "registry.visit_until", "days", int(longestKept/(24*time.Hour)))
	}
	return Visit{ID: outbreak.New[VisitID](s.ids), Outbreak: c.Outbreak, Person: p.ID, Place: place.ID, Area: place.Area, When: c.When.tidy(), Source: c.Source, Purpose: c.Purpose,
		Retention: outbreak.RetainVisit, Until: until, Corrects: c.Corrects, Actor: by.String(), RecordedAt: tx.Now}, nil
}

// VisitsOf lists the visits of a person, under whatever code, for the purpose the actor names; the look-up is journalled. What
// was collected for something else is left out.
func (s *Service) VisitsOf(ctx context.Context, by outbreak.Actor, person outbreak.PersonID) (list []Visit, err error) {
	if err := access.RequireAnywhere(by, access.VisitRead); err != nil {
		return nil, err
	}
	err = s.readVisits(ctx, by, func(tx *store.Tx) (outbreak.Event, error) {
		p, ok, err := PersonByID(tx, person)
		if err != nil {
			return nil, err
		}
		if !ok || access.Require(by, access.VisitRead, outbreak.Scope{Area: p.Area}) != nil {
			return nil, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		codes, err := codesOf(tx, p)
		if err != nil {
			return nil, err
		}
		list, err = visitsWhere(tx, by, "person", codes)
		return outbreak.VisitsRead{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, Purpose: by.Purpose, Rows: len(list)}, err
	})
	return list, err
}

// VisitsAt lists who visited a place, by code, under the same rules.
func (s *Service) VisitsAt(ctx context.Context, by outbreak.Actor, place outbreak.PlaceID) (list []Visit, err error) {
	if err := access.RequireAnywhere(by, access.VisitRead); err != nil {
		return nil, err
	}
	err = s.readVisits(ctx, by, func(tx *store.Tx) (outbreak.Event, error) {
		p, ok, err := PlaceByID(tx, place)
		if err != nil {
			return nil, err
		}
		if !ok || access.Require(by, access.VisitRead, outbreak.Scope{Area: p.Area}) != nil {
			return nil, outbreak.Refuse(outbreak.NotFound, "registry.no_place")
		}
		all, err := placesTogether(tx, place)
		if err != nil {
			return nil, err
		}
		list, err = visitsWhere(tx, by, "place", all)
		return outbreak.VisitsRead{Scope: outbreak.Scope{Area: p.Area}, Place: p.ID, Purpose: by.Purpose, Rows: len(list)}, err
	})
	return list, err
}

func (s *Service) readVisits(ctx context.Context, by outbreak.Actor, read func(*store.Tx) (outbreak.Event, error)) error {
	if by.Purpose == outbreak.PurposeNone {
		return outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		e, err := read(tx)
		if err != nil {
			return err
		}
		_, err = s.journal.Append(tx, by, e)
		return err
	})
}

// visitsWhere lists the visits of people or at places that stand, are not over, and may be read for the actor's purpose.
func visitsWhere[I ~int64](tx *store.Tx, by outbreak.Actor, column string, ids []I) (list []Visit, err error) {
	var purposes []string
	for _, collected := range VisitPurposes {
		if slices.Contains(readableFor[collected], by.Purpose) {
			purposes = append(purposes, collected)
		}
	}
	if len(purposes) == 0 {
		return nil, outbreak.Refuse(outbreak.Forbidden, "registry.visit_purpose", "purpose", string(by.Purpose))
	}
	in, args := store.In([]any{tx.Now}, ids)
	of, args := store.In(args, purposes)
	cond, args := access.Within(by, access.VisitRead, "v.", args)
	limit, args := store.In(args, []int{mostVisits})
	return store.List(tx, scanVisit, "select "+visitColumns+" from visit v where v.gone = 0 and v.until > $1 and v."+column+" in ("+in+") and v.purpose in ("+of+") and "+cond+
		" and not exists (select 1 from visit c where c.corrects = v.id) order by v.from_at desc, v.id limit "+limit, args...)
}

// standingVisit finds a row that nothing corrects yet.
func standingVisit(tx *store.Tx, id VisitID) (Visit, bool, error) {
	return store.One(tx, scanVisit, "select "+visitColumns+" from visit v where v.id = $1 and v.gone = 0 and not exists (select 1 from visit c where c.corrects = v.id)", id)
}

// ExpireVisits deletes visits whose time is over, with all that they corrected; app calls it every hour.
func (s *Service) ExpireVisits(ctx context.Context) (n int, err error) {
	for {
		var gone []VisitID
		err := s.db.Write(ctx, func(tx *store.Tx) error {
			gone, err = store.List(tx, store.Value[VisitID], "select id from visit where until <= $1 order by until limit $2", tx.Now, visitsAtATime)
			if err != nil || len(gone) == 0 {
				return err
			}
			in, args := store.In(nil, gone)
			if _, err := tx.Exec("delete from visit where id in ("+in+")", args...); err != nil {
				return err
			}
			_, err = s.journal.Append(tx, outbreak.SystemActor("retention"), outbreak.VisitsExpired{Rows: len(gone)})
			return err
		})
		if err != nil || len(gone) == 0 {
			return n, err
		}
		n += len(gone)
	}
}

// dropVisits deletes where somebody was who is erased: it is as telling as a name.
func dropVisits(tx *store.Tx, person outbreak.PersonID) error {
	if _, err := tx.Exec("delete from visit where person = $1", person); err != nil {
		return fmt.Errorf("deleting visits: %w", err)
	}
	return nil
}

const visitColumns = "id, outbreak, person, place, area, from_at, from_precision, to_at, to_precision, source, purpose, retention, until, corrects, actor, recorded_at"

func scanVisit(r store.Row) (v Visit, err error) {
	err = r.Scan(&v.ID, &v.Outbreak, &v.Person, &v.Place, &v.Area, &v.From, &v.FromPrecision, &v.To, &v.ToPrecision, &v.Source, &v.Purpose, &v.Retention, &v.Until, &v.Corrects, &v.Actor, &v.RecordedAt)
	return v, err
}
