package drill

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// expected is what the file of the acknowledged says that the house must hold.
type expected struct {
	closed   map[outbreak.TubeCode]fact
	spoiled  map[outbreak.TubeCode]bool
	received map[outbreak.TubeCode]bool
	result   map[outbreak.TubeCode]outbreak.Result
}

func expect(facts []fact, report *RehearseReport) expected {
	e := expected{map[outbreak.TubeCode]fact{}, map[outbreak.TubeCode]bool{}, map[outbreak.TubeCode]bool{}, map[outbreak.TubeCode]outbreak.Result{}}
	report.Acknowledged = len(facts)
	for _, f := range facts {
		switch f.kind {
		case "closed":
			e.closed[f.tube] = f
			report.TubesClosed++
		case "spoiled":
			e.spoiled[f.tube] = true
			report.TubesSpoiled++
		case "received":
			e.received[f.tube] = true
			report.TubesReceived++
		case "resulted":
			e.result[f.tube] = f.result
			report.Results++
		}
	}
	for tube, said := range e.result {
		switch {
		case said != outbreak.Positive:
		case len(e.closed[tube].people) > 1:
			report.PositivePools++
		default:
			report.PositivePeople++
		}
	}
	return e
}

// compare holds the file of the acknowledged against what the house gives back through its interface, and lets the doctor
// look where the database can be opened.
func (c RehearseConfig) compare(ctx context.Context, r *rehearsal, report *RehearseReport) error {
	facts, err := readAcked(c.Acked)
	if err != nil {
		return err
	}
	e := expect(facts, report)
	if report.Seconds > 0 {
		report.PerSecond = float64(report.Acknowledged) / report.Seconds
	}
	c.Told(fmt.Sprintf("comparing %d acknowledged operations with what the house holds", len(facts)))
	if err := r.compareTubes(ctx, e, report); err != nil {
		return err
	}
	if err := r.compareResults(ctx, e, report); err != nil {
		return err
	}
	if err := r.awaitFollowOn(ctx, e, report); err != nil {
		return err
	}
	return c.examine(ctx, report)
}

// compareTubes looks for tubes that were lost, changed or doubled, and for tubes nobody handed in.
func (r *rehearsal) compareTubes(ctx context.Context, e expected, report *RehearseReport) error {
	stored := map[outbreak.TubeCode]bool{}
	for _, round := range r.rounds {
		tubes, err := All[screening.Tube](ctx, r.c, "/rounds/"+round.String()+"/tubes", nil)
		if err != nil {
			return err
		}
		for _, t := range tubes {
			want, known := e.closed[t.Code]
			switch {
			case !known:
				report.Ghosts++
				report.fault("tube %s was never acknowledged", t.Code)
			case t.Ops != 1 || stored[t.Code]:
				report.Doubled++
				report.fault("tube %s is there %d times", t.Code, t.Ops)
			case t.Round != want.round || !slices.Equal(numbersOf(t), want.people):
				report.Lost++
				report.fault("tube %s has other members than acknowledged", t.Code)
			}
			if e.spoiled[t.Code] != (t.Spoiled != "") {
				report.Lost++
				report.fault("tube %s: spoiled %q", t.Code, t.Spoiled)
			}
			stored[t.Code] = true
		}
	}
	for code := range e.closed {
		if !stored[code] {
			report.Lost++
			report.fault("tube %s is gone", code)
		}
	}
	odd, err := All[screening.Anomaly](ctx, r.c, "/anomalies", nil)
	if err != nil {
		return err
	}
	for _, a := range odd { // nothing odd was sent: what is odd came from a repeat
		if a.Outbreak == r.outbreak {
			report.Doubled++
			report.fault("tube %s raised %s", a.Tube, a.What)
		}
	}
	return nil
}

func numbersOf(t screening.Tube) []int64 {
	nos := make([]int64, 0, len(t.Members))
	for _, m := range t.Members {
		nos = append(nos, m.No)
	}
	return nos
}

// compareResults asks for the history of every tube, with as many askers as there were clients.
func (r *rehearsal) compareResults(ctx context.Context, e expected, report *RehearseReport) error {
	var (
		mu     sync.Mutex
		failed error
		work   sync.WaitGroup
		codes  = make(chan outbreak.TubeCode)
	)
	for range r.Clients {
		work.Go(func() {
			for code := range codes {
				var h lab.History
				err := r.c.Get(ctx, "/tubes/"+string(code)+"/results", nil, &h)
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
				}
				if err == nil {
					e.judge(h, code, report)
				}
				mu.Unlock()
			}
		})
	}
	for code := range e.closed {
		codes <- code
	}
	close(codes)
	work.Wait()
	return failed
}

