package drill

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
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

// handIn closes tubes with people and hands them in; single swabs when the reason says so.
func (p *play) handIn(ctx context.Context, c int, booth outbreak.BoothID, people []member, reason string) error {
	size := pool
	if reason == single {
		size = 1
	}
	now := p.clock.Now()
	var tubes []map[string]any
	for len(people) > 0 {
		n := min(size, len(people))
		code := p.tube(c)
		fault := p.fault(code, people, n)
		if fault == "overfull_tubes" {
			n++
		}
		var list []map[string]any
		for i, m := range people[:n] {
			list = append(list, map[string]any{"no": m.no, "after": i * 20})
			if m.person >= 0 && p.shows(m.person) {
				p.positive[code] = true
			}
		}
		people = people[n:]
		p.size[code] = n
		if reason == single {
			p.hot = append(p.hot, code)
		} else {
			p.transit = append(p.transit, code)
		}
		if fault == "orphan_tubes" { // the record is lost, the tube goes to the laboratory
			p.at(now.Add(4*time.Hour), func(ctx context.Context) error { return p.swabAnew(ctx, c, booth, list) })
			continue
		}
		p.leaked[code] = fault == "leaked_tubes"
		tubes = append(tubes, map[string]any{"tube": code, "taken": now, "members": list})
	}
	if len(tubes) == 0 {
		return nil
	}
	var h screening.Handed
	if err := p.c.Post(ctx, "/rounds/"+p.round.String()+"/tubes", p.key("tubes"), map[string]any{"booth": booth, "tubes": tubes}, &h); err != nil {
		return err
	}
	if h.Accepted != len(tubes) {
		return fmt.Errorf("of %d tubes handed in %d were accepted: %+v", len(tubes), h.Accepted, h)
	}
	return nil
}

// single is the reason to swab people alone.
const single = "single"

// fault gives the fault that is due with this tube, if it is one that can carry it: a full pool of people of whom none is
// infected, with more people behind it.
func (p *play) fault(code outbreak.TubeCode, people []member, n int) string {
	if n != pool || len(people) <= n {
		return ""
	}
	p.pools++
	if len(p.due) == 0 || p.pools < p.due[0].pool || slices.ContainsFunc(people[:n+1], func(m member) bool { return m.person < 0 || p.People[m.person].Infected != 0 }) {
		return ""
	}
	kind := p.due[0].kind
	p.due = p.due[1:]
	p.planted.add(kind, code)
	return kind
}

// swabAnew swabs the people of a lost record again, into another tube.
func (p *play) swabAnew(ctx context.Context, c int, booth outbreak.BoothID, list []map[string]any) error {
	var again []member
	for _, m := range list {
		again = append(again, member{m["no"].(int64), -1})
	}
	return p.handIn(ctx, c, booth, again, "")
}

// carry takes closed tubes to the laboratories, the fullest bench last; leaked ones are reported.
func (p *play) carry(ctx context.Context) error {
	byLab := make([][]outbreak.TubeCode, len(p.labs))
	for i, code := range p.transit {
		if p.leaked[code] {
			if err := p.c.Post(ctx, "/tubes/"+string(code)+"/spoil", p.key("leak"), map[string]any{"reason": "leaked"}, nil); err != nil {
				return err
			}
			continue
		}
		l := i % len(p.labs)
		byLab[l] = append(byLab[l], code)
	}
	p.transit = nil
	byLab[0] = append(byLab[0], p.hot...)
	for l, codes := range byLab {
		for part := range slices.Chunk(codes, 1000) {
			if err := p.c.Post(ctx, "/labs/"+p.labs[l].String()+"/received", p.key("received"), map[string]any{"tubes": part}, nil); err != nil {
				return err
			}
		}
	}
	for l, codes := range byLab {
		p.bench[l] = append(p.bench[l], codes...)
	}
	slices.SortStableFunc(p.bench[0], func(a, b outbreak.TubeCode) int { return p.rank(a) - p.rank(b) })
	p.hot = nil
	return nil
}

// rank puts the single swabs of held people first.
func (p *play) rank(code outbreak.TubeCode) int {
	if slices.Contains(p.hot, code) {
		return 0
	}
	return 1
}

// perRun is how many samples a run of 96 wells holds beside its controls.
const perRun = 94

