package screening

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Coverage knows where everybody on the roll of each round stands, and every tube. It lives in memory and holds nothing that is
// not in the tables: at start it reads them, then it follows the journal. Each process has its own. Open rounds are always in
// it; a closed one is read when somebody asks for it.
type Coverage struct {
	s        *Service
	step     sync.Mutex // held while the picture is moved on
	mu       sync.RWMutex
	rounds   map[outbreak.RoundID]*roundView
	early    map[outbreak.TubeCode]heard // of tubes no booth has handed in yet; guarded by step, as lost and looked are
	lost     map[outbreak.TubeCode]bool  // tubes that were spoiled, handed in or not
	areas    areaList
	codes    codes         // of people who have several
	at       int64         // journal sequence seen
	moved    chan struct{} // closed and renewed when at moves
	ready    bool
	starting atomic.Bool // the tables are being read for the first time
	looked   int64       // sequence of the last row that was looked at for people in two tubes
	kept     int64       // the same, as it was written
	unpacked []int64     // last sequences of runs of tubes that are still to be packed; guarded by step
	asked    int64       // counts who asks for closed rounds
	scratch  []uint32    // for the members of a tube that is taken in; guarded by step

	watched watched // people besides tubes

	sets      map[outbreak.RoundID]*rollSet // closed rounds, to be compared; see forgetSets
	setsAt    int64                         // counts when they were forgotten
	comparing sync.Mutex                    // held by who compares rounds
}

// heard is what laboratories said of a tube before a booth did.
type heard struct {
	said     uint8
	received uint32
	resulted uint32 // when the house learned of its first result
}

// mostClosed is how many closed rounds stay in memory.
const mostClosed = 2

func newCoverage(s *Service) *Coverage {
	return &Coverage{s: s, rounds: map[outbreak.RoundID]*roundView{}, early: map[outbreak.TubeCode]heard{}, lost: map[outbreak.TubeCode]bool{},
		codes: codes{}, moved: make(chan struct{}), watched: newWatched()}
}

var coverageKinds = []string{"RoundOpened", "RoundClosed", "TubesHandedIn", "TubesReceived", "TubesNegative", "TubeResulted", "TubeSpoiled", "OutcomesRecorded",
	"PeopleLoaded", "PeopleMerged", "PeopleUnmerged", "ResultLineSet", "MemberHeld", "MemberResampled", "MemberReleased", "HoldShortened",
	"PersonPositive", "PersonResultRevised", "PositiveTold", "SelfTestReported", "SelfTestFollowed", "MemberTakenOut"}

