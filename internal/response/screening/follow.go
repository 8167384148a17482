package screening

import (
	"context"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows the laboratory and the booths.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "screening", Kinds: []string{"TubesReceived", "TubesNegative", "TubeResulted", "TubesHandedIn", "TubesClosed", "ProtocolChanged", "PeopleMerged", "PersonRegistered", "RunReleased", "RunVoided"}, Follow: s.follow}
}

func (s *Service) follow(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
	switch e.Kind {
	case "TubesReceived":
		return outbreak.On(e, func(r outbreak.TubesReceived) error {
			_, err := s.strangers(tx, by, r.Scope, r.TubeArea, r.Tubes, "received", r.At)
			return err
		})
	case "TubesNegative":
		return outbreak.On(e, func(n outbreak.TubesNegative) error { return s.followNegatives(tx, by, n) })
	case "PeopleMerged":
		return outbreak.On(e, func(m outbreak.PeopleMerged) error { return s.followMerged(tx, by, m) })
	case "PersonRegistered":
		return outbreak.On(e, func(p outbreak.PersonRegistered) error { return s.followRegistered(tx, by, p) })
	case "ProtocolChanged":
		return outbreak.On(e, func(p outbreak.ProtocolChanged) error { return s.followProtocol(tx, by, p) })
	case "RunReleased":
		return outbreak.On(e, func(r outbreak.RunReleased) error { return s.followRun(tx, r.Run, 1) })
	case "RunVoided":
		return outbreak.On(e, func(r outbreak.RunVoided) error { return s.followRun(tx, r.Run, -1) })
	case "TubeResulted":
		return outbreak.On(e, func(r outbreak.TubeResulted) error { return s.followResult(tx, by, r) })
	case "TubesHandedIn":
		return outbreak.On(e, func(h outbreak.TubesHandedIn) error { return s.followHandedIn(tx, by, h) })
	case "TubesClosed":
		return outbreak.On(e, func(c outbreak.TubesClosed) error { return s.followClosed(tx, by, c) })
	}
	return nil
}

// strangers raises an orphan for each tube that no booth has handed in, with what the laboratory said of it, and gives those
// that are known.
func (s *Service) strangers(tx *store.Tx, by outbreak.Actor, scope outbreak.Scope, area outbreak.AreaID, codes []outbreak.TubeCode, said string, at outbreak.Instant) (map[outbreak.TubeCode]Tube, error) {
	tubes, err := tubesByCode(tx, area, codes)
	if err != nil {
		return nil, err
	}
	for _, c := range codes {
		if _, known := tubes[c]; known {
			continue
		}
		fresh, err := s.raise(tx, by, Anomaly{What: Orphan, Outbreak: scope.Outbreak, Area: scope.Area, Tube: c, Content: said, At: at}, "")
		if err != nil {
			return nil, err
		}
		if !fresh && said != "received" { // first seen, then resulted
			if _, err := tx.Exec("update anomaly set content = $1 where what = $2 and tube = $3", said, Orphan, c); err != nil {
				return nil, err
			}
		}
	}
	return tubes, nil
}

