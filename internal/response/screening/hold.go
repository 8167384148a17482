package screening

import (
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// openRecall calls the members of a pool back: each is held and to be swabbed alone. Members that become known later, or a
// second positive report, add to the same recall.
func (s *Service) openRecall(tx *store.Tx, by outbreak.Actor, t Tube, r outbreak.Result, at outbreak.Instant, p outbreak.Protocol) error {
	was, known, err := recallOf(tx, t.AreaID, t.Code)
	if err != nil {
		return err
	}
	now := Recall{AreaID: t.AreaID, Tube: t.Code, Round: t.Round, Outbreak: t.Outbreak, Area: t.Area, Result: r, State: "open", OpenedAt: at}
	if known && was.State != "revised" {
		now.OpenedAt = was.OpenedAt
	}
	if known && was.over() {
		return s.holdMembers(tx, by, t, was.OpenedAt, p) // every member known until now has an own result
	}
	if err := s.saveRecall(tx, now); err != nil {
		return err
	}
	if !known || was.State != "open" {
		if _, err := s.journal.Append(tx, by, outbreak.RecallOpened{Scope: t.Scope(), Round: t.Round, Tube: t.Code, Result: r, Members: len(t.Members), At: now.OpenedAt}); err != nil {
			return err
		}
		if err := s.tasks.End(tx, by, task.FindMembers, tubeRef(t.Code), task.Done, tx.Now); err != nil {
			return err
		}
	}
	return s.holdMembers(tx, by, t, now.OpenedAt, p)
}

func (s *Service) holdMembers(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant, p outbreak.Protocol) error {
	people, err := peopleIn(tx, t)
	if err != nil {
		return err
	}
	unknown, reopened := false, false
	for _, m := range t.Members {
		who, ok := people[m.No]
		if !ok {
			unknown = true
			continue
		}
		h := hold(t, m, who.ID, who.Area, at, p)
		fresh, err := holdMember(tx, h)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if !reopened {
			if err := s.reopenRecall(tx, by, t.AreaID, t.Code); err != nil {
				return err
			}
			reopened = true
		}
		if err := s.announceHold(tx, by, t.Round, h); err != nil {
			return err
		}
	}
	if !unknown {
		return nil
	}
	return s.tasks.Open(tx, by, task.Work{What: task.FindMembers, Subject: tubeRef(t.Code), Scope: t.Scope(), Clock: outbreak.Deadline{From: at}})
}

// announceHold tells of a hold and opens the single swab.
func (s *Service) announceHold(tx *store.Tx, by outbreak.Actor, round outbreak.RoundID, m RecallMember) error {
	s.owed.person(m.Person)
	if _, err := s.journal.Append(tx, by, outbreak.MemberHeld{Scope: m.Scope(), Round: round, Tube: m.Tube, Person: m.Person, At: m.HeldAt, Until: m.HeldUntil, ResampleDue: m.ResampleDue}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.Resample, Subject: personRef(m.Person), Scope: m.Scope(), Clock: outbreak.Deadline{From: m.HeldAt, Due: m.ResampleDue}})
}

// noteSingle notes the own tube of a held member in every recall the person is held in, under whatever code.
func (s *Service) noteSingle(tx *store.Tx, by outbreak.Actor, t Tube, also codes) error {
	in, args := store.In(nil, also.of(t.Members[0].No))
	held, err := membersWhere(tx, "no in ("+in+") and ended_at = 0", args...)
	if err != nil || len(held) == 0 {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, t.Outbreak)
	if err != nil {
		return err
	}
	for _, m := range held {
		next, counts := m.resample(t, p)
		if !counts {
			continue
		}
		if err := saveMember(tx, next); err != nil {
			return err
		}
		if _, err := s.journal.Append(tx, by, outbreak.MemberResampled{Scope: m.Scope(), Round: t.Round, Tube: m.Tube, Single: t.Code, Person: m.Person, At: t.Taken, ResultDue: next.ResultDue}); err != nil {
			return err
		}
		if err := s.endWork(tx, by, Held, m, task.Done, t.Taken); err != nil {
			return err
		}
		if err := s.tasks.Open(tx, by, task.Work{What: task.AwaitSingle, Subject: personRef(m.Person), Scope: m.Scope(), Clock: outbreak.Deadline{From: t.Taken, Due: next.ResultDue}}); err != nil {
			return err
		}
	}
	return nil
}

