package screening

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ListRecalls lists the recalls in a state (empty: all), the oldest first, after a mark.
func (s *Service) ListRecalls(ctx context.Context, by outbreak.Actor, state string, after Mark, most int) (recalls []Recall, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube})
		cond += " and (opened_at > $1 or opened_at = $1 and tube > $2)"
		if state != "" {
			args = append(args, state)
			cond += fmt.Sprintf(" and state = $%d", len(args))
		}
		limit, args := store.In(args, []int{most})
		recalls, err = store.List(tx, scanRecall, "select "+recallColumns+" from recall where "+cond+" order by opened_at, tube limit "+limit, args...)
		return err
	})
	return recalls, err
}

// ListHeld lists the members of recalls after a mark: of one tube, or all who still wait, held the longest first.
func (s *Service) ListHeld(ctx context.Context, by outbreak.Actor, tube outbreak.TubeCode, after Mark, most int) (members []RecallMember, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube, after.No})
		cond += " and (held_at > $1 or held_at = $1 and (tube > $2 or tube = $2 and no > $3))"
		if tube != "" {
			args = append(args, tube.Canonical())
			cond += fmt.Sprintf(" and tube = $%d", len(args))
		} else {
			cond += " and ended_at = 0"
		}
		limit, args := store.In(args, []int{most})
		members, err = store.List(tx, scanMemberSaid, "select "+memberColumns+memberSaid+" from recall_member where "+cond+" order by held_at, tube, no limit "+limit, args...)
		return err
	})
	return members, err
}

// CountHeld counts everybody who was ever held in a round and who has been released.
func (s *Service) CountHeld(ctx context.Context, by outbreak.Actor) (held, released int64, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return 0, 0, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		if held, err = store.Count(tx, "select count(*) from recall_member where "+cond, args...); err != nil {
			return err
		}
		released, err = store.Count(tx, "select count(*) from recall_member where held_to > 0 and "+cond, args...)
		return err
	})
	return held, released, err
}

// ListAgain lists the people owed a new swab after a mark, the longest first.
func (s *Service) ListAgain(ctx context.Context, by outbreak.Actor, after Mark, most int) (owed []Again, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after.At, after.Tube, after.No})
		limit, args := store.In(args, []int{most})
		owed, err = store.List(tx, scanAgain, "select "+againColumns+" from sample_again where met_at = 0 and (asked_at > $1 or asked_at = $1 and (tube > $2 or tube = $2 and no > $3)) and "+cond+" order by asked_at, tube, no limit "+limit, args...)
		return err
	})
	return owed, err
}

// ListAnomalies lists open anomalies of a kind (empty: all) or settled ones, the oldest first after one.
func (s *Service) ListAnomalies(ctx context.Context, by outbreak.Actor, what string, settled bool, after outbreak.AnomalyID, most int) (list []Anomaly, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", []any{after})
		if settled {
			cond += " and settled_at > 0"
		} else {
			cond += " and settled_at = 0"
		}
		if what != "" {
			args = append(args, what)
			cond += fmt.Sprintf(" and what = $%d", len(args))
		}
		limit, args := store.In(args, []int{most})
		list, err = store.List(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where id > $1 and "+cond+" order by id limit "+limit, args...)
		return err
	})
	return list, err
}