// bench1 starts the runs of ten minutes at each laboratory; the instruments answer two hours later.
func (p *play) bench1(context.Context) error {
	for l := range p.labs {
		for range max(len(p.People)/60_000, 1) {
			n := min(perRun, len(p.bench[l]))
			if n == 0 {
				break
			}
			run := p.bench[l][:n]
			p.bench[l] = p.bench[l][n:]
			p.after(2*time.Hour, func(ctx context.Context) error { return p.report(ctx, l, run) })
		}
	}
	return nil
}

// report sends the results of a run, and the faults among them.
func (p *play) report(ctx context.Context, l int, run []outbreak.TubeCode) error {
	now := p.clock.Now()
	var results []map[string]any
	var mistaken outbreak.TubeCode
	for _, code := range run {
		r := outbreak.Negative
		if p.positive[code] {
			r = outbreak.Positive
		} else if p.correctedLeft > 0 && mistaken == "" && now > p.opens.Add(5*time.Hour) && p.size[code] == pool {
			r, mistaken = outbreak.Positive, code
			p.correctedLeft--
			p.planted.add("results_corrected", code)
		}
		results = append(results, map[string]any{"tube": code, "result": r, "ran_at": now, "message": fmt.Sprintf("%d-%s", l, code)})
	}
	path := "/labs/" + p.labs[l].String() + "/results"
	var t lab.Taken
	if err := p.c.Post(ctx, path, p.key("results"), map[string]any{"results": results}, &t); err != nil {
		return err
	}
	if t.Accepted != len(run) {
		return fmt.Errorf("of %d results sent %d were accepted: %+v", len(run), t.Accepted, t)
	}
	if mistaken != "" {
		p.after(25*time.Minute, func(ctx context.Context) error {
			return p.c.Post(ctx, path, p.key("corrected"), map[string]any{"results": []map[string]any{{"tube": mistaken, "result": outbreak.Negative, "ran_at": p.clock.Now(), "message": "corrected " + mistaken}}}, nil)
		})
	}
	if p.twiceLeft > 0 && now > p.opens.Add(4*time.Hour) {
		return p.sendTwice(ctx, path, results[0])
	}
	return nil
}

// sendTwice sends a result a second time, as a program that lost the answer would.
func (p *play) sendTwice(ctx context.Context, path string, result map[string]any) error {
	p.twiceLeft--
	p.planted.add("results_sent_twice", result["tube"])
	var t lab.Taken
	if err := p.c.Post(ctx, path, p.key("twice"), map[string]any{"results": []any{result}}, &t); err != nil {
		return err
	}
	if t.Repeated == 1 && t.Accepted == 0 {
		p.found.add("results_sent_twice", result["tube"])
	}
	return nil
}

// recallTeam swabs held people alone, each within the hour.
func (p *play) recallTeam(ctx context.Context) error {
	held, err := All[screening.RecallMember](ctx, p.c, "/held", nil)
	if err != nil {
		return err
	}
	for _, m := range held {
		k := string(m.Tube) + m.Person.String()
		if m.State != screening.Held || p.swabbed[k] {
			continue
		}
		p.swabbed[k] = true
		i, known := p.byPerson[m.Person]
		c := 0
		who := member{m.No, -1}
		if known {
			c, who.person = p.People[i].Community, i
		}
		p.after(time.Duration(20+p.rng.IntN(40))*time.Minute, func(ctx context.Context) error {
			return p.handIn(ctx, c, p.booths[c][0], []member{who}, single)
		})
	}
	return nil
}

// againTeam swabs people whose tube gave no result again, one tube for those of one lost tube.
func (p *play) againTeam(ctx context.Context) error {
	owed, err := All[screening.Again](ctx, p.c, "/sample-again", nil)
	if err != nil {
		return err
	}
	byTube := map[outbreak.TubeCode][]member{}
	for _, a := range owed {
		if p.swabbed[string(a.Tube)] {
			continue
		}
		i, known := p.byPerson[a.Person]
		if !known {
			i = -1
		}
		byTube[a.Tube] = append(byTube[a.Tube], member{a.No, i})
	}
	for tube, people := range byTube {
		p.swabbed[string(tube)] = true
		c := 0
		if people[0].person >= 0 {
			c = p.People[people[0].person].Community
		}
		p.after(time.Hour, func(ctx context.Context) error { return p.handIn(ctx, c, p.booths[c][0], people, "") })
	}
	return nil
}

