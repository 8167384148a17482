package reconcile

import (
	"context"
	"embed"
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

// Migrations are the tables of parties, their lists and the differences.
var Migrations = store.Migrations{Owner: "reconcile", FS: migrations}

// Service compares the lists of others with our cases.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
	cases    Cases
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, t *task.Service, cases Cases) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, tasks: t, cases: cases}
}

// Fields lists what of a case is compared.
func (s *Service) Fields() []Field { return s.cases.Fields() }

// find gives a party the actor may do something about.
func find(tx *store.Tx, by outbreak.Actor, may access.Permission, code string) (Party, error) {
	p, ok, err := partyByCode(tx, code)
	if err != nil {
		return p, err
	}
	if !ok || !access.Can(by, access.ReconcileRead, p.Scope()) {
		return Party{}, outbreak.Refuse(outbreak.NotFound, "reconcile.no_party")
	}
	return p, access.Require(by, may, p.Scope())
}

// KeepParty is the command that adds a party or changes what is known of one.
type KeepParty struct {
	Key   string `json:"-"`
	Party Party  `json:"party"`
	Ends  bool   `json:"ends"` // no list is expected or taken any more
}

// KeepParty adds a party, or changes one: its code, outbreak and area stay.
func (s *Service) KeepParty(ctx context.Context, by outbreak.Actor, c KeepParty) (Party, error) {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return Party{}, err
	}
	c.Party.Name = strings.TrimSpace(c.Party.Name)
	if err := c.Party.check(); err != nil {
		return Party{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.KeepParty", Key: c.Key}, c, func(tx *store.Tx) (Party, error) {
		p := c.Party
		was, is, err := partyByCode(tx, p.Code)
		if err != nil {
			return p, err
		}
		p.RecordedAt, p.EndedAt = tx.Now, 0
		if is {
			p.Outbreak, p.Area, p.RecordedAt, p.EndedAt = was.Outbreak, was.Area, was.RecordedAt, was.EndedAt
		}
		if err := access.Require(by, access.ReconcileLoad, p.Scope()); err != nil {
			return Party{}, err
		}
		if err := s.check(tx, p); err != nil {
			return p, err
		}
		if c.Ends && p.EndedAt == 0 {
			p.EndedAt = tx.Now
		}
		if err := p.save(tx); err != nil {
			return p, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PartyKept{Scope: p.Scope(), Party: p.Code, At: tx.Now, Expected: p.Rhythm > 0 && p.EndedAt == 0})
		return p, err
	})
}

// check refuses a party that fits nothing here.
func (s *Service) check(tx *store.Tx, p Party) error {
	if _, ok, err := registry.OutbreakByID(tx, p.Outbreak); err != nil || !ok {
		if err == nil {
			err = outbreak.Refuse(outbreak.Invalid, "reconcile.no_outbreak")
		}
		return err
	}
	for _, field := range p.Columns {
		if !known(field, s.cases.Fields()) {
			return outbreak.Refuse(outbreak.Invalid, "reconcile.no_field", "field", field)
		}
	}
	if p.Folder == "" {
		return nil
	}
	n, err := store.Count(tx, "select count(*) from party where folder = $1 and code <> $2", p.Folder, p.Code)
	if err == nil && n > 0 {
		err = outbreak.Refuse(outbreak.Conflict, "reconcile.folder_taken", "folder", p.Folder)
	}
	return err
}

// Standing is how a party stands: its newest list, the newest comparison, what waits.
type Standing struct {
	Party
	List  PartyList        `json:"list"`  // the newest; none: no id
	Run   Run              `json:"run"`   // the newest; none: no id
	Open  map[State]int    `json:"open"`  // differences by state
	Owned []OwnedField     `json:"owned"` // fields it is the source of truth for
	Due   outbreak.Instant `json:"due"`   // when the next list is expected; none: never
	Asked int              `json:"asked"` // corrections that were not sent yet
}

