package screening

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sort"
	"strconv"
	"sync"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Coverage knows where everybody on the roll of each round stands. It lives in memory and holds nothing that is not in the
// tables and the journal: at start it replays the journal from the first round, then it follows. Each process has its own.
type Coverage struct {
	s      *Service
	mu     sync.RWMutex
	rounds map[outbreak.RoundID]*roundView
	early  map[outbreak.TubeCode]outbreak.Result // results of tubes no booth has handed in yet
	lost   map[outbreak.TubeCode]bool            // tubes that were spoiled, handed in or not
	codes  codes                                 // of people who have several
	at     int64                                 // journal sequence seen
	moved  chan struct{}                         // closed and renewed when at moves
}

func newCoverage(s *Service) *Coverage {
	return &Coverage{s: s, rounds: map[outbreak.RoundID]*roundView{}, early: map[outbreak.TubeCode]outbreak.Result{}, lost: map[outbreak.TubeCode]bool{}, codes: codes{}, moved: make(chan struct{})}
}

// roundView is one round: everybody's outcome by roll number, and the tubes.
type roundView struct {
	round    Round
	runs     []*run
	tubes    []tubeView
	byCode   map[outbreak.TubeCode]int
	others   map[int64][]int // tubes of people who are not on the roll of this round
	more     map[int64][]int // further tubes of people on the roll
	recorded map[int64]outbreak.Outcome
	codes    codes
}

// run is a range of roll numbers of one community.
type run struct {
	first  int64
	area   outbreak.Path
	state  []uint8 // index into outcomeNames; notOnRoll for a gap, underAnother for a further code of somebody
	tube   []int32 // ordinal of the first tube + 1
	counts [8]int
}

type tubeView struct {
	members []uint32
	tubeState
}

const (
	notOnRoll    = 255
	underAnother = 254 // a further code of somebody who is counted once
)

var outcomeIndex = func() map[outbreak.Outcome]uint8 {
	m := map[outbreak.Outcome]uint8{}
	for i, o := range outbreak.Outcomes {
		m[o] = uint8(i)
	}
	return m
}()

var coverageKinds = []string{"RoundOpened", "RoundClosed", "TubesClosed", "TubesNegative", "TubeResulted", "TubeSpoiled", "OutcomesRecorded", "PeopleLoaded", "PeopleMerged", "PeopleUnmerged"}

// Run follows the journal until ctx ends.
func (c *Coverage) Run(ctx context.Context) error {
	first, err := c.firstRound(ctx)
	if err != nil {
		return err
	}
	c.move(first)
	for {
		head, err := c.s.journal.Wait(ctx, c.seen())
		if err != nil {
			return err
		}
		if err := c.catchUp(ctx, head); err != nil {
			return err
		}
	}
}

// CatchUp brings the coverage to the journal's head once, for a process that does not run.
func (c *Coverage) CatchUp(ctx context.Context) error {
	first, err := c.firstRound(ctx)
	if err != nil {
		return err
	}
	c.move(first)
	var head int64
	if err := c.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err = journal.Head(tx)
		return err
	}); err != nil {
		return err
	}
	return c.catchUp(ctx, head)
}

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

// firstRound gives the sequence just before the first round that is in the tables.
func (c *Coverage) firstRound(ctx context.Context) (first int64, err error) {
	err = c.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		first, err = store.Count(tx, "select coalesce(min(opened_seq) - 1, $1) from round", head)
		return err
	})
	return first, err
}

func (c *Coverage) seen() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.at
}

func (c *Coverage) move(to int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = max(c.at, to)
	close(c.moved)
	c.moved = make(chan struct{})
}

