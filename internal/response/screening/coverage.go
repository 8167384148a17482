package screening

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/ledger/journal"
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
