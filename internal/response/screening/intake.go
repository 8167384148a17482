package screening

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const (
	mostQueued    = 20_000   // operations that wait; whoever comes then keeps the tubes and comes back
	mostQueuedMem = 64 << 20 // bytes of request bodies that wait
	mostTogether  = 1000     // operations in one commit
)

// Intake takes in what sampling points send. All requests that wait together are one closure of the writer: one commit, one
// record in the journal, few statements. There is no timer: while one commit reaches the disk the next operations gather.
// Its queue is its own and bounded, so that a crowd of booths keeps no page and no look-up waiting, and is sent away before its
// bodies are read.
type Intake struct {
	s       *Service
	mu      sync.Mutex
	waiting []*delivery
	ops     int   // in waiting
	bytes   int64 // of bodies that were let in
	running bool
	rate    float64 // operations a second, of late
	figures IntakeFigures
	acks    acks
	into    func([]*Operation) error // instead of the database
}

// IntakeFigures count what the intake did since the start.
type IntakeFigures struct {
	Stored  int64 // operations
	Already int64
	Shed    int64 // requests sent away
	Commits int64
	Largest int64 // operations in one commit
	Waiting int64
	Bytes   int64 // of bodies that were let in
	Classes commitClasses
}

// Divert lets what comes in go elsewhere, where it is kept by nobody: a rehearsal's reference. Before the house opens.
func (in *Intake) Divert(into func([]*Operation) error) { in.into = into }

// delivery is one request on its way.
type delivery struct {
	ops  []*Operation
	done chan error
}

func newIntake(s *Service) *Intake { return &Intake{s: s} }

// Admit lets a body of some bytes in, or refuses with Busy and when to come back. What was let in is given back with leave.
func (in *Intake) Admit(bytes int64) (leave func(), err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ops >= mostQueued || in.bytes+bytes > mostQueuedMem {
		in.figures.Shed++
		return nil, in.busy()
	}
	in.bytes += bytes
	return func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.bytes -= bytes
	}, nil
}

// busy says when the queue will be worked off, and not the same to everybody.
func (in *Intake) busy() error {
	e := outbreak.Refuse(outbreak.Busy, "screening.intake_full")
	wait := 1.0
	if in.rate > 0 {
		wait += float64(in.ops) / in.rate
	}
	e.RetryAfter = time.Duration(min(wait, 30)*float64(time.Second)) + time.Duration(in.figures.Shed%50)*100*time.Millisecond
	return e
}

// Pressed tells that so much waits that whoever can come later should: look-ups are shed before any sampling point is.
func (in *Intake) Pressed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.ops >= mostQueued/4 || in.bytes >= mostQueuedMem/4
}

// Acked gives the counter up to which every operation of a device is on disk. After a start it is too small for as long as the
// tubes are being read.
func (in *Intake) Acked(device int64) int64 { return in.acks.upto(device) }

// Figures gives what was counted.
func (in *Intake) Figures() IntakeFigures {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.figures
	f.Waiting, f.Bytes = int64(in.ops), in.bytes
	return f
}

// Take hands in operations of one booth and one round, and comes back when they are on disk; each operation then says what
// became of it. An operation that is there already changes nothing.
func (s *Service) Take(ctx context.Context, by outbreak.Actor, round outbreak.RoundID, booth outbreak.BoothID, ops []*Operation) error {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return err
	}
	if len(ops) > mostPerBatch {
		return outbreak.Refuse(outbreak.Invalid, "screening.batch_too_large", "most", mostPerBatch)
	}
	scope, err := s.places.scope(ctx, s.db, round, booth)
	if err != nil {
		return err
	}
	if err := access.Require(by, access.TubeClose, scope); err != nil {
		return err
	}
	for _, o := range ops {
		o.Round, o.Booth = round, booth
	}
	return s.intake.take(ctx, ops)
}

func (in *Intake) take(ctx context.Context, ops []*Operation) error {
	if len(ops) == 0 {
		return nil
	}
	d := &delivery{ops: ops, done: make(chan error, 1)}
	in.mu.Lock()
	if in.ops+len(ops) > mostQueued {
		in.figures.Shed++
		err := in.busy()
		in.mu.Unlock()
		return err
	}
	in.waiting = append(in.waiting, d)
	in.ops += len(ops)
	if !in.running { // it lives as long as there is work
		in.running = true
		go in.work()
	}
	in.mu.Unlock()
	select {
	case err := <-d.done:
		return err
	case <-ctx.Done(): // it may be stored all the same: sending it again is harmless
		return ctx.Err()
	}
}

