package screening

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const roundColumns = "id, outbreak, edition, area, name, pool, opens, closes, state, roll, opened_at, closing_at, closed_at, complete, held_back, excuse, excuse_by, rehearsed, tube_before, early_seq, known_wall"

func scanRound(r store.Row) (x Round, err error) {
	var complete int64
	err = r.Scan(&x.ID, &x.Outbreak, &x.Edition, &x.Area, &x.Name, &x.Pool, &x.Opens, &x.Closes, &x.State, &x.Roll, &x.OpenedAt, &x.ClosingAt, &x.ClosedAt, &complete,
		&x.HeldBack, &x.Excuse, &x.ExcuseBy, &x.Rehearsed, &x.tubeBefore, &x.earlySeq, &x.knownWall)
	x.Complete = complete != 0
	return x, err
}

const (
	roundQuery = "select " + roundColumns + " from round where id = $1"
	areasQuery = `select area, 0 as pool, 0 as household from round_area where round = $1
		union all select area, pool, household from round_pool where round = $1 order by pool, area`
	lastQuery = "select coalesce(max(seq), 0) from tube_last where id = 1"
)

// roundQuestions are what roundByID asks.
func roundQuestions(id outbreak.RoundID) []store.Question {
	return []store.Question{{Text: roundQuery, Args: []any{id}}, {Text: areasQuery, Args: []any{id}}}
}

func roundByID(tx *store.Tx, id outbreak.RoundID) (Round, error) {
	r, ok, err := store.One(tx, scanRound, roundQuery, id)
	if err != nil {
		return r, err
	}
	if !ok {
		return r, outbreak.Refuse(outbreak.NotFound, "screening.no_round")
	}
	return r, withAreas(tx, &r)
}

// withAreas reads the areas of a round, and the parts of it with tubes of their own, with one statement: the intake asks for them
// with every commit.
func withAreas(tx *store.Tx, r *Round) error {
	return store.Each(tx, func(row store.Row) error {
		var x outbreak.AreaPool
		var household int64
		if err := row.Scan(&x.Area, &x.Pool, &household); err != nil {
			return err
		}
		if x.Household = household != 0; x.Pool == 0 {
			r.Areas = append(r.Areas, x.Area)
		} else {
			r.Pools = append(r.Pools, x)
		}
		return nil
	}, areasQuery, r.ID)
}

func insertRound(tx *store.Tx, r Round) error {
	if err := tx.Must("insert into round ("+roundColumns+`, opened_seq, retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, 0, $12, $13, $14,
		(select coalesce(max(seq), 0) from tube_last where id = 1), 0, $15, 0, $16, $17)`,
		r.ID, r.Outbreak, r.Edition, r.Area, r.Name, r.Pool, r.Opens, r.Closes, r.State, r.Roll, r.OpenedAt, r.Excuse, r.ExcuseBy, r.Rehearsed, r.knownWall, outbreak.RetainScreening, tx.Now); err != nil {
		return err
	}
	for _, a := range r.Areas {
		if err := tx.Must("insert into round_area (round, area) values ($1, $2)", r.ID, a); err != nil {
			return err
		}
	}
	for _, x := range r.Pools {
		if err := tx.Must("insert into round_pool (round, area, pool, household) values ($1, $2, $3, $4)", r.ID, x.Area, x.Pool, one(x.Household)); err != nil {
			return err
		}
	}
	return nil
}

// saveRound keeps where a round stands.
func saveRound(tx *store.Tx, r Round) error {
	return tx.Must(`update round set edition = $1, state = $2, roll = $3, opens = $4, opened_at = $5, closing_at = $6, closed_at = $7, complete = $8, held_back = $9,
		excuse = $10, excuse_by = $11, rehearsed = $12, tube_before = $13 where id = $14`, r.Edition, r.State, r.Roll, r.Opens, r.OpenedAt, r.ClosingAt, r.ClosedAt, one(r.Complete), r.HeldBack,
		r.Excuse, r.ExcuseBy, r.Rehearsed, r.tubeBefore, r.ID)
}

// Booth is one sampling point.
type Booth struct {
	ID       outbreak.BoothID    `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	AreaID   outbreak.AreaID     `json:"area_id"`
	Area     outbreak.Path       `json:"area"`
	Name     string              `json:"name"`
	Kind     string              `json:"kind"` // community, fever_clinic, contacts, isolation_site
}

// Scope is where the sampling point belongs.
func (b Booth) Scope() outbreak.Scope { return outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak} }

const boothColumns = "id, outbreak, area_id, area, name, kind"

func scanBooth(r store.Row) (b Booth, err error) {
	err = r.Scan(&b.ID, &b.Outbreak, &b.AreaID, &b.Area, &b.Name, &b.Kind)
	return b, err
}

func boothByID(tx *store.Tx, id outbreak.BoothID) (Booth, error) {
	b, ok, err := store.One(tx, scanBooth, "select "+boothColumns+" from booth where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "screening.no_booth")
	}
	return b, err
}
