package screening

import (
	"cmp"
	"slices"
	"sync/atomic"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// serialDesk knows which serials were ever handed to which sampling point, for the look at every tube that comes in. A run that
// ended stays: tubes that were filled before come in later.
type serialDesk struct{ now atomic.Pointer[serials] }

// serials are the runs up to one, never changed.
type serials struct {
	upto int64
	runs []knownRun // by length and first serial
}

type knownRun struct {
	first, last outbreak.TubeCode
	reach       outbreak.TubeCode // the highest last serial of this run and those of its length before it
	booth       outbreak.BoothID
}

func (a knownRun) compare(b knownRun) int {
	return cmp.Or(cmp.Compare(len(a.first), len(b.first)), cmp.Compare(a.first, b.first))
}

const lastRunQuery = "select coalesce(max(id), 0) from serial_run"

// learn gives the runs there are, reading those that are new. They are kept once the commit is on disk.
func (d *serialDesk) learn(tx *store.Tx) (*serials, error) {
	known := d.now.Load()
	if known == nil {
		known = &serials{}
	}
	last, err := store.Count(tx, lastRunQuery)
	if err != nil || last == known.upto {
		return known, err
	}
	fresh, err := store.List(tx, func(r store.Row) (x knownRun, err error) {
		err = r.Scan(&x.first, &x.last, &x.booth)
		return x, err
	}, "select first, last, booth from serial_run where id > $1", known.upto)
	if err != nil {
		return nil, err
	}
	next := &serials{upto: last, runs: append(slices.Clone(known.runs), fresh...)}
	slices.SortStableFunc(next.runs, knownRun.compare)
	for i := range next.runs {
		x := &next.runs[i]
		if x.reach = x.last; i > 0 && len(next.runs[i-1].first) == len(x.first) {
			x.reach = max(x.reach, next.runs[i-1].reach)
		}
	}
	tx.AfterCommit(func() {
		if now := d.now.Load(); now == nil || now.upto < next.upto {
			d.now.Store(next)
		}
	})
	return next, nil
}

// elsewhere tells that a serial was handed to other sampling points and never to this one. Nobody can say that of a serial that
// was handed to none: a site may do without runs.
func (k *serials) elsewhere(code outbreak.TubeCode, booth outbreak.BoothID) (is bool) {
	i, found := slices.BinarySearchFunc(k.runs, knownRun{first: code}, knownRun.compare)
	for found && i < len(k.runs) && k.runs[i].first == code { // behind those that begin with it
		i++
	}
	for i--; i >= 0 && len(k.runs[i].first) == len(code) && k.runs[i].reach >= code; i-- {
		if code > k.runs[i].last {
			continue
		}
		if k.runs[i].booth == booth {
			return false
		}
		is = true
	}
	return is
}
