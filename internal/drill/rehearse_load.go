package drill

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// rehearsal is what the clients share.
type rehearsal struct {
	RehearseConfig
	c        *Client   // who sets up and looks
	clients  []*Client // one of each server, for those who send
	acked    *ackedFile
	pace     *rate.Limiter
	name     string // unlike that of any other rehearsal on this database
	outbreak outbreak.OutbreakID
	lab      outbreak.LabID
	groups   []group

	mu     sync.Mutex
	rounds []outbreak.RoundID
	took   []time.Duration
}

// group is one client's community: nobody else's tubes hold its people.
type group struct {
	code  string
	booth outbreak.BoothID
	nos   []int64
	ids   map[int64]outbreak.PersonID
}

// chance gives the random numbers of one part of the rehearsal.
func (c RehearseConfig) chance(part int) *mathrand.Rand {
	return mathrand.New(mathrand.NewPCG(c.Seed, uint64(part)))
}

// enrol sets the rehearsal up through the interface: areas, roll, tube serials, booths, a laboratory and some beds.
func (c RehearseConfig) enrol(ctx context.Context, clients []*Client) (*rehearsal, error) {
	client := clients[0]
	r := &rehearsal{RehearseConfig: c, c: client, clients: clients, name: "R" + rand.Text()[:6], pace: rate.NewLimiter(rate.Inf, 0)}
	if c.Rate > 0 {
		r.pace = rate.NewLimiter(rate.Limit(c.Rate), max(int(c.Rate/10), 1))
	}
	areas := []map[string]any{{"code": r.name, "name": "演练 " + r.name, "time_zone": "Asia/Shanghai"}}
	counts := map[string]int{}
	for i := range c.Clients {
		g := group{code: fmt.Sprintf("%s-%03d", r.name, i), ids: map[int64]outbreak.PersonID{}}
		r.groups = append(r.groups, g)
		areas = append(areas, map[string]any{"code": g.code, "parent": r.name, "name": "演练社区 " + g.code})
		counts[g.code] = c.People*(i+1)/c.Clients - c.People*i/c.Clients
	}
	var made struct{ ID outbreak.OutbreakID }
	var laboratory lab.Lab
	for _, step := range []struct {
		path string
		body any
		into any
	}{
		{"/areas", map[string]any{"areas": areas}, nil},
		{"/outbreaks", map[string]any{"name": "Rehearsal " + r.name, "protocol": "cn-covid-2021", "area": "/" + r.name + "/"}, &made},
		{"/labs", map[string]any{"name": "Laboratory " + r.name, "area": r.name, "per_day": 1_000_000}, &laboratory},
		{"/sites", map[string]any{"area": r.name, "kind": "isolation_site", "name": "Site " + r.name,
			"wards": []map[string]any{{"name": "1", "kind": "single_room", "beds": min(c.People/200+10, 2000)}}}, nil},
		{"/roll/plan", map[string]any{"counts": counts}, nil},
	} {
		if err := client.Post(ctx, step.path, r.name+step.path, step.body, step.into); err != nil {
			return nil, err
		}
	}
	r.outbreak, r.lab = made.ID, laboratory.ID
	for i := range r.groups {
		if err := r.settle(ctx, i, counts[r.groups[i].code]); err != nil {
			return nil, err
		}
		c.Told(fmt.Sprintf("enrolled %d of %d people", c.People*(i+1)/c.Clients, c.People))
	}
	return r, r.numbers(ctx)
}

// settle makes one client's community ready.
func (r *rehearsal) settle(ctx context.Context, i, people int) error {
	g := &r.groups[i]
	var b screening.Booth
	if err := r.c.Post(ctx, "/booths", g.code+" booth", map[string]any{"outbreak": r.outbreak, "area": g.code, "name": "Booth " + g.code}, &b); err != nil {
		return err
	}
	g.booth = b.ID
	if err := r.c.Post(ctx, "/boxes", g.code+" box", map[string]any{"first": r.serial(i, 0), "last": r.serial(i, 9_999_999), "area": g.code, "outbreak": r.outbreak}, nil); err != nil {
		return err
	}
	for from := 0; from < people; from += 1000 {
		var list []map[string]any
		for n := from; n < min(from+1000, people); n++ {
			list = append(list, map[string]any{"area": g.code, "name": fmt.Sprintf("演练 %d", n), "door": fmt.Sprint(n / 3)})
		}
		var l registry.Loaded
		if err := r.c.Post(ctx, "/roll/people", fmt.Sprint(g.code, " roll ", from), map[string]any{"people": list}, &l); err != nil {
			return err
		}
		if l.Added != len(list) {
			return fmt.Errorf("of %d people sent for the roll %d were added", len(list), l.Added)
		}
	}
	return nil
}

// numbers reads back which numbers the people got.
func (r *rehearsal) numbers(ctx context.Context) error {
	round, err := r.round(ctx, 0)
	if err != nil {
		return err
	}
	for i := range r.groups {
		g := &r.groups[i]
		people, err := All[screening.Standing](ctx, r.c, "/rounds/"+round.String()+"/people", url.Values{"outcome": {"unknown"}, "below": {"/" + r.name + "/" + g.code + "/"}})
		if err != nil {
			return err
		}
		for _, p := range people {
			g.nos, g.ids[p.No] = append(g.nos, p.No), p.ID
		}
	}
	return nil
}

