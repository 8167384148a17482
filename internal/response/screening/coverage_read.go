package screening

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Sums gives, per open round, how many people its outcomes sum to and how many are on its roll.
func (c *Coverage) Sums(ctx context.Context) (sums map[outbreak.RoundID][2]int, err error) {
	sums = map[outbreak.RoundID][2]int{}
	err = c.s.db.Read(ctx, func(tx *store.Tx) error {
		c.mu.RLock()
		defer c.mu.RUnlock()
		for id, v := range c.rounds {
			if v.round.State == Closed {
				continue
			}
			stand := 0
			for _, r := range v.runs {
				for _, n := range r.counts {
					stand += n
				}
			}
			roll, err := registry.CountRollOf(tx, v.round.Areas)
			if err != nil {
				return err
			}
			sums[id] = [2]int{stand, roll}
		}
		return nil
	})
	return sums, err
}

// outcomes counts everybody on the roll of areas of a round.
func (c *Coverage) outcomes(id outbreak.RoundID, areas []outbreak.Path) map[outbreak.Outcome]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	sum := map[outbreak.Outcome]int{}
	for _, o := range outbreak.Outcomes {
		sum[o] = 0
	}
	v := c.rounds[id]
	if v == nil {
		return sum
	}
	for _, r := range v.runs {
		if !slices.ContainsFunc(areas, func(a outbreak.Path) bool { return a.Contains(r.area) }) {
			continue
		}
		for i, n := range r.counts {
			sum[outbreak.Outcomes[i]] += n
		}
	}
	return sum
}

// list gives the numbers of those who stand in an outcome below an area, ascending, after one.
func (c *Coverage) list(id outbreak.RoundID, area outbreak.Path, outcome outbreak.Outcome, after int64, most int) []int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var nos []int64
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	want := outcomeIndex[outcome]
	for _, r := range v.runs {
		if !area.Contains(r.area) || r.counts[want] == 0 {
			continue
		}
		for i, s := range r.state {
			if no := r.first + int64(i); s == want && no > after {
				if nos = append(nos, no); len(nos) == most {
					return nos
				}
			}
		}
	}
	return nos
}

// offRoll lists the people in tubes of a round who are not on its roll, ascending.
func (c *Coverage) offRoll(id outbreak.RoundID) []int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	nos := slices.Sorted(maps.Keys(v.others))
	return slices.DeleteFunc(nos, func(no int64) bool { return v.countedOtherwise(no) })
}

// byCommunity counts outcomes per community of a round.
func (c *Coverage) byCommunity(id outbreak.RoundID) map[outbreak.Path]map[outbreak.Outcome]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := map[outbreak.Path]map[outbreak.Outcome]int{}
	v := c.rounds[id]
	if v == nil {
		return all
	}
	for _, r := range v.runs {
		m := all[r.area]
		if m == nil {
			m = map[outbreak.Outcome]int{}
			all[r.area] = m
		}
		for i, n := range r.counts {
			m[outbreak.Outcomes[i]] += n
		}
	}
	return all
}

// tubes counts the tubes of a round.
func (c *Coverage) tubes(id outbreak.RoundID) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if v := c.rounds[id]; v != nil {
		return int(v.tubes.n)
	}
	return 0
}

// Flow is where tubes wait.
type Flow string

// A tube waits on its way to a laboratory, then there for its result.
const (
	InTransit Flow = "transit"
	InTesting Flow = "testing"
)

// Flows lists where tubes wait, in their order.
var Flows = []Flow{InTransit, InTesting}

// TubeQueue is how many tubes wait, how many of them past their time, and since when the longest does.
type TubeQueue struct {
	Waiting int              `json:"waiting"`
	Past    int              `json:"past"`
	Oldest  outbreak.Instant `json:"oldest"`
}

// WaitingTube is one tube that waits.
type WaitingTube struct {
	Tube     outbreak.TubeCode
	Outbreak outbreak.OutbreakID
	Area     outbreak.Path
	Flow     Flow
	Since    outbreak.Instant
	Due      outbreak.Instant
	seq      int64
}

// TubeFilter cuts the tubes that wait.
type TubeFilter struct {
	See   func(outbreak.Scope) bool // who asks may see tubes of the scope
	Round outbreak.RoundID          // 0: of all rounds that are in memory
	Row   int64                     // tubes of which the first row of the table comes behind this one
	Flow  Flow                      // empty: all
	Past  bool                      // past their time alone
	Since outbreak.Instant          // with After: behind this one in the list
	After outbreak.TubeCode
	Most  int
}

// waitLimits are how long tubes may wait where; 0: the rule book names no limit.
type waitLimits struct{ transit, testing time.Duration }

func limitsOf(p outbreak.Protocol) (l waitLimits) {
	l.transit, _ = p.Duration("clock.sample_to_lab")
	l.testing, _ = p.Duration("clock.lab_to_report")
	return l
}

