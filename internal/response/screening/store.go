package screening

import (
	"cmp"
	"maps"
	"slices"

	"breakwater/internal/ledger/registry"
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

// Kinds of an operation on a tube.
const (
	opClose = 0  // the tube was closed with these members
	opAdd   = 1  // it was opened again, and these came in
	opAmend = 2  // these are the members instead of those of another operation
	opPaper = 16 // added: keyed from a sheet of paper
)

// tubeRow is one operation on a tube as the table keeps it.
type tubeRow struct {
	Tube
	seq        int64
	op         int64
	kind       int64
	recordedAt outbreak.Instant
}

// tubeFrom reads tubeRows; booths gives a tube whose serial nobody issued the place where it was filled.
const (
	tubeColumns = "t.seq, t.area_id, t.tube, t.round, t.op_id, t.booth, t.kind, t.taken, t.recorded_at, t.form, t.members, r.outbreak, b.area"
	tubeFrom    = " from tube t join round r on r.id = t.round join booth b on b.id = t.booth "
)

func scanTubeRow(r store.Row) (x tubeRow, err error) {
	var blob []byte
	var form int64
	err = r.Scan(&x.seq, &x.AreaID, &x.Code, &x.Round, &x.op, &x.Booth, &x.kind, &x.Taken, &x.recordedAt, &form, &blob, &x.Outbreak, &x.Area)
	x.Members, x.Ops = unpack(form, blob), 1
	x.made(x.op)
	return x, err
}

// made notes the device that made the row's operation.
func (x *tubeRow) made(op int64) {
	if x.device = deviceOf(op); x.device != 0 {
		x.counter = op & (1<<CounterBits - 1)
	}
}

// bareRows reads what rows say of themselves, without their round and booth. The members of all stand behind each other in memory.
func bareRows(tx *store.Tx, from, upto int64) (rows []tubeRow, err error) {
	rows = make([]tubeRow, 0, upto-from)
	all := make([]Member, 0, 10*(upto-from))
	var blob []byte
	var form int64
	err = store.Each(tx, func(r store.Row) error {
		var x tubeRow
		if err := r.Scan(&x.seq, &x.AreaID, &x.Code, &x.Round, &x.op, &x.Booth, &x.kind, &x.Taken, &form, &blob); err != nil {
			return err
		}
		begin := len(all)
		all = unpackBehind(all, form, blob)
		x.Members, x.Ops = all[begin:len(all):len(all)], 1
		x.made(x.op)
		rows = append(rows, x)
		return nil
	}, "select seq, area_id, tube, round, op_id, booth, kind, taken, form, members from tube where seq > $1 and seq <= $2 order by seq", from, upto)
	return rows, err
}

// placed gives rows the area of their boxes, and leaves out those that were said anew.
func placed(tx *store.Tx, rows []tubeRow) ([]tubeRow, error) {
	areas := map[outbreak.AreaID]outbreak.Path{}
	amended := false
	for _, r := range rows {
		areas[r.AreaID] = ""
		amended = amended || r.kind&^opPaper == opAmend
	}
	if err := registry.PathsOf(tx, areas); err != nil {
		return nil, err
	}
	for i, r := range rows {
		if r.AreaID != 0 {
			rows[i].Area = areas[r.AreaID]
		}
	}
	if !amended {
		return rows, nil
	}
	return unamended(tx, rows)
}

// unamended leaves out the operations that others replace.
func unamended(tx *store.Tx, rows []tubeRow) ([]tubeRow, error) {
	type operation struct {
		tube  outbreak.TubeCode
		round outbreak.RoundID
		op    int64
	}
	var gone []operation
	for i, r := range rows {
		if r.kind&^opPaper != opAmend {
			continue
		}
		replaces, _, err := store.One(tx, store.Value[int64], "select replaces from tube_amended where area_id = $1 and tube = $2 and round = $3 and op_id = $4",
			r.AreaID, r.Code, r.Round, r.op)
		if err != nil {
			return nil, err
		}
		gone = append(gone, operation{r.Code, r.Round, replaces})
		if at := slices.IndexFunc(rows[:i], func(o tubeRow) bool { return o.Code == r.Code && o.Round == r.Round && o.op == replaces }); at >= 0 {
			rows[i].device, rows[i].counter = rows[at].device, rows[at].counter // who corrects a tube did not fill it
		}
	}
	return slices.DeleteFunc(rows, func(r tubeRow) bool {
		return slices.Contains(gone, operation{r.Code, r.Round, r.op})
	}), nil
}

// tubeRows reads the operations on tubes of one issuing area, in the order they were recorded.
func tubeRows(tx *store.Tx, area outbreak.AreaID, codes []outbreak.TubeCode) (rows []tubeRow, err error) {
	for len(codes) > 0 {
		n := min(len(codes), 400)
		in, args := store.In([]any{area}, codes[:n])
		part, err := store.List(tx, scanTubeRow, "select "+tubeColumns+tubeFrom+"where t.area_id = $1 and t.tube in ("+in+") order by t.tube, t.seq", args...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
		codes = codes[n:]
	}
	return placed(tx, rows)
}

// tubeKey is a tube in its issuing area.
type tubeKey struct {
	area outbreak.AreaID
	code outbreak.TubeCode
}

// rowsOf reads the operations on tubes of any areas as they came, without the area's path and with those that were said anew.
func rowsOf(tx *store.Tx, keys []tubeKey) ([]tubeRow, error) {
	questions, err := rowQuestions(tx, keys)
	if err != nil {
		return nil, err
	}
	return rowsAnswering(tx, questions)
}

// rowQuestions are what rowsOf asks.
func rowQuestions(tx *store.Tx, keys []tubeKey) ([]store.Question, error) {
	return questionsOf(tx, keys, "select t.tube, t.round, t.op_id, t.kind, t.taken, t.form, t.members", "join tube t on t.area_id = k.a and t.tube = k.b order by t.seq")
}

func rowsAnswering(tx *store.Tx, questions []store.Question) (rows []tubeRow, err error) {
	err = eachAnswering(tx, questions, func(r store.Row) error {
		var x tubeRow
		var form int64
		var blob []byte
		err := r.Scan(&x.Code, &x.Round, &x.op, &x.kind, &x.Taken, &form, &blob)
		x.Members = unpack(form, blob)
		rows = append(rows, x)
		return err
	})
	return rows, err
}

// eachOf asks a query about tubes, k.a their issuing areas and k.b their codes.
func eachOf(tx *store.Tx, keys []tubeKey, do func(store.Row) error, columns, joined string) error {
	questions, err := questionsOf(tx, keys, columns, joined)
	if err != nil {
		return err
	}
	return eachAnswering(tx, questions, do)
}

func eachAnswering(tx *store.Tx, questions []store.Question, do func(store.Row) error) error {
	for _, q := range questions {
		if err := store.Each(tx, do, q.Text, q.Args...); err != nil {
			return err
		}
	}
	return nil
}

// questionsOf are what eachOf asks.
func questionsOf(tx *store.Tx, keys []tubeKey, columns, joined string) (list []store.Question, err error) {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b tubeKey) int { return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.code, b.code)) })
	for keys := range slices.Chunk(slices.Compact(keys), store.MostGiven) {
		given := make([][]any, 0, store.MostGiven)
		for _, k := range keys {
			given = append(given, []any{int64(k.area), string(k.code)})
		}
		from, args, err := tx.Given(given)
		if err != nil {
			return nil, err
		}
		list = append(list, store.Question{Text: columns + " from " + from + " " + joined, Args: args})
	}
	return list, nil
}

