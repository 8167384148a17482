package screening

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// early is how long before its opening a round's tubes are believed.
const early = time.Hour

// Operation is one act on a tube, as it came in.
type Operation struct {
	Round   outbreak.RoundID
	Booth   outbreak.BoothID
	Op      int64 // made on the device; 0: from the content
	Kind    int64 // opClose and its like
	Amends  int64 // the operation it replaces, for opAmend
	Reason  string
	By      string // the person at the device, for opAmend
	Tube    outbreak.TubeCode
	Taken   outbreak.Instant
	Skew    time.Duration // by which the device's clock was ahead when it sent this; Taken is corrected already
	Counted int           // swabs in the tube as somebody counted them; 0: nobody did
	Members []Member
	unknown []string // members that could not even be given a number

	status Status
	odd    []string // anomalies it raised
}

// Status says what became of an operation.
type Status string

// What becomes of an operation: it is stored, it was there before, or the same id was there with another content, which is
// kept as an anomaly.
const (
	Stored   Status = "stored"
	Already  Status = "already"
	Conflict Status = "conflict"
)

// handing is what comes in with one commit.
type handing struct {
	s       *Service
	tx      *store.Tx
	by      outbreak.Actor
	rounds  map[outbreak.RoundID]Round
	booths  map[outbreak.BoothID]Booth
	boxes   map[outbreak.TubeCode]registry.Box
	others  map[int64]registry.Person
	fresh   map[int64]outbreak.BoothID // devices nobody asked about before
	serials *serials                   // which serials were issued to which booth
	before  map[outbreak.TubeCode][]tubeRow
	rows    []*handedRow
	odds    []oddity
	runs    [][]tubeRow // what was written, a run for each round
	early   [][]any     // walk-ins nobody registered yet, and their tubes
	limits  map[roundBooth]int
}

// handedRow is an operation that is to be stored.
type handedRow struct {
	Tube
	op    *Operation
	seq   int64
	again bool
}

// oddity is an anomaly to be raised once the rows are stored.
type oddity struct {
	op    *Operation
	tube  Tube
	what  string
	apart string
	says  string
}

func newHanding(s *Service, tx *store.Tx, by outbreak.Actor) *handing {
	return &handing{s: s, tx: tx, by: by, rounds: map[outbreak.RoundID]Round{}, booths: map[outbreak.BoothID]Booth{}, before: map[outbreak.TubeCode][]tubeRow{}}
}

// place gives the round and the booth of an operation, as they stand now.
func (w *handing) place(round outbreak.RoundID, booth outbreak.BoothID) (r Round, b Booth, err error) {
	r, known := w.rounds[round]
	if !known {
		if r, err = roundByID(w.tx, round); err != nil {
			return r, b, err
		}
		w.rounds[round] = r
	}
	b, known = w.booths[booth]
	if !known {
		b, known = w.s.places.booth(booth)
		w.booths[booth] = b
	}
	if !known {
		if b, err = boothByID(w.tx, booth); err != nil {
			return r, b, err
		}
		w.booths[booth] = b
	}
	return r, b, nil
}

// take stores operations, in their order, and notes on each what became of it. Few questions are asked for all of them, they
// are decided in memory, and few statements write them.
func (w *handing) take(ops []*Operation) error {
	if err := w.prepare(ops); err != nil {
		return err
	}
	for _, o := range ops {
		o.status, o.odd = "", nil // a closure may run twice
		if err := w.decide(o); err != nil {
			return err
		}
	}
	if err := w.write(); err != nil {
		return err
	}
	if _, err := w.tx.Insert("walk_in_early", walkInEarly, walkInEarly, w.early); err != nil {
		return err
	}
	for _, x := range w.odds {
		fresh, err := w.s.raise(w.tx, w.by, Anomaly{What: x.what, Outbreak: x.tube.Outbreak, Area: x.tube.Area, Round: x.tube.Round, Tube: x.tube.Code, Content: x.says}, x.apart)
		if err != nil {
			return err
		}
		if fresh {
			x.op.odd = append(x.op.odd, x.what)
		}
	}
	return nil
}

var walkInEarly = []string{"no", "area_id", "tube"}

// prepare reads everything the operations need.
func (w *handing) prepare(ops []*Operation) (err error) {
	codes := make([]outbreak.TubeCode, 0, len(ops))
	nos := make([]int64, 0, 10*len(ops))
	for _, o := range ops {
		codes = append(codes, o.Tube)
		for _, m := range o.Members {
			if m.No != 0 {
				nos = append(nos, m.No)
			}
		}
	}
	if w.boxes, err = w.s.desk.Boxes(w.tx, codes); err != nil {
		return err
	}
	keys := make([]tubeKey, 0, len(ops))
	for _, o := range ops {
		keys = append(keys, tubeKey{w.boxes[o.Tube].AreaID, o.Tube})
	}
	tubes, err := rowQuestions(w.tx, keys)
	if err != nil {
		return err
	}
	if err := w.foresee(ops, tubes); err != nil {
		return err
	}
	for _, o := range ops {
		if _, _, err := w.place(o.Round, o.Booth); err != nil {
			return err
		}
	}
	if w.others, err = w.s.desk.Unrolled(w.tx, nos); err != nil {
		return err
	}
	if w.fresh, err = w.s.devices.learn(w.tx, ops); err != nil {
		return err
	}
	if w.serials, err = w.s.serials.learn(w.tx); err != nil {
		return err
	}
	known, err := rowsAnswering(w.tx, tubes)
	for _, r := range known {
		w.before[r.Code] = append(w.before[r.Code], r)
	}
	return err
}

