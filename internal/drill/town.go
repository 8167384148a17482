package drill

import (
	"context"
	"fmt"
	"net/url"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
)

// town is the city inside the house: what the interface gave back when the city was set up.
type town struct {
	*City
	c        *Client
	outbreak outbreak.OutbreakID
	booths   [][]outbreak.BoothID // per community
	labs     []outbreak.LabID
	vehicles []outbreak.VehicleID
	beds     int
	serial   []int // next tube per community
}

// settle sets the city up through the interface: areas, roll, booths, laboratories, sites, vehicles.
func settle(ctx context.Context, c *Client, city *City, told Told) (*town, error) {
	told.doing(SettingUp)
	t := &town{City: city, c: c, serial: make([]int, len(city.Communities))}
	if err := t.areas(ctx); err != nil {
		return nil, err
	}
	var made struct{ ID outbreak.OutbreakID }
	if err := c.Post(ctx, "/outbreaks", "demo-outbreak", map[string]any{"name": city.Name + " 2022", "protocol": "cn-covid-2021"}, &made); err != nil {
		return nil, err
	}
	t.outbreak = made.ID
	for _, step := range []func(context.Context) error{t.stations, t.laboratories, t.sites, t.fleet} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := t.roll(ctx, told.Loading); err != nil {
		return nil, err
	}
	told.doing(ReadingRoll)
	return t, t.numbers(ctx)
}

func (t *town) areas(ctx context.Context) error {
	var list []map[string]any
	for _, a := range t.Areas() {
		n := map[string]any{"code": a.Code, "parent": a.Parent, "level": a.Level, "name": a.Name, "name_en": a.NameEn}
		if a.Parent == "" {
			n["time_zone"] = "Asia/Shanghai"
		}
		list = append(list, n)
	}
	for i := 0; i < len(list); i += 500 {
		if err := t.c.Post(ctx, "/areas", fmt.Sprint("demo-areas-", i), map[string]any{"areas": list[i:min(i+500, len(list))]}, nil); err != nil {
			return err
		}
	}
	return nil
}

// stations are the sampling points, and a run of tube serials for each community.
func (t *town) stations(ctx context.Context) error {
	for i, com := range t.Communities {
		var ids []outbreak.BoothID
		for n := range max((com.Last-com.First)/1300, 1) {
			var b screening.Booth
			if err := t.c.Post(ctx, "/booths", fmt.Sprintf("demo-booth-%d-%d", i, n), map[string]any{"outbreak": t.outbreak, "area": com.Code, "name": fmt.Sprintf("%s %d号采样点", com.Name, n+1)}, &b); err != nil {
				return err
			}
			ids = append(ids, b.ID)
		}
		t.booths = append(t.booths, ids)
		if err := t.c.Post(ctx, "/boxes", fmt.Sprint("demo-box-", i), map[string]any{"first": tubeCode(i, 0), "last": tubeCode(i, 999_999), "area": com.Code, "outbreak": t.outbreak}, nil); err != nil {
			return err
		}
	}
	return nil
}

// tubeCode is the nth serial of a community's run, with a check digit (Luhn's).
func tubeCode(community, n int) outbreak.TubeCode {
	body := fmt.Sprintf("26%03d%06d", community+1, n)
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return outbreak.TubeCode(fmt.Sprintf("%s%d", body, (10-sum%10)%10))
}

// tube takes the next serial of a community.
func (t *town) tube(community int) outbreak.TubeCode {
	t.serial[community]++
	return tubeCode(community, t.serial[community])
}

func (t *town) laboratories(ctx context.Context) error {
	for i := range 3 {
		var l lab.Lab
		if err := t.c.Post(ctx, "/labs", fmt.Sprint("demo-lab-", i), map[string]any{"name": fmt.Sprintf("澜海市第%d检测实验室", i+1), "area": root + "01", "per_day": 8000}, &l); err != nil {
			return err
		}
		t.labs = append(t.labs, l.ID)
	}
	return nil
}

