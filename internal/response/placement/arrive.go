package placement

import (
	"slices"

	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// arrive notes that a person is at a site. A reservation there is taken up; one elsewhere is given back, since the person is
// here. Without one a free bed of the site is taken, and without that the person is recorded over the site's beds.
func (s *Service) arrive(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID, person outbreak.PersonID, site Site, in named, at outbreak.Instant) (Stay, error) {
	there, err := staysOf(tx, person, "arrived")
	if err != nil {
		return Stay{}, err
	}
	for _, st := range there {
		if st.Site == site.ID {
			return s.moveWithin(tx, by, st, in, at) // said twice, or another bed
		}
		if _, err := s.leave(tx, by, st, "moved", at); err != nil {
			return Stay{}, err
		}
	}
	needs, err := liveNeeds(tx, ob, person)
	if err != nil {
		return Stay{}, err
	}
	var need Need
	if len(needs) > 0 {
		need = needs[0]
	}
	st := Stay{ID: outbreak.New[outbreak.StayID](s.ids), Outbreak: ob, Edition: need.Edition, Person: person, Need: need.ID, Case: need.Case, Area: site.Area, Site: site.ID}
	reserved, err := staysOf(tx, person, "reserved")
	if err != nil {
		return Stay{}, err
	}
	kept := false
	for _, r := range reserved {
		if r.Site == site.ID && !kept {
			st, kept = r, true
			continue
		}
		if err := s.giveBack(tx, by, r, "arrived_elsewhere"); err != nil {
			return Stay{}, err
		}
	}
	st.State, st.ArrivedAt = "arrived", at
	left := outbreak.BedID(0)
	switch {
	case in != (named{}):
		left = st.Bed
		if st, err = s.layIn(tx, by, st, in, kept); err != nil {
			return Stay{}, err
		}
	case kept:
		err = saveStay(tx, st)
	default:
		st, err = s.squeezeIn(tx, st)
	}
	if err != nil {
		return Stay{}, err
	}
	for _, n := range needs {
		if err := s.meetNeed(tx, by, n, at); err != nil {
			return Stay{}, err
		}
	}
	if _, err := s.journal.Append(tx, by, outbreak.PersonArrived{Scope: st.Scope(), Stay: st.ID, Need: st.Need, Person: person, Site: site.ID, Bed: st.Bed, Over: st.Bed == 0, At: at}); err != nil {
		return Stay{}, err
	}
	if st.Bed != 0 {
		if left != 0 && left != st.Bed {
			if err := s.relieve(tx, by, site.ID, at); err != nil {
				return st, err
			}
		}
		return st, s.moveOn(tx, by, st, need)
	}
	return st, s.tasks.Open(tx, by, task.Work{What: task.RelieveSite, Subject: outbreak.Ref{Kind: "site", ID: site.ID.String()}, Scope: st.Scope(), Clock: outbreak.Deadline{From: at}})
}

// relieve gives free beds of a site to those who lie over its beds, the longest first, before anybody else hears of them. The
// work of relieving the site ends when nobody lies over its beds any more.
func (s *Service) relieve(tx *store.Tx, by outbreak.Actor, site outbreak.SiteID, at outbreak.Instant) error {
	for {
		st, over, err := firstOver(tx, site)
		if err != nil {
			return err
		}
		if !over {
			return s.tasks.End(tx, by, task.RelieveSite, outbreak.Ref{Kind: "site", ID: site.String()}, task.Done, at)
		}
		bed, free, err := anyFree(tx, site)
		if err != nil || !free {
			return err
		}
		if err := s.giveBed(tx, by, st, bed, at); err != nil {
			return err
		}
	}
}

func (s *Service) giveBed(tx *store.Tx, by outbreak.Actor, st Stay, bed outbreak.BedID, at outbreak.Instant) error {
	if _, err := holdBed(tx, bed, st.ID); err != nil {
		return err
	}
	st.Bed = bed
	if err := saveStay(tx, st); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.BedGiven{Scope: st.Scope(), Stay: st.ID, Person: st.Person, Site: st.Site, Bed: bed, At: at}); err != nil {
		return err
	}
	need, _, err := needByID(tx, st.Need)
	if err != nil {
		return err
	}
	return s.moveOn(tx, by, st, need)
}

// moveOn puts somebody whose severity changed on the way, and whose bed does not fit it, back into the queue.
func (s *Service) moveOn(tx *store.Tx, by outbreak.Actor, st Stay, n Need) error {
	kind, ok, err := store.One(tx, store.Value[string], "select kind from bed where id = $1", st.Bed)
	if err != nil || !ok || len(n.Kinds) == 0 || slices.Contains(n.Kinds, kind) {
		return err
	}
	return s.want(tx, by, n.Scope(), n.Person, n.Case, n.Severity, st.ArrivedAt)
}

// squeezeIn gives an unplanned arrival any free bed of the site, or none.
func (s *Service) squeezeIn(tx *store.Tx, st Stay) (Stay, error) {
	bed, ok, err := anyFree(tx, st.Site)
	if err != nil {
		return st, err
	}
	if ok {
		if _, err := holdBed(tx, bed, st.ID); err != nil {
			return st, err
		}
		st.Bed = bed
	}
	return st, insertStay(tx, st)
}

func (s *Service) meetNeed(tx *store.Tx, by outbreak.Actor, n Need, at outbreak.Instant) error {
	if err := moveNeed(tx, n, "met"); err != nil {
		return err
	}
	if n.State == "waiting" { // nobody had found a bed: the arrival ends the search
		if _, err := s.journal.Append(tx, by, outbreak.BedNeedEnded{Scope: n.Scope(), Need: n.ID, Person: n.Person, Reason: "arrived"}); err != nil {
			return err
		}
	}
	return s.tasks.End(tx, by, task.FindBed, n.ref(), task.Done, at)
}

// giveBack frees a reserved bed; somebody who lies over the site's beds has it first.
func (s *Service) giveBack(tx *store.Tx, by outbreak.Actor, st Stay, reason string) error {
	st.State, st.EndedAt, st.Reason = "cancelled", tx.Now, reason
	if err := saveStay(tx, st); err != nil {
		return err
	}
	if err := freeBed(tx, st.ID); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.ReservationCancelled{Scope: st.Scope(), Need: st.Need, Stay: st.ID, Person: st.Person, Site: st.Site, Reason: reason}); err != nil {
		return err
	}
	return s.relieve(tx, by, st.Site, tx.Now)
}
