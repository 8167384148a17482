package screening

import (
	"context"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/engine/pooled"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RoundNow is how a round moves at this moment, as a whole.
type RoundNow struct {
	Round  outbreak.RoundID `json:"round"`
	Now    outbreak.Instant `json:"now"`
	Owed   int              `json:"owed"`    // people who are owed a swab: nobody has seen them, or their tube gave nothing
	Last10 int              `json:"last_10"` // people swabbed in the last ten minutes, by when their tubes were closed
	Last60 int              `json:"last_60"`
	Rate10 float64          `json:"rate_10"` // people an hour; -1: the round is too young
	Rate60 float64          `json:"rate_60"`
	Needed float64          `json:"needed"` // people an hour so that nobody is owed a swab when the round ends; -1: it has ended
	Finish Finish           `json:"finish"`
	Queues RoundQueues      `json:"queues"`
	Pools  PoolFigures      `json:"pools"`

	Anomalies []CountedAnomaly `json:"anomalies"` // that nobody has settled
	Orphans   int              `json:"orphans"`   // of them: tubes at a laboratory that no sampling point handed in
	Silent    int              `json:"silent"`    // sampling points of which nothing is heard, in the hours of the round
	Unsynced  int              `json:"unsynced"`  // sampling points with a device that holds tubes
	Booths    int              `json:"booths"`
	Searches  int              `json:"searches"` // positive pools without a positive member that are searched into
}

// RoundQueues are the tubes of a round that wait.
type RoundQueues struct {
	Transit     TubeQueue        `json:"transit"`
	Testing     TubeQueue        `json:"testing"`
	Pending     int              `json:"pending"`      // at its laboratories, read and not released
	PendingFrom outbreak.Instant `json:"pending_from"` // since when the longest of them is
}

// PoolFigures say what the pools of a round tell of all people. Second tubes of somebody, such as those of recalled members, are
// left out: they are no draw from the people.
type PoolFigures struct {
	Tested   int     `json:"tested"` // tubes with a valid result
	Positive int     `json:"positive"`
	People   int     `json:"people"` // in them
	Known    bool    `json:"known"`  // at least one was tested
	Share    float64 `json:"share"`  // the most likely share of infected people
	Lower    float64 `json:"lower"`  // of the interval
	Upper    float64 `json:"upper"`
}

// CountedAnomaly is a kind of anomaly and how many are open.
type CountedAnomaly struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// confidence of every interval that is shown.
const confidence = 0.95

// FindRoundNow tells how a round moves, and by what it is held up. The figures are of the whole round, whatever part of it the
// actor sees; the anomalies are those he may see.
func (s *Service) FindRoundNow(ctx context.Context, by outbreak.Actor, id outbreak.RoundID) (n RoundNow, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return n, err
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return n, err
	}
	queues, err := s.coverage.TubesWaiting(ctx, TubeFilter{Round: id, See: func(outbreak.Scope) bool { return true }})
	if err != nil {
		return n, err
	}
	n.Round, n.Queues.Transit, n.Queues.Testing = id, queues[InTransit], queues[InTesting]
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		if !sees(by, r) {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
		}
		n.Now = tx.Now
		bench, err := s.results.BenchOf(tx, r.Areas, r.Outbreak)
		if err != nil {
			return err
		}
		n.move(r, s.coverage.flowOf(r, tx.Now, bench))
		n.Queues.Pending, n.Queues.PendingFrom = int(bench.Pending+0.5), bench.Oldest
		n.Pools = poolsOf(s.coverage.sizes(id))
		if err := s.countAnomalies(tx, by, r, &n); err != nil {
			return err
		}
		held, err := s.heldUp(tx, r)
		if err != nil {
			return err
		}
		for _, h := range held {
			n.Silent += one(h.silent)
			n.Unsynced += one(h.unsynced)
		}
		booths, err := boothsOf(tx, r)
		n.Booths = len(booths)
		if err != nil {
			return err
		}
		open, err := store.Count(tx, "select count(*) from pool_search where round = $1 and ended_at = 0", id)
		n.Searches = int(open)
		return err
	})
	return n, err
}

