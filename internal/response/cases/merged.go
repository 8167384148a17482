package cases

import (
	"maps"
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// followMerged asks a person which case stands when somebody who turned out to be one person has two live ones of an outbreak.
// Both stay as they are until then, each under the code it came by.
func (s *Service) followMerged(tx *store.Tx, by outbreak.Actor, m outbreak.PeopleMerged) error {
	twice, err := liveTwice(tx, m.People)
	if err != nil {
		return err
	}
	for _, ob := range slices.Sorted(maps.Keys(twice)) {
		newest := twice[ob][len(twice[ob])-1]
		if open, err := task.OpenAbout(tx, task.MergedCases, newest.ref()); err != nil || len(open) > 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.tasks.Open(tx, by, task.Work{What: task.MergedCases, Subject: newest.ref(), Scope: newest.Scope(), Clock: outbreak.Deadline{From: tx.Now}}); err != nil {
			return err
		}
	}
	return nil
}

// followUnmerged takes the question back where the two cases are two people's after all, and asks it anew on a side that still
// has two.
func (s *Service) followUnmerged(tx *store.Tx, by outbreak.Actor, m outbreak.PeopleUnmerged) error {
	for _, id := range m.People {
		if err := s.withdraw(tx, by, id, 0); err != nil {
			return err
		}
	}
	for _, side := range []outbreak.PersonID{m.One, m.Other} {
		codes, err := registry.CodesOf(tx, side)
		if err != nil {
			return err
		}
		if err := s.followMerged(tx, by, outbreak.PeopleMerged{Scope: m.Scope, People: codes}); err != nil {
			return err
		}
	}
	return nil
}

// oneLeft ends the question which of two cases stands once one of them was discarded.
func (s *Service) oneLeft(tx *store.Tx, by outbreak.Actor, gone Case) error {
	if err := s.tasks.End(tx, by, task.MergedCases, gone.ref(), task.Done, tx.Now); err != nil {
		return err
	}
	return s.withdraw(tx, by, gone.Person, gone.Outbreak)
}

// withdraw ends the question about the person's cases where no two of an outbreak (0: of any) are live.
func (s *Service) withdraw(tx *store.Tx, by outbreak.Actor, person outbreak.PersonID, of outbreak.OutbreakID) error {
	codes, err := registry.CodesOf(tx, person)
	if err != nil {
		return err
	}
	live, err := liveAmong(tx, codes)
	if err != nil {
		return err
	}
	for ob, list := range live {
		if len(list) > 1 || of != 0 && of != ob {
			continue
		}
		for _, c := range list {
			if err := s.tasks.End(tx, by, task.MergedCases, c.ref(), task.Removed, tx.Now); err != nil {
				return err
			}
		}
	}
	return nil
}

// liveAmong lists the live cases of codes by outbreak, the oldest first.
func liveAmong(tx *store.Tx, codes []outbreak.PersonID) (map[outbreak.OutbreakID][]Case, error) {
	in, args := store.In(nil, codes)
	list, err := store.List(tx, scan, "select "+columns+" from case_file where live = 1 and person in ("+in+") order by id", args...)
	if err != nil {
		return nil, err
	}
	live := map[outbreak.OutbreakID][]Case{}
	for _, c := range list {
		live[c.Outbreak] = append(live[c.Outbreak], c)
	}
	return live, nil
}

// liveTwice leaves the outbreaks in which codes have more than one live case.
func liveTwice(tx *store.Tx, codes []outbreak.PersonID) (map[outbreak.OutbreakID][]Case, error) {
	live, err := liveAmong(tx, codes)
	maps.DeleteFunc(live, func(_ outbreak.OutbreakID, list []Case) bool { return len(list) < 2 })
	return live, err
}
