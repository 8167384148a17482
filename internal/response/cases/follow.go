package cases

import (
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows what screening finds, and changes of the rule book.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "cases", Kinds: []string{"PersonPositive", "PersonResultRevised", "ProtocolChanged", "PeopleMerged", "PeopleUnmerged", "IdentityDecided"}, Follow: s.follow}
}

func (s *Service) follow(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
	switch e.Kind {
	case "PersonPositive":
		return outbreak.On(e, func(p outbreak.PersonPositive) error { return s.followPositive(tx, by, p) })
	case "PersonResultRevised":
		return outbreak.On(e, func(r outbreak.PersonResultRevised) error { return s.followRevised(tx, by, r) })
	case "PeopleMerged":
		return outbreak.On(e, func(m outbreak.PeopleMerged) error { return s.followMerged(tx, by, m) })
	case "PeopleUnmerged":
		return outbreak.On(e, func(m outbreak.PeopleUnmerged) error { return s.followUnmerged(tx, by, m) })
	case "IdentityDecided":
		return outbreak.On(e, func(d outbreak.IdentityDecided) error { return s.followDecided(tx, by, d) })
	case "ProtocolChanged":
		return outbreak.On(e, func(p outbreak.ProtocolChanged) error { return s.followProtocol(tx, by, p) })
	}
	return nil
}

func (s *Service) followPositive(tx *store.Tx, by outbreak.Actor, e outbreak.PersonPositive) error {
	p, ok, err := registry.PersonByID(tx, e.Person)
	if err != nil || !ok {
		return err
	}
	_, _, err = s.open(tx, by, Case{Outbreak: e.Outbreak, Person: p.ID, Area: p.Area, Severity: outbreak.ScreenPositive,
		Classification: outbreak.NotClassified, Via: e.Via, Tube: e.Tube, PositiveAt: e.At, Listed: listedOf(p, e.At)})
	return err
}

// followRevised puts a case whose own result was taken back in question; its short clock starts when we heard of it.
func (s *Service) followRevised(tx *store.Tx, by outbreak.Actor, e outbreak.PersonResultRevised) error {
	live, err := liveOf(tx, e.Outbreak, e.Person)
	if err != nil {
		return err
	}
	for _, c := range live {
		if asked, changed := c.question(e.Tube); changed {
			return s.putInQuestion(tx, by, c, asked, e)
		}
	}
	return nil
}

func (s *Service) putInQuestion(tx *store.Tx, by outbreak.Actor, was, c Case, e outbreak.PersonResultRevised) error {
	p, err := s.registry.ProtocolOf(tx, e.Outbreak)
	if err != nil {
		return err
	}
	clock := p.Deadline("clock.question", tx.Now)
	if _, err := keepOne(tx, by, was, c, ""); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.CaseInQuestion{Scope: c.Scope(), Case: c.ID, Person: c.Person, Tube: e.Tube, At: tx.Now, Due: clock.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.DecideCase, Subject: c.ref(), Scope: c.Scope(), Clock: clock})
}
