package screening

import (
	"context"
	"sync"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// places knows where the rounds and booths that send are: neither ever moves.
type places struct {
	mu       sync.RWMutex
	rounds   map[outbreak.RoundID]outbreak.OutbreakID
	booths   map[outbreak.BoothID]Booth
	learning sync.Mutex // held by who asks the tables
	whole    bool       // everything that was there at the first question is known; guarded by learning
}

// booth gives one that is known.
func (p *places) booth(id outbreak.BoothID) (Booth, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	b, known := p.booths[id]
	return b, known
}

// scope is where the tubes of a booth in a round belong.
func (p *places) scope(ctx context.Context, db *store.DB, round outbreak.RoundID, booth outbreak.BoothID) (outbreak.Scope, error) {
	if s, known := p.known(round, booth); known {
		return s, nil
	}
	p.learning.Lock()
	defer p.learning.Unlock()
	if !p.whole {
		if err := p.learnAll(ctx, db); err != nil {
			return outbreak.Scope{}, err
		}
	}
	if s, known := p.known(round, booth); known {
		return s, nil
	}
	if err := p.learn(ctx, db, round, booth); err != nil {
		return outbreak.Scope{}, err
	}
	s, _ := p.known(round, booth)
	return s, nil
}

func (p *places) known(round outbreak.RoundID, booth outbreak.BoothID) (outbreak.Scope, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	o, knownRound := p.rounds[round]
	at, knownBooth := p.booths[booth]
	return outbreak.Scope{Area: at.Area, Outbreak: o}, knownRound && knownBooth
}

// learnAll reads all booths and the rounds that run at the first question: after a crash all of them send at once, and must not wait
// for a look at the tables each.
func (p *places) learnAll(ctx context.Context, db *store.DB) error {
	var booths []Booth
	var rounds []Round
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		if booths, err = store.List(tx, scanBooth, "select "+boothColumns+" from booth"); err == nil {
			rounds, err = store.List(tx, scanRound, "select "+roundColumns+" from round where state in "+running)
		}
		return err
	})
	if err == nil {
		p.keep(rounds, booths)
		p.whole = true
	}
	return err
}

func (p *places) learn(ctx context.Context, db *store.DB, round outbreak.RoundID, booth outbreak.BoothID) error {
	var r Round
	var b Booth
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		if r, err = roundByID(tx, round); err == nil {
			b, err = boothByID(tx, booth)
		}
		return err
	})
	if err == nil {
		p.keep([]Round{r}, []Booth{b})
	}
	return err
}

func (p *places) keep(rounds []Round, booths []Booth) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rounds == nil {
		p.rounds, p.booths = map[outbreak.RoundID]outbreak.OutbreakID{}, map[outbreak.BoothID]Booth{}
	}
	for _, r := range rounds {
		p.rounds[r.ID] = r.Outbreak
	}
	for _, b := range booths {
		p.booths[b.ID] = b
	}
}
