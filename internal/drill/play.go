package drill

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

const (
	pool       = 10            // swabs per tube
	sensitive  = 0.9           // share of infected people whose swab shows it
	samplingIn = 7 * time.Hour // from the first to the last swab of a round
)

// play is one playing of the city: who does what, and what is true.
type play struct {
	*town
	*schedule
	rng      *rand.Rand
	faults   Faults
	planted  planted
	found    planted
	round    outbreak.RoundID
	opens    outbreak.Instant
	positive map[outbreak.TubeCode]bool // the truth in each tube
	byPerson map[outbreak.PersonID]int  // index in People
	transit  []outbreak.TubeCode        // closed, not at a laboratory
	bench    [][]outbreak.TubeCode      // per laboratory: received, not run
	hot      []outbreak.TubeCode        // single swabs of held people: they go first
	swabbed  map[string]bool            // held people and people to be swabbed again who are on the list of a team
	known    map[outbreak.CaseID]bool   // cases somebody works on
	leaked   map[outbreak.TubeCode]bool
	size     map[outbreak.TubeCode]int // people in each tube
	stayHome []outbreak.Outcome        // who does not come, and why
	calls    int

	pools                    int   // full pools closed so far
	due                      []due // faults of tubes still to come
	twiceLeft, correctedLeft int   // faults of results still to come
}

// due is a fault that the next fitting tube from a pool on will have.
type due struct {
	pool int
	kind string
}

func newPlay(t *town, s *schedule, seed uint64, round outbreak.RoundID) *play {
	p := &play{town: t, schedule: s, rng: rand.New(rand.NewPCG(seed, 7)), faults: faultsFor(len(t.People)), planted: planted{}, found: planted{}, round: round,
		opens: s.clock.Now(), positive: map[outbreak.TubeCode]bool{}, byPerson: map[outbreak.PersonID]int{}, bench: make([][]outbreak.TubeCode, len(t.labs)),
		swabbed: map[string]bool{}, known: map[outbreak.CaseID]bool{}, leaked: map[outbreak.TubeCode]bool{}}
	for i, r := range t.People {
		p.byPerson[r.ID] = i
	}
	return p
}

// shows tells whether a person's swab is positive today.
func (p *play) shows(i int) bool { return p.People[i].Infected != 0 && p.rng.Float64() < sensitive }

// key numbers the calls, so that each has its own.
func (p *play) key(what string) string {
	p.calls++
	return fmt.Sprintf("demo-%s-%s-%d", what, p.round, p.calls)
}

// plan plans a whole round: booths, transport, laboratories, teams.
func (p *play) plan() {
	end := p.opens.Add(23 * time.Hour)
	for c := range p.Communities {
		p.planBooths(c)
	}
	p.every(30*time.Minute, end, p.carry)
	p.every(10*time.Minute, end, p.bench1)
	p.every(15*time.Minute, end, p.recallTeam)
	p.every(30*time.Minute, end, p.againTeam)
	p.every(15*time.Minute, end, p.investigators)
	p.every(10*time.Minute, end, p.dispatcher)
	p.at(p.opens.Add(samplingIn+time.Hour), p.communityWorkers)
}

type member struct {
	no     int64
	person int // index in People; -1: a walk-in
}

// planBooths lets a community come to its booths household by household, and hands tubes in every twenty minutes.
func (p *play) planBooths(c int) {
	com := p.Communities[c]
	booths := p.booths[c]
	queues := make([][]member, len(booths))
	for i := com.First; i < com.Last; i++ {
		if p.stayHome[i] == "" {
			b := (p.People[i].Household) % len(booths)
			queues[b] = append(queues[b], member{p.People[i].No, i})
		}
	}
	for b, q := range queues {
		const steps = int(samplingIn / (20 * time.Minute))
		per := max((len(q)/pool+steps)/steps, 2) * pool
		for s := 0; len(q) > 0; s++ {
			part := q[:min(per, len(q))]
			q = q[len(part):]
			p.at(p.opens.Add(time.Duration(s+1)*20*time.Minute+time.Duration(b*7+c%13)*time.Second), func(ctx context.Context) error {
				return p.handIn(ctx, c, booths[b], part, "")
			})
		}
	}
}

// absent marks people who do not come and of whom nobody knows why.
const absent outbreak.Outcome = "absent"

// plant decides the faults that are known before the round begins.
func (p *play) plant() {
	pools := len(p.People) / pool * 2 / 3 // the last third comes too late for some
	for kind, n := range map[string]int{"overfull_tubes": p.faults.Overfull, "orphan_tubes": p.faults.Orphans, "leaked_tubes": p.faults.Leaked} {
		for range n {
			p.due = append(p.due, due{p.rng.IntN(pools), kind})
		}
	}
	slices.SortFunc(p.due, func(a, b due) int { return cmp.Or(a.pool-b.pool, cmp.Compare(a.kind, b.kind)) })
	p.twiceLeft, p.correctedLeft = p.faults.Twice, p.faults.Corrected
	p.stayHome, p.size = make([]outbreak.Outcome, len(p.People)), map[outbreak.TubeCode]int{}
	taken := map[int]bool{}
	for i, r := range p.People {
		if r.Infected != 0 {
			taken[i] = true // the infected come: the demo wants them found
		}
	}
	for _, i := range draw(p.rng, p.faults.Absentees, len(p.People), taken) {
		p.stayHome[i] = absent
		p.planted.add("absentees", p.People[i].No)
	}
	for _, s := range stays {
		for _, i := range draw(p.rng, len(p.People)*s.per1000/1000, len(p.People), taken) {
			p.stayHome[i] = s.outcome
		}
	}
}

// walkIns lets people who are not on the roll come to the booths, with and without documents.
func (p *play) walkIns(ctx context.Context) error {
	var people []member
	for i := range p.faults.WalkIns {
		n := map[string]any{"area": p.Communities[0].Code}
		if i%2 == 0 {
			n["name"] = "Visitor " + fmt.Sprint(i+1)
			n["document_kind"], n["document"] = registry.Passport, fmt.Sprintf("X%07d", 4200+i)
		}
		var who registry.Person
		if err := p.c.Post(ctx, "/people", p.key("walk-in"), n, &who); err != nil {
			return err
		}
		p.planted.add("walk_ins", who.ID)
		people = append(people, member{who.No, -1})
	}
	return p.handIn(ctx, 0, p.booths[0][0], people, "")
}
