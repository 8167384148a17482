package screening

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Nobody learns of the own positive result from a page before somebody called: a person asks, explains and says what happens
// next. But nobody is kept in the dark for longer than the protocol says either; where it says nothing, for an hour.
const showsWithin = time.Hour

// Telling is one person's positive result on its way to the person.
type Telling struct {
	Tube     outbreak.TubeCode   `json:"tube"`
	Person   outbreak.PersonID   `json:"person"`
	No       int64               `json:"no"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	FoundAt  outbreak.Instant    `json:"found_at"` // when the laboratory reported it
	ShowsAt  outbreak.Instant    `json:"shows_at"` // from when on the person sees it, told or not
	ToldAt   outbreak.Instant    `json:"told_at"`

	stayed bool
}

// Scope is where the person belongs.
func (t Telling) Scope() outbreak.Scope { return outbreak.Scope{Area: t.Area, Outbreak: t.Outbreak} }

// Mark is where a list stands after this person.
func (t Telling) Mark() Mark { return Mark{At: t.FoundAt, No: t.No, Tube: t.Tube} }

const tellingColumns = "tube, person, no, round, outbreak, area, found_at, shows_at, told_at, stayed"

func scanTelling(r store.Row) (t Telling, err error) {
	var stayed int64
	err = r.Scan(&t.Tube, &t.Person, &t.No, &t.Round, &t.Outbreak, &t.Area, &t.FoundAt, &t.ShowsAt, &t.ToldAt, &stayed)
	t.stayed = stayed != 0
	return t, err
}

// shows gives from when on the person sees the result.
func (t Telling) shows() outbreak.Instant {
	if t.ToldAt != 0 {
		return min(t.ToldAt, t.ShowsAt)
	}
	return t.ShowsAt
}

// staying tells whether somebody is held at this moment, under any code.
func staying(tx *store.Tx, no int64) (bool, error) {
	groups, err := registry.NosTogether(tx, []int64{no})
	if err != nil {
		return false, err
	}
	also := codes{}
	also.add(groups)
	in, args := store.In(nil, also.of(no))
	n, err := store.Count(tx, "select count(*) from recall_member where held_to = 0 and ended_at = 0 and no in ("+in+")", args...)
	return n > 0, err
}

// tellLater puts a person with an own positive result on the list of those to be called, with the clock. The clock starts when
// this house learned of it: a result that came in late is still told by a person first.
func (s *Service) tellLater(tx *store.Tx, by outbreak.Actor, t Tube, p registry.Person, at outbreak.Instant, stayed bool) error {
	rules, err := s.registry.ProtocolOf(tx, t.Outbreak)
	if err != nil {
		return err
	}
	clock := rules.Deadline("clock.tell_positive", tx.Now)
	if clock.Due == 0 {
		clock.Due = tx.Now.Add(showsWithin)
	}
	stays := 0
	if stayed {
		stays = 1
	}
	n, err := tx.Exec("insert into positive_telling ("+tellingColumns+`, told_by, ended_at, retention, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, '', 0, $10, $11)
		on conflict (tube, person) do update set found_at = excluded.found_at, shows_at = excluded.shows_at, stayed = excluded.stayed, told_at = 0, told_by = '', ended_at = 0
		where positive_telling.ended_at > 0`,
		t.Code, p.ID, t.Members[0].No, t.Round, t.Outbreak, p.Area, at, clock.Due, stays, outbreak.RetainClinical, tx.Now)
	if err != nil || n == 0 {
		return err
	}
	scope := outbreak.Scope{Area: p.Area, Outbreak: t.Outbreak}
	if _, err := s.journal.Append(tx, by, outbreak.TellingOpened{Scope: scope, Round: t.Round, Tube: t.Code, Person: p.ID, At: clock.From, Due: clock.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.TellPositive, Subject: personRef(p.ID), Scope: scope, Clock: clock})
}

// dropTelling takes off the list whoever stands on it for a tube that is not the person's own positive any more.
func (s *Service) dropTelling(tx *store.Tx, by outbreak.Actor, tube outbreak.TubeCode, at outbreak.Instant) error {
	return s.endTellings(tx, by, at, "tube = $1", tube)
}

// dropTellingOf is dropTelling for one person.
func (s *Service) dropTellingOf(tx *store.Tx, by outbreak.Actor, tube outbreak.TubeCode, p outbreak.PersonID, at outbreak.Instant) error {
	return s.endTellings(tx, by, at, "tube = $1 and person = $2", tube, p)
}

func (s *Service) endTellings(tx *store.Tx, by outbreak.Actor, at outbreak.Instant, which string, args ...any) error {
	list, err := store.List(tx, scanTelling, "select "+tellingColumns+" from positive_telling where ended_at = 0 and "+which, args...)
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := tx.Must("update positive_telling set ended_at = $1 where tube = $2 and person = $3", at, t.Tube, t.Person); err != nil {
			return err
		}
		if _, err := s.journal.Append(tx, by, outbreak.TellingDropped{Scope: t.Scope(), Round: t.Round, Tube: t.Tube, Person: t.Person, At: at}); err != nil {
			return err
		}
		if err := s.endTelling(tx, by, t.Person, task.Removed, at); err != nil {
			return err
		}
	}
	return nil
}

// endTelling ends the work of calling somebody, unless another result waits to be told.
func (s *Service) endTelling(tx *store.Tx, by outbreak.Actor, p outbreak.PersonID, how task.State, at outbreak.Instant) error {
	n, err := store.Count(tx, "select count(*) from positive_telling where person = $1 and told_at = 0 and ended_at = 0", p)
	if err != nil || n > 0 {
		return err
	}
	return s.tasks.End(tx, by, task.TellPositive, personRef(p), how, at)
}

// ListTelling lists the people whose own positive result waits to be told, the oldest first, after a mark. It stays on the list
// until somebody says that the person was told, also when the result shows by itself by now.
func (s *Service) ListTelling(ctx context.Context, by outbreak.Actor, after Mark, most int) (list []Telling, err error) {
	if err := access.RequireAnywhere(by, access.PositiveTell); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.PositiveTell, "", []any{after.At, after.Tube, after.No})
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanTelling, "select "+tellingColumns+" from positive_telling where told_at = 0 and ended_at = 0 and "+cond+
			" and (found_at > $1 or found_at = $1 and (tube > $2 or tube = $2 and no > $3)) order by found_at, tube, no limit "+limit, args...)
		return err
	})
	return list, err
}

// TellPositive is the command of whoever told a person of the own positive result.
type TellPositive struct {
	Key    string            `json:"-"`
	Tube   outbreak.TubeCode `json:"tube"`
	Person outbreak.PersonID `json:"person"`
}

// TellPositive notes that a person was told; from then on the own page shows the result.
func (s *Service) TellPositive(ctx context.Context, by outbreak.Actor, c TellPositive) (Telling, error) {
	if err := access.RequireAnywhere(by, access.PositiveTell); err != nil {
		return Telling{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.TellPositive", Key: c.Key}, c, func(tx *store.Tx) (Telling, error) {
		t, ok, err := store.One(tx, scanTelling, "select "+tellingColumns+" from positive_telling where tube = $1 and person = $2 and ended_at = 0", c.Tube.Canonical(), c.Person)
		if err != nil {
			return t, err
		}
		if !ok || access.Require(by, access.PositiveTell, t.Scope()) != nil {
			return Telling{}, outbreak.Refuse(outbreak.NotFound, "screening.no_telling")
		}
		if t.ToldAt != 0 {
			return Telling{}, outbreak.Refuse(outbreak.Conflict, "screening.told_already")
		}
		t.ToldAt = tx.Now
		if err := tx.Must("update positive_telling set told_at = $1, told_by = $2 where tube = $3 and person = $4", tx.Now, by.String(), t.Tube, t.Person); err != nil {
			return t, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.PositiveTold{Scope: t.Scope(), Round: t.Round, Tube: t.Tube, Person: t.Person, At: tx.Now}); err != nil {
			return t, err
		}
		return t, s.endTelling(tx, by, t.Person, task.Done, tx.Now)
	})
}

// CountTelling counts who waits to be told, and for how many of them the result shows by itself by now.
func (s *Service) CountTelling(ctx context.Context, by outbreak.Actor) (waiting, shown int64, err error) {
	if err := access.RequireAnywhere(by, access.PositiveTell); err != nil {
		return 0, 0, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.PositiveTell, "", nil)
		q := "select count(*) from positive_telling where told_at = 0 and ended_at = 0 and " + cond
		if waiting, err = store.Count(tx, q, args...); err != nil {
			return err
		}
		args = append(args, tx.Now)
		shown, err = store.Count(tx, q+fmt.Sprintf(" and shows_at <= $%d", len(args)), args...)
		return err
	})
	return waiting, shown, err
}