// foresee lets what every commit asks travel together.
func (w *handing) foresee(ops []*Operation, tubes []store.Question) error {
	questions := slices.Clone(tubes)
	asked := map[outbreak.RoundID]bool{}
	for _, o := range ops {
		if !asked[o.Round] {
			asked[o.Round] = true
			questions = append(questions, roundQuestions(o.Round)...)
		}
	}
	questions = append(questions, store.Question{Text: lastRunQuery}, store.Question{Text: lastQuery})
	questions = append(questions, w.s.journal.Head(w.tx)...)
	return w.tx.Foresee(questions...)
}

// decide finds out what an operation is.
func (w *handing) decide(o *Operation) error {
	round, booth, err := w.place(o.Round, o.Booth)
	if err != nil {
		return err
	}
	box := w.boxes[o.Tube]
	t := Tube{Code: o.Tube, AreaID: box.AreaID, Area: box.Area, Round: round.ID, Outbreak: round.Outbreak, Booth: booth.ID, Taken: o.Taken, Members: slices.Clone(o.Members)}
	if t.Area == "" {
		t.Area = booth.Area // nobody issued the serial: it belongs where it was filled
	}
	unknown := w.identify(&t, o)
	op := o.Op
	if op == 0 {
		op = opOf(t.Round, t.Taken, t.Members)
	}
	apart := strconv.FormatInt(op, 10)
	for _, r := range w.before[o.Tube] {
		if r.Round != t.Round || r.op != op {
			continue
		}
		if o.status = Already; r.Taken != t.Taken || r.kind != o.Kind || !slices.EqualFunc(r.Members, t.Members, alike) {
			o.status = Conflict
			w.raise(o, t, OpConflict, apart, numbers(t.Members))
		}
		return nil
	}
	o.status = Stored
	again := len(w.before[o.Tube]) > 0
	row := &handedRow{Tube: t, op: o, again: again}
	row.op.Op = op
	w.rows = append(w.rows, row)
	w.look(t, o, round, booth, apart, unknown)
	w.before[o.Tube] = append(w.before[o.Tube], tubeRow{Tube: t, op: op, kind: o.Kind}) // it may be there twice
	return nil
}

// alike tells that two members are one: who was nobody at the first hand-in may be known at the second.
func alike(a, b Member) bool { return a.After == b.After && (a.No == b.No || a.No == 0 || b.No == 0) }

// identify marks the members who are on no roll, and gives those nobody knows. A swab of somebody unknown stays in the tube.
func (w *handing) identify(t *Tube, o *Operation) (unknown []string) {
	unknown = append(unknown, o.unknown...)
	for i := range t.Members {
		m := &t.Members[i]
		if m.No == 0 {
			m.Flags |= Unidentified
			continue
		}
		p, other := w.others[m.No]
		switch {
		case !other:
		case p.ID != 0:
			m.Flags |= OffRoll
		case registry.DeviceOf(m.No) != 0 && registry.DeviceOf(m.No) == deviceOf(o.Op): // its device will say who it is
			m.Flags |= OffRoll
			w.early = append(w.early, []any{m.No, t.AreaID, t.Code})
		default:
			unknown = append(unknown, strconv.FormatInt(m.No, 10))
			*m = Member{After: m.After, Flags: m.Flags | Unidentified}
		}
	}
	return unknown
}

// look notes what is odd about a tube.
func (w *handing) look(t Tube, o *Operation, round Round, booth Booth, apart string, unknown []string) {
	for _, u := range unknown {
		w.raise(o, t, UnknownMember, u, u)
	}
	if d := deviceOf(o.Op); d != 0 && w.fresh[d] != booth.ID && !w.s.devices.at(d, booth.ID) {
		w.odds = append(w.odds, oddity{o, Tube{Area: booth.Area, Round: t.Round, Outbreak: t.Outbreak}, UnknownDevice, fmt.Sprintf("%d %s", d, booth.ID), fmt.Sprintf("%d %s", d, booth.ID)})
	}
	var unproven []Member
	for i, m := range t.Members {
		if m.Flags&Unproven != 0 {
			unproven = append(unproven, m)
		}
		if m.No == 0 || !slices.ContainsFunc(t.Members[:i], func(x Member) bool { return x.No == m.No }) {
			continue
		}
		w.raise(o, t, TwiceInTube, strconv.FormatInt(m.No, 10), strconv.FormatInt(m.No, 10))
	}
	reused := false
	for _, r := range w.before[t.Code] {
		reused = reused || r.Round != t.Round || o.Kind&^opPaper == opClose // more members, or a correction, is what further operations are for
	}
	for _, check := range []struct {
		what string
		odd  bool
		says string
	}{
		{EmptyTube, len(t.Members) == 0, ""},
		{Overfull, len(t.Members) > w.limit(round, booth), ""},
		{WrongClock, t.Taken > w.tx.Now.Add(outbreak.Drift) || t.Taken < round.Opens.Add(-early) || o.Skew.Abs() > outbreak.Drift, ""},
		{AfterClose, round.State == Closed || round.State == Cancelled, ""},
		{TubeReused, reused, ""},
		{CodeUnproven, len(unproven) > 0, numbers(unproven)},
		{SerialCheck, !w.boxes[t.Code].Sound(t.Code), string(t.Code)},
		{SerialElsewhere, w.serials.elsewhere(t.Code, booth.ID), string(t.Code)},
		{CountDiffers, o.Counted > 0 && o.Counted != len(t.Members), fmt.Sprintf("%d/%d", o.Counted, len(t.Members))},
	} {
		if check.odd {
			w.raise(o, t, check.what, apart, cmp.Or(check.says, numbers(t.Members)))
		}
	}
}

func (w *handing) raise(o *Operation, t Tube, what, apart, says string) {
	w.odds = append(w.odds, oddity{o, t, what, apart, says})
}
