package screening

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// BoothStatus is how a sampling point works at this moment.
type BoothStatus struct {
	Booth
	Devices  []Device `json:"devices"`  // that act, and those that ended with tubes missing
	PerHour  int      `json:"per_hour"` // people of the last hour, as far as tubes came in
	Queue    int64    `json:"queue"`    // people who wait; -1: nobody counted
	Waits    int64    `json:"waits_min"`
	Unsynced int64    `json:"unsynced"`
	Silent   bool     `json:"silent"` // in opening hours
	Tubes    int64    `json:"tubes"`  // empty ones; -1: nobody counted
	Swabs    int64    `json:"swabs"`
	Cover    float64  `json:"cover_hours"` // hours that tubes and swabs last; -1: not known
	Target   float64  `json:"target"`      // people an hour, of the rule book; 0: it names none
	Need     int      `json:"need"`        // people an hour, so that everybody owed a swab gets one before the round closes; -1: no round
}

// BoothFilter cuts the list of sampling points; they are in the order of their areas and names.
type BoothFilter struct {
	Round outbreak.RoundID // those a round reaches; 0: all
	Show  string           // silent: of which nothing is heard, unsynced: with a device that holds tubes; empty: all
	After outbreak.BoothID // behind this one
	Most  int              // 0: all
}

// What a list of sampling points may be cut to.
const (
	ShowSilent   = "silent"
	ShowUnsynced = "unsynced"
)

// ListBoothStatus tells of the sampling points the actor sees: what each does, what waits, what it holds, what it needs.
func (s *Service) ListBoothStatus(ctx context.Context, by outbreak.Actor, f BoothFilter) (list []BoothStatus, err error) {
	all, err := s.ListBooths(ctx, by)
	if err != nil {
		return nil, err
	}
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		booths, err := s.cut(tx, all, f)
		if err != nil {
			return err
		}
		list = make([]BoothStatus, 0, len(booths))
		hour, err := s.pace.lastHour(tx)
		if err != nil {
			return err
		}
		of, err := s.devicesOf(tx, booths)
		if err != nil {
			return err
		}
		outbreaks := map[outbreak.OutbreakID]*outbreakPace{}
		for _, b := range booths {
			p := outbreaks[b.Outbreak]
			if p == nil {
				if p, err = s.paceOf(tx, b.Outbreak); err != nil {
					return err
				}
				outbreaks[b.Outbreak] = p
			}
			list = append(list, p.status(b, of[b.ID], hour[b.ID], all, s.wallNow(tx), tx.Now, s.coverage))
		}
		return nil
	})
	return list, err
}

// cut picks the sampling points a filter asks for.
func (s *Service) cut(tx *store.Tx, booths []Booth, f BoothFilter) ([]Booth, error) {
	rounds, err := s.roundsFor(tx, f)
	if err != nil {
		return nil, err
	}
	held := map[outbreak.BoothID]heldBooth{}
	for _, r := range rounds {
		some, err := s.heldUp(tx, r)
		if err != nil {
			return nil, err
		}
		for id, h := range some {
			was := held[id]
			held[id] = heldBooth{was.silent || h.silent, was.unsynced || h.unsynced}
		}
	}
	booths = slices.DeleteFunc(slices.Clone(booths), func(b Booth) bool {
		switch {
		case f.Round != 0 && (b.Outbreak != rounds[0].Outbreak || !rounds[0].reaches(b.Area)):
			return true
		case f.Show == ShowSilent:
			return !held[b.ID].silent
		case f.Show == ShowUnsynced:
			return !held[b.ID].unsynced
		}
		return false
	})
	if i := slices.IndexFunc(booths, func(b Booth) bool { return b.ID == f.After }); i >= 0 {
		booths = booths[i+1:]
	}
	if f.Most > 0 {
		booths = booths[:min(len(booths), f.Most)]
	}
	return booths, nil
}