func (e expected) judge(h lab.History, code outbreak.TubeCode, report *RehearseReport) {
	want, acked := e.result[code]
	switch {
	case acked && len(h.Results) == 0:
		report.Lost++
		report.fault("the result of tube %s is gone", code)
	case acked && h.Results[0].Result != want:
		report.Lost++
		report.fault("the result of tube %s is %s, acknowledged was %s", code, h.Results[0].Result, want)
	case !acked && len(h.Results) > 0:
		report.Ghosts++
		report.fault("tube %s has a result nobody acknowledged", code)
	case len(h.Results) > 1:
		report.Doubled++
		report.fault("tube %s has %d results", code, len(h.Results))
	}
	came := 0
	for _, stage := range h.Seen {
		if stage.Stage == "received" { // the stages behind it come from the result
			came++
		}
	}
	if e.received[code] && came == 0 {
		report.Lost++
		report.fault("that tube %s came in is gone", code)
	}
	if came > 1 {
		report.Doubled++
		report.fault("tube %s came in %d times", code, came)
	}
}

// awaitFollowOn looks for what each positive must bring about, for a while: it follows in its own time.
func (r *rehearsal) awaitFollowOn(ctx context.Context, e expected, report *RehearseReport) error {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		alone, ghosts, err := r.followOn(ctx, e)
		if err != nil {
			return err
		}
		if len(alone) > 0 && wait.Err() == nil {
			select {
			case <-wait.Done():
			case <-time.After(200 * time.Millisecond):
			}
			continue
		}
		report.PositivesWithoutFollowOn, report.Ghosts = len(alone), report.Ghosts+len(ghosts)
		for _, what := range append(alone, ghosts...) {
			report.fault("%s", what)
		}
		return nil
	}
}

// followOn lists positives that nothing followed, and what followed from nothing: holds, and cases.
func (r *rehearsal) followOn(ctx context.Context, e expected) (alone, ghosts []string, err error) {
	recalls, err := All[screening.Recall](ctx, r.c, "/recalls", nil)
	if err != nil {
		return nil, nil, err
	}
	held := map[outbreak.TubeCode]int{}
	for _, x := range recalls {
		if x.Outbreak != r.outbreak {
			continue
		}
		members, err := All[screening.RecallMember](ctx, r.c, "/held", url.Values{"tube": {string(x.Tube)}})
		if err != nil {
			return nil, nil, err
		}
		held[x.Tube] = len(members)
		if e.result[x.Tube] != outbreak.Positive {
			ghosts = append(ghosts, fmt.Sprintf("tube %s is recalled and was never positive", x.Tube))
		}
	}
	list, err := All[cases.Case](ctx, r.c, "/cases", nil)
	if err != nil {
		return nil, nil, err
	}
	live := map[outbreak.PersonID]int{}
	for _, k := range list {
		if k.Outbreak == r.outbreak {
			live[k.Person]++
		}
	}
	positive := map[outbreak.PersonID]bool{}
	for tube, said := range e.result {
		people := e.closed[tube].people
		switch {
		case said != outbreak.Positive:
		case len(people) > 1 && held[tube] != len(people):
			alone = append(alone, fmt.Sprintf("of the %d members of positive tube %s %d are held", len(people), tube, held[tube]))
		case len(people) == 1:
			who := r.person(people[0])
			positive[who] = true
			if live[who] != 1 {
				alone = append(alone, fmt.Sprintf("the person of positive tube %s has %d cases", tube, live[who]))
			}
		}
	}
	for who := range live {
		if !positive[who] {
			ghosts = append(ghosts, fmt.Sprintf("person %s has a case and was never positive", who))
		}
	}
	return alone, ghosts, nil
}

func (r *rehearsal) person(no int64) outbreak.PersonID {
	for _, g := range r.groups {
		if id, ok := g.ids[no]; ok {
			return id
		}
	}
	return 0
}

// examine lets the doctor look at the database, and the journal's chain once more.
func (c RehearseConfig) examine(ctx context.Context, report *RehearseReport) error {
	if c.unserved() {
		report.JournalOK = false
		return nil
	}
	return c.beside(ctx, func(a *app.App) error {
		v, err := journal.Verify(ctx, a.House.DB)
		if err != nil {
			return err
		}
		report.JournalEntries = v.Entries
		report.JournalOK = report.JournalOK && len(v.Findings) == 0
		d, err := a.Doctor(ctx)
		if err != nil {
			return err
		}
		for _, check := range d.Checks {
			if check.OK && !(check.Name == "consumers" && check.Figure > 0) {
				continue
			}
			report.ChecksFailed = append(report.ChecksFailed, check.Name)
			report.fault("doctor: %s: %d %s", check.Name, check.Figure, check.Detail)
		}
		slices.SortFunc(report.ChecksFailed, strings.Compare)
		return nil
	})
}
