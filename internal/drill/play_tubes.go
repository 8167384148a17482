package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

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
