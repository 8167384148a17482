package screening

import (
	"cmp"
	"slices"
	"sort"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// roundView is one round: everybody's outcome by roll number, and the tubes.
type roundView struct {
	round    Round
	runs     []*run
	last     *run // found last: neighbours stand in one tube
	tubes    *shelf
	others   map[int64][]uint32 // tubes of people who are not on the roll of this round
	more     map[int64][]uint32 // further tubes of people on the roll
	recorded map[int64]outbreak.Outcome
	left     map[int64]uint32 // whom a correction took out of a tube, which was closed then
	codes    codes
	tally    tally
	used     int64 // when it was asked for last, counted
}

// run is a range of roll numbers of one community.
type run struct {
	first  int64
	area   outbreak.Path
	state  []uint8  // index into outcomeNames; notOnRoll for a gap, underAnother for a further code of somebody
	tube   []uint32 // ordinal of the first tube + 1
	counts [8]int
	moved  int64 // counts who came to stand elsewhere
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

func newRoundView(r Round, c codes) *roundView {
	return &roundView{round: r, tubes: newShelf(r.tubeBefore), others: map[int64][]uint32{}, more: map[int64][]uint32{}, recorded: map[int64]outbreak.Outcome{}, left: map[int64]uint32{}, codes: c}
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
			fresh := &run{first: x.First, area: x.Area, state: slices.Repeat([]uint8{notOnRoll}, int(n)), tube: make([]uint32, n)}
			at, _ := slices.BinarySearchFunc(v.runs, x.First, func(r *run, first int64) int { return cmp.Compare(r.first, first) })
			v.runs = slices.Insert(v.runs, at, fresh)
		}
	}
	for _, x := range ranges {
		v.enrol(v.runOf(x.First), x)
	}
	return nil
}

// enrol puts the people of a range on the roll; whoever was handed in before being on it keeps the tubes.
func (v *roundView) enrol(r *run, x registry.Range) {
	unknown := outcomeIndex[outbreak.Unknown]
	simple := v.byTubesAlone()
	for no := x.First; no < x.Next; no++ {
		i := no - r.first
		if r.state[i] != notOnRoll {
			continue
		}
		r.state[i] = unknown
		r.counts[unknown]++
		if len(v.others) > 0 {
			v.rejoin(no)
		}
		if !simple || r.tube[i] != 0 {
			v.settle(no)
		}
	}
}

// byTubesAlone tells that everybody has one code, and stands where the tubes say.
func (v *roundView) byTubesAlone() bool {
	return len(v.recorded) == 0 && len(v.left) == 0 && len(v.codes) == 0
}

// rejoin gives somebody who is on the roll now the tubes that were kept aside.
func (v *roundView) rejoin(no int64) {
	tubes := v.others[no]
	delete(v.others, no)
	for _, t := range tubes {
		v.join(no, t)
	}
}

