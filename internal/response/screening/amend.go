package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// amendment is a tube whose members were said anew: whoever was taken out of it gets nothing from it any more, whoever is in it now
// gets all of it. It goes by who is in the tube now and what stands in the tables, so that the same correction again, or one that
// comes in before what it corrects, ends in the same.
type amendment struct {
	Tube
	result outbreak.Result // that the laboratory said last; empty: none yet
	said   outbreak.Instant
	also   codes // of everybody who ever was in the tube
}

// in tells whether a person is in the tube, under whatever code.
func (a amendment) in(no int64) bool {
	return slices.ContainsFunc(a.also.of(no), func(n int64) bool {
		return slices.ContainsFunc(a.Members, func(m Member) bool { return m.No == n })
	})
}

// owns tells whether the tube is this person's own.
func (a amendment) owns(no int64) bool { return a.Single() && a.in(no) }

// amendedAmong tells which tubes of one issuing area were said anew.
func amendedAmong(tx *store.Tx, area outbreak.AreaID, codes []outbreak.TubeCode) (map[outbreak.TubeCode]bool, error) {
	amended := map[outbreak.TubeCode]bool{}
	for part := range slices.Chunk(codes, 400) {
		in, args := store.In([]any{area}, part)
		some, err := store.List(tx, store.Value[outbreak.TubeCode], "select distinct tube from tube_amended where area_id = $1 and tube in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			amended[c] = true
		}
	}
	return amended, nil
}

// followAmended brings what a tube did up to date with who is in it now.
func (s *Service) followAmended(tx *store.Tx, by outbreak.Actor, t Tube) error {
	rows, err := rowsOf(tx, []tubeKey{{t.AreaID, t.Code}})
	if err != nil {
		return err
	}
	a := amendment{Tube: t, also: codes{}}
	if a.result, a.said, err = s.results.LastResult(tx, t.AreaID, t.Code); err != nil {
		return err
	}
	var ever []int64
	for _, r := range rows {
		for _, m := range r.Members {
			if m.No != 0 && !slices.Contains(ever, m.No) {
				ever = append(ever, m.No)
			}
		}
	}
	groups, err := registry.NosTogether(tx, ever)
	if err != nil {
		return err
	}
	a.also.add(groups)
	if err := s.noteLeft(tx, by, a, rows); err != nil {
		return err
	}
	called, err := s.takeBack(tx, by, a)
	if err != nil {
		return err
	}
	if err := s.letOut(tx, by, a); err != nil {
		return err
	}
	if err := s.giveOwn(tx, by, a, called); err != nil {
		return err
	}
	lost, err := spoiledReason(tx, t.AreaID, t.Code)
	if err != nil || lost != "" || a.result == outbreak.InvalidResult || a.result == outbreak.Indeterminate {
		return err
	}
	return s.letOff(tx, by, t, tx.Now) // whoever was put in again
}