// followNegatives frees held members whose own tube is negative, and lets off whoever was asked again for a tube that was
// thought lost. Everybody else's outcome is the coverage's work.
func (s *Service) followNegatives(tx *store.Tx, by outbreak.Actor, n outbreak.TubesNegative) error {
	tubes, err := s.strangers(tx, by, n.Scope, n.TubeArea, n.Tubes, string(outbreak.Negative), n.At)
	if err != nil {
		return err
	}
	if err := noteNegatives(tx, n.Tubes, tubes); err != nil {
		return err
	}
	spoiled, err := spoiledAmong(tx, n.TubeArea, n.Tubes)
	if err != nil {
		return err
	}
	awaited, err := awaitedAmong(tx, n.Tubes)
	if err != nil {
		return err
	}
	for _, c := range n.Tubes {
		t, known := tubes[c]
		if known && spoiled[c] { // lost, and found again with an answer
			if err := s.meetByResult(tx, by, t, n.At); err != nil {
				return err
			}
		}
		switch {
		case !known:
		case t.Single():
			err = s.resolveSingle(tx, by, t, outbreak.Negative, "", n.At)
		case awaited[c]:
			err = s.unsettle(tx, by, t, n.At)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) followResult(tx *store.Tx, by outbreak.Actor, r outbreak.TubeResulted) error {
	tubes, err := s.strangers(tx, by, r.Scope, r.TubeArea, []outbreak.TubeCode{r.Tube}, string(r.Result), r.At)
	if err != nil {
		return err
	}
	t, known := tubes[r.Tube]
	if known {
		if err := noteResult(tx, t, r.Result, r.Was); err != nil {
			return err
		}
		return s.resolve(tx, by, t, r.Result, r.Was, r.At)
	}
	if r.Result != outbreak.Positive && r.Result != outbreak.Indeterminate {
		stranger := Tube{Code: r.Tube, AreaID: r.TubeArea, Area: r.Area, Outbreak: r.Outbreak}
		if err := s.dropRecall(tx, by, stranger, r.At); err != nil { // it was positive before it was corrected
			return err
		}
		return s.tasks.End(tx, by, task.FindMembers, tubeRef(r.Tube), task.Removed, r.At)
	}
	x, waits, err := recallOf(tx, r.TubeArea, r.Tube)
	if err != nil || waits && x.State != "revised" {
		return err
	}
	if err := s.saveRecall(tx, Recall{AreaID: r.TubeArea, Tube: r.Tube, Outbreak: r.Outbreak, Area: r.Area, Result: r.Result, State: "members_unknown", OpenedAt: r.At}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.FindMembers, Subject: tubeRef(r.Tube), Scope: r.Scope, Clock: outbreak.Deadline{From: r.At}})
}

// resolve takes the result of a known tube; was is the result it revises.
func (s *Service) resolve(tx *store.Tx, by outbreak.Actor, t Tube, r, was outbreak.Result, at outbreak.Instant) error {
	if r == was {
		return nil
	}
	if t.Single() {
		if err := s.resolveSingle(tx, by, t, r, was, at); err != nil || r != outbreak.Negative {
			return err
		}
		return s.meetByResult(tx, by, t, at)
	}
	if err := s.unsettle(tx, by, t, at); err != nil {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, t.Outbreak)
	if err != nil {
		return err
	}
	if r == outbreak.Positive || p.Has("pool.recall_on", string(r)) {
		return s.openRecall(tx, by, t, r, at, p)
	}
	if err := s.dropRecall(tx, by, t, at); err != nil {
		return err
	}
	if r == outbreak.InvalidResult || r == outbreak.Indeterminate {
		if err := s.spoil(tx, by, t, string(r), at); err != nil {
			return err
		}
		return s.askAgain(tx, by, t, at)
	}
	return s.meetByResult(tx, by, t, at)
}

// resolveSingle takes the result of somebody's own tube.
func (s *Service) resolveSingle(tx *store.Tx, by outbreak.Actor, t Tube, r, was outbreak.Result, at outbreak.Instant) error {
	no := t.Members[0].No
	people, err := registry.PeopleByNo(tx, []int64{no})
	if err != nil {
		return err
	}
	p, known := people[no]
	if !known {
		if r != outbreak.Positive {
			return nil
		}
		return s.tasks.Open(tx, by, task.Work{What: task.FindMembers, Subject: tubeRef(t.Code), Scope: t.Scope(), Clock: outbreak.Deadline{From: at}})
	}
	stayed := false
	if r == outbreak.Positive {
		if stayed, err = staying(tx, no); err != nil {
			return err
		}
	}
	held, err := s.resolveHeld(tx, by, t, r, at)
	if err != nil {
		return err
	}
	scope := outbreak.Scope{Area: p.Area, Outbreak: t.Outbreak}
	if r == outbreak.Positive {
		if _, err := s.journal.Append(tx, by, outbreak.PersonPositive{Scope: scope, Round: t.Round, Tube: t.Code, Person: p.ID, At: at, Via: outbreak.FoundScreening}); err != nil {
			return err
		}
		return s.tellLater(tx, by, t, p, at, stayed)
	}
	if err := s.dropTelling(tx, by, t.Code, at); err != nil {
		return err
	}
	if was == outbreak.Positive {
		if _, err := s.journal.Append(tx, by, outbreak.PersonResultRevised{Scope: scope, Round: t.Round, Tube: t.Code, Person: p.ID, Result: r, At: at}); err != nil {
			return err
		}
	}
	if r != outbreak.Negative && !held {
		return s.askAgain(tx, by, t, at)
	}
	return nil
}

// Tick ends the holds that ran into their limit; app calls it every few seconds.
func (s *Service) Tick(ctx context.Context) error {
	if err := s.tickLeft(ctx); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		by := outbreak.SystemActor("clock")
		if err := s.openForgotten(tx, by); err != nil {
			return err
		}
		over, err := membersWhere(tx, "held_to = 0 and held_until > 0 and held_until <= $1", tx.Now)
		if err != nil {
			return err
		}
		var events []outbreak.Event
		for _, m := range over {
			m = m.expire()
			if err := saveMember(tx, m); err != nil {
				return err
			}
			events = append(events, outbreak.MemberReleased{Scope: m.Scope(), Tube: m.Tube, Person: m.Person, Reason: "limit", At: m.HeldTo})
		}
		_, err = s.journal.Append(tx, by, events...)
		return err
	})
}

func tubeRef(c outbreak.TubeCode) outbreak.Ref { return outbreak.Ref{Kind: "tube", ID: string(c)} }

func personRef(p outbreak.PersonID) outbreak.Ref { return outbreak.Ref{Kind: "person", ID: p.String()} }
