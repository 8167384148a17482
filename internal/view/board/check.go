package board

import (
	"context"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// Checks are the invariants that only a view across the slices can see. Each counts what breaks it: none, in a sound house
// whose consumers have nothing left to follow.
var Checks = []struct {
	Name  string
	Count func(*store.Tx) (int64, error)
}{
	{"positives", positivesAlone},
	{"follow-ons", followOnsAlone},
	{"beds", wrongBeds},
}

// mostCompared is how many rows of the table of tubes are compared with the board, the newest ones: a province has millions, and what
// goes wrong goes wrong with those that come in.
const mostCompared = 100_000

// WrongTubes compares the newest tubes that wait, as the board shows them, with the tables of tubes, stages and results: it counts
// the tubes too many or too few.
func (s *Service) WrongTubes(ctx context.Context) (wrong int64, err error) {
	var row int64
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		row, err = store.Count(tx, "select coalesce(max(seq), 0) from tube")
		return err
	}); err != nil {
		return 0, err
	}
	row = max(row-mostCompared, 0)
	all := screening.TubeFilter{See: func(outbreak.Scope) bool { return true }, Row: row}
	rounds, queues, err := s.tubes.Picture(ctx, all)
	if err != nil || len(rounds) == 0 {
		return 0, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		in, args := store.In([]any{row}, rounds)
		handed := "select count(*) from (select distinct round, area_id, tube from tube where seq > $1 and round in (" + in + `)) t
			where not exists (select 1 from tube o where o.area_id = t.area_id and o.tube = t.tube and o.round = t.round and o.seq <= $1)
			and not exists (select 1 from tube_result r where r.area_id = t.area_id and r.tube = t.tube)
			and not exists (select 1 from tube_spoiled s where s.area_id = t.area_id and s.tube = t.tube) and `
		const seen = "exists (select 1 from tube_seen s where s.area_id = t.area_id and s.tube = t.tube and s.stage = 'received')"
		for flow, q := range map[screening.Flow]string{screening.InTransit: handed + "not " + seen, screening.InTesting: handed + seen} {
			n, err := store.Count(tx, q, args...)
			if err != nil {
				return err
			}
			m := int64(queues[flow].Waiting)
			wrong += max(n-m, m-n)
		}
		return nil
	})
	return wrong, err
}

// positivesAlone counts positives without what has to follow: a positive pool without recall, a recall member without hold
// or task, a positive person without case, a case without its clocks or its place in the queue for a bed.
func positivesAlone(tx *store.Tx) (int64, error) {
	const last = `r.revision = (select max(x.revision) from tube_result x where x.area_id = r.area_id and x.tube = r.tube)`
	unworked, err := membersAlone(tx)
	if err != nil {
		return 0, err
	}
	pools, err := poolsAlone(tx, `select r.area_id, r.tube from tube_result r where r.result = 'positive' and `+last+`
			and not exists (select 1 from recall c where c.area_id = r.area_id and c.tube = r.tube and c.state <> 'revised')`)
	if err != nil {
		return 0, err
	}
	n, err := sum(tx,
		`select count(*) from journal j where j.kind = 'PersonPositive' and not exists
			(select 1 from journal_about a join journal_about b on b.id = a.id and b.kind = 'person' join journal k on k.seq = b.seq
			where a.seq = j.seq and a.kind = 'person' and k.kind = 'CaseOpened')`,
		`select count(*) from case_file c where c.state <> 'discarded' and c.followed = 1 and not exists (select 1 from case_step s where s.case_id = c.id)`,
		`select count(*) from case_file c where c.state = 'open' and c.followed = 1 and not exists (select 1 from need n where n.case_id = c.id)`)
	return n + unworked + pools, err
}

// poolsAlone counts those of some tubes that hold several people.
func poolsAlone(tx *store.Tx, query string) (alone int64, err error) {
	type tube struct {
		area outbreak.AreaID
		code outbreak.TubeCode
	}
	tubes, err := store.List(tx, func(r store.Row) (t tube, err error) {
		err = r.Scan(&t.area, &t.code)
		return t, err
	}, query)
	if err != nil {
		return 0, err
	}
	for _, t := range tubes {
		n, err := screening.CountMembers(tx, t.area, t.code)
		if err != nil {
			return 0, err
		}
		if n > 1 {
			alone++
		}
	}
	return alone, nil
}

// membersAlone counts held members whose swab or result is nobody's work. A task names its person as people read it, which no
// SQL can write: the two lists meet here.
func membersAlone(tx *store.Tx) (alone int64, err error) {
	owner := map[string]bool{}
	if err := store.Each(tx, func(r store.Row) error {
		var what, person string
		err := r.Scan(&what, &person)
		owner[what+person] = true
		return err
	}, "select what, subject from task where subject_kind = 'person' and what in ('resample', 'await_single') and state in ('pending', 'in_progress')"); err != nil {
		return 0, err
	}
	work := map[string]string{"held": "resample", "resampled": "await_single"}
	err = store.Each(tx, func(r store.Row) error {
		var person outbreak.PersonID
		var state string
		err := r.Scan(&person, &state)
		if !owner[work[state]+person.String()] {
			alone++
		}
		return err
	}, "select person, state from recall_member where state in ('held', 'resampled')")
	return alone, err
}

// followOnsAlone counts follow-on work that hangs on nothing: the ghosts a crash must not make.
func followOnsAlone(tx *store.Tx) (int64, error) {
	return sum(tx,
		`select count(*) from recall c where not exists (select 1 from tube_result r where r.area_id = c.area_id and r.tube = c.tube and r.result in ('positive', 'indeterminate'))`,
		`select count(*) from recall_member m where not exists (select 1 from recall c where c.area_id = m.area_id and c.tube = m.tube)`,
		`select count(*) from case_file c where c.tube <> '' and not exists (select 1 from tube_result r where r.tube = c.tube and r.result = 'positive')`,
		`select count(*) from need n where not exists (select 1 from case_file c where c.id = n.case_id)`,
		`select count(*) from stay s where s.need <> 0 and not exists (select 1 from need n where n.id = s.need)`,
		`select count(*) from trip t where not exists (select 1 from stay s where s.id = t.stay)`)
}

// wrongBeds counts beds and stays that do not agree, reservations without a way there and trips to nowhere.
func wrongBeds(tx *store.Tx) (int64, error) {
	return sum(tx,
		`select count(*) from bed b where b.stay <> 0 and not exists (select 1 from stay s where s.id = b.stay and s.bed = b.id and s.state in ('reserved', 'arrived'))`,
		`select count(*) from stay s where s.state in ('reserved', 'arrived') and s.bed <> 0 and not exists (select 1 from bed b where b.id = s.bed and b.stay = s.id)`,
		`select count(*) from stay s where s.state = 'reserved' and not exists (select 1 from trip t where t.stay = s.id and t.live = 1)`,
		`select count(*) from trip t where t.live = 1 and not exists (select 1 from stay s where s.id = t.stay and s.state = 'reserved')`,
		`select count(*) from need n where n.state = 'reserved' and not exists (select 1 from stay s where s.need = n.id and s.state = 'reserved')`)
}

func sum(tx *store.Tx, queries ...string) (int64, error) {
	var total int64
	for _, q := range queries {
		n, err := store.Count(tx, q)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
