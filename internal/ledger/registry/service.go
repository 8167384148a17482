package registry

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the registry's tables.
var Migrations = store.Migrations{Owner: "registry", FS: migrations}

// Service is the registry's door inside the house.
type Service struct {
	db        *store.DB
	journal   *journal.Journal
	ids       *outbreak.IDs
	protocols outbreak.Protocols
	vault     *Vault
	codes     codes
	secrets   Secrets
	learnt    learnt
	keysKnown keyMemory

	sealedElsewhere []SealedColumn
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, protocols outbreak.Protocols, vault *Vault) *Service {
	s := &Service{db: db, journal: j, ids: ids, protocols: protocols, vault: vault}
	s.secrets.s = s
	return s
}

// Outbreak is one declared outbreak and the protocol it runs under.
type Outbreak struct {
	ID        outbreak.OutbreakID `json:"id"`
	Name      string              `json:"name"`
	Protocol  string              `json:"protocol"`
	Edition   string              `json:"edition"`
	Area      outbreak.Path       `json:"area"`
	StartedAt outbreak.Instant    `json:"started_at"`
	EndedAt   outbreak.Instant    `json:"ended_at"`
}

// DeclareOutbreak is the command that starts one.
type DeclareOutbreak struct {
	Key      string        `json:"-"`
	Name     string        `json:"name"`
	Protocol string        `json:"protocol"`
	Area     outbreak.Path `json:"area"` // empty: everywhere
}

// DeclareOutbreak starts an outbreak under a protocol.
func (s *Service) DeclareOutbreak(ctx context.Context, by outbreak.Actor, c DeclareOutbreak) (outbreak.OutbreakID, error) {
	if err := access.RequireThroughout(by, access.OutbreakManage, outbreak.Scope{Area: c.Area}); err != nil {
		return 0, err
	}
	p, ok := s.protocols.Find(c.Protocol)
	if !ok {
		return 0, outbreak.Refuse(outbreak.Invalid, "registry.no_protocol", "protocol", c.Protocol)
	}
	if c.Name == "" {
		return 0, outbreak.Refuse(outbreak.Invalid, "registry.outbreak_name")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.DeclareOutbreak", Key: c.Key}, c, func(tx *store.Tx) (outbreak.OutbreakID, error) {
		if c.Area != "" {
			if _, ok, err := AreaByPath(tx, c.Area); err != nil {
				return 0, err
			} else if !ok {
				return 0, outbreak.Refuse(outbreak.NotFound, "registry.no_area", "code", c.Area.Code())
			}
		}
		id := outbreak.New[outbreak.OutbreakID](s.ids)
		if err := tx.Must(`insert into outbreak (id, name, protocol, edition, area, started_at, ended_at, recorded_at)
			values ($1, $2, $3, $4, $5, $6, 0, $7)`, id, c.Name, p.ID, p.Edition, c.Area, tx.Now, tx.Now); err != nil {
			return 0, err
		}
		_, err := s.journal.Append(tx, by, outbreak.OutbreakDeclared{Scope: outbreak.Scope{Area: c.Area, Outbreak: id}, Protocol: p.ID, Edition: p.Edition})
		return id, err
	})
}

const outbreakColumns = "id, name, protocol, edition, area, started_at, ended_at"

func scanOutbreak(r store.Row) (o Outbreak, err error) {
	err = r.Scan(&o.ID, &o.Name, &o.Protocol, &o.Edition, &o.Area, &o.StartedAt, &o.EndedAt)
	return o, err
}

// ListOutbreaks lists the outbreaks the actor may see anything of.
func (s *Service) ListOutbreaks(ctx context.Context, by outbreak.Actor) ([]Outbreak, error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return nil, err
	}
	var seen []Outbreak
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanOutbreak, "select "+outbreakColumns+" from outbreak order by started_at")
		for _, o := range all {
			for _, reach := range access.Reach(by, access.AreaRead) {
				if reach.Outbreak == 0 || reach.Outbreak == o.ID {
					seen = append(seen, o)
					break
				}
			}
		}
		return err
	})
	return seen, err
}

// OutbreakByID finds an outbreak; false when there is none.
func OutbreakByID(tx *store.Tx, id outbreak.OutbreakID) (Outbreak, bool, error) {
	return store.One(tx, scanOutbreak, "select "+outbreakColumns+" from outbreak where id = $1", id)
}

