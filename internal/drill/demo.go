package drill

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
)

// Demo is what a demo is asked to play.
type Demo struct {
	People int
	Days   int
	Speed  float64 // city seconds per second; 0: as fast as the house takes it
	Seed   uint64
	Clock  *outbreak.HandClock // the house's
}

// Report is what a played round came to. What was found was read back through the interface.
type Report struct {
	People             int                      `json:"people"`
	Outcomes           map[outbreak.Outcome]int `json:"outcomes"`
	WalkIns            int                      `json:"walk_ins"`
	Tubes              int                      `json:"tubes"`
	PoolsPositive      int                      `json:"pools_positive"`
	Held               int                      `json:"held"`
	HeldReleased       int                      `json:"held_released"`
	Cases              int                      `json:"cases"`
	Placed             int                      `json:"placed"`
	WaitingPlacement   int                      `json:"waiting_placement"`
	Trips              int                      `json:"trips"`
	TasksOpen          int                      `json:"tasks_open"`
	TasksPastDue       int                      `json:"tasks_past_due"`
	Planted            map[string][]string      `json:"planted"`
	Found              map[string][]string      `json:"found"`
	JournalEntries     int64                    `json:"journal_entries"`
	InvariantsChecked  int                      `json:"invariants_checked"`
	InvariantsViolated int                      `json:"invariants_violated"`
	Seconds            float64                  `json:"seconds"`
}

// Started tells what a demo's city is made of.
type Started struct {
	City                                              string
	People, Communities, Booths, Labs, Beds, Vehicles int
}

// Doing is what a demo is at where nothing can be counted.
type Doing string

// What a demo does one after the other; between them the roll is loaded and the days are played.
const (
	SettingUp   Doing = "setting_up"   // areas, sampling points, laboratories, beds, vehicles
	ReadingRoll Doing = "reading_roll" // who has which number on it
	PlanningDay Doing = "planning_day" // who comes when, who is ill, what goes wrong
	ReadingBack Doing = "reading_back" // what the house found, and its checks
)

// Told is how a demo tells of its progress.
type Told struct {
	Doing   func(Doing) // nil: nobody asks
	Loading func(done, all int)
	City    func(Started)
	Round   func(day int, opens, now, until outbreak.Instant)
}

// share of a city that is infected when its first round begins, and how many each infects by the next day.
const (
	infectedShare = 0.0005
	perDay        = 1.3
)

// Play plays the demo against a house through its interface, and reports on the last round.
func (d Demo) Play(ctx context.Context, a *app.App, c *Client, told Told) (Report, error) {
	wall := outbreak.WallClock{}
	began := wall.Now()
	town, err := settle(ctx, c, NewCity(d.People, d.Seed), told)
	if err != nil {
		return Report{}, fmt.Errorf("setting the city up: %w", err)
	}
	told.City(town.started())
	var p *play
	for day := range d.Days {
		if p, err = d.day(ctx, town, day, p, told); err != nil {
			return Report{}, fmt.Errorf("playing day %d: %w", day+1, err)
		}
	}
	if p == nil {
		return Report{}, errors.New("no day was played")
	}
	told.doing(ReadingBack)
	r, err := p.readBack(ctx)
	if err != nil {
		return r, fmt.Errorf("reading back: %w", err)
	}
	diagnosis, err := a.Doctor(ctx)
	if err != nil {
		return r, err
	}
	r.InvariantsChecked, r.InvariantsViolated = len(diagnosis.Checks), diagnosis.Violated()
	r.Seconds = wall.Now().Sub(began).Seconds()
	return r, nil
}

func (t Told) doing(what Doing) {
	if t.Doing != nil {
		t.Doing(what)
	}
}

func (t *town) started() Started {
	s := Started{City: t.Name, People: len(t.People), Communities: len(t.Communities), Labs: len(t.labs), Beds: t.beds, Vehicles: len(t.vehicles)}
	for _, b := range t.booths {
		s.Booths += len(b)
	}
	return s
}

// day plays one round of a day and a night.
func (d Demo) day(ctx context.Context, t *town, day int, before *play, told Told) (*play, error) {
	told.doing(PlanningDay)
	s := &schedule{clock: d.Clock, speed: d.Speed}
	round, err := t.openRound(ctx, day)
	if err != nil {
		return nil, err
	}
	p := newPlay(t, s, d.Seed+uint64(day), round)
	if day == 0 {
		t.Seed(p.rng, infectedShare, d.Clock.Now())
	} else {
		t.spread(p, before)
	}
	p.plant()
	p.plan()
	p.at(p.opens.Add(2*time.Hour), p.walkIns)
	until := p.opens.Add(24 * time.Hour)
	return p, s.play(ctx, until, func(now outbreak.Instant) { told.Round(day+1, p.opens, now, until) })
}

// openRound opens the round of a day; the first was opened when the roll was read back.
func (t *town) openRound(ctx context.Context, day int) (outbreak.RoundID, error) {
	var r screening.Round
	err := t.c.Post(ctx, "/rounds", fmt.Sprint("demo-round-", day+1), map[string]any{"outbreak": t.outbreak, "name": roundName(day), "areas": []string{root + "01"}, "pool": pool, "excuse": "A demonstration: nobody in it is real."}, &r)
	return r.ID, err
}

func roundName(day int) string { return fmt.Sprintf("Round %d 第%d轮", day+1, day+1) }