// noteLeft keeps who is not in the tube any more, and who is again, of those that operations named in each round.
func (s *Service) noteLeft(tx *store.Tx, by outbreak.Actor, a amendment, rows []tubeRow) error {
	for i, r := range rows {
		for _, m := range r.Members {
			if m.No == 0 {
				continue
			}
			if a.in(m.No) {
				if _, err := tx.Exec("update tube_left set back = 1 where round = $1 and tube = $2 and no = $3", r.Round, a.Code, m.No); err != nil {
					return err
				}
				continue
			}
			if slices.ContainsFunc(rows[:i], func(o tubeRow) bool {
				return o.Round == r.Round && slices.ContainsFunc(o.Members, func(x Member) bool { return x.No == m.No })
			}) {
				continue
			}
			if err := s.leaves(tx, by, a, r, m.No); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaves notes that somebody is not in a tube any more, once.
func (s *Service) leaves(tx *store.Tx, by outbreak.Actor, a amendment, r tubeRow, no int64) error {
	people, err := registry.PeopleByNo(tx, []int64{no})
	if err != nil {
		return err
	}
	p, known := people[no]
	if !known {
		return nil
	}
	n, err := tx.Exec(`insert into tube_left (round, area_id, tube, no, person, outbreak, area, taken, back, asked, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9)
		on conflict (round, tube, no) do update set back = 0, asked = 0 where tube_left.back = 1`, r.Round, a.AreaID, a.Code, no, p.ID, a.Outbreak, p.Area, r.Taken, tx.Now)
	if err != nil || n == 0 {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.MemberTakenOut{Scope: outbreak.Scope{Area: p.Area, Outbreak: a.Outbreak}, Round: r.Round, Tube: a.Code, Person: p.ID, At: r.Taken})
	return err
}

// takeBack takes the positive result back from everybody whose own the tube is not, and tells whether somebody keeps it.
func (s *Service) takeBack(tx *store.Tx, by outbreak.Actor, a amendment) (keep bool, err error) {
	called, err := calledPositive(tx, a.Code)
	if err != nil || len(called) == 0 {
		return false, err
	}
	people, err := registry.PeopleByID(tx, called)
	if err != nil {
		return false, err
	}
	for _, id := range called {
		p, known := people[id]
		if !known {
			continue
		}
		if a.owns(p.No) {
			keep = true
			continue
		}
		if err := s.dropTellingOf(tx, by, a.Code, p.ID, tx.Now); err != nil {
			return false, err
		}
		scope := outbreak.Scope{Area: p.Area, Outbreak: a.Outbreak}
		if _, err := s.journal.Append(tx, by, outbreak.PersonResultRevised{Scope: scope, Round: a.Round, Tube: a.Code, Person: p.ID, At: tx.Now}); err != nil {
			return false, err
		}
	}
	return keep, nil
}

// calledPositive lists who has a positive result by a tube that nobody took back.
func calledPositive(tx *store.Tx, code outbreak.TubeCode) (people []outbreak.PersonID, err error) {
	entries, err := journal.ListAbout(tx, tubeRef(code), 1000)
	if err != nil {
		return nil, err
	}
	heard := map[outbreak.PersonID]bool{} // the newest come first
	for _, e := range entries {
		switch e.Kind {
		case "PersonPositive":
			err = outbreak.On(e, func(p outbreak.PersonPositive) error {
				if !heard[p.Person] {
					people = append(people, p.Person)
				}
				heard[p.Person] = true
				return nil
			})
		case "PersonResultRevised":
			err = outbreak.On(e, func(r outbreak.PersonResultRevised) error { heard[r.Person] = true; return nil })
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(people)
	return people, nil
}

// letOut sends everybody back to the own swab for whom the tube counted as one and does not any more, and lets everybody who is
// not in the tube any more out of its recall. A recall of what is one person's own tube by now is over.
func (s *Service) letOut(tx *store.Tx, by outbreak.Actor, a amendment) error {
	waiting, err := membersWhere(tx, "single = $1", a.Code)
	if err != nil {
		return err
	}
	waiting = slices.DeleteFunc(waiting, func(m RecallMember) bool { return a.owns(m.No) })
	if _, err := s.resolveMembers(tx, by, a.Tube, waiting, outbreak.Indeterminate, tx.Now); err != nil {
		return err
	}
	if a.Single() {
		return s.dropRecall(tx, by, a.Tube, tx.Now)
	}
	members, err := membersOf(tx, a.AreaID, a.Code)
	if err != nil {
		return err
	}
	left := false
	for _, m := range members {
		if m.State == Unheld || a.in(m.No) {
			continue
		}
		left = true
		if m.EndedAt == 0 {
			err = s.unhold(tx, by, a.Tube, m, tx.Now)
		} else { // the own result says nothing of this pool
			m.State = Unheld
			err = saveMember(tx, m)
		}
		if err != nil {
			return err
		}
	}
	if !left {
		return nil
	}
	return s.closeRecall(tx, by, a.AreaID, a.Code)
}

// giveOwn gives the one person who is in the tube now what the laboratory said of it. What several in a tube get is the work of
// those who follow every tube that is handed in again.
func (s *Service) giveOwn(tx *store.Tx, by outbreak.Actor, a amendment, called bool) error {
	if !a.Single() || a.result == "" || a.result == outbreak.Negative || a.result == outbreak.Positive && called {
		return nil
	}
	if a.result != outbreak.Positive {
		in, args := store.In(nil, a.also.of(a.Members[0].No))
		n, err := store.Count(tx, "select count(*) from recall_member where ended_at = 0 and no in ("+in+")", args...)
		if err != nil || n > 0 { // is called back anyhow
			return err
		}
	}
	return s.resolveSingle(tx, by, a.Tube, a.result, "", a.said)
}

// leaver is somebody who was taken out of a tube.
type leaver struct {
	round  outbreak.RoundID
	no     int64
	person outbreak.PersonID
	tube   outbreak.TubeCode
	taken  outbreak.Instant
	scope  outbreak.Scope
}

// tickLeft looks after those whom a correction left without a tube. The coverage knows who is in which; while it is being read
// nobody is asked yet.
func (s *Service) tickLeft(ctx context.Context) error {
	var list []leaver
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = store.List(tx, func(r store.Row) (x leaver, err error) {
			err = r.Scan(&x.round, &x.no, &x.person, &x.tube, &x.taken, &x.scope.Outbreak, &x.scope.Area)
			return x, err
		}, `select l.round, l.no, l.person, l.tube, l.taken, l.outbreak, l.area from tube_left l join round r on r.id = l.round
			where l.asked = 0 and l.back = 0 and r.state <> $1 and r.state <> $2 order by l.round, l.tube, l.no limit 1000`, Planned, Cancelled)
		return err
	}); err != nil {
		return err
	}
	for _, x := range list {
		head, err := s.coverage.need(ctx, x.round)
		if err != nil && outbreak.KindOf(err) == outbreak.Busy {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.askLeft(tx, outbreak.SystemActor("clock"), x, head) }); err != nil {
			return err
		}
	}
	return nil
}

// askLeft asks for another swab of whoever was taken out of a tube of a round, is in none of it, and has no other reason not to be;
// the coverage was up to date at an entry of the journal.
func (s *Service) askLeft(tx *store.Tx, by outbreak.Actor, x leaver, seen int64) error {
	n, err := tx.Exec("update tube_left set asked = 1 where round = $1 and tube = $2 and no = $3 and asked = 0 and back = 0", x.round, x.tube, x.no)
	if err != nil || n == 0 || s.coverage.provided(x.round, x.no) {
		return err
	}
	since, err := s.handedSince(tx, x.round, seen)
	if err != nil || slices.ContainsFunc(since, func(r tubeRow) bool {
		return slices.ContainsFunc(r.Members, func(m Member) bool { return m.No == x.no })
	}) {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, x.scope.Outbreak)
	if err != nil {
		return err
	}
	due := p.Deadline("clock.sample_again", tx.Now).Due
	asked := min(x.taken, tx.Now) // every tube since then answers, also one that is on a device still; a clock that is ahead puts nobody off
	n, err = tx.Exec("insert into sample_again ("+againColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')
		on conflict (round, tube, person) do update set asked_at = excluded.asked_at, due = excluded.due, met_at = 0, met_tube = '' where sample_again.met_at > 0`,
		x.round, x.tube, x.person, x.no, x.scope.Outbreak, x.scope.Area, asked, due)
	if err != nil || n == 0 {
		return err
	}
	s.owed.person(x.person)
	if _, err := s.journal.Append(tx, by, outbreak.SampleAgainAsked{Scope: x.scope, Round: x.round, Tube: x.tube, Person: x.person, At: asked, Due: due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.SwabAgain, Subject: personRef(x.person), Scope: x.scope, Clock: outbreak.Deadline{From: tx.Now, Due: due}})
}

// handedSince reads what was handed in for a round behind an entry of the journal.
func (s *Service) handedSince(tx *store.Tx, round outbreak.RoundID, seen int64) (rows []tubeRow, err error) {
	head, err := journal.Head(tx)
	if err != nil {
		return nil, err
	}
	entries, err := journal.List(tx, seen, head, []string{"TubesHandedIn"}, 1000)
	for _, e := range entries {
		if err == nil {
			err = outbreak.On(e, func(h outbreak.TubesHandedIn) error {
				if h.Round != round {
					return nil
				}
				part, err := s.last.between(tx, h.First, h.Last)
				rows = append(rows, part...)
				return err
			})
		}
	}
	return rows, err
}