// ProtocolOf gives the rule book an outbreak runs under; an unknown outbreak has an empty one, whose clocks have no limit.
func (s *Service) ProtocolOf(tx *store.Tx, id outbreak.OutbreakID) (outbreak.Protocol, error) {
	o, ok, err := OutbreakByID(tx, id)
	if err != nil || !ok {
		return outbreak.Protocol{}, err
	}
	p, ok := s.protocols.Find(o.Protocol)
	if !ok {
		return outbreak.Protocol{}, fmt.Errorf("protocol %s of outbreak %s is not installed", o.Protocol, id)
	}
	return p, nil
}

// Protocol finds an installed rule book by its id, such as the one a round was opened under.
func (s *Service) Protocol(id string) (outbreak.Protocol, bool) { return s.protocols.Find(id) }

// IssueBox is the command that gives an area a run of tube serials.
type IssueBox struct {
	Key      string              `json:"-"`
	First    outbreak.TubeCode   `json:"first"`
	Last     outbreak.TubeCode   `json:"last"`
	Area     string              `json:"area"` // code
	Outbreak outbreak.OutbreakID `json:"outbreak"`
}

// IssueBox gives an area a run of tube serials for an outbreak; a run that overlaps another is refused.
func (s *Service) IssueBox(ctx context.Context, by outbreak.Actor, c IssueBox) (Box, error) {
	if err := access.RequireAnywhere(by, access.AreaManage); err != nil {
		return Box{}, err
	}
	c.First, c.Last = c.First.Canonical(), c.Last.Canonical()
	if c.First == "" || len(c.First) != len(c.Last) || c.Last < c.First {
		return Box{}, outbreak.Refuse(outbreak.Invalid, "registry.box_run")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.IssueBox", Key: c.Key}, c, func(tx *store.Tx) (Box, error) {
		area, ok, err := AreaByCode(tx, c.Area)
		if err != nil {
			return Box{}, err
		}
		if !ok {
			return Box{}, outbreak.Refuse(outbreak.NotFound, "registry.no_area", "code", c.Area)
		}
		b := Box{First: c.First, Last: c.Last, AreaID: area.ID, Area: area.Path, Outbreak: c.Outbreak}
		if err := access.RequireThroughout(by, access.AreaManage, b.Scope()); err != nil {
			return Box{}, err
		}
		return b, s.keepBox(tx, by, b)
	})
}

// againFor is how long a repeat with the same key opens an identity without another entry in the journal.
const againFor = 5 * time.Minute

// ReadIdentity opens a person's sealed identity for the purpose the actor names, and leaves an entry in the journal. What was
// opened is kept nowhere: a repeat with the same key opens the box again, with every check, and adds no entry within five
// minutes of the first; after them it is a Conflict, so that no key opens a name unseen for as long as answers are kept.
func (s *Service) ReadIdentity(ctx context.Context, by outbreak.Actor, id outbreak.PersonID, key string) (Identity, error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return Identity{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Identity{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	var opened Identity
	var first bool
	at, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ReadIdentity", Key: key}, []any{id, by.Purpose}, func(tx *store.Tx) (outbreak.Instant, error) {
		first = true
		p, err := s.openFor(tx, by, id, &opened)
		if err != nil {
			return 0, err
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: id, Purpose: by.Purpose})
		return tx.Now, err
	})
	if err != nil || first {
		return opened, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if tx.Now.Sub(at) > againFor {
			return outbreak.Refuse(outbreak.Conflict, "registry.opened_before")
		}
		_, err := s.openFor(tx, by, id, &opened)
		return err
	})
	return opened, err
}

// openFor opens the identity of a person the actor reaches.
func (s *Service) openFor(tx *store.Tx, by outbreak.Actor, id outbreak.PersonID, opened *Identity) (Person, error) {
	p, ok, err := PersonByID(tx, id)
	if err != nil {
		return p, err
	}
	if !ok || access.Require(by, access.PersonIdentity, outbreak.Scope{Area: p.Area}) != nil {
		return p, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
	}
	if e, gone, err := erasedOf(tx, id); err != nil || gone {
		if err == nil {
			err = outbreak.Refuse(outbreak.NotFound, "registry.erased", "date", e.At.Time().Format(time.DateOnly))
		}
		return p, err
	}
	*opened, err = s.identity(tx, id)
	return p, err
}