// round gives the nth round, opening it when it is the first to be asked for.
func (r *rehearsal) round(ctx context.Context, n int) (outbreak.RoundID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.rounds) <= n {
		var x screening.Round
		name := fmt.Sprintf("%s round %d", r.name, len(r.rounds)+1)
		if err := r.c.Post(ctx, "/rounds", name, map[string]any{"outbreak": r.outbreak, "name": name, "areas": []string{r.name}, "pool": pool, "excuse": "This is the rehearsal."}, &x); err != nil {
			return 0, err
		}
		r.rounds = append(r.rounds, x.ID)
	}
	return r.rounds[n], nil
}

// serial is the nth tube of a client.
func (r *rehearsal) serial(client, n int) outbreak.TubeCode {
	return outbreak.TubeCode(fmt.Sprintf("%s%03d%07d", r.name, client, n))
}

// team is one client at work.
type team struct {
	*rehearsal
	*group
	client int
	next   int // serial
	at     outbreak.RoundID
	rng    *mathrand.Rand
}

// play tests a client's people round after round, until one round is whole and enough is closed.
func (r *rehearsal) play(ctx context.Context, client int, enough <-chan struct{}) error {
	t := &team{rehearsal: r, group: &r.groups[client], client: client, rng: r.chance(client + 1)}
	for n := 0; ; n++ {
		var err error
		if t.at, err = r.round(ctx, n); err != nil {
			return err
		}
		for people := range slices.Chunk(t.nos, pool) {
			if err := t.test(ctx, people); err != nil {
				return err
			}
			if n > 0 && over(enough) {
				return nil
			}
		}
		if over(enough) {
			return nil
		}
	}
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// test takes a pool from the swab to the result; a lost tube is taken again, the members of a positive one are swabbed alone.
func (t *team) test(ctx context.Context, people []int64) error {
	tube, err := t.swab(ctx, people)
	if err != nil {
		return err
	}
	if t.rng.Float64() < spoiledShare {
		f := fact{kind: "spoiled", tube: tube, round: t.at}
		if err := t.do(ctx, f, "/tubes/"+string(tube)+"/spoil", map[string]any{"reason": "leaked"}, nil); err != nil {
			return err
		}
		if tube, err = t.swab(ctx, people); err != nil {
			return err
		}
	}
	if t.rng.Float64() >= t.Positive {
		return t.result(ctx, tube, outbreak.Negative)
	}
	if err := t.result(ctx, tube, outbreak.Positive); err != nil || len(people) == 1 {
		return err
	}
	infected := t.rng.IntN(len(people))
	for i, no := range people {
		single, err := t.swab(ctx, []int64{no})
		if err != nil {
			return err
		}
		said := outbreak.Negative
		if i == infected {
			said = outbreak.Positive
		}
		if err := t.result(ctx, single, said); err != nil {
			return err
		}
	}
	return nil
}

// swab closes the next tube over people.
func (t *team) swab(ctx context.Context, people []int64) (outbreak.TubeCode, error) {
	t.next++
	code := t.serial(t.client, t.next)
	var members []map[string]any
	for _, no := range people {
		members = append(members, map[string]any{"no": no})
	}
	body := map[string]any{"booth": t.booth, "tubes": []map[string]any{{"tube": code, "op": t.next, "taken": outbreak.WallClock{}.Now(), "members": members}}}
	var h screening.Handed
	if err := t.do(ctx, fact{kind: "closed", tube: code, round: t.at, people: people}, "/rounds/"+t.at.String()+"/tubes", body, &h); err != nil {
		return "", err
	}
	if h.Accepted != 1 || len(h.Anomalies) > 0 {
		return "", fmt.Errorf("tube %s was acknowledged as %+v", code, h)
	}
	return code, nil
}

// result books a tube in at the laboratory and says what it found.
func (t *team) result(ctx context.Context, tube outbreak.TubeCode, said outbreak.Result) error {
	f := fact{kind: "received", tube: tube, round: t.at}
	if err := t.do(ctx, f, "/labs/"+t.lab.String()+"/received", map[string]any{"tubes": []outbreak.TubeCode{tube}}, nil); err != nil {
		return err
	}
	f.kind, f.result = "resulted", said
	return t.do(ctx, f, "/tubes/"+string(tube)+"/result", map[string]any{"lab": t.lab, "result": said}, nil)
}

// do sends one operation until it is acknowledged, and returns when that is on disk here.
func (t *team) do(ctx context.Context, f fact, path string, body, into any) error {
	if err := t.pace.Wait(ctx); err != nil {
		return err
	}
	began := time.Now()
	key := strings.Join([]string{f.kind, string(f.tube)}, " ")
	if err := t.clients[t.client%len(t.clients)].Post(ctx, path, key, body, into); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.Join(fmt.Errorf("the %s of tube %s was refused", f.kind, f.tube), err)
	}
	took := time.Since(began)
	t.mu.Lock()
	t.took = append(t.took, took)
	t.mu.Unlock()
	return t.acked.add(f)
}
