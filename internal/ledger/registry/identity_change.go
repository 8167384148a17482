package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ChangeID identifies a change of an identity.
type ChangeID = outbreak.ID[changeKind]

type changeKind struct{}

// States of a change of an identity.
const (
	ChangeCorrected = "corrected" // written as the list said it
	ChangeWaits     = "waits"     // it disagrees with what was corrected here: a person decides
	ChangeTaken     = "taken"     // somebody took what the list says
	ChangeKept      = "kept"      // somebody kept what is known here
)

// IdentityChange is what became of fields of an identity that a list said otherwise. What they were and what the list says lies sealed.
type IdentityChange struct {
	ID        ChangeID          `json:"id"`
	Person    outbreak.PersonID `json:"person"`
	Area      outbreak.Path     `json:"area"`
	Source    string            `json:"source"` // whose list; empty: our own
	Fields    []string          `json:"fields"`
	State     string            `json:"state"`
	Actor     string            `json:"actor"`
	At        outbreak.Instant  `json:"at"`
	DecidedBy string            `json:"decided_by,omitempty"`
	DecidedAt outbreak.Instant  `json:"decided_at,omitempty"`

	said map[string]Difference
}

// OpenedChange is a change with what the fields were and became, or would.
type OpenedChange struct {
	IdentityChange
	Said map[string]Difference `json:"said"`
}

var changeColumns = []string{"id", "person", "area", "source", "fields", "state", "actor", "at", "decided_by", "decided_at", "sealed"}

func (c IdentityChange) row(sealed []byte) []any {
	return []any{c.ID, c.Person, c.Area, c.Source, strings.Join(c.Fields, " "), c.State, c.Actor, c.At, c.DecidedBy, c.DecidedAt, sealed}
}

const changeOpen = "id, person, area, source, fields, state, actor, at, decided_by, decided_at"

func scanChange(r store.Row) (c IdentityChange, err error) {
	var fields string
	err = r.Scan(&c.ID, &c.Person, &c.Area, &c.Source, &fields, &c.State, &c.Actor, &c.At, &c.DecidedBy, &c.DecidedAt)
	c.Fields = strings.Fields(fields)
	return c, err
}

// correctedHere tells of whom an identity was changed before in a way that a list did not ask for, or not yet.
func correctedHere(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]bool, error) {
	here := map[outbreak.PersonID]bool{}
	err := inParts(ids, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.PersonID
			err := r.Scan(&id)
			here[id] = true
			return err
		}, "select distinct person from identity_change where person in ("+in+")", args...)
	})
	return here, err
}

// ListIdentityChanges lists what lists said otherwise of a person, under whatever code, the latest first, without a name.
func (s *Service) ListIdentityChanges(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (list []IdentityChange, err error) {
	if err := access.RequireAnywhere(by, access.PersonRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		codes, err := codesToRead(tx, by, id)
		if err != nil {
			return err
		}
		in, args := store.In(nil, codes)
		list, err = store.List(tx, scanChange, "select "+changeOpen+" from identity_change where person in ("+in+") order by id desc limit 200", args...)
		return err
	})
	return list, err
}

// ListIdentityDifferences lists what waits for a decision below an area, the oldest first.
func (s *Service) ListIdentityDifferences(ctx context.Context, by outbreak.Actor, below outbreak.Path, after ChangeID, most int) (list []IdentityChange, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := withinPeople(by, access.PersonMerge, []any{after, below, below.Upto(), max(most, 1)})
		list, err = store.List(tx, scanChange, "select "+changeOpen+" from identity_change where state = '"+ChangeWaits+"' and id > $1 and area >= $2 and area < $3 and "+cond+" order by id limit $4", args...)
		return err
	})
	return list, err
}

// OpenIdentityChanges opens what the fields of a person's changes were and became, for the purpose the actor names; the journal has
// who and why.
func (s *Service) OpenIdentityChanges(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (list []OpenedChange, err error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return nil, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return nil, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		var opened Identity
		p, err := s.openFor(tx, by, id, &opened)
		if err != nil {
			return err
		}
		b, _, err := boxOf(tx, id)
		if err != nil {
			return err
		}
		if list, err = s.openChanges(tx, id, b); err != nil || len(list) == 0 {
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: id, Purpose: by.Purpose})
		return err
	})
	return list, err
}