// one counts a yes as 1.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// move fills in how fast the round goes and when it will be through.
func (n *RoundNow) move(r Round, f paced) {
	n.Owed, n.Last10, n.Last60 = f.owed, int(f.ten.people), int(f.seen.people)
	n.Rate10, n.Rate60, n.Needed = -1, -1, -1
	if f.window >= shortWait {
		n.Rate10, n.Rate60 = float64(f.ten.people)/f.tenLength.Hours(), float64(f.seen.people)/f.window.Hours()
	}
	if left := r.Closes.Sub(f.now); left > 0 && r.State != Closed {
		n.Needed = float64(f.owed) / max(left.Hours(), 1.0/60)
	}
	n.Finish = f.finish()
}

// paced is a flow with what is shown beside it.
type paced struct {
	flow
	ten       minute // the last ten minutes
	tenLength time.Duration
}

// flowOf reads out of memory what of a round waits and moves.
func (c *Coverage) flowOf(r Round, now outbreak.Instant, bench outbreak.Bench) (p paced) {
	outcomes := c.outcomes(r.ID, r.Areas)
	p.now, p.owed = now, outcomes[outbreak.Unknown]+outcomes[outbreak.SampleAgain]
	p.unbooked, p.pending, p.capacity, p.perTube = bench.Unbooked, bench.Pending, bench.PerHour, float64(r.Pool)
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[r.ID]
	if v == nil {
		return p
	}
	from, ten := since(now, r.Opens, time.Hour), since(now, r.Opens, 10*time.Minute)
	p.window, p.seen = now.Sub(from), v.tally.window(from, now)
	p.tenLength, p.ten = now.Sub(ten), v.tally.window(ten, now)
	p.transit, p.testing = v.tally.transit, v.tally.testing
	if p.seen.tubes >= fewest && p.seen.people > 0 {
		p.perTube = float64(p.seen.people) / float64(p.seen.tubes)
	}
	return p
}

// sizes gives the pools of a round with a valid result.
func (c *Coverage) sizes(id outbreak.RoundID) []pooled.Pools {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if v := c.rounds[id]; v != nil {
		return v.tally.sizes()
	}
	return nil
}

func poolsOf(sizes []pooled.Pools) PoolFigures {
	e, known := pooled.Prevalence(sizes, confidence)
	return PoolFigures{Tested: e.Pools, Positive: e.Positive, People: e.People, Known: known, Share: e.P, Lower: e.Lower, Upper: e.Upper}
}

// anomaliesOf writes the condition for the open anomalies of a round that the actor may see: its own, and those of its areas that
// name no round, as a tube that nobody handed in does.
func anomaliesOf(by outbreak.Actor, r Round) (string, []any) {
	cond, args := access.Within(by, access.RoundRead, "", []any{r.ID, r.Outbreak})
	areas, args := within(r.Areas, "area", args)
	return "settled_at = 0 and (round = $1 or round = 0 and outbreak = $2 and " + areas + ") and " + cond, args
}

func (s *Service) countAnomalies(tx *store.Tx, by outbreak.Actor, r Round, n *RoundNow) error {
	cond, args := anomaliesOf(by, r)
	found, err := store.List(tx, func(r store.Row) (c CountedAnomaly, err error) {
		err = r.Scan(&c.What, &c.N)
		return c, err
	}, "select what, count(*) from anomaly where "+cond+" group by what", args...)
	n.Anomalies = []CountedAnomaly{}
	for _, kind := range Anomalies { // in the order they are listed everywhere
		if i := slices.IndexFunc(found, func(c CountedAnomaly) bool { return c.What == kind }); i >= 0 {
			n.Anomalies = append(n.Anomalies, found[i])
			if kind == Orphan {
				n.Orphans = found[i].N
			}
		}
	}
	return err
}

// ListRoundAnomalies lists the open anomalies of a round, of a kind or all, the oldest first after one: the rows behind the
// figures of FindRoundNow.
func (s *Service) ListRoundAnomalies(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, what string, after outbreak.AnomalyID, most int) (list []Anomaly, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		if !sees(by, r) {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
		}
		cond, args := anomaliesOf(by, r)
		args = append(args, after)
		cond += fmt.Sprintf(" and id > $%d", len(args))
		if what != "" {
			args = append(args, what)
			cond += fmt.Sprintf(" and what = $%d", len(args))
		}
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where "+cond+" order by id limit "+limit, args...)
		return err
	})
	return list, err
}