// Waits counts the differences that nobody decided.
func (s Standing) Waits() int { return s.Open[Open] }

// Silent tells whether a list is overdue.
func (s Standing) Silent(now outbreak.Instant) bool { return s.Due != 0 && now > s.Due }

// ListParties lists the parties the actor may see, and how each stands.
func (s *Service) ListParties(ctx context.Context, by outbreak.Actor) (list []Standing, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.ReconcileRead, "", nil)
		parties, err := store.List(tx, scanParty, "select "+partyColumns+" from party where "+cond+" order by ended_at > 0, name, code", args...)
		if err != nil {
			return err
		}
		for _, p := range parties {
			x, err := standing(tx, p)
			if err != nil {
				return err
			}
			list = append(list, x)
		}
		return nil
	})
	return list, err
}

// FindParty gives one party and how it stands.
func (s *Service) FindParty(ctx context.Context, by outbreak.Actor, code string) (x Standing, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		p, err := find(tx, by, access.ReconcileRead, code)
		if err != nil {
			return err
		}
		x, err = standing(tx, p)
		return err
	})
	return x, err
}

func standing(tx *store.Tx, p Party) (x Standing, err error) {
	x = Standing{Party: p, Open: map[State]int{}}
	if x.List, _, err = newestList(tx, p.Code); err != nil {
		return x, err
	}
	x.Due = p.Due(x.List.ArrivedAt)
	if x.Run, _, err = newestRun(tx, p.Code); err != nil {
		return x, err
	}
	if err = store.Each(tx, func(r store.Row) error {
		var state State
		var n int
		err := r.Scan(&state, &n)
		x.Open[state] = n
		return err
	}, "select state, count(*) from difference where party = $1 group by state", p.Code); err != nil {
		return x, err
	}
	if x.Owned, err = ownedBy(tx, p.Code); err != nil {
		return x, err
	}
	asked, err := store.Count(tx, "select count(*) from correction where party = $1 and sent_at = 0", p.Code)
	x.Asked = int(asked)
	return x, err
}

// DifferenceFilter cuts the list of differences.
type DifferenceFilter struct {
	Party string          `json:"party"`
	State State           `json:"state"` // empty: all but those that are gone
	What  string          `json:"what"`
	Field string          `json:"field"`
	Owner outbreak.UserID `json:"owner"`
	Case  outbreak.CaseID `json:"case"`
	After DifferenceID    `json:"-"`
	Most  int             `json:"-"`
}

func (f DifferenceFilter) where(by outbreak.Actor, may access.Permission) (string, []any) {
	cond, args := access.Within(by, may, "", []any{f.After})
	add := func(column string, v any) {
		args = append(args, v)
		cond += " and " + column + " = $" + itoa(len(args))
	}
	if f.Party != "" {
		add("party", f.Party)
	}
	if f.State != "" {
		add("state", f.State)
	} else {
		cond += " and state <> 'gone'"
	}
	if f.What != "" {
		add("what", f.What)
	}
	if f.Field != "" {
		add("field", f.Field)
	}
	if f.Owner != 0 {
		add("owner", f.Owner)
	}
	if f.Case != 0 {
		add("case_id", f.Case)
	}
	return "id > $1 and " + cond, args
}

// ListDifferences lists the differences the actor may see, the oldest first.
func (s *Service) ListDifferences(ctx context.Context, by outbreak.Actor, f DifferenceFilter) (list []Difference, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	if f.State != "" && !slices.Contains(States, f.State) {
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.state_word")
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		where, args := f.where(by, access.ReconcileRead)
		args = append(args, max(f.Most, 1))
		list, err = store.List(tx, scanDifference, "select "+differenceColumns+" from difference where "+where+" order by id limit $"+itoa(len(args)), args...)
		if err != nil {
			return err
		}
		return s.sayRows(tx, list)
	})
	return list, err
}