// resolveHeld takes the result of an own tube into the recalls that wait for it, and tells whether any does. A recall that the
// laboratory took back waits for nobody.
func (s *Service) resolveHeld(tx *store.Tx, by outbreak.Actor, t Tube, r outbreak.Result, at outbreak.Instant) (waits bool, err error) {
	members, err := membersWhere(tx, "single = $1", t.Code)
	if err != nil {
		return false, err
	}
	return s.resolveMembers(tx, by, t, members, r, at)
}

// resolveMembers is resolveHeld for some of those who wait.
func (s *Service) resolveMembers(tx *store.Tx, by outbreak.Actor, t Tube, members []RecallMember, r outbreak.Result, at outbreak.Instant) (waits bool, err error) {
	for _, m := range members {
		x, _, err := recallOf(tx, m.AreaID, m.Tube)
		if err != nil {
			return false, err
		}
		if x.State == "revised" {
			if r != outbreak.Negative && r != outbreak.Positive {
				m.State = Unheld // the own result is taken back as well: should the pool turn positive again, all begins anew
				if err := saveMember(tx, m); err != nil {
					return false, err
				}
			}
			continue
		}
		if m.State == Unheld { // a correction took the person out of the pool: no swab is owed for it
			continue
		}
		next, released := m.resolve(r, at)
		if err := s.keepResolved(tx, by, t, m, next, released); err != nil {
			return false, err
		}
		waits = true
	}
	return waits, nil
}

// unsettle sends back whoever waits for the own result of a tube, or has one from it, that others were put into: a result of
// several is nobody's own.
func (s *Service) unsettle(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant) error {
	if err := s.dropTelling(tx, by, t.Code, at); err != nil {
		return err
	}
	_, err := s.resolveHeld(tx, by, t, outbreak.Indeterminate, at)
	return err
}

func (s *Service) keepResolved(tx *store.Tx, by outbreak.Actor, t Tube, was, m RecallMember, released bool) error {
	if m.State == Held { // the own tube gave no answer: once more, with a new clock
		p, err := s.registry.ProtocolOf(tx, t.Outbreak)
		if err != nil {
			return err
		}
		m.ResampleDue = p.Deadline("clock.resample", tx.Now).Due
		if err := saveMember(tx, m); err != nil {
			return err
		}
		if err := s.endWork(tx, by, Resampled, m, task.Removed, tx.Now); err != nil {
			return err
		}
		if err := s.reopenRecall(tx, by, m.AreaID, m.Tube); err != nil {
			return err
		}
		return s.announceHold(tx, by, t.Round, m)
	}
	if err := saveMember(tx, m); err != nil {
		return err
	}
	if released || was.EndedAt == 0 {
		if _, err := s.journal.Append(tx, by, outbreak.MemberReleased{Scope: m.Scope(), Round: t.Round, Tube: m.Tube, Person: m.Person, Reason: string(m.State), At: m.EndedAt, Done: true}); err != nil {
			return err
		}
	}
	if err := s.endWork(tx, by, Resampled, m, task.Done, m.EndedAt); err != nil {
		return err
	}
	return s.closeRecall(tx, by, m.AreaID, m.Tube)
}

// closeRecall ends a recall once every member has an own result. A positive pool without a positive member stays somebody's
// work: a swap, a contamination or a late infection is to be searched for.
func (s *Service) closeRecall(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, tube outbreak.TubeCode) error {
	x, ok, err := recallOf(tx, area, tube)
	if err != nil || !ok {
		return err
	}
	members, err := membersOf(tx, area, tube)
	if err != nil {
		return err
	}
	how := verdict(members)
	if how == "" || how == x.State {
		return nil
	}
	x.State, x.ClosedAt = how, tx.Now
	if err := s.saveRecall(tx, x); err != nil {
		return err
	}
	scope := outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak}
	if _, err := s.journal.Append(tx, by, outbreak.RecallClosed{Scope: scope, Round: x.Round, Tube: tube, Verdict: how}); err != nil {
		return err
	}
	if how == "none_positive" && x.Result == outbreak.Positive {
		return s.openSearch(tx, by, x)
	}
	return s.dropSearch(tx, by, area, tube, reopened)
}

