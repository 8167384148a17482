package board

import (
	"cmp"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// dayLength is a day of figures that are told per day: hours would tell who was where with whom.
const dayLength = outbreak.Instant(24 * 3_600_000)

// everything is the filter of all that somebody's figures are counted from: a part is held against the whole. One outbreak of
// several cannot be asked for, since the whole less one is the rest.
func (f Filter) everything(by outbreak.Actor) (Filter, error) {
	if f.Outbreak != 0 && slices.ContainsFunc(access.Reach(by, access.BoardRead), func(r outbreak.Scope) bool { return r.Outbreak != f.Outbreak }) {
		return f, outbreak.Refuse(outbreak.Forbidden, "board.guarded_outbreak")
	}
	return Filter{Outbreak: f.Outbreak}, nil
}

// guardedLines counts the backlog by area and tells of each step what may be told.
func (f Filter) guardedLines(tx *store.Tx, by outbreak.Actor) (lines []Line, err error) {
	whole, err := f.everything(by)
	if err != nil {
		return nil, err
	}
	cond, args := whole.clause(by, tx.Now)
	args = append(args, tx.Now)
	all, late, oldest := map[Step]counts{}, map[Step]counts{}, map[Step]outbreak.Instant{}
	err = store.Each(tx, func(r store.Row) error {
		var step Step
		var area outbreak.Path
		var n, past int
		var since outbreak.Instant
		if err := r.Scan(&step, &area, &n, &past, &since); err != nil {
			return err
		}
		if all[step] == nil {
			all[step], late[step] = counts{}, counts{}
		}
		all[step][area], late[step][area] = n, past
		if f.Below.Contains(area) && (oldest[step] == 0 || since < oldest[step]) {
			oldest[step] = since
		}
		return nil
	}, fmt.Sprintf(`select step, area, count(*), sum(case when due > 0 and due < $%d then 1 else 0 end), min(since) from board_waiting
		where %s group by step, area`, len(args), cond), args...)
	roots := rootsOf(by)
	for _, st := range Steps {
		l := Line{Step: st.Step, Owner: st.Owner, Oldest: oldest[st.Step]}
		lines = append(lines, guardLine(l, all[st.Step], late[st.Step], f.Below, roots))
	}
	return lines, err
}

// guardedCounts counts what was done by area and day.
func (f Filter) guardedCounts(tx *store.Tx, by outbreak.Actor, from outbreak.Instant) (list []Count, err error) {
	whole, err := f.everything(by)
	if err != nil {
		return nil, err
	}
	cond, args := whole.clause(by, tx.Now)
	args = append(args, from-from%dayLength)
	type day struct {
		what string
		at   outbreak.Instant
	}
	found := map[day]counts{}
	err = store.Each(tx, func(r store.Row) error {
		var what string
		var area outbreak.Path
		var hour outbreak.Instant
		var n int
		if err := r.Scan(&what, &area, &hour, &n); err != nil {
			return err
		}
		d := day{what, hour - hour%dayLength}
		if found[d] == nil {
			found[d] = counts{}
		}
		found[d][area] += n
		return nil
	}, fmt.Sprintf("select what, area, hour, sum(n) from board_tally where %s and hour >= $%d group by what, area, hour", cond, len(args)), args...)
	roots := rootsOf(by)
	for d, c := range found {
		n, mark := c.figure(f.Below, roots)
		if n != 0 || mark != Exact {
			list = append(list, Count{What: d.what, Hour: d.at, N: n, Mark: mark})
		}
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.What, b.What)) })
	return list, err
}
