package screening

import (
	"cmp"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

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
