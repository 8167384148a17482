package drill

import (
	"context"
	"net/url"
	"slices"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
)

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