func (in *Intake) work() {
	for {
		took := outbreak.Stopwatch()
		part, n := in.next()
		if n == 0 {
			return
		}
		stored, err := in.commit(part)
		worked := took()
		in.note(stored, n, worked, err)
		for _, d := range part {
			for _, o := range d.ops {
				if err == nil {
					in.acks.note(o.Op)
				}
			}
			d.done <- err
		}
		in.giveWay(worked)
	}
}

// giveWay rests three times as long as it worked while a house that has just started reads where everybody stands: at the full rate
// of the sampling points alone residents and staff would otherwise wait several times as long for their first answer. Whoever waits to
// be taken in hardly notices: the next commit takes more, and a long queue ends the rest.
func (in *Intake) giveWay(worked time.Duration) {
	if in.s.coverage.starting.Load() && !in.Pressed() {
		time.Sleep(min(3*worked, 100*time.Millisecond))
	}
}

// next takes what waits, as much as one commit holds.
func (in *Intake) next() (part []*delivery, n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(part) < len(in.waiting) && (n == 0 || n+len(in.waiting[len(part)].ops) <= mostTogether) {
		n += len(in.waiting[len(part)].ops)
		part = in.waiting[:len(part)+1]
	}
	in.waiting = in.waiting[len(part):]
	in.ops -= n
	if n == 0 {
		in.running, in.waiting = false, nil
	}
	return part, n
}

func (in *Intake) note(stored, n int, took time.Duration, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		return
	}
	in.figures.Commits++
	in.figures.Classes.note(n, took)
	in.figures.Stored += int64(stored)
	in.figures.Already += int64(n - stored)
	in.figures.Largest = max(in.figures.Largest, int64(n))
	if now := float64(n) / max(took.Seconds(), 1e-6); in.rate == 0 {
		in.rate = now
	} else {
		in.rate += (now - in.rate) / 16
	}
}

// commit stores the operations of several requests. Nothing but a fault of the database fails it: what is odd about a tube is
// an anomaly.
func (in *Intake) commit(part []*delivery) (stored int, err error) {
	defer func() {
		if p := recover(); p != nil { // a silent dead writer would be the worst of all
			err = fmt.Errorf("taking tubes in broke off: %v", p)
		}
	}()
	var ops []*Operation
	for _, d := range part {
		ops = append(ops, d.ops...)
	}
	if in.into != nil {
		return len(ops), in.into(ops)
	}
	var w *handing
	err = in.s.db.Write(context.Background(), func(tx *store.Tx) error {
		stored = 0
		w = newHanding(in.s, tx, outbreak.SystemActor("intake"))
		if err := w.take(ops); err != nil {
			return err
		}
		for _, o := range ops {
			if o.status == Stored {
				stored++
			}
		}
		if stored == 0 && len(w.odds) == 0 {
			return nil
		}
		_, err := w.announce()
		return err
	})
	if err == nil {
		for _, run := range w.runs {
			in.s.last.keep(run)
		}
	}
	return stored, err
}

// Status says what became of the operation, once it was taken.
func (o *Operation) Status() (Status, []string) { return o.status, o.odd }

// Tidy sets the tube and the kind of an operation from what a device says of them. A tube's code nobody could ever read again is
// refused; everything else that is odd is stored and raised.
func (o *Operation) Tidy(tube, kind string, paper bool) error {
	if o.Tube = outbreak.TubeCode(tube).Canonical(); o.Tube == "" {
		return outbreak.Refuse(outbreak.Invalid, "screening.tube_code")
	}
	switch kind {
	case "", "close":
		o.Kind = opClose
	case "add":
		o.Kind = opAdd
	case "amend":
		o.Kind = opAmend
		if o.Amends == 0 || strings.TrimSpace(o.Reason) == "" {
			return outbreak.Refuse(outbreak.Invalid, "screening.amend_reason")
		}
	default:
		return outbreak.Refuse(outbreak.Invalid, "screening.operation_kind")
	}
	if paper {
		o.Kind |= opPaper
	}
	if o.Op < 0 || o.Taken < 0 || o.Counted < 0 {
		return outbreak.Refuse(outbreak.Invalid, "screening.operation_number")
	}
	return nil
}