// spread infects households and neighbours of those infected whom nobody found yet, and lets the found ones recover.
func (t *town) spread(p, before *play) {
	p.known = before.known
	var sources []int
	for i, r := range t.People {
		if r.Infected != 0 {
			sources = append(sources, i)
		}
	}
	for range int(float64(len(sources)) * (perDay - 1)) {
		near := sources[p.rng.IntN(len(sources))] + p.rng.IntN(21) - 10
		if near >= 0 && near < len(t.People) && t.People[near].Infected == 0 {
			t.People[near].Infected = p.clock.Now()
		}
	}
}

// readBack asks the house what it found.
func (p *play) readBack(ctx context.Context) (Report, error) {
	r := Report{People: len(p.People)}
	var st screening.RoundStatus
	if err := p.c.Get(ctx, "/rounds/"+p.round.String(), nil, &st); err != nil {
		return r, err
	}
	r.Outcomes, r.WalkIns, r.Tubes = st.Outcomes, st.WalkIns, st.Tubes
	for _, n := range st.Recalls {
		r.PoolsPositive += n
	}
	if err := p.readPeople(ctx, &r); err != nil {
		return r, err
	}
	if err := p.readFaults(ctx); err != nil {
		return r, err
	}
	var journal page[struct {
		Seq int64 `json:"seq"`
	}]
	if err := p.c.Get(ctx, "/journal", url.Values{"limit": {"1"}}, &journal); err != nil {
		return r, err
	}
	if len(journal.Items) > 0 {
		r.JournalEntries = journal.Items[0].Seq
	}
	for _, k := range faultKinds {
		if p.planted[k] == nil {
			p.planted[k] = []string{}
		}
		if p.found[k] == nil {
			p.found[k] = []string{}
		}
	}
	r.Planted, r.Found = p.planted.sorted(), p.found.sorted()
	return r, nil
}

func (p *play) readPeople(ctx context.Context, r *Report) error {
	recalls, err := All[screening.Recall](ctx, p.c, "/recalls", nil)
	if err != nil {
		return err
	}
	for _, x := range recalls {
		members, err := All[screening.RecallMember](ctx, p.c, "/held", url.Values{"tube": {string(x.Tube)}})
		if err != nil {
			return err
		}
		for _, m := range members {
			r.Held++
			if m.HeldTo != 0 {
				r.HeldReleased++
			}
		}
	}
	list, err := All[cases.Case](ctx, p.c, "/cases", nil)
	if err != nil {
		return err
	}
	r.Cases = len(list)
	there, err := All[placement.Stay](ctx, p.c, "/stays", url.Values{"state": {"arrived"}})
	if err != nil {
		return err
	}
	r.Placed = len(there)
	waiting, err := All[placement.Need](ctx, p.c, "/needs", url.Values{"state": {"waiting"}})
	if err != nil {
		return err
	}
	r.WaitingPlacement = len(waiting)
	trips, err := All[transfer.Trip](ctx, p.c, "/trips", nil)
	if err != nil {
		return err
	}
	r.Trips = len(trips)
	tasks, err := All[task.Task](ctx, p.c, "/tasks", nil)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		r.TasksOpen++
		if t.Due != 0 && t.Due < p.clock.Now() {
			r.TasksPastDue++
		}
	}
	return nil
}

// readFaults asks the house for everything odd it knows of the round.
func (p *play) readFaults(ctx context.Context) error {
	round := "/rounds/" + p.round.String()
	missing, err := All[screening.Standing](ctx, p.c, round+"/people", url.Values{"outcome": {"unknown"}})
	if err != nil {
		return err
	}
	for _, m := range missing {
		p.found.add("absentees", m.No)
	}
	for _, list := range []struct{ kind, path string }{{"walk_ins", "/walk-ins"}, {"leaked_tubes", "/spoiled"}} {
		var items page[struct {
			ID      outbreak.PersonID `json:"id"`
			Tube    outbreak.TubeCode `json:"tube"`
			Spoiled string            `json:"spoiled"`
		}]
		if err := p.c.Get(ctx, round+list.path, nil, &items); err != nil {
			return err
		}
		for _, i := range items.Items {
			if list.kind == "walk_ins" {
				p.found.add(list.kind, i.ID)
			} else if i.Spoiled == "leaked" {
				p.found.add(list.kind, i.Tube)
			}
		}
	}
	for kind, what := range map[string]string{"orphan_tubes": screening.Orphan, "overfull_tubes": screening.Overfull} {
		odd, err := All[screening.Anomaly](ctx, p.c, "/anomalies", url.Values{"what": {what}})
		if err != nil {
			return err
		}
		for _, a := range odd {
			if a.Round == p.round || a.Round == 0 {
				p.found.add(kind, a.Tube)
			}
		}
	}
	return p.readCorrected(ctx)
}

// readCorrected looks whether the tube whose result was taken back has both results, and whether its recall was dropped.
func (p *play) readCorrected(ctx context.Context) error {
	recalls, err := All[screening.Recall](ctx, p.c, "/recalls", url.Values{"state": {"revised"}})
	if err != nil {
		return err
	}
	for _, x := range recalls {
		var h lab.History
		if err := p.c.Get(ctx, "/tubes/"+string(x.Tube)+"/results", nil, &h); err != nil {
			return err
		}
		if x.Round == p.round && len(h.Results) == 2 && h.Results[0].Result == outbreak.Positive && h.Results[1].Result == outbreak.Negative {
			p.found.add("results_corrected", x.Tube)
		}
	}
	return nil
}
