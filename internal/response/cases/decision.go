package cases

import (
	"context"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Grounds are the words of why a case stands or is none. The journal has the word; what was said beside it is in the decision.
var Grounds = []string{
	"retested",     // the person's own further sample
	"contaminated", // the run or the sample was
	"mixed_up",     // the sample was another person's
	"clinical",     // what the examination showed
	"earlier",      // an infection that is over, or known under another case
	"mistaken",     // the entry was wrong
	"other",
}

// Decision is what a person decided about a case.
type Decision struct {
	Upheld bool             `json:"upheld"`
	Ground string           `json:"ground"`
	Reason string           `json:"reason"`
	Actor  string           `json:"actor"`
	At     outbreak.Instant `json:"at"`
}

func (d Decision) check() error {
	if !slices.Contains(Grounds, d.Ground) {
		return outbreak.Refuse(outbreak.Invalid, "cases.ground_word", "grounds", strings.Join(Grounds, ", "))
	}
	return nil
}

func keepDecision(tx *store.Tx, id outbreak.CaseID, d Decision) error {
	upheld := 0
	if d.Upheld {
		upheld = 1
	}
	return tx.Must("insert into case_decision (case_id, upheld, ground, reason, actor, recorded_at) values ($1, $2, $3, $4, $5, $6)", id, upheld, d.Ground, d.Reason, d.Actor, d.At)
}

// ListDecisions lists what was decided about a case, the oldest first.
func (s *Service) ListDecisions(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (list []Decision, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.find(tx, by, access.CaseRead, id); err != nil {
			return err
		}
		list, err = store.List(tx, func(r store.Row) (d Decision, err error) {
			var upheld int64
			err = r.Scan(&upheld, &d.Ground, &d.Reason, &d.Actor, &d.At)
			d.Upheld = upheld != 0
			return d, err
		}, "select upheld, ground, reason, actor, recorded_at from case_decision where case_id = $1 order by recorded_at", id)
		return err
	})
	return list, err
}
