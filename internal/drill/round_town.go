package drill

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"

	"breakwater/internal/app"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// roundTown is where a round is rehearsed.
type roundTown struct {
	name     string
	outbreak outbreak.OutbreakID
	round    outbreak.RoundID
	booths   []roundBooth
}

// unenrolled is above the numbers of enrolled devices: operations that begin with it are staff's own, named by themselves.
const unenrolled = 1 << 23

// roundBooth is one sampling point: everybody of one community comes to it.
type roundBooth struct {
	id     outbreak.BoothID
	device int64
	nos    []int64 // of its people, in the order they come
	serial int     // of its first tube
}

// settle makes areas, sampling points, serials and a roll, and opens the round. Everything goes through the interface.
func (c *RoundConfig) settle(ctx context.Context, client *Client) (*roundTown, error) {
	t := &roundTown{name: "R" + rand.Text()[:6]}
	areas := []map[string]any{{"code": t.name, "name": "演练 " + t.name, "time_zone": "Asia/Shanghai"}}
	counts := map[string]int{}
	codes := make([]string, c.Booths)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s-%05d", t.name, i)
		areas = append(areas, map[string]any{"code": codes[i], "parent": t.name, "name": "演练社区 " + codes[i]})
		counts[codes[i]] = c.People*(i+1)/c.Booths - c.People*i/c.Booths
	}
	for from := 0; from < len(areas); from += 500 {
		if err := client.Post(ctx, "/areas", fmt.Sprint(t.name, " areas ", from), map[string]any{"areas": areas[from:min(from+500, len(areas))]}, nil); err != nil {
			return nil, err
		}
	}
	var made struct{ ID outbreak.OutbreakID }
	if err := client.Post(ctx, "/outbreaks", t.name+" outbreak", map[string]any{"name": "Rehearsal " + t.name, "protocol": "cn-covid-2022", "area": "/" + t.name + "/"}, &made); err != nil {
		return nil, err
	}
	t.outbreak = made.ID
	if err := client.Post(ctx, "/roll/plan", t.name+" plan", map[string]any{"counts": counts}, nil); err != nil {
		return nil, err
	}
	serial := 0
	for i, code := range codes {
		b := roundBooth{device: unenrolled + int64(i), serial: serial}
		tubes := counts[code]/c.Pool + 2
		var known screening.Booth
		if err := client.Post(ctx, "/booths", code+" booth", map[string]any{"outbreak": t.outbreak, "area": code, "name": "Booth " + code}, &known); err != nil {
			return nil, err
		}
		b.id = known.ID
		if err := client.Post(ctx, "/boxes", code+" box", map[string]any{"first": t.tube(serial), "last": t.tube(serial + tubes - 1), "area": code, "outbreak": t.outbreak}, nil); err != nil {
			return nil, err
		}
		serial += tubes
		t.booths = append(t.booths, b)
	}
	if c.Numbers {
		return t, c.enrolNumbers(ctx, client, t, codes, counts)
	}
	return t, c.enrolPeople(ctx, client, t, codes, counts)
}

// enrolNumbers says of the planned ranges that everybody in them is there.
func (c *RoundConfig) enrolNumbers(ctx context.Context, client *Client, t *roundTown, codes []string, counts map[string]int) error {
	err := c.beside(ctx, func(a *app.App) error {
		return a.House.DB.Write(ctx, func(tx *store.Tx) error {
			for i, code := range codes {
				path := outbreak.Path("/" + t.name + "/" + code + "/")
				first, err := store.Count(tx, "select first from roll_range where area = $1", path)
				if err != nil {
					return err
				}
				if err := tx.Must("update roll_range set next = first + $1 where area = $2", counts[code], path); err != nil {
					return err
				}
				for n := range counts[code] {
					t.booths[i].nos = append(t.booths[i].nos, first+int64(n))
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return c.openRound(ctx, client, t)
}

func (c *RoundConfig) openRound(ctx context.Context, client *Client, t *roundTown) error {
	var round screening.Round
	err := client.Post(ctx, "/rounds", t.name+" round", map[string]any{"outbreak": t.outbreak, "name": "Rehearsal", "areas": []string{t.name}, "pool": c.Pool, "excuse": "This is the rehearsal."}, &round)
	t.round = round.ID
	return err
}

// tube is the n-th serial.
func (t *roundTown) tube(n int) string { return fmt.Sprintf("%s%08d", t.name[:4], n) }

// enrolPeople puts people without names on the roll, and finds out their numbers.
func (c *RoundConfig) enrolPeople(ctx context.Context, client *Client, t *roundTown, codes []string, counts map[string]int) error {
	const most = 1000
	var list []map[string]any
	sent := 0
	send := func() error {
		var l registry.Loaded
		err := client.Post(ctx, "/roll/people", fmt.Sprint(t.name, " roll ", sent), map[string]any{"people": list}, &l)
		if err == nil && l.Added != len(list) {
			err = fmt.Errorf("%d of %d people were put on the roll", l.Added, len(list))
		}
		sent += len(list)
		list = list[:0]
		if sent%100_000 < most {
			c.Told(fmt.Sprintf("enrolled %d of %d people", sent, c.People))
		}
		return err
	}
	for _, code := range codes {
		for n := range counts[code] {
			list = append(list, map[string]any{"area": code, "building": fmt.Sprint(n/90 + 1), "door": fmt.Sprint(n)})
			if len(list) == most {
				if err := send(); err != nil {
					return err
				}
			}
		}
	}
	if len(list) > 0 {
		if err := send(); err != nil {
			return err
		}
	}
	return c.numbers(ctx, client, t, codes, counts)
}

// numbers asks for the numbers of everybody, ascending: the areas have theirs in the order they were planned.
func (c *RoundConfig) numbers(ctx context.Context, client *Client, t *roundTown, codes []string, counts map[string]int) error {
	if err := c.openRound(ctx, client, t); err != nil {
		return err
	}
	type numbered struct {
		No int64 `json:"no"`
	}
	people, err := All[numbered](ctx, client, "/rounds/"+t.round.String()+"/people", url.Values{"outcome": {"unknown"}})
	if err != nil {
		return err
	}
	if len(people) != c.People {
		return fmt.Errorf("%d people are on the roll, not %d", len(people), c.People)
	}
	for i, code := range codes {
		for _, p := range people[:counts[code]] {
			t.booths[i].nos = append(t.booths[i].nos, p.No)
		}
		people = people[counts[code]:]
	}
	return nil
}
