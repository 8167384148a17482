package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Reasons are why an identity is destroyed.
var Reasons = []string{
	"asked",     // the person asked for it, or withdrew consent
	"retention", // the time for which it may be kept is over
	"unlawful",  // it should not have been kept
	"mistake",   // it was never this person's
}

// ErasePerson is the command that destroys an identity.
type ErasePerson struct {
	Key    string            `json:"-"`
	Person outbreak.PersonID `json:"person"`
	Reason string            `json:"reason"` // one of Reasons
	Basis  string            `json:"basis"`  // the article of the law or the decision; without names
}

// Erased is what the database keeps of an erasure.
type Erased struct {
	Person outbreak.PersonID
	At     outbreak.Instant
	Actor  string
	Reason string
	Basis  string
	Seq    int64  // the entry in the journal
	Head   []byte // and its hash
}

const longestBasis = 200

// ErasePerson destroys the identity of a person: the wrapped key, the sealed box, the entries of the blind indexes, the key a
// row of a file is known by and the tie to a door. The person stays as a code, so that counts and cases stay true. It cannot be
// taken back. The receipt is signed, and a list beside the key file makes the erasure happen again in a backup that is
// restored. Somebody erased before gets the receipt again.
func (s *Service) ErasePerson(ctx context.Context, by outbreak.Actor, c ErasePerson) (Receipt, error) {
	if err := access.RequireAnywhere(by, access.PersonErase); err != nil {
		return Receipt{}, err
	}
	c.Basis = strings.Join(strings.Fields(c.Basis), " ")
	if !slices.Contains(Reasons, c.Reason) {
		return Receipt{}, outbreak.Refuse(outbreak.Invalid, "registry.erase_reason", "reasons", strings.Join(Reasons, ", "))
	}
	if c.Basis == "" || utf8.RuneCountInString(c.Basis) > longestBasis {
		return Receipt{}, outbreak.Refuse(outbreak.Invalid, "registry.erase_basis", "most", longestBasis)
	}
	e, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ErasePerson", Key: c.Key}, c, func(tx *store.Tx) (Erased, error) {
		p, ok, err := PersonByID(tx, c.Person)
		if err != nil {
			return Erased{}, err
		}
		if !ok || access.Require(by, access.PersonErase, outbreak.Scope{Area: p.Area}) != nil {
			return Erased{}, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		if before, done, err := erasedOf(tx, p.ID); err != nil || done {
			return before, err
		}
		return s.eraseTogether(tx, by, p, Erased{Person: p.ID, At: tx.Now, Actor: by.String(), Reason: c.Reason, Basis: c.Basis})
	})
	if err != nil {
		return Receipt{}, err
	}
	r := s.vault.freshReceipt(e)
	if err := errors.Join(s.vault.list(r), s.listTogether(ctx, r.Person)); err != nil {
		return r, fmt.Errorf("the identity is destroyed, but the list of erasures could not be written; erase again to repeat that: %w", err)
	}
	return r, nil
}

// FindErasure gives the receipt of a person who was erased.
func (s *Service) FindErasure(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (Receipt, error) {
	if err := access.RequireAnywhere(by, access.PersonErase); err != nil {
		return Receipt{}, err
	}
	var found Erased
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		p, ok, err := PersonByID(tx, id)
		if err != nil {
			return err
		}
		if !ok || access.Require(by, access.PersonErase, outbreak.Scope{Area: p.Area}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		if found, ok, err = erasedOf(tx, id); err == nil && !ok {
			return outbreak.Refuse(outbreak.NotFound, "registry.not_erased")
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return s.vault.freshReceipt(found), nil
}

// erase does it, in a transaction that also writes the entry and the row of the receipt.
func (s *Service) erase(tx *store.Tx, by outbreak.Actor, p Person, e Erased, again bool) (Erased, error) {
	if err := tx.Must("update person set sealed = null, wrapped = null, ukey = $1, uhead = 0, document_key = '', phone_key = 0, household = 0, recorded_at = $2 where id = $3",
		"erased "+p.ID.String(), tx.Now, p.ID); err != nil {
		return e, fmt.Errorf("destroying an identity: %w", err)
	}
	names := filing{}
	names.drop(p.AreaID, p.No)
	if err := names.write(tx); err != nil {
		return e, err
	}
	if err := s.unfile(tx, []outbreak.PersonID{p.ID}); err != nil {
		return e, err
	}
	if _, err := tx.Exec("update duplicate set evidence = $1 where one = $2 or other = $3", "[]", p.ID, p.ID); err != nil {
		return e, err
	}
	if err := dropVisits(tx, p.ID); err != nil {
		return e, err
	}
	if _, err := raiseSecret(tx, p); err != nil {
		return e, err
	}
	var err error
	if _, err = s.journal.Append(tx, by, outbreak.PersonErased{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, Reason: e.Reason, Again: again}); err != nil {
		return e, err
	}
	if e.Seq, e.Head, err = journal.HeadHash(tx); err != nil {
		return e, err
	}
	return e, tx.Must("insert into erased ("+erasedColumns+") values ($1, $2, $3, $4, $5, $6, $7)", e.Person, e.At, e.Actor, e.Reason, e.Basis, e.Seq, e.Head)
}

const erasedColumns = "person, at, actor, reason, basis, seq, head"

func scanErased(r store.Row) (e Erased, err error) {
	err = r.Scan(&e.Person, &e.At, &e.Actor, &e.Reason, &e.Basis, &e.Seq, &e.Head)
	return e, err
}

func erasedOf(tx *store.Tx, id outbreak.PersonID) (Erased, bool, error) {
	return store.One(tx, scanErased, "select "+erasedColumns+" from erased where person = $1", id)
}
