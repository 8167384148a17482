package placement

import (
	"strings"

	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ReserveWaiting gives free beds to those who wait, the gravest and longest first, until no bed fits anybody or most are
// served, inside the caller's transaction: a reservation and its trip are one act. It checks no permission and appends its
// own events. Whoever finds no bed keeps the place in the queue.
func (s *Service) ReserveWaiting(tx *store.Tx, by outbreak.Actor, most int) ([]outbreak.BedReserved, error) {
	var (
		served []outbreak.BedReserved
		full   []string // kinds of beds of which none is free
	)
	for len(served) < most {
		q, args := "select "+needColumns+" from need where state = 'waiting'", []any(nil)
		if len(full) > 0 {
			var in string
			in, args = store.In(args, full)
			q += " and kinds not in (" + in + ")"
		}
		n, ok, err := store.One(tx, scanNeed, q+" order by severity_rank, since, id limit 1", args...)
		if err != nil || !ok {
			return served, err
		}
		bed, ok, err := s.reserve(tx, by, n)
		if err != nil {
			return served, err
		}
		if !ok {
			full = append(full, strings.Join(n.Kinds, " "))
			continue
		}
		served = append(served, bed)
	}
	return served, nil
}

// reserve finds a bed for a need and holds it; false when no bed of a wanted kind is free.
func (s *Service) reserve(tx *store.Tx, by outbreak.Actor, n Need) (outbreak.BedReserved, bool, error) {
	var none outbreak.BedReserved
	for _, kind := range n.Kinds {
		sites, err := freeBeds(tx, kind, n.Outbreak)
		if err != nil {
			return none, false, err
		}
		site, ok := choose(n.Area, sites)
		if !ok {
			continue
		}
		bed, ok, err := firstFree(tx, site.ID, kind)
		if err != nil || !ok {
			return none, false, err
		}
		st := Stay{ID: outbreak.New[outbreak.StayID](s.ids), Outbreak: n.Outbreak, Edition: n.Edition, Person: n.Person, Need: n.ID, Case: n.Case,
			Area: site.Area, Site: site.ID, Bed: bed, State: "reserved", ReservedAt: tx.Now}
		if ok, err := holdBed(tx, bed, st.ID); err != nil || !ok {
			return none, false, err
		}
		if err := insertStay(tx, st); err != nil {
			return none, false, err
		}
		if err := moveNeed(tx, n, "reserved"); err != nil {
			return none, false, err
		}
		e := outbreak.BedReserved{Scope: n.Scope(), Need: n.ID, Stay: st.ID, Person: n.Person, Site: site.ID, Bed: bed, At: tx.Now}
		if _, err := s.journal.Append(tx, by, e); err != nil {
			return none, false, err
		}
		return e, true, s.tasks.End(tx, by, task.FindBed, n.ref(), task.Done, tx.Now)
	}
	return none, false, nil
}

// Release gives the bed of a trip that will not take place back; the person waits again, at the old place in the queue, unless
// the reason is that he died.
func (s *Service) Release(tx *store.Tx, by outbreak.Actor, stay outbreak.StayID, reason string) error {
	st, ok, err := stayByID(tx, stay)
	if err != nil || !ok || st.State != "reserved" {
		return err
	}
	if err := s.giveBack(tx, by, st, reason); err != nil {
		return err
	}
	n, ok, err := needByID(tx, st.Need)
	if err != nil || !ok || n.State != "reserved" {
		return err
	}
	if reason == "died" {
		return s.endNeed(tx, by, n, reason)
	}
	return s.waitAgain(tx, by, n)
}

func (s *Service) waitAgain(tx *store.Tx, by outbreak.Actor, n Need) error {
	if err := moveNeed(tx, n, "waiting"); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.BedNeeded{Scope: n.Scope(), Need: n.ID, Person: n.Person, Case: n.Case, Severity: n.Severity, Kinds: n.Kinds, At: n.Since, Due: n.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.FindBed, Subject: n.ref(), Scope: n.Scope(), Clock: outbreak.Deadline{From: n.Since, Due: n.Due}})
}
