package screening

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// openSearch opens the search into a positive pool without a positive member, inside the transaction that found it so.
func (s *Service) openSearch(tx *store.Tx, by outbreak.Actor, x Recall) error {
	_, open, err := openSearchOf(tx, x.AreaID, x.Tube)
	if err != nil || open {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, x.Outbreak)
	if err != nil {
		return err
	}
	scope := outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak}
	clock := p.Deadline("clock.pool_search", tx.Now)
	n := Search{ID: outbreak.New[outbreak.SearchID](s.ids), AreaID: x.AreaID, Tube: x.Tube, Round: x.Round, Outbreak: x.Outbreak, Area: x.Area, OpenedAt: clock.From, Due: clock.Due}
	if err := insertSearch(tx, n); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.PoolSearchOpened{Scope: scope, Search: n.ID, Round: n.Round, Tube: n.Tube, At: n.OpenedAt, Due: n.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.SearchPool, Subject: tubeRef(x.Tube), Scope: scope, Clock: clock})
}

// dropSearch ends a search whose reason is gone.
func (s *Service) dropSearch(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, tube outbreak.TubeCode, how string) error {
	x, open, err := openSearchOf(tx, area, tube)
	if err != nil || !open {
		return err
	}
	x.EndedAt, x.How, x.EndedBy = tx.Now, how, by.String()
	return s.endSearch(tx, by, x, task.Removed)
}

func (s *Service) endSearch(tx *store.Tx, by outbreak.Actor, x Search, end task.State) error {
	if err := saveSearch(tx, x); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.PoolSearchEnded{Scope: x.Scope(), Search: x.ID, Tube: x.Tube, How: x.How, Finding: x.Finding, At: x.EndedAt}); err != nil {
		return err
	}
	return s.tasks.End(tx, by, task.SearchPool, tubeRef(x.Tube), end, tx.Now)
}

// openForgotten opens the searches of pools whose recall ended before this house kept searches.
func (s *Service) openForgotten(tx *store.Tx, by outbreak.Actor) error {
	list, err := store.List(tx, scanRecall, "select "+recallColumns+` from recall where state = 'none_positive' and result = 'positive'
		and not exists (select 1 from pool_search x where x.area_id = recall.area_id and x.tube = recall.tube) order by opened_at limit 100`)
	for _, x := range list {
		if err == nil {
			err = s.openSearch(tx, by, x)
		}
	}
	return err
}

// searchFor reads a search the actor may work on.
func searchFor(tx *store.Tx, by outbreak.Actor, id outbreak.SearchID, may access.Permission) (Search, error) {
	x, err := searchByID(tx, id)
	if err != nil {
		return x, err
	}
	if access.Require(by, may, x.Scope()) != nil {
		return Search{}, outbreak.Refuse(outbreak.NotFound, "screening.no_search")
	}
	return x, nil
}

// TakeSearchStep is the command of somebody who looked at something in a search.
type TakeSearchStep struct {
	Key     string            `json:"-"`
	Search  outbreak.SearchID `json:"search"`
	Step    string            `json:"step"`
	Outcome string            `json:"outcome"`
	Note    string            `json:"note"`
	At      outbreak.Instant  `json:"at"` // 0: now
}

// TakeSearchStep records what was looked at, by whom, when, and what came out. A step may be taken again; each time is kept.
func (s *Service) TakeSearchStep(ctx context.Context, by outbreak.Actor, c TakeSearchStep) (SearchStep, error) {
	if err := access.RequireAnywhere(by, access.PoolSearch); err != nil {
		return SearchStep{}, err
	}
	note, err := stepped(c.Step, c.Outcome, c.Note)
	if err != nil {
		return SearchStep{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.TakeSearchStep", Key: c.Key}, c, func(tx *store.Tx) (SearchStep, error) {
		x, err := searchFor(tx, by, c.Search, access.PoolSearch)
		if err != nil {
			return SearchStep{}, err
		}
		if x.EndedAt != 0 {
			return SearchStep{}, outbreak.Refuse(outbreak.Conflict, "screening.search_over")
		}
		st := SearchStep{Step: c.Step, Outcome: c.Outcome, Note: note, At: c.At, By: by.String()}
		if st.At == 0 {
			st.At = tx.Now
		}
		if st.At > tx.Now.Add(outbreak.Drift) {
			return st, outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
		}
		if err := tx.Must("insert into pool_search_step (id, search, step, outcome, note, at, by_whom, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
			outbreak.New[outbreak.BatchID](s.ids), x.ID, st.Step, st.Outcome, st.Note, st.At, st.By, tx.Now); err != nil {
			return st, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PoolSearchStepped{Scope: x.Scope(), Search: x.ID, Tube: x.Tube, Step: st.Step, Outcome: st.Outcome, At: st.At})
		return st, err
	})
}

// ConcludeSearch is the command of whoever found out, or found out that nobody can.
type ConcludeSearch struct {
	Key     string            `json:"-"`
	Search  outbreak.SearchID `json:"search"`
	Finding string            `json:"finding"`
	Words   string            `json:"words"`
}

// ConcludeSearch ends a search, once each step was taken or said to be impossible.
func (s *Service) ConcludeSearch(ctx context.Context, by outbreak.Actor, c ConcludeSearch) (Search, error) {
	if err := access.RequireAnywhere(by, access.PoolSearch); err != nil {
		return Search{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.ConcludeSearch", Key: c.Key}, c, func(tx *store.Tx) (Search, error) {
		x, err := searchFor(tx, by, c.Search, access.PoolSearch)
		if err != nil {
			return x, err
		}
		steps, err := stepsOf(tx, x.ID)
		if err != nil {
			return x, err
		}
		if x, err = x.conclude(steps, c.Finding, c.Words, tx.Now); err != nil {
			return Search{}, err
		}
		x.EndedBy = by.String()
		return x, s.endSearch(tx, by, x, task.Done)
	})
}

// ListSearches lists searches the actor may see, open ones or those that are over, of a round (0: all), the oldest first after a
// mark.
func (s *Service) ListSearches(ctx context.Context, by outbreak.Actor, round outbreak.RoundID, over bool, after Mark, most int) (list []Search, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube})
		cond += " and (opened_at > $1 or opened_at = $1 and tube > $2) and ended_at "
		if over {
			cond += "> 0"
		} else {
			cond += "= 0"
		}
		if round != 0 {
			args = append(args, round)
			cond += fmt.Sprintf(" and round = $%d", len(args))
		}
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanSearch, "select "+searchColumns+" from pool_search where "+cond+" order by opened_at, tube limit "+limit, args...)
		return err
	})
	return list, err
}