// tubeRowsOf reads the operations on tubes of any areas, in the order they were recorded.
func tubeRowsOf(tx *store.Tx, keys []tubeKey) (rows []tubeRow, err error) {
	err = eachOf(tx, keys, func(r store.Row) error {
		x, err := scanTubeRow(r)
		rows = append(rows, x)
		return err
	}, "select "+tubeColumns, "join tube t on t.area_id = k.a and t.tube = k.b join round r on r.id = t.round join booth b on b.id = t.booth order by t.seq")
	if err != nil {
		return nil, err
	}
	return placed(tx, rows)
}

// tubesByCode reads tubes of one issuing area with the members of all their operations, in whatever round: when one barcode
// was handed in twice nobody can tell whose swabs are inside, so that all are called back together.
func tubesByCode(tx *store.Tx, area outbreak.AreaID, codes []outbreak.TubeCode) (map[outbreak.TubeCode]Tube, error) {
	rows, err := tubeRows(tx, area, codes)
	if err != nil {
		return nil, err
	}
	tubes := map[outbreak.TubeCode]Tube{}
	for _, r := range rows {
		t, known := tubes[r.Code]
		if !known {
			tubes[r.Code] = r.Tube
			continue
		}
		t.add(r.Members)
		t.Round, t.Taken = r.Round, max(t.Taken, r.Taken)
		tubes[r.Code] = t
	}
	return tubes, nil
}

// CountMembers counts who is in a tube, for the checks across slices.
func CountMembers(tx *store.Tx, area outbreak.AreaID, code outbreak.TubeCode) (int, error) {
	tubes, err := tubesByCode(tx, area, []outbreak.TubeCode{code})
	return len(tubes[code].Members), err
}

// tubesBetween reads the rows of a hand-in.
func tubesBetween(tx *store.Tx, first, last int64) ([]tubeRow, error) {
	rows, err := store.List(tx, scanTubeRow, "select "+tubeColumns+tubeFrom+"where t.seq >= $1 and t.seq <= $2 order by t.seq", first, last)
	if err != nil {
		return nil, err
	}
	return placed(tx, rows)
}

func spoiledReason(tx *store.Tx, area outbreak.AreaID, code outbreak.TubeCode) (string, error) {
	reason, _, err := store.One(tx, store.Value[string], "select reason from tube_spoiled where area_id = $1 and tube = $2", area, code)
	return reason, err
}

// spoiledAmong tells which of the tubes of one issuing area give no result.
func spoiledAmong(tx *store.Tx, area outbreak.AreaID, codes []outbreak.TubeCode) (map[outbreak.TubeCode]bool, error) {
	spoiled := map[outbreak.TubeCode]bool{}
	for len(codes) > 0 {
		n := min(len(codes), 400)
		in, args := store.In([]any{area}, codes[:n])
		part, err := store.List(tx, store.Value[outbreak.TubeCode], "select tube from tube_spoiled where area_id = $1 and tube in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, c := range part {
			spoiled[c] = true
		}
		codes = codes[n:]
	}
	return spoiled, nil
}

// markSpoiled notes on each tube whether it gives no result, and why.
func markSpoiled(tx *store.Tx, tubes []Tube) error {
	at := map[tubeKey]string{}
	for _, t := range tubes {
		at[tubeKey{t.AreaID, t.Code}] = ""
	}
	err := eachOf(tx, slices.Collect(maps.Keys(at)), func(r store.Row) error {
		var k tubeKey
		var reason string
		err := r.Scan(&k.area, &k.code, &reason)
		at[k] = reason
		return err
	}, "select t.area_id, t.tube, t.reason", "join tube_spoiled t on t.area_id = k.a and t.tube = k.b")
	for i, t := range tubes {
		tubes[i].Spoiled = at[tubeKey{t.AreaID, t.Code}]
	}
	return err
}

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
