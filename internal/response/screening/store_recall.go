package screening

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const memberColumns = "area_id, tube, person, no, outbreak, area, state, held_at, held_until, held_to, resample_due, single, single_at, result_due, ended_at"

func scanMember(r store.Row) (m RecallMember, err error) {
	err = r.Scan(m.columns()...)
	return m, err
}

// columns are the places of memberColumns.
func (m *RecallMember) columns() []any {
	return []any{&m.AreaID, &m.Tube, &m.Person, &m.No, &m.Outbreak, &m.Area, &m.State, &m.HeldAt, &m.HeldUntil, &m.HeldTo,
		&m.ResampleDue, &m.Single, &m.SingleAt, &m.ResultDue, &m.EndedAt}
}

// memberSaid is a further column: what was said of a member since the hold began, in whatever round of the outbreak.
const memberSaid = `, coalesce((select o.outcome from roll_outcome o where o.no = recall_member.no and o.round in
	(select r.id from round r where r.outbreak = recall_member.outbreak) and o.recorded_at >= recall_member.held_at order by o.recorded_at desc limit 1), '')`

func scanMemberSaid(r store.Row) (m RecallMember, err error) {
	err = r.Scan(append(m.columns(), &m.Said)...)
	return m, err
}

// holdMember keeps a hold, anew when the one that is there was taken back with its pool; false when the member is held or
// has an own result.
func holdMember(tx *store.Tx, m RecallMember) (bool, error) {
	n, err := tx.Exec("insert into recall_member ("+memberColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (area_id, tube, person) do update set state = excluded.state, held_at = excluded.held_at, held_until = excluded.held_until,
		held_to = excluded.held_to, resample_due = excluded.resample_due, single = excluded.single, single_at = excluded.single_at,
		result_due = excluded.result_due, ended_at = excluded.ended_at where recall_member.state = 'revised'`, m.AreaID, m.Tube, m.Person, m.No, m.Outbreak,
		m.Area, m.State, m.HeldAt, m.HeldUntil, m.HeldTo, m.ResampleDue, m.Single, m.SingleAt, m.ResultDue, m.EndedAt)
	return n == 1, err
}

func saveMember(tx *store.Tx, m RecallMember) error {
	return tx.Must(`update recall_member set state = $1, held_to = $2, resample_due = $3, single = $4, single_at = $5, result_due = $6, ended_at = $7
		where area_id = $8 and tube = $9 and person = $10`, m.State, m.HeldTo, m.ResampleDue, m.Single, m.SingleAt, m.ResultDue, m.EndedAt, m.AreaID, m.Tube, m.Person)
}

func membersOf(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) ([]RecallMember, error) {
	return store.List(tx, scanMember, "select "+memberColumns+" from recall_member where area_id = $1 and tube = $2 order by no", area, tube)
}

// membersWhere reads members by one more column, oldest first.
func membersWhere(tx *store.Tx, cond string, args ...any) ([]RecallMember, error) {
	return store.List(tx, scanMember, "select "+memberColumns+" from recall_member where "+cond+" order by held_at, tube, no", args...)
}

// awaitedAmong tells which tubes a held member's own result is awaited from.
func awaitedAmong(tx *store.Tx, codes []outbreak.TubeCode) (map[outbreak.TubeCode]bool, error) {
	awaited := map[outbreak.TubeCode]bool{}
	for len(codes) > 0 {
		n := min(len(codes), 400)
		in, args := store.In(nil, codes[:n])
		part, err := store.List(tx, store.Value[outbreak.TubeCode], "select single from recall_member where single in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, c := range part {
			awaited[c] = true
		}
		codes = codes[n:]
	}
	return awaited, nil
}

// Recall is a pool whose members are called back (混管追阳).
type Recall struct {
	AreaID   outbreak.AreaID     `json:"-"`
	Tube     outbreak.TubeCode   `json:"tube"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Result   outbreak.Result     `json:"result"`
	State    string              `json:"state"` // open, members_unknown, positive_found, none_positive, revised
	OpenedAt outbreak.Instant    `json:"opened_at"`
	ClosedAt outbreak.Instant    `json:"closed_at"`
}

// over tells that every member known until now has an own result.
func (x Recall) over() bool { return x.State == "positive_found" || x.State == "none_positive" }

const recallColumns = "area_id, tube, round, outbreak, area, result, state, opened_at, closed_at"

func scanRecall(r store.Row) (x Recall, err error) {
	err = r.Scan(&x.AreaID, &x.Tube, &x.Round, &x.Outbreak, &x.Area, &x.Result, &x.State, &x.OpenedAt, &x.ClosedAt)
	return x, err
}

func recallOf(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (Recall, bool, error) {
	return store.One(tx, scanRecall, "select "+recallColumns+" from recall where area_id = $1 and tube = $2", area, tube)
}

func (s *Service) saveRecall(tx *store.Tx, x Recall) error {
	s.owed.tube(x.Tube)
	_, err := tx.Exec("insert into recall ("+recallColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (area_id, tube) do update set round = excluded.round, result = excluded.result, state = excluded.state,
		opened_at = excluded.opened_at, closed_at = excluded.closed_at`, x.AreaID, x.Tube, x.Round, x.Outbreak, x.Area, x.Result, x.State, x.OpenedAt, x.ClosedAt)
	return err
}

// Again is one person owed a new swab.
type Again struct {
	Round    outbreak.RoundID    `json:"round"`
	Tube     outbreak.TubeCode   `json:"tube"`
	Person   outbreak.PersonID   `json:"person"`
	No       int64               `json:"no"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	AskedAt  outbreak.Instant    `json:"asked_at"`
	Due      outbreak.Instant    `json:"due"`
	MetAt    outbreak.Instant    `json:"met_at"`
	MetTube  outbreak.TubeCode   `json:"met_tube"`
}

const againColumns = "round, tube, person, no, outbreak, area, asked_at, due, met_at, met_tube"

func scanAgain(r store.Row) (a Again, err error) {
	err = r.Scan(&a.Round, &a.Tube, &a.Person, &a.No, &a.Outbreak, &a.Area, &a.AskedAt, &a.Due, &a.MetAt, &a.MetTube)
	return a, err
}