// stands gives where a tube waits, since when and until when it may.
func (l waitLimits) stands(t *tubeView) (f Flow, since, due outbreak.Instant) {
	limit := l.transit
	f, since = InTransit, instant(t.taken)
	if t.received != 0 {
		f, since, limit = InTesting, instant(t.received), l.testing
	}
	if limit > 0 {
		due = since.Add(limit)
	}
	return f, since, due
}

// TubesWaiting counts the tubes that wait, at the time now.
func (c *Coverage) TubesWaiting(ctx context.Context, f TubeFilter) (map[Flow]TubeQueue, error) {
	queues := map[Flow]TubeQueue{}
	err := c.eachWaiting(ctx, f, func(w WaitingTube, past bool) {
		q := queues[w.Flow]
		q.Waiting++
		if past {
			q.Past++
		}
		if q.Oldest == 0 || w.Since < q.Oldest {
			q.Oldest = w.Since
		}
		queues[w.Flow] = q
	})
	return queues, err
}

// Picture gives the rounds that are in memory, and the tubes that wait in them.
func (c *Coverage) Picture(ctx context.Context, f TubeFilter) (rounds []outbreak.RoundID, queues map[Flow]TubeQueue, err error) {
	queues, err = c.TubesWaiting(ctx, f)
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Collect(maps.Keys(c.rounds)), queues, err
}

// ListTubesWaiting lists the tubes that wait, the longest first.
func (c *Coverage) ListTubesWaiting(ctx context.Context, f TubeFilter) (list []WaitingTube, err error) {
	most := max(f.Most, 1)
	if err := c.eachWaiting(ctx, f, func(w WaitingTube, _ bool) {
		if w.Since < f.Since {
			return
		}
		list = append(list, w)
		if len(list) > 4*most+1000 {
			list = longest(list, f, most, false)
		}
	}); err != nil {
		return nil, err
	}
	// those that wait as long as the last are told apart by their codes, which are in the table
	list = longest(list, f, most+1000, false)
	err = c.s.db.Read(ctx, func(tx *store.Tx) error { return nameTubes(tx, list) })
	return longest(list, f, most, true), err
}

// nameTubes reads the codes of tubes out of their first rows.
func nameTubes(tx *store.Tx, list []WaitingTube) error {
	for i := range list {
		code, _, err := store.One(tx, store.Value[outbreak.TubeCode], "select tube from tube where seq = $1", list[i].seq)
		if err != nil {
			return err
		}
		list[i].Tube = code
	}
	return nil
}

// longest keeps those that wait longest; with codes known, behind the one after which the list goes on.
func longest(list []WaitingTube, f TubeFilter, most int, codes bool) []WaitingTube {
	slices.SortFunc(list, func(a, b WaitingTube) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), strings.Compare(string(a.Tube), string(b.Tube)), cmp.Compare(a.seq, b.seq))
	})
	if codes {
		list = slices.DeleteFunc(list, func(w WaitingTube) bool { return w.Since == f.Since && w.Tube <= f.After })
	}
	return list[:min(len(list), most)]
}

// eachWaiting calls do for the tubes that wait and may be seen.
func (c *Coverage) eachWaiting(ctx context.Context, f TubeFilter, do func(w WaitingTube, past bool)) error {
	if _, err := c.uptodate(ctx); err != nil {
		return err
	}
	now := c.s.db.Now()
	limits := map[outbreak.OutbreakID]waitLimits{}
	if err := c.s.db.Read(ctx, func(tx *store.Tx) error {
		for _, id := range c.outbreaks() {
			p, err := c.s.registry.ProtocolOf(tx, id)
			if err != nil {
				return err
			}
			limits[id] = limitsOf(p)
		}
		return nil
	}); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	areas := c.areas.all()
	for _, v := range c.rounds {
		limit, known := limits[v.round.Outbreak]
		if !known || f.Round != 0 && f.Round != v.round.ID {
			continue // came in this moment, or is another
		}
		visible := make([]bool, len(areas))
		for i, path := range areas {
			visible[i] = f.See(outbreak.Scope{Area: path, Outbreak: v.round.Outbreak})
		}
		for _, t := range v.tubes.all() {
			if !t.waits() || !visible[t.area] || v.tubes.base+int64(t.seq) <= f.Row {
				continue
			}
			flow, since, due := limit.stands(t)
			past := due > 0 && due < now
			if f.Flow != "" && flow != f.Flow || f.Past && !past {
				continue
			}
			do(WaitingTube{Outbreak: v.round.Outbreak, Area: areas[t.area], Flow: flow, Since: since, Due: due, seq: v.tubes.base + int64(t.seq)}, past)
		}
	}
	return nil
}

func (c *Coverage) outbreaks() []outbreak.OutbreakID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids := map[outbreak.OutbreakID]bool{}
	for _, v := range c.rounds {
		ids[v.round.Outbreak] = true
	}
	return slices.Collect(maps.Keys(ids))
}