// reopenRecall opens a recall again that had ended, since somebody is held in it after all.
func (s *Service) reopenRecall(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, tube outbreak.TubeCode) error {
	x, ok, err := recallOf(tx, area, tube)
	if err != nil || !ok || !x.over() {
		return err
	}
	x.State, x.ClosedAt = "open", 0
	if err := s.saveRecall(tx, x); err != nil {
		return err
	}
	return s.dropSearch(tx, by, area, tube, reopened)
}

// dropRecall frees everybody whose only reason was a result the laboratory took back.
func (s *Service) dropRecall(tx *store.Tx, by outbreak.Actor, t Tube, at outbreak.Instant) error {
	x, ok, err := recallOf(tx, t.AreaID, t.Code)
	if err != nil || !ok || x.State == "revised" {
		return err
	}
	members, err := membersOf(tx, t.AreaID, t.Code)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.EndedAt != 0 {
			continue
		}
		if err := s.unhold(tx, by, t, m, at); err != nil {
			return err
		}
	}
	x.State, x.ClosedAt = "revised", tx.Now
	if err := s.saveRecall(tx, x); err != nil {
		return err
	}
	if err := s.dropSearch(tx, by, t.AreaID, t.Code, revised); err != nil {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.RecallClosed{Scope: t.Scope(), Round: t.Round, Tube: t.Code, Verdict: "revised"})
	return err
}

// unhold frees somebody whose reason to be held is no more.
func (s *Service) unhold(tx *store.Tx, by outbreak.Actor, t Tube, m RecallMember, at outbreak.Instant) error {
	m.State, m.EndedAt = Unheld, at
	if m.HeldTo == 0 {
		m.HeldTo = at
	}
	if err := saveMember(tx, m); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.MemberReleased{Scope: m.Scope(), Round: t.Round, Tube: t.Code, Person: m.Person, Reason: string(Unheld), At: at, Done: true}); err != nil {
		return err
	}
	for _, was := range []MemberState{Held, Resampled} {
		if err := s.endWork(tx, by, was, m, task.Removed, at); err != nil {
			return err
		}
	}
	return nil
}

// owing is the work of each state of a held member.
var owing = map[MemberState]task.What{Held: task.Resample, Resampled: task.AwaitSingle}

// endWork takes the work of a state that a member has left off the queues, unless the person is in that state in another
// recall.
func (s *Service) endWork(tx *store.Tx, by outbreak.Actor, left MemberState, m RecallMember, how task.State, at outbreak.Instant) error {
	n, err := store.Count(tx, "select count(*) from recall_member where no = $1 and ended_at = 0 and state = $2", m.No, left)
	if err != nil || n > 0 {
		return err
	}
	return s.tasks.End(tx, by, owing[left], personRef(m.Person), how, at)
}

// joinRecalls adds members to recalls of tubes that were handed in after their result, or again with other members.
func (s *Service) joinRecalls(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, codes []outbreak.TubeCode, tubes map[outbreak.TubeCode]Tube) error {
	for len(codes) > 0 {
		n := min(len(codes), 400)
		in, args := store.In([]any{area}, codes[:n])
		open, err := store.List(tx, scanRecall, "select "+recallColumns+" from recall where area_id = $1 and state <> 'revised' and tube in ("+in+")", args...)
		if err != nil {
			return err
		}
		for _, x := range open {
			t := tubes[x.Tube]
			p, err := s.registry.ProtocolOf(tx, t.Outbreak)
			if err != nil {
				return err
			}
			if t.Single() {
				if x.over() {
					continue
				}
				x.State, x.ClosedAt = "positive_found", tx.Now // one person's own tube: the result is the person's
				if err := s.saveRecall(tx, x); err != nil {
					return err
				}
				if err := s.tasks.End(tx, by, task.FindMembers, tubeRef(x.Tube), task.Done, tx.Now); err != nil {
					return err
				}
				continue
			}
			r, _, err := s.results.LastResult(tx, t.AreaID, t.Code)
			if err != nil {
				return err
			}
			if r != outbreak.Positive && !p.Has("pool.recall_on", string(r)) {
				continue // it was one person's own when the laboratory took the positive back
			}
			if err := s.openRecall(tx, by, t, r, x.OpenedAt, p); err != nil {
				return err
			}
		}
		codes = codes[n:]
	}
	return nil
}