// Run reads the tables and follows the journal until ctx ends.
func (c *Coverage) Run(ctx context.Context) error {
	if err := c.CatchUp(ctx); err != nil {
		return err
	}
	if err := c.readRecent(ctx); err != nil {
		return err
	}
	for {
		more, err := c.keep(ctx)
		if err != nil {
			return err
		}
		if more { // nobody waits for the packing
			err = c.CatchUp(ctx)
		} else {
			err = c.follows(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// follows waits for the journal to go on, and follows it.
func (c *Coverage) follows(ctx context.Context) error {
	head, err := c.s.journal.Wait(ctx, c.seen())
	if err != nil {
		return err
	}
	return c.catchUp(ctx, head)
}

// CatchUp brings the coverage to the journal's head once.
func (c *Coverage) CatchUp(ctx context.Context) error {
	if err := c.start(ctx); err != nil {
		return err
	}
	var head int64
	if err := c.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		head, err = journal.Head(tx)
		return err
	}); err != nil {
		return err
	}
	return c.catchUp(ctx, head)
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
	c.step.Lock()
	defer c.step.Unlock()
	for c.seen() < head {
		if err := c.forward(ctx, head); err != nil {
			return err
		}
	}
	return nil
}

// forward takes one step towards head.
func (c *Coverage) forward(ctx context.Context, head int64) error {
	const most = 100
	var odd []twice
	upto := head
	err := c.s.db.Read(ctx, func(tx *store.Tx) error {
		entries, err := journal.List(tx, c.seen(), head, coverageKinds, most)
		if err != nil {
			return err
		}
		if len(entries) == most {
			upto = entries[most-1].Seq
		}
		for _, e := range entries {
			found, err := c.apply(tx, e)
			if err != nil {
				return fmt.Errorf("taking entry %d into the coverage: %w", e.Seq, err)
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
	return nil
}

// raise keeps the people found in two tubes.
func (c *Coverage) raise(ctx context.Context, odd []twice) error {
	for part := range slices.Chunk(odd, 200) {
		err := c.s.db.Write(ctx, func(tx *store.Tx) error {
			nos := make([]int64, 0, len(part))
			for _, a := range part {
				nos = append(nos, a.no)
			}
			people, err := registry.PeopleByNo(tx, nos)
			if err != nil {
				return err
			}
			for _, a := range part {
				a.Person = people[a.no].ID
				if _, err := c.s.raise(tx, outbreak.SystemActor("coverage"), a.Anomaly, a.Content); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keep writes now and then how far tubes were looked at for people who are in two, so that a start looks at the rest alone: what was
// odd then may be none by what was said since. With it go runs of tubes, packed; more says that some are left.
func (c *Coverage) keep(ctx context.Context) (more bool, err error) {
	const most = 4
	c.step.Lock()
	defer c.step.Unlock()
	if len(c.unpacked) == 0 && c.looked < c.kept+runLength {
		return false, nil
	}
	looked, part := c.looked, c.unpacked[:min(len(c.unpacked), most)]
	packed := make([][]byte, len(part))
	if err := c.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		for i := 0; i < len(part) && err == nil; i++ {
			packed[i], err = c.s.last.packRunOf(tx, part[i])
		}
		return err
	}); err != nil {
		return false, err
	}
	if err := c.s.db.Write(ctx, func(tx *store.Tx) error {
		for i, b := range packed {
			if b == nil { // a row is missing in it: its rows are read
				continue
			}
			if _, err := tx.Exec("insert into tube_run (upto, rows) values ($1, $2) on conflict (upto) do update set rows = excluded.rows", part[i], b); err != nil {
				return err
			}
		}
		_, err := tx.Exec("insert into tube_last (id, seq) values (2, $1) on conflict (id) do update set seq = excluded.seq where tube_last.seq < excluded.seq", looked)
		return err
	}); err != nil {
		return false, err
	}
	c.kept, c.unpacked = looked, c.unpacked[len(part):]
	return len(c.unpacked) > 0, nil
}

func (c *Coverage) apply(tx *store.Tx, e outbreak.Entry) (odd []twice, err error) {
	if watchedKinds[e.Kind] {
		var a about
		if err := json.Unmarshal(e.Body, &a); err != nil {
			return nil, fmt.Errorf("reading whom entry %d is about: %w", e.Seq, err)
		}
		return nil, c.watch(tx, a.Person)
	}
	switch e.Kind {
	case "ResultLineSet":
		return nil, c.setLines(tx)
	case "RoundOpened":
		return odd, outbreak.On(e, func(r outbreak.RoundOpened) (err error) {
			odd, err = c.open(tx, r.Round)
			return err
		})
	case "RoundClosed":
		return nil, outbreak.On(e, func(r outbreak.RoundClosed) error { c.close(r.Round); return nil })
	case "TubesHandedIn":
		return odd, outbreak.On(e, func(t outbreak.TubesHandedIn) (err error) {
			odd, err = c.hand(tx, t)
			return err
		})
	case "MemberTakenOut":
		return nil, outbreak.On(e, func(m outbreak.MemberTakenOut) error { return c.takeOut(tx, m) })
	case "OutcomesRecorded":
		return nil, outbreak.On(e, func(o outbreak.OutcomesRecorded) error { return c.record(tx, o.Round) })
	case "PeopleLoaded":
		return nil, outbreak.On(e, func(p outbreak.PeopleLoaded) error { return c.reloadRoll(tx, p.Area) })
	case "PeopleMerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleMerged) error { return c.regroup(tx, m.People) })
	case "PeopleUnmerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleUnmerged) error { return c.regroup(tx, m.People) })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case "TubesReceived":
		return nil, outbreak.On(e, func(r outbreak.TubesReceived) error {
			c.each(r.Tubes, func(h *heard) { h.receive(r.At) })
			return nil
		})
	case "TubesNegative":
		return nil, outbreak.On(e, func(n outbreak.TubesNegative) error {
			c.each(n.Tubes, func(h *heard) { h.result(outbreak.Negative, e.At) })
			return nil
		})
	case "TubeResulted":
		return nil, outbreak.On(e, func(r outbreak.TubeResulted) error {
			c.each([]outbreak.TubeCode{r.Tube}, func(h *heard) { h.result(r.Result, e.At) })
			return nil
		})
	}
	return nil, outbreak.On(e, func(t outbreak.TubeSpoiled) error { c.spoil(t.Tube); return nil })
}

func (h *heard) receive(at outbreak.Instant) {
	if h.received == 0 {
		h.received = seconds(at)
	}
}

func (h *heard) result(r outbreak.Result, at outbreak.Instant) {
	if h.said == 0 {
		h.resulted = seconds(at)
	}
	h.said = saidIndex[r]
}

// each notes what a laboratory said of tubes, wherever they are.
func (c *Coverage) each(codes []outbreak.TubeCode, note func(*heard)) {
	for _, code := range codes {
		found := false
		for _, v := range c.rounds {
			i, ok := v.tubes.find(code)
			if !ok {
				continue
			}
			found = true
			t := v.tubes.at(i)
			h := heard{said: t.said, received: t.received}
			note(&h)
			was := t.said
			v.change(t, func(t *tubeView) { t.said, t.received = h.said, h.received })
			if h.resulted != 0 {
				v.tally.at(h.resulted).resulted++
			}
			if t.said != was {
				v.settleTube(i)
			}
		}
		if !found {
			c.forgetSets()
			h := c.early[code]
			note(&h)
			c.early[code] = h
		}
	}
}

func (c *Coverage) spoil(code outbreak.TubeCode) {
	c.lost[code] = true
	found := false
	for _, v := range c.rounds {
		if i, ok := v.tubes.find(code); ok {
			found = true
			v.change(v.tubes.at(i), func(t *tubeView) { t.spoiled = true })
			v.settleTube(i)
		}
	}
	if !found {
		c.forgetSets()
	}
}

// open takes a new round in, with the tubes that came while it was planned.
func (c *Coverage) open(tx *store.Tx, id outbreak.RoundID) (odd []twice, err error) {
	r, err := roundByID(tx, id)
	if err != nil {
		return nil, err
	}
	if r.earlySeq != 0 {
		return c.read(tx, []outbreak.RoundID{id})
	}
	if err := c.group(tx); err != nil {
		return nil, err
	}
	v := newRoundView(r, c.codes)
	for _, area := range r.Areas {
		if err := v.loadRoll(tx, area); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rounds[id] = v
	return nil, nil
}

func (c *Coverage) close(id outbreak.RoundID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.rounds[id]; v != nil {
		v.round.State = Closed
		c.crowd()
	}
}

// crowd forgets the closed rounds that were asked for longest ago and owe nothing.
func (c *Coverage) crowd() {
	var closed []*roundView
	for _, v := range c.rounds {
		if v.round.State == Closed && !v.owes() {
			closed = append(closed, v)
		}
	}
	slices.SortFunc(closed, func(a, b *roundView) int { return int(b.used - a.used) })
	for _, v := range closed[min(len(closed), mostClosed):] {
		c.leave(v)
	}
}

// hand takes the rows of a hand-in in, and gives the people who are in two tubes.
func (c *Coverage) hand(tx *store.Tx, e outbreak.TubesHandedIn) (odd []twice, err error) {
	rows, err := c.s.last.between(tx, e.First, e.Last)
	if err != nil {
		return nil, err
	}
	anew, err := c.anew(tx, e, rows)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for upto := e.First + (runLength-e.First%runLength)%runLength; upto <= e.Last; upto += runLength {
		c.toPack(upto)
	}
	c.looked = max(c.looked, e.Last)
	v := c.rounds[e.Round]
	if v == nil {
		c.forgetSets()
		return nil, nil
	}
	for _, r := range rows {
		if len(r.Members) > 0 {
			v.last = v.runOf(r.Members[0].No)
		}
		c.s.intake.acks.note(r.op)
		i, fresh := v.hand(c, r)
		for _, no := range fresh {
			if no != 0 && v.elsewhere(int64(no), i, r.seq) {
				odd = append(odd, doubled(int64(no), r))
			}
		}
		v.settleTube(i)
	}
	for _, t := range anew {
		v.anew(t)
	}
	return odd, nil
}

// areaList numbers the areas of tubes.
type areaList struct {
	mu     sync.RWMutex
	paths  []outbreak.Path
	places map[outbreak.Path]uint32
}

func (l *areaList) place(path outbreak.Path) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, known := l.places[path]
	if !known {
		if l.places == nil {
			l.places = map[outbreak.Path]uint32{}
		}
		i = uint32(len(l.paths))
		l.paths, l.places[path] = append(l.paths, path), i
	}
	return i
}

// all gives the paths by their numbers.
func (l *areaList) all() []outbreak.Path {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.paths)
}

func (c *Coverage) reloadRoll(tx *store.Tx, area outbreak.Path) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetSets()
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

// record takes over what is recorded of the people of a round.
func (c *Coverage) record(tx *store.Tx, id outbreak.RoundID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	return v.record(tx, v.settle)
}

func (v *roundView) record(tx *store.Tx, settle func(int64)) error {
	return store.Each(tx, func(r store.Row) error {
		var no int64
		var out outbreak.Outcome
		if err := r.Scan(&no, &out); err != nil {
			return err
		}
		v.recorded[no] = out
		settle(no)
		return nil
	}, "select no, outcome from roll_outcome where round = $1", v.round.ID)
}

// uptodate waits until the coverage has seen the journal's head of this moment and gives that head. While the tables are still
// being read after a start it refuses, after a moment, with Busy.
func (c *Coverage) uptodate(ctx context.Context) (head int64, err error) {
	err = c.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err = journal.Head(tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	patience := time.After(2 * time.Second)
	for {
		c.mu.RLock()
		at, moved, ready := c.at, c.moved, c.ready
		c.mu.RUnlock()
		if at >= head && ready {
			return head, nil
		}
		if ready {
			patience = nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-patience:
			warming := outbreak.Refuse(outbreak.Busy, "screening.warming")
			warming.RetryAfter = 3 * time.Second
			return 0, warming
		case <-moved:
		}
	}
}