// roundsFor gives the round of a filter, or every open one when it asks for what holds sampling points up.
func (s *Service) roundsFor(tx *store.Tx, f BoothFilter) (list []Round, err error) {
	var ids []outbreak.RoundID
	switch {
	case f.Round != 0:
		ids = []outbreak.RoundID{f.Round}
	case f.Show != "":
		if ids, err = store.List(tx, store.Value[outbreak.RoundID], "select id from round where state = $1 order by id", Open); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		r, err := roundByID(tx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// devicesOf gives the devices of sampling points that act, and those that ended with tubes missing.
func (s *Service) devicesOf(tx *store.Tx, booths []Booth) (map[outbreak.BoothID][]Device, error) {
	of := map[outbreak.BoothID][]Device{}
	for part := range slices.Chunk(booths, 400) {
		ids := make([]outbreak.BoothID, len(part))
		for i, b := range part {
			ids[i] = b.ID
		}
		in, args := store.In([]any{kindDevice, ""}, ids)
		devices, err := store.List(tx, s.device, "select "+deviceColumns+" from device where kind = $1 and (ended = $2 or last > acked) and booth in ("+in+") order by id", args...)
		if err != nil {
			return nil, err
		}
		for _, d := range devices {
			if d.Ended == "" || d.Missing() > 0 {
				of[d.Booth] = append(of[d.Booth], d)
			}
		}
	}
	return of, nil
}

// outbreakPace is what the sampling points of one outbreak share.
type outbreakPace struct {
	rounds []Round
	silent time.Duration
	target float64
	rules  func(edition string) (outbreak.Protocol, bool)
	needs  map[outbreak.Path]int // of one booth in an area, of the people the rounds there still owe a swab
}

func (s *Service) paceOf(tx *store.Tx, ob outbreak.OutbreakID) (*outbreakPace, error) {
	p := &outbreakPace{needs: map[outbreak.Path]int{}, rules: s.registry.Protocol}
	rules, err := s.registry.ProtocolOf(tx, ob)
	if err != nil {
		return nil, err
	}
	p.target, _ = rules.Number("sampler.rate")
	if p.silent, err = s.silentAfter(tx, ob); err != nil {
		return nil, err
	}
	ids, err := store.List(tx, store.Value[outbreak.RoundID], "select id from round where state in "+running+" and outbreak = $1 order by id", ob)
	for _, id := range ids {
		if err != nil {
			return nil, err
		}
		var r Round
		r, err = roundByID(tx, id)
		p.rounds = append(p.rounds, r)
	}
	return p, err
}

func (p *outbreakPace) status(b Booth, devices []Device, hour int, all []Booth, wall, now outbreak.Instant, coverage *Coverage) BoothStatus {
	st := BoothStatus{Booth: b, Devices: devices, PerHour: hour, Queue: -1, Waits: -1, Tubes: -1, Swabs: -1, Cover: -1, Target: p.target, Need: -1}
	if st.Devices == nil {
		st.Devices = []Device{}
	}
	open, pool := false, 1
	var reached []Round
	for _, r := range p.rounds {
		if !r.reaches(b.Area) {
			continue
		}
		rules, _ := p.rules(r.Edition)
		pool = max(pool, r.poolOf(b, rules).Pool)
		if r.State != Open { // no new sampling is planned
			continue
		}
		open = open || now >= r.Opens && now <= r.Closes
		reached = append(reached, r)
	}
	if len(reached) > 0 {
		st.Need = p.need(b, reached, all, now, coverage)
	}
	add := func(to *int64, n int64) {
		if n >= 0 {
			*to = max(*to, 0) + n
		}
	}
	for _, d := range devices {
		st.Unsynced += max(d.Missing(), d.Outbox)
		if d.Ended != "" {
			continue
		}
		st.Silent = st.Silent || open && wall.Sub(d.BeatAt) > p.silent
		add(&st.Queue, d.Queue)
		add(&st.Tubes, d.Tubes)
		add(&st.Swabs, d.Swabs)
	}
	if hour > 0 {
		last := int64(-1)
		if st.Tubes >= 0 {
			last = st.Tubes * int64(pool)
		}
		if st.Swabs >= 0 && (last < 0 || st.Swabs < last) {
			last = st.Swabs
		}
		if last >= 0 {
			st.Cover = float64(last) / float64(hour)
		}
		if st.Queue >= 0 {
			st.Waits = st.Queue * 60 / int64(hour)
		}
	}
	return st
}

// need is how many people an hour a booth has to swab, when those of its area share what is left until the rounds close.
func (p *outbreakPace) need(b Booth, rounds []Round, all []Booth, now outbreak.Instant, coverage *Coverage) int {
	if n, known := p.needs[b.Area]; known {
		return n
	}
	beside, n := 0, 0
	for _, x := range all {
		if x.Outbreak == b.Outbreak && (b.Area.Contains(x.Area) || x.Area.Contains(b.Area)) {
			beside++
		}
	}
	for _, r := range rounds {
		outcomes := coverage.outcomes(r.ID, reachedOf(r.Areas, b.Area))
		owed := outcomes[outbreak.Unknown] + outcomes[outbreak.SampleAgain]
		n += int(math.Ceil(float64(owed) / float64(max(beside, 1)) / max(r.Closes.Sub(now).Hours(), 1)))
	}
	p.needs[b.Area] = n
	return n
}

// reachedOf cuts the areas of a round to what lies in the area of a booth.
func reachedOf(areas []outbreak.Path, at outbreak.Path) []outbreak.Path {
	var cut []outbreak.Path
	for _, a := range areas {
		switch {
		case a.Contains(at):
			return []outbreak.Path{at}
		case at.Contains(a):
			cut = append(cut, a)
		}
	}
	return cut
}

// pace counts the people each booth swabbed in the last hour, as far as their tubes came in; it looks once a minute.
type pace struct {
	mu   sync.Mutex
	at   outbreak.Instant
	seq  int64 // up to where rows are too old
	hour map[outbreak.BoothID]int
}

// mostPaced is how many rows are looked at: beyond it the figure is scaled.
const mostPaced = 200_000

func (p *pace) lastHour(tx *store.Tx) (map[outbreak.BoothID]int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hour != nil && tx.Now >= p.at && tx.Now.Sub(p.at) < time.Minute {
		return p.hour, nil
	}
	last, err := store.Count(tx, "select coalesce(max(seq), 0) from tube_last where id = 1")
	if err != nil {
		return nil, err
	}
	since := tx.Now.Add(-time.Hour)
	low, high := p.seq, last // rows are in the order they were recorded
	for low < high {
		mid := (low + high) / 2
		at, err := store.Count(tx, "select coalesce(min(recorded_at), 0) from tube where seq = (select min(seq) from tube where seq > $1)", mid)
		if err != nil {
			return nil, err
		}
		if at != 0 && outbreak.Instant(at) < since {
			low = mid + 1
		} else {
			high = mid
		}
	}
	from, scale := low, 1
	if n := last - from; n > mostPaced {
		scale = int(n/mostPaced) + 1
		from = last - n/int64(scale)
	}
	hour := map[outbreak.BoothID]int{}
	err = store.Each(tx, func(r store.Row) error {
		var booth outbreak.BoothID
		var form int64
		var blob []byte
		if err := r.Scan(&booth, &form, &blob); err != nil {
			return err
		}
		hour[booth] += scale * len(unpack(form, blob))
		return nil
	}, "select booth, form, members from tube where seq > $1 and recorded_at >= $2 and kind <> $3 and kind <> $4", from, since, opAmend, opAmend|opPaper)
	if err == nil {
		p.at, p.seq, p.hour = tx.Now, low, hour
	}
	return hour, err
}
