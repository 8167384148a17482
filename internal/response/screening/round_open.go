package screening

import (
	"context"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// OpenRound is the command that starts a round, or plans one ahead.
type OpenRound struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Name     string              `json:"name"`
	Areas    []string            `json:"areas"`            // codes
	Pool     int                 `json:"pool"`             // swabs per tube; 0: the protocol's
	Pools    []PoolIn            `json:"pools,omitempty"`  // parts of it with other tubes
	Opens    outbreak.Instant    `json:"opens"`            // 0: now; later than now: it is planned, and opens then
	Closes   outbreak.Instant    `json:"closes"`           // 0: the protocol's hours later
	Excuse   string              `json:"excuse,omitempty"` // why it may open on a version that passed no rehearsal here
}

// PoolIn says how many swabs a tube takes in a part of a round.
type PoolIn struct {
	Area      string `json:"area"` // code
	Pool      int    `json:"pool"`
	Household bool   `json:"household,omitempty"` // one tube for each household, of at most that many
}

// longestExcuse is how many characters a reason may have.
const longestExcuse = 300

// OpenRound starts a round over areas under the outbreak's protocol; with an opening instant that is still to come it plans it.
func (s *Service) OpenRound(ctx context.Context, by outbreak.Actor, c OpenRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	excuse, err := tidyReason(c.Excuse)
	if err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.OpenRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, p, err := s.newRound(tx, by, c)
		if err != nil {
			return Round{}, err
		}
		if r.Opens <= tx.Now {
			r.State, r.OpenedAt = Open, tx.Now
			if r, err = s.excuse(tx, by, r, p, excuse); err != nil {
				return Round{}, err
			}
		} else if excuse != "" {
			r.Excuse, r.ExcuseBy = excuse, by.String()
		}
		if err := insertRound(tx, r); err != nil {
			return Round{}, err
		}
		if r.State == Open {
			return r, s.announceOpened(tx, by, r)
		}
		_, err = s.journal.Append(tx, by, outbreak.RoundPlanned{Scope: r.Scope(), Round: r.ID, Areas: r.Areas, Pool: r.Pool, Opens: r.Opens, Closes: r.Closes, Roll: r.Roll})
		return r, err
	})
}

// newRound makes a round of what was said, planned and checked.
func (s *Service) newRound(tx *store.Tx, by outbreak.Actor, c OpenRound) (r Round, p outbreak.Protocol, err error) {
	o, ok, err := registry.OutbreakByID(tx, c.Outbreak)
	if err != nil {
		return r, p, err
	}
	if !ok {
		return r, p, outbreak.Refuse(outbreak.Invalid, "screening.no_outbreak")
	}
	if p, err = s.registry.ProtocolOf(tx, o.ID); err != nil {
		return r, p, err
	}
	r = Round{ID: outbreak.New[outbreak.RoundID](s.ids), Outbreak: o.ID, Edition: p.ID, Name: strings.TrimSpace(c.Name), Pool: c.Pool, Opens: c.Opens, Closes: c.Closes, State: Planned, knownWall: s.wallNow(tx)}
	for _, code := range c.Areas {
		a, err := areaOf(tx, code)
		if err != nil {
			return r, p, err
		}
		if err := access.Require(by, access.RoundManage, outbreak.Scope{Area: a, Outbreak: o.ID}); err != nil {
			return r, p, err
		}
		r.Areas = append(r.Areas, a)
	}
	for _, x := range c.Pools {
		a, err := areaOf(tx, x.Area)
		if err != nil {
			return r, p, err
		}
		r.Pools = append(r.Pools, outbreak.AreaPool{Area: a, Pool: x.Pool, Household: x.Household})
	}
	if r.Roll, err = registry.CountRollOf(tx, r.Areas); err != nil {
		return r, p, err
	}
	r.Area = commonRoot(r.Areas)
	if r.Pool == 0 {
		n, _ := p.Number("pool.size")
		r.Pool = int(n)
	}
	if r.Opens == 0 {
		r.Opens = tx.Now
	}
	if r.Closes == 0 {
		r.Closes = p.Deadline("round.max_hours", r.Opens).Due
	}
	return r, p, r.check(p)
}

