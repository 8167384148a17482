package lab

import (
	"slices"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// mostLookedAt is how many waiting tubes are looked at to find the laboratories of some areas while nothing was tested yet.
const mostLookedAt = 5000

// BenchOf tells how the laboratories stand that test tubes issued below areas, for one outbreak. Like LastResult it asks for no
// permission: what it gives are sums.
func (s *Service) BenchOf(tx *store.Tx, areas []outbreak.Path, ob outbreak.OutbreakID) (b outbreak.Bench, err error) {
	shares, err := sharesOf(tx, areas)
	if err != nil {
		return b, err
	}
	for lab, share := range shares {
		l, err := labByID(tx, lab)
		if err != nil {
			return b, err
		}
		f := Floor{Lab: l}
		if f.Tools, err = toolsNow(tx, lab); err != nil {
			return b, err
		}
		f.plan()
		b.Labs++
		b.PerHour += share * float64(f.Capacity) / shift.Hours()
		if err := store.Each(tx, func(r store.Row) error {
			var pending, read float64
			var oldest outbreak.Instant
			err := r.Scan(&pending, &oldest, &read)
			b.Pending, b.Read = b.Pending+share*pending, b.Read+share*read
			if oldest != 0 && (b.Oldest == 0 || oldest < b.Oldest) {
				b.Oldest = oldest
			}
			return err
		}, `select coalesce(cast(sum(case when state = 'entered' then samples else 0 end) as bigint), 0), coalesce(min(case when state = 'entered' then ended_at end), 0),
			coalesce(cast(sum(case when ended_at > $2 and state <> 'failed' and state <> 'voided' then samples else 0 end) as bigint), 0) from lab_run where lab = $1`,
			lab, tx.Now.Add(-time.Hour)); err != nil {
			return b, err
		}
	}
	cond, args := below(areas, "c.area", []any{ob})
	n, err := store.Count(tx, "select count(*) from lab_crate_tube t join lab_crate c on c.id = t.crate where t.received_at = 0 and c.taken_at > 0 and c.outbreak = $1 and "+cond, args...)
	b.Unbooked = int(n)
	return b, err
}

// sharesOf gives each laboratory that tests tubes issued below areas their part in its tubes of the last day; before it has any
// result, of those that wait there.
func sharesOf(tx *store.Tx, areas []outbreak.Path) (map[outbreak.LabID]float64, error) {
	shares := map[outbreak.LabID]float64{}
	take := func(r store.Row) error {
		var lab outbreak.LabID
		var ours, all float64
		err := r.Scan(&lab, &ours, &all)
		if ours > 0 {
			shares[lab] = ours / all
		}
		return err
	}
	cond, args := registry.InAreas(areas, "area_id", []any{tx.Now.Add(-day)})
	if err := store.Each(tx, take, "select lab, cast(sum(case when "+cond+" then tubes else 0 end) as bigint), cast(sum(tubes) as bigint) from lab_hour where hour > $1 group by lab", args...); err != nil {
		return nil, err
	}
	if len(shares) > 0 {
		return shares, nil
	}
	cond, args = registry.InAreas(areas, "area_id", []any{mostLookedAt})
	return shares, store.Each(tx, take, "select lab, sum(case when "+cond+" then 1 else 0 end), count(*) from (select lab, area_id from lab_waiting order by lab, at limit $1) w group by lab", args...)
}

// EachHuman calls do for every sample of a run that was released, with the cycles of the swab's own control in hundredths, 0 for
// none. A kit without such a control says nothing of swabs. Like LastResult it asks for no permission.
func (s *Service) EachHuman(tx *store.Tx, id outbreak.RunID, do func(outbreak.AreaID, outbreak.TubeCode, int64)) error {
	r, err := runByID(tx, id)
	if err != nil || r.ReleasedAt == 0 {
		return err
	}
	k, err := kitByID(tx, r.Kit)
	if err != nil || !slices.ContainsFunc(k.Targets, func(t Target) bool { return t.Human }) {
		return err
	}
	return store.Each(tx, func(r store.Row) error {
		var area outbreak.AreaID
		var tube outbreak.TubeCode
		var human int64
		err := r.Scan(&area, &tube, &human)
		do(area, tube, human)
		return err
	}, "select area_id, tube, human from lab_well where run = $1 and kind = 'sample' order by well", id)
}