// runOf finds the run of a number; nil when it is on the roll of no area of the round.
func (v *roundView) runOf(no int64) *run {
	if r := v.last; r != nil && no >= r.first && no < r.first+int64(len(r.state)) {
		return r
	}
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

// eachTube calls do with the tubes of a person.
func (v *roundView) eachTube(no int64, do func(uint32)) {
	r := v.onRoll(no)
	if r == nil {
		for _, t := range v.others[no] {
			do(t)
		}
		return
	}
	first := r.tube[no-r.first]
	if first == 0 {
		return
	}
	do(first - 1)
	if len(v.more) > 0 {
		for _, t := range v.more[no] {
			do(t)
		}
	}
}

// join puts a person into a tube.
func (v *roundView) join(no int64, tube uint32) {
	there := false
	v.eachTube(no, func(t uint32) { there = there || t == tube })
	if there {
		return
	}
	r := v.onRoll(no)
	switch {
	case r == nil:
		v.others[no] = append(v.others[no], tube)
	case r.tube[no-r.first] == 0:
		r.tube[no-r.first] = tube + 1
	default:
		v.more[no] = append(v.more[no], tube)
	}
}

// leave takes a person out of a tube that was said anew.
func (v *roundView) leave(no int64, tube uint32) {
	gone := func(t uint32) bool { return t == tube }
	r := v.onRoll(no)
	if r == nil {
		v.others[no] = slices.DeleteFunc(v.others[no], gone)
		if len(v.others[no]) == 0 {
			delete(v.others, no)
		}
		return
	}
	if r.tube[no-r.first] != tube+1 {
		v.more[no] = slices.DeleteFunc(v.more[no], gone)
	} else if more := v.more[no]; len(more) > 0 {
		r.tube[no-r.first], v.more[no] = more[0]+1, more[1:]
	} else {
		r.tube[no-r.first] = 0
	}
	if len(v.more[no]) == 0 {
		delete(v.more, no)
	}
}

// outcome decides anew where a person with these numbers stands.
func (v *roundView) outcome(nos []int64) outbreak.Outcome {
	var few [4]tubeState
	states := few[:0]
	var recorded outbreak.Outcome
	for _, no := range nos {
		v.eachTube(no, func(t uint32) { states = append(states, v.tubes.at(t).state()) })
		if len(v.recorded) > 0 {
			recorded = cmp.Or(recorded, v.recorded[no])
		}
	}
	if len(states) == 0 && recorded == "" && v.leftBy(nos) != 0 {
		return outbreak.SampleAgain
	}
	return outcomeOf(states, recorded)
}

// settle brings a person's outcome and the counts up to date. Whoever has several codes on the roll is counted under the
// oldest of them, by what was recorded under any.
func (v *roundView) settle(no int64) {
	if v.codes[no] == nil { // one code, as almost everybody
		if r := v.onRoll(no); r != nil {
			r.stand(no-r.first, outcomeIndex[v.outcome([]int64{no})])
		}
		return
	}
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
	if r.state[i] != now {
		r.state[i] = now
		r.moved++
	}
}

// settleTube brings everybody in a tube up to date.
func (v *roundView) settleTube(i uint32) {
	for _, no := range v.tubes.members(i) {
		if no != 0 {
			v.settle(int64(no))
		}
	}
}

// owes tells whether tubes still wait.
func (v *roundView) owes() bool {
	for _, t := range v.tubes.all() {
		if t.waits() {
			return true
		}
	}
	return false
}

// hand takes an operation in, in its order, and gives the tube's place and the members who were not in it before.
func (v *roundView) hand(c *Coverage, r tubeRow) (i uint32, fresh []uint32) {
	i, known := v.tubes.find(r.Code)
	if !known {
		t := tubeView{seq: uint32(r.seq - v.tubes.base), taken: seconds(r.Taken), area: c.areas.place(r.Area)}
		if said, spoke := c.early[r.Code]; spoke {
			t.said, t.received = said.said, said.received
			if said.resulted != 0 {
				v.tally.at(said.resulted).resulted++
			}
			delete(c.early, r.Code)
		}
		t.spoiled = c.lost[r.Code]
		i = v.tubes.add(r.Code, t)
	} else {
		v.tally.count(v.tubes.at(i), -1)
	}
	had := v.tubes.members(i)
	members := append(c.scratch[:0], had...)
	for _, m := range r.Members {
		if m.No < 0 || m.No >= 1<<32 || m.No != 0 && slices.Contains(members, uint32(m.No)) {
			continue
		}
		members = append(members, uint32(m.No))
	}
	v.tubes.fill(i, members)
	c.scratch = members
	fresh = v.tubes.members(i)[len(had):]
	for _, no := range fresh {
		if no != 0 {
			v.join(int64(no), i)
		}
	}
	t := v.tubes.at(i)
	t.again = len(members) == 1 && v.inAnother(int64(members[0]), i)
	v.tally.count(t, 1)
	return i, fresh
}

// anew gives a tube that was said anew the members it has now.
func (v *roundView) anew(tube Tube) {
	i, known := v.tubes.find(tube.Code)
	if !known {
		return
	}
	v.tally.count(v.tubes.at(i), -1)
	was := slices.Clone(v.tubes.members(i))
	var members []uint32
	for _, m := range tube.Members {
		members = append(members, uint32(m.No))
	}
	v.tubes.fill(i, members)
	for _, no := range was {
		if no != 0 && !slices.Contains(members, no) {
			v.leave(int64(no), i)
			v.settle(int64(no))
		}
	}
	for _, no := range members {
		if no != 0 {
			v.join(int64(no), i)
		}
	}
	v.tally.count(v.tubes.at(i), 1)
	v.settleTube(i)
}

// leftBy gives when the last tube was closed that a correction took somebody out of; 0: there is none.
func (v *roundView) leftBy(nos []int64) (closed uint32) {
	if len(v.left) == 0 {
		return 0
	}
	for _, no := range nos {
		closed = max(closed, v.left[no])
	}
	return closed
}

// inAnother tells whether somebody was in another tube of the round before this one.
func (v *roundView) inAnother(no int64, tube uint32) bool {
	first := tube
	if no != 0 {
		v.eachTube(no, func(t uint32) { first = min(first, t) })
	}
	return first < tube
}