// investigators take new cases and do their steps: most within their clocks, some late.
func (p *play) investigators(ctx context.Context) error {
	open, err := All[cases.Case](ctx, p.c, "/cases", url.Values{"state": {"open"}})
	if err != nil {
		return err
	}
	for _, k := range open {
		if p.known[k.ID] {
			continue
		}
		p.known[k.ID] = true
		late := time.Duration(1)
		if p.rng.IntN(6) == 0 {
			late = 2
		}
		for step, takes := range map[string]time.Duration{"report": 70 * time.Minute, "core_info": 3 * time.Hour, "full_report": 18 * time.Hour, "retest": 4 * time.Hour} {
			p.after(takes*late+time.Duration(p.rng.IntN(30))*time.Minute, func(ctx context.Context) error { return p.stepDone(ctx, k, step) })
		}
	}
	return nil
}

// stepDone records a step; a confirmed retest classifies the case.
func (p *play) stepDone(ctx context.Context, k cases.Case, step string) error {
	path := "/cases/" + k.ID.String()
	err := p.c.Post(ctx, path+"/steps/"+step, p.key("step"), map[string]any{}, nil)
	if StatusOf(err) == 409 || StatusOf(err) == 404 {
		return nil // decided meanwhile
	}
	if err != nil || step != "retest" {
		return err
	}
	severity := []outbreak.Severity{outbreak.Asymptomatic, outbreak.Asymptomatic, outbreak.Mild, outbreak.Mild, outbreak.Moderate}[p.rng.IntN(5)]
	return p.c.Post(ctx, path+"/classify", p.key("classify"), map[string]any{"classification": outbreak.Confirmed, "severity": severity}, nil)
}

// dispatcher gives waiting trips a vehicle, as long as there are any.
func (p *play) dispatcher(ctx context.Context) error {
	var v page[transfer.VehicleStatus]
	if err := p.c.Get(ctx, "/vehicles", nil, &v); err != nil {
		return err
	}
	waiting, err := All[transfer.Trip](ctx, p.c, "/trips", url.Values{"state": {"requested"}})
	if err != nil {
		return err
	}
	for _, t := range waiting {
		i := slices.IndexFunc(v.Items, func(x transfer.VehicleStatus) bool { return x.Aboard < x.Seats })
		if i < 0 {
			return nil
		}
		v.Items[i].Aboard++
		if err := p.drive(ctx, t, v.Items[i].ID); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) drive(ctx context.Context, t transfer.Trip, vehicle outbreak.VehicleID) error {
	path := "/trips/" + t.ID.String()
	gone := func(err error) error {
		if StatusOf(err) == 409 {
			return nil // cancelled meanwhile
		}
		return err
	}
	if err := gone(p.c.Post(ctx, path+"/vehicle", p.key("vehicle"), map[string]any{"vehicle": vehicle}, nil)); err != nil {
		return err
	}
	there := time.Duration(20+p.rng.IntN(40)) * time.Minute
	p.after(there, func(ctx context.Context) error {
		return gone(p.c.Post(ctx, path+"/pick-up", p.key("pick-up"), map[string]any{}, nil))
	})
	p.after(2*there, func(ctx context.Context) error {
		return gone(p.c.Post(ctx, path+"/end", p.key("end"), map[string]any{"how": "arrived"}, nil))
	})
	return nil
}

// communityWorkers say why people did not come; of the absentees nobody knows anything.
func (p *play) communityWorkers(ctx context.Context) error {
	var items []map[string]any
	for i, why := range p.stayHome {
		if why != "" && why != absent {
			items = append(items, map[string]any{"no": p.People[i].No, "outcome": why})
		}
	}
	slices.SortFunc(items, func(a, b map[string]any) int { return int(a["no"].(int64) - b["no"].(int64)) })
	for part := range slices.Chunk(items, 1000) {
		if err := p.c.Post(ctx, "/rounds/"+p.round.String()+"/outcomes", p.key("outcomes"), map[string]any{"items": part}, nil); err != nil {
			return err
		}
	}
	return nil
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
