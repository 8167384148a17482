package screening

import (
	"sort"
	"strconv"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// twice is an anomaly about somebody who is known by number.
type twice struct {
	no int64
	Anomaly
}

func doubled(no int64, r tubeRow) twice {
	return twice{no, Anomaly{What: DuplicatePerson, Outbreak: r.Outbreak, Area: r.Area, Round: r.Round, Tube: r.Code, At: r.Taken, Content: strconv.FormatInt(no, 10)}}
}

// elsewhere tells whether a person has another tube in this round that still counts, handed in before a row of the table.
func (v *roundView) elsewhere(no int64, tube uint32, row int64) (is bool) {
	v.eachTube(no, func(t uint32) {
		s := v.tubes.at(t)
		is = is || t != tube && v.tubes.base+int64(s.seq) < row && !s.spoiled && (s.said == 0 || s.result() == outbreak.Negative)
	})
	return is
}

// candidate is somebody in a row that was not looked at before a stop, and the rows of the other tubes the person was in then.
type candidate struct {
	no     int64
	row    tubeRow
	others []int64
}

func (v *roundView) candidates(r tubeRow, tube uint32, fresh []uint32) (list []candidate) {
	for _, no := range fresh {
		if no == 0 {
			continue
		}
		c := candidate{no: int64(no), row: r}
		v.eachTube(int64(no), func(t uint32) {
			if at := v.tubes.base + int64(v.tubes.at(t).seq); t != tube && at < r.seq {
				c.others = append(c.others, at)
			}
		})
		if c.others != nil {
			list = append(list, c)
		}
	}
	return list
}

// judge picks those whose other tube still counted when the row came in: what was said of it since changes nothing, so that a
// start finds what a house that had not stopped would have found.
func (c *Coverage) judge(tx *store.Tx, late []candidate) (odd []twice, err error) {
	if len(late) == 0 {
		return nil, nil
	}
	handed, err := handIns(tx, late[0].row.seq)
	if err != nil {
		return nil, err
	}
	for _, x := range late {
		i := sort.Search(len(handed), func(i int) bool { return handed[i].last >= x.row.seq })
		if i == len(handed) {
			continue
		}
		if corrected, err := wasAmended(tx, x.row.Code); err != nil {
			return nil, err
		} else if corrected { // who was in it then cannot be told from who is in it now
			continue
		}
		for _, other := range x.others {
			counted, err := countedThen(tx, other, handed[i].entry)
			if err != nil {
				return nil, err
			}
			if counted {
				odd = append(odd, doubled(x.no, x.row))
				break
			}
		}
	}
	return odd, nil
}

// handIn is an entry of the journal and the last row it tells of.
type handIn struct{ entry, last int64 }

// handIns lists the entries that tell of a row and of those behind it, in their order. It reads the journal backwards.
func handIns(tx *store.Tx, row int64) (list []handIn, err error) {
	const part = 2000
	head, err := journal.Head(tx)
	if err != nil {
		return nil, err
	}
	for upto := head; upto > 0; upto -= part {
		entries, err := journal.List(tx, upto-part, upto, []string{"TubesHandedIn"}, part)
		if err != nil {
			return nil, err
		}
		var some []handIn
		reached := false
		for _, e := range entries {
			if err := outbreak.On(e, func(h outbreak.TubesHandedIn) error {
				some = append(some, handIn{e.Seq, h.Last})
				reached = reached || h.First <= row
				return nil
			}); err != nil {
				return nil, err
			}
		}
		if list = append(some, list...); reached {
			return list, nil
		}
	}
	return list, nil
}

// countedThen tells whether a tube gave or promised a valid result before an entry: nothing but a negative had been said of it,
// and it was not lost.
func countedThen(tx *store.Tx, row, entry int64) (bool, error) {
	code, _, err := store.One(tx, store.Value[outbreak.TubeCode], "select tube from tube where seq = $1", row)
	if err != nil {
		return false, err
	}
	if corrected, err := wasAmended(tx, code); err != nil || corrected {
		return false, err
	}
	entries, err := journal.ListAbout(tx, tubeRef(code), 1000)
	if err != nil {
		return false, err
	}
	said := false // the newest come first: the first result met is the last that was said
	counted := true
	for _, e := range entries {
		if e.Seq >= entry {
			continue
		}
		switch e.Kind {
		case "TubeSpoiled":
			return false, nil
		case "TubeResulted":
			if err := outbreak.On(e, func(r outbreak.TubeResulted) error {
				if !said {
					said, counted = true, r.Result == outbreak.Negative
				}
				return nil
			}); err != nil {
				return false, err
			}
		}
	}
	return counted, nil
}

// wasAmended tells whether a tube's members were ever said anew.
func wasAmended(tx *store.Tx, code outbreak.TubeCode) (bool, error) {
	n, err := store.Count(tx, "select count(*) from tube_amended where tube = $1", code)
	return n > 0, err
}
