package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// batch gathers what one message from a laboratory comes to, by the box its tubes were issued in.
type batch struct {
	s         *Service
	tx        *store.Tx
	by        outbreak.Actor
	lab       Lab
	id        outbreak.BatchID
	protocols map[outbreak.OutbreakID]outbreak.Protocol
	received  map[registry.Box]*outbreak.TubesReceived
	negative  map[registry.Box]*outbreak.TubesNegative
	order     []registry.Box
	single    []outbreak.Event
	run       outbreak.RunID // that the results come out of; 0: reported without one
	voids     outbreak.RunID // whose voiding makes the results necessary
	shortest  time.Duration  // of the run's kit; 0: as the protocol says
	early     early          // results that came sooner than any could
}

func newBatch(s *Service, tx *store.Tx, by outbreak.Actor, lab Lab, id outbreak.BatchID) *batch {
	return &batch{s: s, tx: tx, by: by, lab: lab, id: id, protocols: map[outbreak.OutbreakID]outbreak.Protocol{},
		received: map[registry.Box]*outbreak.TubesReceived{}, negative: map[registry.Box]*outbreak.TubesNegative{}}
}

func (b *batch) protocol(id outbreak.OutbreakID) (outbreak.Protocol, error) {
	p, known := b.protocols[id]
	if known {
		return p, nil
	}
	p, err := b.s.registry.ProtocolOf(b.tx, id)
	b.protocols[id] = p
	return p, err
}

// receive books tubes in; an empty code was rejected before.
func (b *batch) receive(tubes []outbreak.TubeCode, at outbreak.Instant, t *Taken) error {
	boxes, err := registry.BoxesOf(b.tx, tubes)
	if err != nil {
		return err
	}
	var came []outbreak.TubeCode
	for _, code := range tubes {
		if code == "" {
			continue
		}
		box := boxes[code]
		n, err := b.tx.Exec(`insert into tube_seen (area_id, tube, stage, lab, at, recorded_at, batch) values ($1, $2, 'received', $3, $4, $5, $6)
			on conflict (area_id, tube, stage, lab) do nothing`, box.AreaID, code, b.lab.ID, at, b.tx.Now, b.id)
		if err != nil {
			return err
		}
		if n == 0 {
			t.Repeated++
			continue
		}
		t.Accepted++
		if box.AreaID == 0 {
			t.Orphans++
		}
		e, known := b.received[box]
		if !known {
			p, err := b.protocol(box.Outbreak)
			if err != nil {
				return err
			}
			e = &outbreak.TubesReceived{Scope: box.Scope(), TubeArea: box.AreaID, Lab: b.lab.ID, At: at, Due: p.Deadline("clock.lab_to_report", at).Due, Batch: b.id}
			b.received[box], b.order = e, append(b.order, box)
		}
		e.Tubes = append(e.Tubes, code)
		came = append(came, code)
	}
	return b.wait(came, boxes, at)
}

// report records results; mayCorrect lets revisions through.
func (b *batch) report(reports []Report, mayCorrect bool, t *Taken) error {
	reports = slices.Clone(reports) // the closure may run twice
	codes := make([]outbreak.TubeCode, 0, len(reports))
	for i := range reports {
		r, err := reports[i].tidy(b.tx.Now)
		if err != nil {
			if err := t.Rejected.Add(i, err); err != nil {
				return err
			}
			reports[i].Tube = ""
			continue
		}
		reports[i] = r
		codes = append(codes, r.Tube)
	}
	boxes, err := registry.BoxesOf(b.tx, codes)
	if err != nil {
		return err
	}
	before, err := b.before(codes, boxes)
	if err != nil {
		return err
	}
	var rows [][]any
	var fresh []Result
	for i, r := range reports {
		if r.Tube == "" {
			continue
		}
		v := r.judge(b.lab.ID, before[r.Tube])
		if v == revised && !mayCorrect {
			if err := t.Rejected.Add(i, outbreak.Refuse(outbreak.Forbidden, "lab.may_not_correct", "tube", r.Tube)); err != nil {
				return err
			}
			continue
		}
		if v == repeated {
			t.Repeated++
			continue
		}
		box := boxes[r.Tube]
		p, err := b.protocol(box.Outbreak)
		if err != nil {
			return err
		}
		x := Result{Tube: r.Tube, Revision: len(before[r.Tube]) + 1, Result: r.Result, Lab: b.lab.ID, RanAt: r.RanAt, Message: r.Message, Run: b.run, Voids: b.voids}
		rows = append(rows, []any{box.AreaID, x.Tube, x.Revision, x.Result, x.Lab, x.RanAt, b.tx.Now, x.Message, b.id, box.Outbreak, p.ID, outbreak.RetainScreening, x.Run, x.Voids})
		fresh = append(fresh, x)
		b.announce(box, x, v, before[r.Tube], t)
		before[r.Tube] = append(before[r.Tube], x)
	}
	err = b.tx.Add("tube_result", []string{"area_id", "tube", "revision", "result", "lab", "ran_at", "recorded_at", "message", "batch", "outbreak", "edition", "retention", "run", "voids"}, rows)
	if err != nil {
		return err
	}
	return b.answered(fresh, boxes)
}

// before reads what was said of the tubes until now.
func (b *batch) before(codes []outbreak.TubeCode, boxes map[outbreak.TubeCode]registry.Box) (map[outbreak.TubeCode][]Result, error) {
	byArea := map[outbreak.AreaID][]outbreak.TubeCode{}
	for _, c := range codes {
		a := boxes[c].AreaID
		byArea[a] = append(byArea[a], c)
	}
	all := map[outbreak.TubeCode][]Result{}
	for area, list := range byArea {
		for len(list) > 0 {
			n := min(len(list), 400)
			found, err := resultsOf(b.tx, area, list[:n])
			if err != nil {
				return nil, err
			}
			for c, r := range found {
				all[c] = r
			}
			list = list[n:]
		}
	}
	return all, nil
}

func (b *batch) announce(box registry.Box, x Result, v verdict, before []Result, t *Taken) {
	t.Accepted++
	if box.AreaID == 0 {
		t.Orphans++
	}
	if v == first && x.Result == outbreak.Negative {
		e, known := b.negative[box]
		if !known {
			e = &outbreak.TubesNegative{Scope: box.Scope(), TubeArea: box.AreaID, Lab: b.lab.ID, Batch: b.id}
			b.negative[box], b.order = e, append(b.order, box)
		}
		e.At = max(e.At, x.RanAt)
		e.Tubes = append(e.Tubes, x.Tube)
		return
	}
	e := outbreak.TubeResulted{Scope: box.Scope(), Tube: x.Tube, TubeArea: box.AreaID, Result: x.Result, Revision: x.Revision, Lab: b.lab.ID, At: x.RanAt, Batch: b.id}
	if len(before) > 0 {
		e.Was = before[len(before)-1].Result
	}
	if v == revised {
		t.Revised++
	}
	b.single = append(b.single, e)
}

// events gives what happened, batches before single results.
func (b *batch) events() []outbreak.Event {
	var all []outbreak.Event
	for _, box := range b.order {
		if e, ok := b.received[box]; ok {
			e.Digest = digest(e.Tubes)
			all = append(all, *e)
		}
		if e, ok := b.negative[box]; ok {
			e.Digest = digest(e.Tubes)
			all = append(all, *e)
		}
	}
	return append(all, b.single...)
}

func digest(tubes []outbreak.TubeCode) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(tubes)))
	return hex.EncodeToString(sum[:16])
}
