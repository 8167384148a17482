package placement

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of sites, beds, needs and stays.
var Migrations = store.Migrations{Owner: "placement", FS: migrations}

// Service is placement's door inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, t *task.Service) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, tasks: t}
}

// OpenSite is the command that makes a site with its beds known, or adds beds to it.
type OpenSite struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"` // 0: serves every outbreak
	Area     string              `json:"area"`     // code
	Kind     string              `json:"kind"`
	Name     string              `json:"name"`
	Wards    []NewWard           `json:"wards"`
}

// NewWard is a ward, floor or unit with beds of one kind, labelled 1 to Beds.
type NewWard struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // of its beds
	Beds int    `json:"beds"`
}

// OpenSite makes a site known, or adds wards and beds to the one of that name; beds that are there stay.
func (s *Service) OpenSite(ctx context.Context, by outbreak.Actor, c OpenSite) (Site, error) {
	if err := access.RequireAnywhere(by, access.SiteManage); err != nil {
		return Site{}, err
	}
	if c.Name == "" || !slices.Contains(SiteKinds, c.Kind) {
		return Site{}, outbreak.Refuse(outbreak.Invalid, "placement.site_incomplete")
	}
	for _, w := range c.Wards {
		if w.Name == "" || !slices.Contains(BedKinds, w.Kind) || w.Beds < 0 || w.Beds > 20000 {
			return Site{}, outbreak.Refuse(outbreak.Invalid, "placement.ward_incomplete")
		}
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "placement.OpenSite", Key: c.Key}, c, func(tx *store.Tx) (Site, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Site{}, err
		}
		if !ok {
			return Site{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		x := Site{ID: outbreak.New[outbreak.SiteID](s.ids), Outbreak: c.Outbreak, Area: area.Path, AreaID: area.ID, Kind: c.Kind, Name: c.Name}
		if err := access.RequireThroughout(by, access.SiteManage, x.Scope()); err != nil {
			return Site{}, err
		}
		if _, err := tx.Exec("insert into site ("+siteColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing",
			x.ID, x.Outbreak, x.Area, x.AreaID, x.Kind, x.Name, tx.Now); err != nil {
			return Site{}, err
		}
		if x, _, err = store.One(tx, scanSite, "select "+siteColumns+" from site where name = $1", c.Name); err != nil {
			return Site{}, err
		}
		if x.Kind != c.Kind || x.AreaID != area.ID {
			return Site{}, outbreak.Refuse(outbreak.Conflict, "placement.site_known")
		}
		added, err := s.addBeds(tx, x, c.Wards)
		if err != nil {
			return Site{}, err
		}
		if _, err = s.journal.Append(tx, by, outbreak.SiteOpened{Scope: x.Scope(), Site: x.ID, SiteKind: x.Kind, Beds: added}); err != nil {
			return x, err
		}
		return x, s.relieve(tx, by, x.ID, tx.Now)
	})
}

func (s *Service) addBeds(tx *store.Tx, x Site, wards []NewWard) (int, error) {
	total := 0
	for _, w := range wards {
		id := outbreak.New[outbreak.WardID](s.ids)
		if _, err := tx.Exec("insert into ward (id, site, name) values ($1, $2, $3) on conflict (site, name) do nothing", id, x.ID, w.Name); err != nil {
			return 0, err
		}
		id, _, err := store.One(tx, store.Value[outbreak.WardID], "select id from ward where site = $1 and name = $2", x.ID, w.Name)
		if err != nil {
			return 0, err
		}
		rows := make([][]any, 0, w.Beds)
		for i := range w.Beds {
			rows = append(rows, []any{outbreak.New[outbreak.BedID](s.ids), x.ID, id, fmt.Sprint(i + 1), w.Kind, "open", 0})
		}
		n, err := tx.Insert("bed", []string{"id", "site", "ward", "label", "kind", "state", "stay"}, []string{"ward", "label"}, rows)
		if err != nil {
			return 0, err
		}
		total += int(n)
	}
	return total, nil
}

// RecordArrival is the command that says somebody is at a site.
type RecordArrival struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Person   outbreak.PersonID   `json:"person"`
	Site     outbreak.SiteID     `json:"site"`
	Ward     string              `json:"ward"` // its name; empty: wherever a bed is free
	Bed      string              `json:"bed"`  // its label in the ward; empty: any free one of the ward
	At       outbreak.Instant    `json:"at"`   // 0: now
}