func (s *Service) identity(tx *store.Tx, id outbreak.PersonID) (Identity, error) {
	b, _, err := boxOf(tx, id)
	if err != nil {
		return Identity{}, err
	}
	return s.unseal(id, b)
}

func boxOf(tx *store.Tx, id outbreak.PersonID) (box, bool, error) {
	return store.One(tx, func(r store.Row) (b box, err error) {
		err = r.Scan(&b.sealed, &b.wrapped, &b.by)
		return b, err
	}, "select sealed, wrapped, wrapped_by from person where id = $1", id)
}

// unseal opens what sealed locked; nothing was sealed for somebody of whom nothing is known.
func (s *Service) unseal(id outbreak.PersonID, b box) (Identity, error) {
	if b.sealed == nil {
		return Identity{}, nil
	}
	return s.vault.identity(id, b)
}

// FindPerson finds a person by the number of a document, for the purpose the actor names; nothing else is searched. The
// look-up is journalled.
func (s *Service) FindPerson(ctx context.Context, by outbreak.Actor, kind, number string) (Person, error) {
	if err := access.RequireAnywhere(by, access.PersonRead); err != nil {
		return Person{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Person{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	canonical, _, err := CheckDocument(kind, number)
	if err != nil {
		return Person{}, err
	}
	var found Person
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		p, ok, err := s.byDocument(tx, kind, canonical)
		if err != nil {
			return err
		}
		if !ok || access.Require(by, access.PersonRead, outbreak.Scope{Area: p.Area}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		if found, err = leadOf(tx, p, func(p Person) bool { return access.Can(by, access.PersonRead, outbreak.Scope{Area: p.Area}) }); err != nil {
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, Purpose: by.Purpose})
		return err
	})
	return found, err
}

// byDocument finds a person by the keyed digest of a document: one who is known by it before one who gave it at a booth. The
// identity is opened to make sure.
func (s *Service) byDocument(tx *store.Tx, kind, canonical string) (Person, bool, error) {
	_, eyes, err := s.keys(tx)
	if err != nil {
		return Person{}, false, err
	}
	forms := eyes.ukeys([]mark{documentMark(kind, canonical)})
	var ids []outbreak.PersonID
	if err := eachKnown(tx, forms, func(m *member, _ box) error {
		ids = append(ids, m.ID)
		return nil
	}); err != nil {
		return Person{}, false, err
	}
	in, args := store.In(nil, slices.Sorted(maps.Keys(forms)))
	others, err := store.List(tx, store.Value[outbreak.PersonID], "select id from person where document_key in ("+in+") and document_key <> '' order by id", args...)
	if err != nil {
		return Person{}, false, err
	}
	ids = append(ids, others...)
	for _, id := range ids {
		i, err := s.identity(tx, id)
		if err != nil {
			return Person{}, false, err
		}
		if i.DocumentKind == kind && i.Document == canonical {
			return PersonByID(tx, id)
		}
	}
	return Person{}, false, nil
}

// ListAreas lists the areas below a path that the actor may see, in the order of paths, after one.
func (s *Service) ListAreas(ctx context.Context, by outbreak.Actor, below, after outbreak.Path, most int) (areas []Area, err error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := AreasBelow(tx, below, after, most)
		for _, a := range all {
			if access.Can(by, access.AreaRead, outbreak.Scope{Area: a.Path}) {
				areas = append(areas, a)
			}
		}
		return err
	})
	return areas, err
}

// FindPersonByID gives what may be known of a person without opening the identity.
func (s *Service) FindPersonByID(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (p Person, err error) {
	if err := access.RequireAnywhere(by, access.PersonRead); err != nil {
		return Person{}, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		p, ok, err = PersonByID(tx, id)
		if err == nil && (!ok || access.Require(by, access.PersonRead, outbreak.Scope{Area: p.Area}) != nil) {
			err = outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		return err
	})
	return p, err
}

// RunningOutbreaks lists the outbreaks that are not over and reach an area, the youngest first.
func RunningOutbreaks(tx *store.Tx, area outbreak.Path) ([]Outbreak, error) {
	all, err := store.List(tx, scanOutbreak, "select "+outbreakColumns+" from outbreak where ended_at = 0 order by started_at desc, id desc")
	return slices.DeleteFunc(all, func(o Outbreak) bool { return !o.Area.Contains(area) }), err
}
