package cases

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Owners knows which fields of an outbreak's cases come from somebody else's system: they are not changed here.
type Owners interface {
	// OwnersOf gives the name of the party a field belongs to, by field.
	OwnersOf(tx *store.Tx, ob outbreak.OutbreakID) (map[string]string, error)
}

// Owned tells the service who knows of owned fields.
func (s *Service) Owned(by Owners) { s.owners = by }

// EditCase is the command of somebody who changes what the line list says of a case.
type EditCase struct {
	Key     string          `json:"-"`
	Case    outbreak.CaseID `json:"case"`
	Version int64           `json:"version"` // of the case the person looked at
	Values  Values          `json:"values"`  // what changes
	Take    bool            `json:"take"`    // somebody changed it meanwhile: keep that too, and mine where both said something
}

// EditCase changes fields of a case. When somebody else changed the case since the version that was looked at, it is refused with
// the fields that changed, until Take says to keep both.
func (s *Service) EditCase(ctx context.Context, by outbreak.Actor, c EditCase) (Case, error) {
	if err := access.RequireAnywhere(by, access.CaseEdit); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.EditCase", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		k, err := s.find(tx, by, access.CaseEdit, c.Case)
		if err != nil {
			return k, err
		}
		if k.Version != c.Version && !c.Take {
			since, err := store.List(tx, store.Value[string], "select distinct field from case_change where case_id = $1 and version > $2 order by field", k.ID, c.Version)
			if err != nil {
				return k, err
			}
			return k, outbreak.Refuse(outbreak.Conflict, "cases.edited_meanwhile", "fields", strings.Join(since, ", "))
		}
		e, err := s.newEditor(tx, by, k.Outbreak, c.Values)
		if err != nil {
			return k, err
		}
		now, err := e.apply(tx, k, c.Values)
		if err != nil {
			return k, err
		}
		kept, err := keepOne(tx, by, k, now, "")
		if err != nil || kept.Version == k.Version {
			return k, err
		}
		events := append(e.classified(tx, k, kept), outbreak.CaseEdited{Scope: k.Scope(), Case: k.ID, Person: k.Person, Fields: slices.Sorted(maps.Keys(c.Values)), At: tx.Now})
		_, err = s.journal.Append(tx, by, events...)
		return kept, err
	})
}

// editor decides changes of cases of one outbreak.
type editor struct {
	by    outbreak.Actor
	zones zones
}

// newEditor refuses values that nobody may set here, whatever the case.
func (s *Service) newEditor(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID, v Values) (*editor, error) {
	if len(v) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "cases.nothing_said")
	}
	owned, err := s.ownedFields(tx, by, ob)
	if err != nil {
		return nil, err
	}
	return &editor{by: by, zones: zones{}}, mayBeSet(v, owned)
}

// ownedFields gives whose the fields of an outbreak's cases are that come from somebody else's system.
func (s *Service) ownedFields(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID) (map[string]string, error) {
	if s.owners == nil || by.System != "" { // what our own consumers write comes from the party itself
		return map[string]string{}, nil
	}
	return s.owners.OwnersOf(tx, ob)
}

// Owned is whose a field is that is not changed here.
type Owned struct {
	Party string `json:"party"`
	All   bool   `json:"all"` // of all the cases asked about; false: of some of them
}

// OwnedFields gives whose the fields of cases are that come from somebody else's system, by field.
func (s *Service) OwnedFields(ctx context.Context, by outbreak.Actor, ids []outbreak.CaseID) (owned map[string]Owned, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	owned = map[string]Owned{}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err := casesByID(tx, ids)
		if err != nil {
			return err
		}
		outbreaks := map[outbreak.OutbreakID]bool{}
		for _, c := range list {
			if access.Can(by, access.CaseRead, c.Scope()) {
				outbreaks[c.Outbreak] = true
			}
		}
		times := map[string]int{}
		for ob := range outbreaks {
			of, err := s.ownedFields(tx, by, ob)
			if err != nil {
				return err
			}
			for field, party := range of {
				times[field]++
				owned[field] = Owned{Party: party, All: times[field] == len(outbreaks)}
			}
		}
		return nil
	})
	return owned, err
}

// mayBeSet refuses fields that cannot be changed, and those that are not changed here.
func mayBeSet(v Values, owned map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if f, known := fieldCalled(name); !known || !f.Editable {
			return outbreak.Refuse(outbreak.Invalid, "cases.field_none", "field", name)
		}
		if party := owned[name]; party != "" {
			return outbreak.Refuse(outbreak.Conflict, "cases.field_owned", "field", name, "party", party)
		}
	}
	return nil
}

// apply gives a case with values set, where they may be.
func (e *editor) apply(tx *store.Tx, c Case, v Values) (Case, error) {
	if c.State == Discarded {
		return c, outbreak.Refuse(outbreak.Conflict, "cases.discarded")
	}
	zone, err := e.zones.of(tx, c.Area)
	if err != nil {
		return c, err
	}
	now, err := c.with(v, zone, tx.Now)
	if err == nil && (now.Classification != c.Classification || now.Severity != c.Severity) {
		if err = access.Require(e.by, access.CaseClassify, c.Scope()); err == nil {
			now, err = now.classify(now.Classification, now.Severity)
		}
	}
	return now, err
}

// with sets values; a day may not lie in the future.
func (c Case) with(v Values, zone *time.Location, now outbreak.Instant) (Case, error) {
	for _, f := range fields {
		said, has := v[f.Name]
		if !has {
			continue
		}
		if err := f.set(&c, said, zone); err != nil {
			return c, err
		}
		if f.Kind == Day && said > now.Add(outbreak.Drift).Time().In(zone).Format(time.DateOnly) {
			return c, outbreak.Refuse(outbreak.Invalid, "cases.field_future", "field", f.Name, "value", said)
		}
	}
	return c, nil
}

// classified tells those who follow classification and severity.
func (e *editor) classified(tx *store.Tx, was, now Case) (events []outbreak.Event) {
	if was.Classification != now.Classification || was.Severity != now.Severity {
		events = append(events, outbreak.CaseClassified{Scope: now.Scope(), Case: now.ID, Person: now.Person, Classification: now.Classification, Severity: now.Severity, At: tx.Now})
	}
	return events
}

// ListChanges lists what changed in a case, the latest first.
func (s *Service) ListChanges(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (list []Change, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.find(tx, by, access.CaseRead, id); err != nil {
			return err
		}
		list, err = store.List(tx, func(r store.Row) (x Change, err error) {
			err = r.Scan(&x.Field, &x.Was, &x.Became, &x.Version, &x.At, &x.Actor, &x.Batch)
			return x, err
		}, "select field, was, became, version, at, actor, batch from case_change where case_id = $1 order by version desc, field", id)
		return err
	})
	return list, err
}

// ReadValues gives what the line list says of a case, as texts, with days of its own time zone.
func (s *Service) ReadValues(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (v Values, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		c, err := s.find(tx, by, access.CaseRead, id)
		if err != nil {
			return err
		}
		zone, err := registry.LocationOf(tx, c.Area)
		v = ValuesOf(c, zone)
		return err
	})
	return v, err
}
