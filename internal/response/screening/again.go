package screening

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// askAgain puts every member of a tube back into the queue for a swab, with owner and clock. Who gave another swab for this
// tube already is not asked twice; who was let off by a result of the tube that was taken back, or by a tube that a correction
// took the person out of since, is asked after all. A tube with a valid result owes nobody a swab, whatever became of it
// afterwards.
func (s *Service) askAgain(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant) error {
	if r, _, err := s.results.LastResult(tx, t.AreaID, t.Code); err != nil || r == outbreak.Negative || r == outbreak.Positive {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, t.Outbreak)
	if err != nil {
		return err
	}
	people, err := peopleIn(tx, t)
	if err != nil {
		return err
	}
	clock := p.Deadline("clock.sample_again", at)
	for _, m := range t.Members {
		who, known := people[m.No]
		if !known {
			continue
		}
		a := Again{Round: t.Round, Tube: t.Code, Person: who.ID, No: m.No, Outbreak: t.Outbreak, Area: who.Area, AskedAt: at, Due: clock.Due}
		n, err := tx.Exec("insert into sample_again ("+againColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')
			on conflict (round, tube, person) do update set asked_at = excluded.asked_at, due = excluded.due, met_at = 0, met_tube = ''
			where sample_again.met_tube = sample_again.tube or exists (select 1 from tube_left l
				where l.round = sample_again.round and l.tube = sample_again.met_tube and l.no = sample_again.no and l.back = 0)`, a.Round, a.Tube, a.Person, a.No, a.Outbreak, a.Area, a.AskedAt, a.Due)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		s.owed.person(a.Person)
		scope := outbreak.Scope{Area: a.Area, Outbreak: a.Outbreak}
		if _, err := s.journal.Append(tx, by, outbreak.SampleAgainAsked{Scope: scope, Round: a.Round, Tube: a.Tube, Person: a.Person, At: at, Due: a.Due}); err != nil {
			return err
		}
		if err := s.tasks.Open(tx, by, task.Work{What: task.SwabAgain, Subject: personRef(a.Person), Scope: scope, Clock: clock}); err != nil {
			return err
		}
	}
	return nil
}

// meet looks whether a tube that came in answers what its members are owed: a new swab, or the own swab of a held member.
// A tube that was spoiled before it was known asks its members now. also are the further codes of its members: a swab by any
// of them answers.
func (s *Service) meet(tx *store.Tx, by outbreak.Actor, t Tube, also codes) error {
	reason, err := spoiledReason(tx, t.AreaID, t.Code)
	if err != nil {
		return err
	}
	if reason != "" {
		return s.askAgain(tx, by, t, t.Taken)
	}
	nos := make([]int64, 0, len(t.Members))
	for _, m := range t.Members {
		nos = append(nos, m.No)
	}
	if len(nos) == 0 {
		return nil
	}
	in, args := store.In([]any{t.Code, t.Taken}, also.among(nos))
	owed, err := store.List(tx, scanAgain, "select "+againColumns+" from sample_again where met_at = 0 and tube <> $1 and asked_at <= $2 and no in ("+in+") order by no", args...)
	if err != nil {
		return err
	}
	if len(owed) > 0 {
		r, _, err := s.results.LastResult(tx, t.AreaID, t.Code)
		if err != nil {
			return err
		}
		if r == outbreak.InvalidResult || r == outbreak.Indeterminate {
			owed = nil // handed in once more: a tube that gave no answer is no new swab
		}
	}
	for _, a := range owed {
		if err := s.met(tx, by, a, t.Code, t.Taken); err != nil {
			return err
		}
	}
	if !t.Single() {
		return nil
	}
	if err := s.followSelfTests(tx, by, t, also); err != nil {
		return err
	}
	return s.noteSingle(tx, by, t, also)
}

// met notes that a person was sampled again. The work ends with the last tube that a swab is owed for.
func (s *Service) met(tx *store.Tx, by outbreak.Actor, a Again, tube outbreak.TubeCode, at outbreak.Instant) error {
	if err := tx.Must("update sample_again set met_at = $1, met_tube = $2 where round = $3 and tube = $4 and person = $5", at, tube, a.Round, a.Tube, a.Person); err != nil {
		return err
	}
	scope := outbreak.Scope{Area: a.Area, Outbreak: a.Outbreak}
	if _, err := s.journal.Append(tx, by, outbreak.SampleAgainMet{Scope: scope, Round: a.Round, Tube: tube, Was: a.Tube, Person: a.Person, At: at}); err != nil {
		return err
	}
	n, err := store.Count(tx, "select count(*) from sample_again where no = $1 and met_at = 0", a.No)
	if err != nil || n > 0 {
		return err
	}
	return s.tasks.End(tx, by, task.SwabAgain, personRef(a.Person), task.Done, at)
}

// meetByResult ends what the members of a tube are owed for it, since the laboratory now has a valid result: the tube was
// found, or the run that failed was corrected.
func (s *Service) meetByResult(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant) error {
	if _, err := tx.Exec("delete from tube_spoiled where area_id = $1 and tube = $2", t.AreaID, t.Code); err != nil {
		return err
	}
	return s.letOff(tx, by, t, at)
}

// letOff ends what those who are in a tube are owed for it.
func (s *Service) letOff(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant) error {
	owed, err := store.List(tx, scanAgain, "select "+againColumns+` from sample_again where met_at = 0 and round = $1 and tube = $2
		and not exists (select 1 from tube_left l where l.round = sample_again.round and l.tube = sample_again.tube and l.no = sample_again.no and l.back = 0) order by no`, t.Round, t.Code)
	if err != nil {
		return err
	}
	for _, a := range owed {
		if err := s.met(tx, by, a, t.Code, at); err != nil {
			return err
		}
	}
	return nil
}

func peopleIn(tx *store.Tx, t Tube) (map[int64]registry.Person, error) {
	nos := make([]int64, 0, len(t.Members))
	for _, m := range t.Members {
		nos = append(nos, m.No)
	}
	return registry.PeopleByNo(tx, nos)
}
