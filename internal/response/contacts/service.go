package contacts

import (
	"context"
	"embed"
	"encoding/json"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of contacts.
var Migrations = store.Migrations{Owner: "contacts", FS: migrations}

// Cases know people by the numbers of parties' line lists.
type Cases interface {
	PeopleNumbered(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]outbreak.PersonID, error)
	PeopleOfCases(tx *store.Tx, ob outbreak.OutbreakID, cases []outbreak.CaseID) (map[outbreak.CaseID]outbreak.PersonID, error)
}

// Service is the door of the contacts inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	cases    Cases
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, c Cases) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, cases: c}
}

// Filter cuts the list of links.
type Filter struct {
	Person    outbreak.PersonID // at either end, under whatever code
	Outbreak  outbreak.OutbreakID
	Below     outbreak.Path
	Withdrawn bool // those that were taken back, too
	After     outbreak.LinkID
	Most      int
}

// listing is the filter for rows with people in some columns.
func (f Filter) listing(people ...string) registry.Listing {
	return registry.Listing{May: access.ContactRead, After: int64(f.After), Below: f.Below, Person: f.Person, People: people, Outbreak: f.Outbreak, Most: f.Most}
}

// ListLinks lists the links the actor may see, the oldest first.
func (s *Service) ListLinks(ctx context.Context, by outbreak.Actor, f Filter) (list []Link, err error) {
	if err := access.RequireAnywhere(by, access.ContactRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		l := f.listing("from_person", "to_person")
		if !f.Withdrawn {
			l.And = append(l.And, "withdrawn_at = 0")
		}
		where, args, err := l.Where(tx, by)
		if err != nil {
			return err
		}
		if list, err = store.List(tx, scan, "select "+columns+" from contact_link where "+where, args...); err != nil {
			return err
		}
		return readExtra(tx, list)
	})
	return list, err
}

// FindLink gives a link.
func (s *Service) FindLink(ctx context.Context, by outbreak.Actor, id outbreak.LinkID) (l Link, err error) {
	if err := access.RequireAnywhere(by, access.ContactRead); err != nil {
		return l, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if l, err = s.find(tx, by, access.ContactRead, id); err != nil {
			return err
		}
		one := []Link{l}
		err = readExtra(tx, one)
		l = one[0]
		return err
	})
	return l, err
}

func (s *Service) find(tx *store.Tx, by outbreak.Actor, p access.Permission, id outbreak.LinkID) (Link, error) {
	l, is, err := byID(tx, id)
	if err != nil {
		return l, err
	}
	if !is || !access.Can(by, access.ContactRead, l.Scope()) {
		return Link{}, outbreak.Refuse(outbreak.NotFound, "contacts.none")
	}
	return l, access.Require(by, p, l.Scope())
}

// OpenExtra opens what a list says of a link beyond our fields, for somebody who may open the identity of the person who was exposed;
// the journal has who and why.
func (s *Service) OpenExtra(ctx context.Context, by outbreak.Actor, id outbreak.LinkID) (extra []Extra, err error) {
	if err := access.RequireAnywhere(by, access.ContactRead); err != nil {
		return nil, err
	}
	var l Link
	var box []byte
	var is bool
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		if l, err = s.find(tx, by, access.ContactRead, id); err != nil {
			return err
		}
		box, is, err = sealedOf(tx, id)
		return err
	}); err != nil || !is {
		return []Extra{}, err
	}
	text, err := s.registry.OpenAbout(ctx, by, l.To, box)
	if err != nil {
		return nil, err
	}
	return extra, json.Unmarshal(text, &extra)
}

// WithdrawLink is the command that takes back that somebody exposed somebody.
type WithdrawLink struct {
	Key    string          `json:"-"`
	Link   outbreak.LinkID `json:"link"`
	Reason string          `json:"reason"`
}

// WithdrawLink takes a link back; it stays, with the reason.
func (s *Service) WithdrawLink(ctx context.Context, by outbreak.Actor, c WithdrawLink) (Link, error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return Link{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "contacts.WithdrawLink", Key: c.Key}, c, func(tx *store.Tx) (Link, error) {
		l, err := s.find(tx, by, access.ContactLoad, c.Link)
		if err != nil {
			return l, err
		}
		if l, err = l.withdraw(c.Reason, tx.Now); err != nil {
			return l, err
		}
		if err := saveWithdrawn(tx, l); err != nil {
			return l, err
		}
		_, err = s.journal.Append(tx, by, outbreak.ContactWithdrawn{Scope: l.Scope(), Link: l.ID, From: l.From, To: l.To, At: tx.Now})
		return l, err
	})
}