// ListRoundWaiting lists the tubes of a round that wait and may be seen, the longest first.
func (s *Service) ListRoundWaiting(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, f TubeFilter) ([]WaitingTube, error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return nil, err
	}
	f.Round, f.See = id, func(sc outbreak.Scope) bool { return access.Can(by, access.RoundRead, sc) }
	return s.coverage.ListTubesWaiting(ctx, f)
}

// SaidPositive is no place where tubes wait: those of which the last word is positive, without second tubes of somebody.
const SaidPositive Flow = "positive"

// ListRoundPositive lists the positive tubes of a round that may be seen, in the order they were closed, behind one: the rows behind
// the positives of PoolFigures.
func (s *Service) ListRoundPositive(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, since outbreak.Instant, after outbreak.TubeCode, most int) ([]WaitingTube, error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return nil, err
	}
	list := s.coverage.positives(id, since, func(sc outbreak.Scope) bool { return access.Can(by, access.RoundRead, sc) })
	f := TubeFilter{Since: since, After: after}
	list = longest(list, f, max(most, 1)+1000, false)
	err := s.db.Read(ctx, func(tx *store.Tx) error { return nameTubes(tx, list) })
	return longest(list, f, max(most, 1), true), err
}

// positives gives the positive tubes of a round that were closed at an instant or later.
func (c *Coverage) positives(id outbreak.RoundID, since outbreak.Instant, see func(outbreak.Scope) bool) (list []WaitingTube) {
	areas := c.areas.all()
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	for _, t := range v.tubes.all() {
		if t.result() != outbreak.Positive || t.again || int(t.area) >= len(areas) || instant(t.taken) < since {
			continue
		}
		if see(outbreak.Scope{Area: areas[t.area], Outbreak: v.round.Outbreak}) {
			list = append(list, WaitingTube{Outbreak: v.round.Outbreak, Area: areas[t.area], Flow: SaidPositive, Since: instant(t.taken), seq: v.tubes.base + int64(t.seq)})
		}
	}
	return list
}

// AreaStatus is where the people of one area of a round stand.
type AreaStatus struct {
	CommunityStatus
	Within bool `json:"within"` // it has areas below it on the roll of the round
}

// ListAreas lists the areas of a round one level below one (empty: below the area all of it lies in), each with everybody of it
// the actor may see. What has no further level is listed as itself.
func (s *Service) ListAreas(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, in outbreak.Path) (list []AreaStatus, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.inRound(ctx, id, func(tx *store.Tx, r Round) error {
		if in == "" {
			in = r.Area
		}
		list = s.coverage.levelBelow(id, in, func(p outbreak.Path) bool {
			return access.Can(by, access.RoundRead, outbreak.Scope{Area: p, Outbreak: r.Outbreak})
		})
		return nil
	})
	return list, err
}

// heldBooth says what holds a sampling point up.
type heldBooth struct{ silent, unsynced bool }

// heldUp lists the sampling points of a round that have a device which holds tubes, or of which nothing is heard in its hours.
func (s *Service) heldUp(tx *store.Tx, r Round) (map[outbreak.BoothID]heldBooth, error) {
	after, err := s.silentAfter(tx, r.Outbreak)
	if err != nil {
		return nil, err
	}
	open := r.State != Closed && tx.Now >= r.Opens && tx.Now <= r.Closes
	held := map[outbreak.BoothID]heldBooth{}
	list, err := store.List(tx, s.device, "select "+deviceColumns+" from device where outbreak = $1 and kind = $2 and ended <> $3 order by id", r.Outbreak, kindDevice, Left)
	now := s.wallNow(tx)
	for _, d := range list {
		if !r.reaches(d.Area) {
			continue
		}
		h := held[d.Booth]
		h.unsynced = h.unsynced || d.Holds() > 0
		h.silent = h.silent || open && d.Ended == "" && now.Sub(d.BeatAt) > after
		if h != (heldBooth{}) {
			held[d.Booth] = h
		}
	}
	return held, err
}

// boothsOf lists the sampling points a round reaches.
func boothsOf(tx *store.Tx, r Round) ([]Booth, error) {
	all, err := store.List(tx, scanBooth, "select "+boothColumns+" from booth where outbreak = $1 order by area, name", r.Outbreak)
	return slices.DeleteFunc(all, func(b Booth) bool { return !r.reaches(b.Area) }), err
}
