package screening

import (
	"context"
	"fmt"
	"maps"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// owingFor is how long after its end the tubes of a round that was closed incomplete are still waited for.
const owingFor = 14 * 24 * time.Hour

// start reads the open rounds, and those that still owe something, once.
func (c *Coverage) start(ctx context.Context) error {
	c.step.Lock()
	defer c.step.Unlock()
	if c.ready {
		return nil
	}
	c.starting.Store(true)
	defer c.starting.Store(false)
	var odd []twice
	var head int64
	err := c.s.db.Read(ctx, func(tx *store.Tx) error {
		open, err := store.List(tx, store.Value[outbreak.RoundID], "select id from round where state in "+running+" or state = $1 and complete = 0 and closed_at > $2 order by id", Closed, tx.Now.Add(-owingFor))
		if err != nil {
			return err
		}
		if err := c.s.beginAcks(tx); err != nil {
			return err
		}
		if c.looked, err = store.Count(tx, "select coalesce(max(seq), 0) from tube_last where id = 2"); err != nil {
			return err
		}
		if err := c.readEarly(tx); err != nil {
			return err
		}
		if err := c.watchAll(tx); err != nil {
			return err
		}
		if head, err = journal.Head(tx); err != nil {
			return err
		}
		odd, err = c.read(tx, open)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the open rounds: %w", err)
	}
	if err := c.raise(ctx, odd); err != nil {
		return err
	}
	c.mu.Lock()
	c.kept, c.ready = c.looked, true
	c.crowd()
	c.mu.Unlock()
	c.move(head)
	return nil
}

// need waits until the coverage is up to date and the round is in memory, and gives the journal's head it was brought up to.
func (c *Coverage) need(ctx context.Context, id outbreak.RoundID) (head int64, err error) {
	if head, err = c.uptodate(ctx); err != nil {
		return 0, err
	}
	return head, c.hold(ctx, id)
}

// hold makes sure that a round is in memory.
func (c *Coverage) hold(ctx context.Context, id outbreak.RoundID) error {
	c.mu.Lock()
	v := c.rounds[id]
	c.asked++
	if v != nil {
		v.used = c.asked
	}
	c.mu.Unlock()
	if v != nil {
		return nil
	}
	c.step.Lock()
	defer c.step.Unlock()
	return c.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		for c.seen() < head { // the picture the round is read from is the one the others are of
			if err := c.follow(tx, head); err != nil {
				return err
			}
		}
		c.mu.RLock()
		there := c.rounds[id] != nil
		c.mu.RUnlock()
		if there {
			return nil
		}
		if r, err := roundByID(tx, id); err != nil || r.State == Planned || r.State == Cancelled { // nobody stands anywhere in it
			return err
		}
		if _, err := c.read(tx, []outbreak.RoundID{id}); err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.rounds[id].used = c.asked
		c.crowd()
		return nil
	})
}

// follow works up to head in a picture that is open; people in two tubes are found by the next start.
func (c *Coverage) follow(tx *store.Tx, head int64) error {
	entries, err := journal.List(tx, c.seen(), head, coverageKinds, 1000)
	if err != nil {
		return err
	}
	upto := head
	if len(entries) == 1000 {
		upto = entries[999].Seq
	}
	for _, e := range entries {
		if _, err := c.apply(tx, e); err != nil {
			return err
		}
	}
	c.move(upto)
	return nil
}

// read takes rounds in from the tables, and gives the people in two tubes that were not looked at before. Everything is put in
// its place first and counted once.
func (c *Coverage) read(tx *store.Tx, ids []outbreak.RoundID) (odd []twice, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := c.group(tx); err != nil {
		return nil, err
	}
	views := make(map[outbreak.RoundID]*roundView, len(ids))
	from := int64(-1)
	for _, id := range ids {
		r, err := roundByID(tx, id)
		if err != nil {
			return nil, err
		}
		v := newRoundView(r, c.codes)
		for _, area := range r.Areas {
			if err := v.loadRoll(tx, area); err != nil {
				return nil, err
			}
		}
		views[id] = v
		if from < 0 || r.tubeBefore < from {
			from = r.tubeBefore
		}
	}
	late, err := c.readTubes(tx, views, from)
	if err != nil {
		return nil, err
	}
	if err := c.readHeard(tx, views); err != nil {
		return nil, err
	}
	if err := readAmended(tx, views); err != nil {
		return nil, err
	}
	for _, v := range views {
		if err := v.record(tx, func(int64) {}); err != nil {
			return nil, err
		}
		v.recount()
		v.settleAll()
	}
	c.publish(views)
	return c.judge(tx, late)
}

func (c *Coverage) publish(views map[outbreak.RoundID]*roundView) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.rounds, views)
}