// RecordArrival notes an arrival as the fact it is: with a reservation or without, into a free bed or over the site's beds. A bed
// that is named is taken, from a reservation too; one in which somebody lies is refused, and so is a name the site does not have:
// without it the arrival is recorded all the same. For somebody who is there already a named bed is a move within the site.
func (s *Service) RecordArrival(ctx context.Context, by outbreak.Actor, c RecordArrival) (Stay, error) {
	if err := access.RequireAnywhere(by, access.StayRecord); err != nil {
		return Stay{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "placement.RecordArrival", Key: c.Key}, c, func(tx *store.Tx) (Stay, error) {
		site, ok, err := siteByID(tx, c.Site)
		if err != nil {
			return Stay{}, err
		}
		if !ok {
			return Stay{}, outbreak.Refuse(outbreak.NotFound, "placement.no_site")
		}
		if err := access.Require(by, access.StayRecord, outbreak.Scope{Area: site.Area, Outbreak: c.Outbreak}); err != nil {
			return Stay{}, err
		}
		if _, ok, err := registry.PersonByID(tx, c.Person); err != nil || !ok {
			if err == nil {
				err = outbreak.Refuse(outbreak.NotFound, "registry.no_person")
			}
			return Stay{}, err
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) {
			return Stay{}, outbreak.Refuse(outbreak.Invalid, "placement.at_in_future")
		}
		return s.arrive(tx, by, c.Outbreak, c.Person, site, named{strings.TrimSpace(c.Ward), strings.TrimSpace(c.Bed)}, at)
	})
}

// DischargePerson is the command that says somebody left a site.
type DischargePerson struct {
	Key    string           `json:"-"`
	Stay   outbreak.StayID  `json:"stay"`
	Reason string           `json:"reason"` // recovered, moved, not_a_case, died, left
	At     outbreak.Instant `json:"at"`     // 0: now
}

// DischargeReasons are the words of a discharge.
var DischargeReasons = []string{"recovered", "moved", "not_a_case", "died", "left"}

// DischargePerson ends a stay and frees the bed.
func (s *Service) DischargePerson(ctx context.Context, by outbreak.Actor, c DischargePerson) (Stay, error) {
	if err := access.RequireAnywhere(by, access.StayRecord); err != nil {
		return Stay{}, err
	}
	if !slices.Contains(DischargeReasons, c.Reason) {
		return Stay{}, outbreak.Refuse(outbreak.Invalid, "placement.discharge_reason")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "placement.DischargePerson", Key: c.Key}, c, func(tx *store.Tx) (Stay, error) {
		st, ok, err := stayByID(tx, c.Stay)
		if err != nil {
			return st, err
		}
		if !ok || !access.Can(by, access.SiteRead, st.Scope()) {
			return Stay{}, outbreak.Refuse(outbreak.NotFound, "placement.no_stay")
		}
		if err := access.Require(by, access.StayRecord, st.Scope()); err != nil {
			return st, err
		}
		if st.State != "arrived" {
			return st, outbreak.Refuse(outbreak.Conflict, "placement.not_there")
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) || at < st.ArrivedAt {
			return st, outbreak.Refuse(outbreak.Invalid, "placement.at_wrong")
		}
		return s.leave(tx, by, st, c.Reason, at)
	})
}

// leave ends a stay and lets somebody who lay over the site's beds have the bed.
func (s *Service) leave(tx *store.Tx, by outbreak.Actor, st Stay, reason string, at outbreak.Instant) (Stay, error) {
	st.State, st.EndedAt, st.Reason = "discharged", at, reason
	if err := saveStay(tx, st); err != nil {
		return st, err
	}
	if err := freeBed(tx, st.ID); err != nil {
		return st, err
	}
	if _, err := s.journal.Append(tx, by, outbreak.PersonDischarged{Scope: st.Scope(), Stay: st.ID, Person: st.Person, Site: st.Site, Reason: reason, At: at}); err != nil {
		return st, err
	}
	if err := s.tasks.End(tx, by, task.ReleasePerson, outbreak.Ref{Kind: "person", ID: st.Person.String()}, task.Done, at); err != nil {
		return st, err
	}
	return st, s.relieve(tx, by, st.Site, at)
}

// SiteStatus is a site with its beds.
type SiteStatus struct {
	Site
	Beds     int `json:"beds"`
	Free     int `json:"free"`
	Reserved int `json:"reserved"`
	Occupied int `json:"occupied"`
	Over     int `json:"over"` // people without a bed
}