func (s *Service) openChanges(tx *store.Tx, id outbreak.PersonID, b box) (list []OpenedChange, err error) {
	list = []OpenedChange{}
	var boxes [][]byte
	if err := store.Each(tx, func(r store.Row) error {
		var sealed []byte
		c, err := scanChange(rowWith{r, []any{&sealed}})
		list, boxes = append(list, OpenedChange{IdentityChange: c}), append(boxes, sealed)
		return err
	}, "select "+changeOpen+", sealed from identity_change where person = $1 order by id desc limit 200", id); err != nil || len(list) == 0 {
		return list, err
	}
	aead, err := s.vault.keyOf(id, b)
	if err != nil {
		return nil, err
	}
	for i := range list {
		text, err := unlock(aead, id, boxes[i])
		if err == nil {
			err = json.Unmarshal(text, &list[i].Said)
		}
		if err != nil {
			return nil, fmt.Errorf("opening a change of an identity: %w", err)
		}
	}
	return list, nil
}

func changeByID(tx *store.Tx, by outbreak.Actor, p access.Permission, id ChangeID) (c IdentityChange, sealed []byte, err error) {
	c, is, err := store.One(tx, func(r store.Row) (IdentityChange, error) { return scanChange(rowWith{r, []any{&sealed}}) }, "select "+changeOpen+", sealed from identity_change where id = $1", id)
	if err == nil && (!is || access.Require(by, p, outbreak.Scope{Area: c.Area}) != nil) {
		err = outbreak.Refuse(outbreak.NotFound, "registry.no_identity_change")
	}
	return c, sealed, err
}

// DecideIdentity is the command of somebody who decides what an identity is of which a list and we say different things.
type DecideIdentity struct {
	Key    string   `json:"-"`
	Change ChangeID `json:"change"`
	Take   bool     `json:"take"` // what the list says; else what is known here stays
}

// DecideIdentity takes what a list says, or keeps what is known here. The list is not asked again until it says something else.
func (s *Service) DecideIdentity(ctx context.Context, by outbreak.Actor, d DecideIdentity) (IdentityChange, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return IdentityChange{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.DecideIdentity", Key: d.Key}, d, func(tx *store.Tx) (IdentityChange, error) {
		c, sealed, err := changeByID(tx, by, access.PersonMerge, d.Change)
		switch {
		case err != nil:
			return c, err
		case c.State != ChangeWaits:
			return c, outbreak.Refuse(outbreak.Conflict, "registry.identity_decided")
		}
		c.State, c.DecidedBy, c.DecidedAt = ChangeKept, by.String(), tx.Now
		if d.Take {
			c.State = ChangeTaken
			if err := s.takeIdentity(tx, by, c, sealed); err != nil {
				return c, err
			}
		}
		if err := tx.Must("update identity_change set state = $1, decided_by = $2, decided_at = $3 where id = $4", c.State, c.DecidedBy, c.DecidedAt, c.ID); err != nil {
			return c, err
		}
		left, err := store.Count(tx, "select count(*) from identity_change where person = $1 and state = $2", c.Person, ChangeWaits)
		if err != nil {
			return c, err
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentityDecided{Scope: outbreak.Scope{Area: c.Area}, Person: c.Person, Fields: c.Fields, Taken: d.Take, Left: int(left), At: tx.Now})
		return c, err
	})
}

// takeIdentity writes what a list says; what it was lies beside it since it came.
func (s *Service) takeIdentity(tx *store.Tx, by outbreak.Actor, c IdentityChange, sealed []byte) error {
	people, err := s.membersOf(tx, []outbreak.PersonID{c.Person})
	m := people[c.Person]
	if err != nil || m == nil {
		if err == nil {
			err = outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		return err
	}
	b, _, err := boxOf(tx, c.Person)
	if err != nil {
		return err
	}
	aead, err := s.vault.keyOf(c.Person, b)
	if err != nil {
		return err
	}
	text, err := unlock(aead, c.Person, sealed)
	if err == nil {
		err = json.Unmarshal(text, &c.said)
	}
	if err != nil {
		return fmt.Errorf("opening what a list says of an identity: %w", err)
	}
	state, eyes, err := s.keys(tx)
	if err != nil {
		return err
	}
	w := &correcting{Service: s, tx: tx, by: by}
	w.take(m, c.said)
	return s.keep(tx, state, eyes, w.changed)
}