// readTubes puts the tubes of rounds in their places, and gives the people in rows that were not looked at before who are in
// another tube as well. The rows are read ahead, several parts at once: none ever changes.
func (c *Coverage) readTubes(tx *store.Tx, views map[outbreak.RoundID]*roundView, from int64) (late []candidate, err error) {
	last, err := store.Count(tx, "select coalesce(max(seq), 0) from tube")
	if err != nil || last <= from {
		return nil, err
	}
	looked := c.looked
	for _, v := range views {
		v.tubes.expect(int(last-from) / len(views))
	}
	begin := from / runLength
	read := func(tx *store.Tx, part int) (found handedPart, err error) {
		at := (begin + int64(part)) * runLength
		return c.readPart(tx, views, max(at, from), min(at+runLength, last))
	}
	return late, store.Ahead(tx, int((last-1)/runLength-begin+1), read, func(found handedPart) error {
		for _, op := range found.ops { // those that were said anew are on disk, too
			c.s.intake.acks.note(op)
		}
		if found.unpacked != 0 {
			c.toPack(found.unpacked)
		}
		for _, r := range found.rows {
			v := views[r.Round]
			if v == nil {
				continue
			}
			if len(r.Members) > 0 {
				v.last = v.runOf(r.Members[0].No)
			}
			i, fresh := v.hand(c, r)
			if r.seq > looked {
				late = append(late, v.candidates(r, i, fresh)...)
			}
			c.looked = max(c.looked, r.seq)
		}
		return nil
	})
}

// handedPart is a part of what was handed in.
type handedPart struct {
	ops      []int64 // of all rows
	rows     []tubeRow
	unpacked int64 // last sequence of the run that is to be packed; 0: none is
}

// readPart reads the rows of one part.
func (c *Coverage) readPart(tx *store.Tx, views map[outbreak.RoundID]*roundView, from, upto int64) (found handedPart, err error) {
	rows, packed, err := runOrRows(tx, from, upto)
	if err != nil {
		return found, err
	}
	if upto%runLength == 0 && !packed {
		found.unpacked = upto
	}
	found.ops = make([]int64, len(rows))
	for i := range rows {
		r := &rows[i]
		found.ops[i] = r.op
		if v := views[r.Round]; v != nil {
			r.Outbreak = v.round.Outbreak
		}
		if r.AreaID != 0 {
			continue
		}
		b, known := c.s.places.booth(r.Booth)
		if !known { // nobody issued the serial: it belongs where it was filled
			if b, err = boothByID(tx, r.Booth); err != nil {
				return found, err
			}
		}
		r.Area = b.Area
	}
	found.rows, err = placed(tx, rows)
	return found, err
}

// readHeard takes over what laboratories said of the tubes of rounds, and which give no result.
func (c *Coverage) readHeard(tx *store.Tx, views map[outbreak.RoundID]*roundView) error {
	note := func(code outbreak.TubeCode, do func(*roundView, *tubeView)) {
		for _, v := range views {
			if i, ok := v.tubes.find(code); ok {
				do(v, v.tubes.at(i))
			}
		}
	}
	if err := c.s.results.EachResult(tx, func(code outbreak.TubeCode, r outbreak.Result, at outbreak.Instant) {
		note(code, func(v *roundView, t *tubeView) {
			if t.said == 0 {
				v.tally.at(seconds(at)).resulted++
			}
			t.said = saidIndex[r]
		})
	}); err != nil {
		return err
	}
	if err := c.s.results.EachReceived(tx, func(code outbreak.TubeCode, at outbreak.Instant) {
		note(code, func(_ *roundView, t *tubeView) {
			h := heard{received: t.received}
			h.receive(at)
			t.received = h.received
		})
	}); err != nil {
		return err
	}
	for code := range c.lost {
		note(code, func(_ *roundView, t *tubeView) { t.spoiled = true })
	}
	return nil
}

// readEarly takes over the tubes laboratories spoke of that no booth handed in, and all that give no result.
func (c *Coverage) readEarly(tx *store.Tx) error {
	spoiled, err := store.List(tx, store.Value[outbreak.TubeCode], "select tube from tube_spoiled")
	if err != nil {
		return err
	}
	orphans, err := store.List(tx, store.Value[outbreak.TubeCode], "select tube from anomaly where what = $1 and verdict <> $2", Orphan, handedIn)
	if err != nil {
		return err
	}
	boxes, err := registry.BoxesOf(tx, orphans)
	if err != nil {
		return err
	}
	for _, code := range spoiled {
		c.lost[code] = true
	}
	for _, code := range orphans {
		r, _, err := c.s.results.LastResult(tx, boxes[code].AreaID, code)
		if err != nil {
			return err
		}
		h := heard{said: saidIndex[r]}
		at, err := c.s.results.ReceivedAt(tx, boxes[code].AreaID, code)
		if err != nil {
			return err
		}
		if at != 0 {
			h.receive(at)
		}
		c.early[code] = h
	}
	return nil
}

// settleAll counts everybody of a round. Whoever has one code and one tube, as almost everybody, stands where the neighbours in the
// tube stand.
func (v *roundView) settleAll() {
	simple := v.byTubesAlone()
	for _, r := range v.runs {
		v.last = r
		var tube uint32 // the last one looked at
		var stands uint8
		for i, s := range r.state {
			no := r.first + int64(i)
			switch t := r.tube[i]; {
			case s == notOnRoll || simple && t == 0:
			case !simple || len(v.more[no]) > 0:
				v.settle(no)
			default:
				if t != tube {
					tube, stands = t, outcomeIndex[outcomeOf([]tubeState{v.tubes.at(t - 1).state()}, "")]
				}
				r.stand(int64(i), stands)
			}
		}
	}
}