// ListSites lists the sites the actor may see with their beds.
func (s *Service) ListSites(ctx context.Context, by outbreak.Actor) (list []SiteStatus, err error) {
	if err := access.RequireAnywhere(by, access.SiteRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, func(r store.Row) (x SiteStatus, err error) {
			err = r.Scan(&x.ID, &x.Outbreak, &x.Area, &x.AreaID, &x.Kind, &x.Name, &x.Beds, &x.Free, &x.Reserved, &x.Occupied, &x.Over)
			return x, err
		}, `select s.id, s.outbreak, s.area, s.area_id, s.kind, s.name,
			(select count(*) from bed b where b.site = s.id and b.state = 'open'),
			(select count(*) from bed b where b.site = s.id and b.state = 'open' and b.stay = 0),
			(select count(*) from stay t where t.site = s.id and t.state = 'reserved'),
			(select count(*) from stay t where t.site = s.id and t.state = 'arrived'),
			(select count(*) from stay t where t.site = s.id and t.state = 'arrived' and t.bed = 0)
			from site s order by s.kind, s.name`)
		for _, x := range all {
			if access.Can(by, access.SiteRead, x.Scope()) {
				list = append(list, x)
			}
		}
		return err
	})
	return list, err
}

// ListNeeds lists who needs a bed, in a state (waiting, reserved, met, ended; empty: all), the gravest and longest first,
// after a need (0: from the first).
func (s *Service) ListNeeds(ctx context.Context, by outbreak.Actor, state string, after outbreak.NeedID, most int) (list []Need, err error) {
	if err := access.RequireAnywhere(by, access.SiteRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.SiteRead, "", nil)
		if state != "" {
			args = append(args, state)
			cond += fmt.Sprintf(" and state = $%d", len(args))
		}
		if after != 0 {
			args = append(args, after)
			cond += fmt.Sprintf(" and (severity_rank, since, id) > (select severity_rank, since, id from need where id = $%d)", len(args))
		}
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanNeed, "select "+needColumns+" from need where "+cond+" order by severity_rank, since, id limit "+limit, args...)
		return err
	})
	return list, err
}

// ListStays lists the stays at a site (0: everywhere) in a state (reserved, arrived, discharged, cancelled; empty: all), the
// oldest first, after a stay (0: from the first).
func (s *Service) ListStays(ctx context.Context, by outbreak.Actor, site outbreak.SiteID, state string, after outbreak.StayID, most int) (list []Stay, err error) {
	if err := access.RequireAnywhere(by, access.SiteRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.SiteRead, "", []any{after})
		if state != "" {
			args = append(args, state)
			cond += fmt.Sprintf(" and state = $%d", len(args))
		}
		if site != 0 {
			args = append(args, site)
			cond += fmt.Sprintf(" and site = $%d", len(args))
		}
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanStay, "select "+stayColumns+" from stay where id > $1 and "+cond+" order by id limit "+limit, args...)
		return err
	})
	return list, err
}

// BedName is how a bed is found in the house.
type BedName struct {
	Ward  string `json:"ward"`
	Label string `json:"label"`
	Kind  string `json:"kind"`
}

// NameBeds tells how to find beds, of those the actor may see.
func (s *Service) NameBeds(ctx context.Context, by outbreak.Actor, beds []outbreak.BedID) (names map[outbreak.BedID]BedName, err error) {
	if err := access.RequireAnywhere(by, access.SiteRead); err != nil {
		return nil, err
	}
	names = map[outbreak.BedID]BedName{}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		for some := range slices.Chunk(beds, 400) {
			in, args := store.In(nil, some)
			if err := store.Each(tx, func(r store.Row) error {
				var (
					id    outbreak.BedID
					b     BedName
					scope outbreak.Scope
				)
				if err := r.Scan(&id, &b.Ward, &b.Label, &b.Kind, &scope.Area, &scope.Outbreak); err != nil {
					return err
				}
				if access.Can(by, access.SiteRead, scope) {
					names[id] = b
				}
				return nil
			}, "select b.id, w.name, b.label, b.kind, s.area, s.outbreak from bed b join ward w on w.id = b.ward join site s on s.id = b.site where b.id in ("+in+")", args...); err != nil {
				return err
			}
		}
		return nil
	})
	return names, err
}

// ListStaysOf lists everything placement knows of one person, under whatever code: needs and stays.
func (s *Service) ListStaysOf(ctx context.Context, by outbreak.Actor, person outbreak.PersonID) (needs []Need, stays []Stay, err error) {
	if err := access.RequireAnywhere(by, access.SiteRead); err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		codes, err := registry.CodesOf(tx, person)
		if err != nil {
			return err
		}
		in, args := store.In(nil, codes)
		cond, args := access.Within(by, access.SiteRead, "", args)
		if needs, err = store.List(tx, scanNeed, "select "+needColumns+" from need where person in ("+in+") and "+cond+" order by id", args...); err != nil {
			return err
		}
		stays, err = store.List(tx, scanStay, "select "+stayColumns+" from stay where person in ("+in+") and "+cond+" order by id", args...)
		return err
	})
	return needs, stays, err
}