func areaOf(tx *store.Tx, code string) (outbreak.Path, error) {
	a, ok, err := registry.AreaByCode(tx, code)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", code)
	}
	return a.Path, err
}

// tidyReason folds a reason somebody gives, and refuses one that is too long.
func tidyReason(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if len([]rune(text)) > longestExcuse {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.reason_long", "most", longestExcuse)
	}
	return text, nil
}

func (s *Service) announceOpened(tx *store.Tx, by outbreak.Actor, r Round) error {
	seq, err := s.journal.Append(tx, by, outbreak.RoundOpened{Scope: r.Scope(), Round: r.ID, Areas: r.Areas, Pool: r.Pool, Opens: r.Opens, Closes: r.Closes, Roll: r.Roll, Pools: r.Pools, Excuse: r.Excuse})
	if err != nil {
		return err
	}
	return tx.Must("update round set opened_seq = $1 where id = $2", seq, r.ID)
}

// BeginRound is the command that opens a planned round, before its instant or after it.
type BeginRound struct {
	Key    string           `json:"-"`
	Round  outbreak.RoundID `json:"round"`
	Excuse string           `json:"excuse,omitempty"`
}

// BeginRound opens a planned round now.
func (s *Service) BeginRound(ctx context.Context, by outbreak.Actor, c BeginRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	excuse, err := tidyReason(c.Excuse)
	if err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.BeginRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, err := s.managed(tx, by, c.Round)
		if err != nil {
			return r, err
		}
		return s.begin(tx, by, r, excuse)
	})
}

// managed finds a round the actor manages.
func (s *Service) managed(tx *store.Tx, by outbreak.Actor, id outbreak.RoundID) (Round, error) {
	r, err := roundByID(tx, id)
	if err != nil {
		return r, err
	}
	return r, access.Require(by, access.RoundManage, r.Scope())
}

// begin opens a planned round under the edition that is in force now.
func (s *Service) begin(tx *store.Tx, by outbreak.Actor, r Round, excuse string) (Round, error) {
	r, err := r.begin(tx.Now)
	if err != nil {
		return r, err
	}
	p, err := s.registry.ProtocolOf(tx, r.Outbreak)
	if err != nil {
		return r, err
	}
	r.Edition = p.ID
	if err := r.check(p); err != nil {
		return r, err
	}
	if r.Roll, err = registry.CountRollOf(tx, r.Areas); err != nil {
		return r, err
	}
	if r, err = s.excuse(tx, by, r, p, excuse); err != nil {
		return r, err
	}
	if r.earlySeq != 0 {
		r.tubeBefore = r.earlySeq - 1
	} else if r.tubeBefore, err = store.Count(tx, "select coalesce(max(seq), 0) from tube_last where id = 1"); err != nil {
		return r, err
	}
	if err := saveRound(tx, r); err != nil {
		return r, err
	}
	if err := s.tasks.End(tx, by, task.OpenRound, r.ref(), task.Done, tx.Now); err != nil {
		return r, err
	}
	return r, s.announceOpened(tx, by, r)
}

// CancelRound is the command of somebody who drops a plan.
type CancelRound struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
}

// CancelRound drops a planned round. Tubes that came for it all the same stay what they are.
func (s *Service) CancelRound(ctx context.Context, by outbreak.Actor, c CancelRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.CancelRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, err := s.managed(tx, by, c.Round)
		if err != nil {
			return r, err
		}
		if r, err = r.cancel(tx.Now); err != nil {
			return r, err
		}
		if err := saveRound(tx, r); err != nil {
			return r, err
		}
		if err := s.tasks.End(tx, by, task.OpenRound, r.ref(), task.Removed, tx.Now); err != nil {
			return r, err
		}
		_, err = s.journal.Append(tx, by, outbreak.RoundCancelled{Scope: r.Scope(), Round: r.ID})
		return r, err
	})
}
