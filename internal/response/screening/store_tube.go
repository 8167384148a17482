package screening

import (
	"maps"
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

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
