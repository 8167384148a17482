package screening

import (
	"time"

	"breakwater/internal/outbreak"
)

// MyState is what somebody may know of the own result. That of a pool is nobody's: whoever is in a positive one is asked to
// stay, and never called positive.
type MyState string

// The states of a person.
const (
	MyNone       MyState = "none"        // on no roll and in no tube of a round this house still has in memory
	MyNotSampled MyState = "not_sampled" // a round is open, and the person was not sampled in it
	MySampled    MyState = "sampled"     // the tube is on its way to a laboratory
	MyWaiting    MyState = "waiting"     // the tube is at a laboratory
	MyNegative   MyState = "negative"
	MyAgain      MyState = "again"    // the swab was lost or gave no answer: another is owed
	MyOwed       MyState = "owed"     // the request to stay is over, the swab of one's own is still owed
	MyStay       MyState = "stay"     // please stay where you are and wait for a call: a swab of one's own is needed
	MyPositive   MyState = "positive" // the own result; told by a person first
	MySelfTest   MyState = "self_test"
	MyExcused    MyState = "excused"
	MyRefused    MyState = "refused"
	MyAway       MyState = "away"
	MyMissed     MyState = "unreachable" // nobody could be reached
)

// MyStates lists them.
var MyStates = []MyState{MyNone, MyNotSampled, MySampled, MyWaiting, MyNegative, MyAgain, MyOwed, MyStay, MyPositive, MySelfTest, MyExcused, MyRefused, MyAway, MyMissed}

// Mine is the answer to "what is my result?". It says nothing of who asks.
type Mine struct {
	State    MyState
	At       outbreak.Instant // when the swab was taken, the tube came to the laboratory, the self-test was made; 0: nothing to tell
	Round    string           // its name; empty: none
	Outbreak outbreak.OutbreakID
	Negative outbreak.Instant // when the swab of the last negative result was taken; 0: none in memory
	Phone    string           // whom to call
	Place    string           // where swabs are taken
	Next     outbreak.Instant // before this it cannot change, or is not worth asking for
}

// patience is how long an answer is good for. It goes by what is shown alone: were it any other for somebody whose positive
// result waits to be told, whoever compares could read it from that.
var patience = map[MyState]time.Duration{
	MyNone: 15 * time.Minute, MyNotSampled: 10 * time.Minute, MySampled: 10 * time.Minute, MyWaiting: 5 * time.Minute, MyNegative: 30 * time.Minute,
	MyAgain: 10 * time.Minute, MyOwed: 10 * time.Minute, MyStay: 2 * time.Minute, MyPositive: 30 * time.Minute, MySelfTest: 5 * time.Minute,
	MyExcused: 30 * time.Minute, MyRefused: 30 * time.Minute, MyAway: 30 * time.Minute, MyMissed: 10 * time.Minute,
}

// stillest is the longest an answer is good for, while a round is still to open.
const stillest = 6 * time.Hour

// recordedAs are the states of what was recorded of people by hand.
var recordedAs = map[outbreak.Outcome]MyState{outbreak.Excused: MyExcused, outbreak.Refused: MyRefused, outbreak.Away: MyAway, outbreak.Unreachable: MyMissed}

// told is what is known of the way of a positive result to its person.
type told struct {
	shows  outbreak.Instant // from when on the person sees it
	stayed bool             // was asked to stay when it came
}

// hold is the request to stay, as far as it is not over by an own result.
type holding struct {
	running bool
	until   outbreak.Instant
}

func (h holding) stays(now outbreak.Instant) bool {
	return h.running && (h.until == 0 || h.until > now)
}

// inRound is what the tubes of a person in one round say.
type inRound struct {
	onRoll   bool
	positive uint32 // when the swab of the own positive was taken, seconds since era; 0: none, as in all of these
	negative uint32
	ownMinus uint32 // own tube negative
	pool     uint32 // of a pool that needs single swabs
	poolLab  uint32
	taken    uint32 // of the tube that waits, the last
	received uint32
	lost     uint32 // of a tube that gives no result
	tubes    bool
}

// add takes a tube in. An own positive that does not show yet is a tube that waits, in every respect.
func (p *inRound) add(t *tubeView, shows bool) {
	p.tubes = true
	single := t.count == 1
	r := t.result()
	switch {
	case single && r == outbreak.Positive && shows:
		p.positive = max(p.positive, t.taken)
	case single && r == outbreak.Positive, r == "" && !t.spoiled:
		if t.taken >= p.taken {
			p.taken, p.received = t.taken, t.received
		}
	case single && r == outbreak.Negative:
		p.ownMinus = max(p.ownMinus, t.taken)
		p.negative = max(p.negative, t.taken)
	case r == outbreak.Positive, !single && r == outbreak.Indeterminate && !t.spoiled:
		if t.taken >= p.pool {
			p.pool, p.poolLab = t.taken, t.received
		}
	case r == outbreak.Negative:
		p.negative = max(p.negative, t.taken)
	default:
		p.lost = max(p.lost, t.taken)
	}
}

// look takes in the tubes of one number.
func (p *inRound) look(v *roundView, no int64, shows bool) {
	r := v.onRoll(no)
	if r == nil {
		for _, t := range v.others[no] {
			p.add(v.tubes.at(t), shows)
		}
		return
	}
	p.onRoll = true
	first := r.tube[no-r.first]
	if first == 0 {
		return
	}
	p.add(v.tubes.at(first-1), shows)
	if len(v.more) > 0 {
		for _, t := range v.more[no] {
			p.add(v.tubes.at(t), shows)
		}
	}
}

// waits gives the state of a tube that is under way.
func waits(taken, received uint32) (MyState, outbreak.Instant) {
	if received != 0 {
		return MyWaiting, instant(received)
	}
	return MySampled, instant(taken)
}

// state decides what a person sees of a round. stay: is asked to stay now, or was when a positive came that does not show yet;
// over: the request to stay is over and the own swab still owed.
func (p inRound) state(stay, over bool, recorded outbreak.Outcome, open bool) (MyState, outbreak.Instant) {
	switch {
	case p.positive != 0:
		return MyPositive, instant(p.positive)
	case p.pool != 0 && stay:
		return MyStay, instant(p.pool)
	case p.ownMinus != 0:
		return MyNegative, instant(p.ownMinus)
	case p.taken != 0:
		return waits(p.taken, p.received)
	case p.pool != 0 && over:
		return MyOwed, instant(p.pool)
	case p.pool != 0:
		return waits(p.pool, p.poolLab)
	case p.negative != 0:
		return MyNegative, instant(p.negative)
	case p.lost != 0:
		return MyAgain, instant(p.lost)
	case recorded != "":
		return recordedAs[recorded], 0
	case p.onRoll && open:
		return MyNotSampled, 0
	}
	return MyNone, 0
}