// sites have beds for about as many people as a first round finds: some will wait.
func (t *town) sites(ctx context.Context) error {
	scale := func(per100k int) int { return max(per100k*len(t.People)/100_000, 1) }
	for i, s := range []struct {
		kind, name string
		wards      []placement.NewWard
	}{
		{"hospital_designated", "澜海市第一医院 First Hospital", []placement.NewWard{{Name: "1", Kind: "ward_bed", Beds: scale(6)}, {Name: "ICU", Kind: "icu_bed", Beds: scale(2)}}},
		{"hospital_designated", "澜海市传染病医院 Infectious Disease Hospital", []placement.NewWard{{Name: "1", Kind: "ward_bed", Beds: scale(6)}, {Name: "ICU", Kind: "icu_bed", Beds: scale(2)}}},
		{"hospital_makeshift", "会展中心方舱医院 Convention Centre", []placement.NewWard{{Name: "A", Kind: "makeshift_bed", Beds: scale(20)}, {Name: "B", Kind: "makeshift_bed", Beds: scale(20)}}},
		{"isolation_site", "望江酒店 Wangjiang Hotel", []placement.NewWard{{Name: "2", Kind: "single_room", Beds: scale(6)}, {Name: "3", Kind: "single_room", Beds: scale(6)}}},
		{"isolation_site", "东港酒店 Donggang Hotel", []placement.NewWard{{Name: "2", Kind: "single_room", Beds: scale(8)}}},
	} {
		for _, w := range s.wards {
			t.beds += w.Beds
		}
		if err := t.c.Post(ctx, "/sites", fmt.Sprint("demo-site-", i), map[string]any{"area": t.Districts[i%len(t.Districts)].Code, "kind": s.kind, "name": s.name, "wards": s.wards}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *town) fleet(ctx context.Context) error {
	for i := range max(len(t.People)/12_500, 2) {
		kind, seats := "ambulance_np", 1
		if i%2 == 1 {
			kind, seats = "van", 4
		}
		var v transfer.Vehicle
		if err := t.c.Post(ctx, "/vehicles", fmt.Sprint("demo-vehicle-", i), map[string]any{"area": root + "01", "kind": kind, "name": fmt.Sprintf("澜A·%05d", 1001+i), "seats": seats}, &v); err != nil {
			return err
		}
		t.vehicles = append(t.vehicles, v.ID)
	}
	return nil
}

// roll loads the people on the roll.
func (t *town) roll(ctx context.Context, told func(done, all int)) error {
	counts := map[string]int{}
	for _, com := range t.Communities {
		counts[com.Code] = com.Last - com.First
	}
	if err := t.c.Post(ctx, "/roll/plan", "demo-plan", map[string]any{"counts": counts}, nil); err != nil {
		return err
	}
	const batch = 1000
	for i := 0; i < len(t.People); i += batch {
		var list []map[string]any
		for _, p := range t.People[i:min(i+batch, len(t.People))] {
			list = append(list, map[string]any{"area": t.Communities[p.Community].Code, "household": fmt.Sprint(p.Household), "building": p.Building, "door": p.Door, "sex": p.Sex,
				"name": p.Identity.Name, "document_kind": p.Identity.DocumentKind, "document": p.Identity.Document, "birth": p.Identity.Birth, "phone": p.Identity.Phone})
		}
		var l registry.Loaded
		if err := t.c.Post(ctx, "/roll/people", fmt.Sprint("demo-roll-", i), map[string]any{"people": list}, &l); err != nil {
			return err
		}
		if l.Added != len(list) {
			return fmt.Errorf("of %d people sent for the roll %d were added: %+v", len(list), l.Added, l)
		}
		told(i+len(list), len(t.People))
	}
	return nil
}

// numbers reads back which number on the roll each person got: they follow the order in which a community was sent.
func (t *town) numbers(ctx context.Context) error {
	round, err := t.openRound(ctx, 0)
	if err != nil {
		return err
	}
	for _, com := range t.Communities {
		people, err := All[screening.Standing](ctx, t.c, "/rounds/"+round.String()+"/people", url.Values{"outcome": {"unknown"}, "below": {string(com.Path)}})
		if err != nil {
			return err
		}
		if len(people) != com.Last-com.First {
			return fmt.Errorf("%s has %d people on the roll instead of %d", com.Code, len(people), com.Last-com.First)
		}
		for i, p := range people {
			t.People[com.First+i].No, t.People[com.First+i].ID = p.No, p.ID
		}
	}
	return nil
}