// catchUp works up to head in steps, each on one picture of the database.
func (c *Coverage) catchUp(ctx context.Context, head int64) error {
	const step = 500
	for c.seen() < head {
		var odd []twice
		upto := head
		err := c.s.db.Read(ctx, func(tx *store.Tx) error {
			entries, err := journal.List(tx, c.seen(), head, coverageKinds, step)
			if err != nil {
				return err
			}
			if len(entries) == step {
				upto = entries[step-1].Seq
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, e := range entries {
				found, err := c.apply(tx, e)
				if err != nil {
					return err
				}
				odd = append(odd, found...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := c.raise(ctx, odd); err != nil {
			return err
		}
		c.move(upto)
	}
	return nil
}

// twice is an anomaly about somebody who is known by number.
type twice struct {
	no int64
	Anomaly
}

// raise keeps the people found in two tubes; finding them again after a restart changes nothing.
func (c *Coverage) raise(ctx context.Context, odd []twice) error {
	if len(odd) == 0 {
		return nil
	}
	return c.s.db.Write(ctx, func(tx *store.Tx) error {
		var nos []int64
		for _, a := range odd {
			nos = append(nos, a.no)
		}
		people, err := registry.PeopleByNo(tx, nos)
		if err != nil {
			return err
		}
		for _, a := range odd {
			a.Person = people[a.no].ID
			if _, err := c.s.raise(tx, outbreak.SystemActor("coverage"), a.Anomaly, a.Content); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Coverage) apply(tx *store.Tx, e outbreak.Entry) (odd []twice, err error) {
	switch e.Kind {
	case "RoundOpened":
		return nil, outbreak.On(e, func(r outbreak.RoundOpened) error { return c.openRound(tx, r.Round) })
	case "RoundClosed":
		return nil, outbreak.On(e, func(r outbreak.RoundClosed) error {
			if v := c.rounds[r.Round]; v != nil {
				v.round.State = Closed
			}
			return nil
		})
	case "TubesClosed":
		return odd, outbreak.On(e, func(t outbreak.TubesClosed) (err error) {
			odd, err = c.closeTubes(tx, t)
			return err
		})
	case "TubesNegative":
		return nil, outbreak.On(e, func(n outbreak.TubesNegative) error {
			for _, code := range n.Tubes {
				c.result(code, outbreak.Negative)
			}
			return nil
		})
	case "TubeResulted":
		return nil, outbreak.On(e, func(r outbreak.TubeResulted) error { c.result(r.Tube, r.Result); return nil })
	case "TubeSpoiled":
		return nil, outbreak.On(e, func(t outbreak.TubeSpoiled) error { c.spoil(t.Tube); return nil })
	case "OutcomesRecorded":
		return nil, outbreak.On(e, func(o outbreak.OutcomesRecorded) error { return c.record(tx, o) })
	case "PeopleLoaded":
		return nil, outbreak.On(e, func(p outbreak.PeopleLoaded) error { return c.reloadRoll(tx, p.Area) })
	case "PeopleMerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleMerged) error { return c.regroup(tx, m.People) })
	case "PeopleUnmerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleUnmerged) error { return c.regroup(tx, m.People) })
	}
	return nil, nil
}

func (c *Coverage) openRound(tx *store.Tx, id outbreak.RoundID) error {
	r, err := roundByID(tx, id)
	if err != nil {
		return err
	}
	v := &roundView{round: r, byCode: map[outbreak.TubeCode]int{}, others: map[int64][]int{}, more: map[int64][]int{}, recorded: map[int64]outbreak.Outcome{}, codes: c.codes}
	if err := c.group(tx); err != nil {
		return err
	}
	c.rounds[id] = v
	for _, area := range r.Areas {
		if err := v.loadRoll(tx, area); err != nil {
			return err
		}
	}
	return nil
}

// loadRoll takes the people on the roll of a subtree into the round; those who are there already stay as they are.
func (v *roundView) loadRoll(tx *store.Tx, area outbreak.Path) error {
	ranges, err := registry.RangesBelow(tx, area)
	if err != nil {
		return err
	}
	for _, x := range ranges {
		if r := v.runOf(x.First); r == nil {
			n := x.Last - x.First + 1
			fresh := &run{first: x.First, area: x.Area, state: slices.Repeat([]uint8{notOnRoll}, int(n)), tube: make([]int32, n)}
			at, _ := slices.BinarySearchFunc(v.runs, x.First, func(r *run, first int64) int { return int(r.first - first) })
			v.runs = slices.Insert(v.runs, at, fresh)
		}
	}
	return registry.RollBelow(tx, area, func(no int64) error {
		if r := v.runOf(no); r != nil && r.state[no-r.first] == notOnRoll {
			r.state[no-r.first] = outcomeIndex[outbreak.Unknown]
			r.counts[outcomeIndex[outbreak.Unknown]]++
			if tubes := v.others[no]; len(tubes) > 0 { // was handed in before being on the roll
				delete(v.others, no)
				for _, t := range tubes {
					v.join(no, t)
				}
			}
			v.settle(no)
		}
		return nil
	})
}

func (c *Coverage) reloadRoll(tx *store.Tx, area outbreak.Path) error {
	for _, v := range c.rounds {
		if v.round.State == Closed || !slices.ContainsFunc(v.round.Areas, func(a outbreak.Path) bool { return a.Contains(area) }) {
			continue
		}
		if err := v.loadRoll(tx, area); err != nil {
			return err
		}
	}
	return nil
}

// runOf finds the run of a number; nil when it is on the roll of no area of the round.
func (v *roundView) runOf(no int64) *run {
	i := sort.Search(len(v.runs), func(i int) bool { return v.runs[i].first > no }) - 1
	if i < 0 || no >= v.runs[i].first+int64(len(v.runs[i].state)) {
		return nil
	}
	return v.runs[i]
}

// onRoll finds the run of somebody who is on the roll of the round.
func (v *roundView) onRoll(no int64) *run {
	r := v.runOf(no)
	if r == nil || r.state[no-r.first] == notOnRoll {
		return nil
	}
	return r
}

// tubesOf lists the tubes of a person by ordinal.
func (v *roundView) tubesOf(no int64) []int {
	r := v.onRoll(no)
	if r == nil {
		return v.others[no]
	}
	if r.tube[no-r.first] == 0 {
		return nil
	}
	return append([]int{int(r.tube[no-r.first]) - 1}, v.more[no]...)
}

func (v *roundView) join(no int64, tube int) {
	r := v.onRoll(no)
	switch {
	case slices.Contains(v.tubesOf(no), tube):
	case r == nil:
		v.others[no] = append(v.others[no], tube)
	case r.tube[no-r.first] == 0:
		r.tube[no-r.first] = int32(tube) + 1
	default:
		v.more[no] = append(v.more[no], tube)
	}
}

// outcome decides anew where a person with these numbers stands.
func (v *roundView) outcome(nos []int64) outbreak.Outcome {
	var states []tubeState
	var recorded outbreak.Outcome
	for _, no := range nos {
		for _, t := range v.tubesOf(no) {
			states = append(states, v.tubes[t].tubeState)
		}
		recorded = cmp.Or(recorded, v.recorded[no])
	}
	return outcomeOf(states, recorded)
}

// settle brings a person's outcome and the counts up to date. Whoever has several codes on the roll is counted under the
// oldest of them, by what was recorded under any.
func (v *roundView) settle(no int64) {
	nos := v.codes.of(no)
	counted := false
	for _, code := range nos {
		r := v.onRoll(code)
		if r == nil {
			continue
		}
		now := uint8(underAnother)
		if !counted {
			now, counted = outcomeIndex[v.outcome(nos)], true
		}
		r.stand(code-r.first, now)
	}
}

// stand notes where the i-th number of a run stands.
func (r *run) stand(i int64, now uint8) {
	if was := r.state[i]; was != underAnother {
		r.counts[was]--
	}
	if now != underAnother {
		r.counts[now]++
	}
	r.state[i] = now
}

func (c *Coverage) closeTubes(tx *store.Tx, e outbreak.TubesClosed) (odd []twice, err error) {
	v := c.rounds[e.Round]
	if v == nil {
		return nil, nil
	}
	codes := make([]outbreak.TubeCode, 0, len(e.Tubes))
	for _, t := range e.Tubes {
		codes = append(codes, t.Tube)
	}
	rows, err := tubeRows(tx, e.TubeArea, codes)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.batch != e.Batch || row.Round != e.Round {
			continue // of another hand-in, which has its own entry: a start finds things in the order they came
		}
		i := v.ordinal(c, row.Code)
		before := slices.Clone(v.tubes[i].members)
		for _, m := range row.Members {
			if m.No != 0 && slices.Contains(before, uint32(m.No)) {
				continue
			}
			v.tubes[i].members = append(v.tubes[i].members, uint32(m.No))
			if m.No == 0 {
				continue
			}
			if v.elsewhere(m.No, i) {
				odd = append(odd, twice{m.No, Anomaly{What: DuplicatePerson, Outbreak: e.Outbreak, Area: e.Area, Round: e.Round, Tube: row.Code, At: row.Taken, Content: strconv.FormatInt(m.No, 10)}})
			}
			v.join(m.No, i)
		}
		v.tubes[i].single = len(v.tubes[i].members) == 1
		for _, no := range v.tubes[i].members {
			v.settle(int64(no))
		}
	}
	return odd, nil
}

// ordinal finds or makes the place of a tube in the round; what was said of it before it was handed in counts at once.
func (v *roundView) ordinal(c *Coverage, code outbreak.TubeCode) int {
	if i, known := v.byCode[code]; known {
		return i
	}
	v.tubes = append(v.tubes, tubeView{tubeState: tubeState{spoiled: c.lost[code], result: c.early[code]}})
	delete(c.early, code)
	v.byCode[code] = len(v.tubes) - 1
	return len(v.tubes) - 1
}

// elsewhere tells whether a person already has another tube in this round that still counts.
func (v *roundView) elsewhere(no int64, tube int) bool {
	for _, t := range v.tubesOf(no) {
		s := v.tubes[t]
		if t != tube && !s.spoiled && (s.result == "" || s.result == outbreak.Negative) {
			return true
		}
	}
	return false
}

func (c *Coverage) result(code outbreak.TubeCode, r outbreak.Result) {
	found := false
	for _, v := range c.rounds {
		if i, ok := v.byCode[code]; ok {
			found = true
			v.tubes[i].result = r
			for _, no := range v.tubes[i].members {
				v.settle(int64(no))
			}
		}
	}
	if !found {
		c.early[code] = r
	}
}

func (c *Coverage) spoil(code outbreak.TubeCode) {
	c.lost[code] = true
	for _, v := range c.rounds {
		if i, ok := v.byCode[code]; ok {
			v.tubes[i].spoiled = true
			for _, no := range v.tubes[i].members {
				v.settle(int64(no))
			}
		}
	}
}

func (c *Coverage) record(tx *store.Tx, o outbreak.OutcomesRecorded) error {
	v := c.rounds[o.Round]
	if v == nil {
		return nil
	}
	return store.Each(tx, func(r store.Row) error {
		var (
			no  int64
			out outbreak.Outcome
		)
		if err := r.Scan(&no, &out); err != nil {
			return err
		}
		v.recorded[no] = out
		v.settle(no)
		return nil
	}, `select o.no, o.outcome from roll_outcome o where o.round = $1`, o.Round)
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

// uptodate waits until the coverage has seen the journal's head of this moment and gives that head.
func (c *Coverage) uptodate(ctx context.Context) (head int64, err error) {
	err = c.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err = journal.Head(tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for {
		c.mu.RLock()
		at, moved := c.at, c.moved
		c.mu.RUnlock()
		if at >= head {
			return head, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-moved:
		}
	}
}
