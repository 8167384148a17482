package reconcile

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Shadow mode: another system is the source of truth for some fields of an outbreak. Its files are taken in as they come, these
// fields are written from them, and nobody types them again.

// OwnedField is a field that a party is the source of truth for.
type OwnedField struct {
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Field    string              `json:"field"`
	Party    string              `json:"party"`
	From     outbreak.Instant    `json:"from"`
	Until    outbreak.Instant    `json:"until"` // none: it still is
	Actor    string              `json:"actor"`
}

func scanOwned(r store.Row) (o OwnedField, err error) {
	err = r.Scan(&o.Outbreak, &o.Field, &o.Party, &o.From, &o.Until, &o.Actor)
	return o, err
}

const ownedColumns = "outbreak, field, party, from_at, until_at, actor"

// ownedBy lists the fields a party is the source of truth for, and was.
func ownedBy(tx *store.Tx, party string) ([]OwnedField, error) {
	return store.List(tx, scanOwned, "select "+ownedColumns+" from owned_field where party = $1 order by until_at > 0, field, from_at desc", party)
}

// OwnersOf gives the name of the party that is the source of truth for a field of an outbreak now, by field: whoever edits cases
// refuses the edit of such a field and names the party. What our own consumers write comes from that party.
func (s *Service) OwnersOf(tx *store.Tx, ob outbreak.OutbreakID) (map[string]string, error) {
	owners := map[string]string{}
	return owners, store.Each(tx, func(r store.Row) error {
		var field, name string
		err := r.Scan(&field, &name)
		owners[field] = name
		return err
	}, "select o.field, p.name from owned_field o join party p on p.code = o.party where o.outbreak = $1 and o.from_at <= $2 and (o.until_at = 0 or o.until_at > $3)", ob, tx.Now, tx.Now)
}

// Owner tells which party is the source of truth for a field of an outbreak now.
func (s *Service) Owner(tx *store.Tx, ob outbreak.OutbreakID, field string) (party string, owned bool, err error) {
	owners, err := s.OwnersOf(tx, ob)
	party, owned = owners[field]
	return party, owned, err
}

// OwnFields is the command that makes a party the source of truth for fields, or takes fields over from it.
type OwnFields struct {
	Key    string           `json:"-"`
	Party  string           `json:"party"`
	Fields []string         `json:"fields"`
	Owned  bool             `json:"owned"` // false: they are ours from then on
	From   outbreak.Instant `json:"from"`  // 0: now
}

// OwnFields says who is the source of truth for fields, from a time on. The same field has one source.
func (s *Service) OwnFields(ctx context.Context, by outbreak.Actor, c OwnFields) ([]OwnedField, error) {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return nil, err
	}
	if len(c.Fields) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.no_fields")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.OwnFields", Key: c.Key}, c, func(tx *store.Tx) ([]OwnedField, error) {
		p, err := find(tx, by, access.ReconcileLoad, c.Party)
		if err != nil {
			return nil, err
		}
		if err := access.Require(by, access.ReconcileLoad, outbreak.Scope{Area: p.Area, Outbreak: p.Outbreak}); err != nil {
			return nil, err
		}
		from := c.From
		if from == 0 {
			from = tx.Now
		}
		if from < tx.Now.Add(-outbreak.Drift) {
			return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.own_past")
		}
		for _, field := range c.Fields {
			if err := s.own(tx, by, p, field, c.Owned, from); err != nil {
				return nil, err
			}
		}
		if _, err := s.journal.Append(tx, by, outbreak.FieldsOwned{Scope: p.Scope(), Party: p.Code, Fields: c.Fields, Owned: c.Owned, At: from}); err != nil {
			return nil, err
		}
		return ownedBy(tx, p.Code)
	})
}

func (s *Service) own(tx *store.Tx, by outbreak.Actor, p Party, field string, owned bool, from outbreak.Instant) error {
	if !slices.ContainsFunc(s.cases.Fields(), func(f Field) bool { return f.Name == field }) {
		return outbreak.Refuse(outbreak.Invalid, "reconcile.no_field", "field", field)
	}
	now, is, err := store.One(tx, scanOwned, "select "+ownedColumns+" from owned_field where outbreak = $1 and field = $2 and (until_at = 0 or until_at > $3)", p.Outbreak, field, from)
	if err != nil {
		return err
	}
	switch {
	case owned && is && now.Party == p.Code:
		return nil
	case owned && is:
		return outbreak.Refuse(outbreak.Conflict, "reconcile.owned_by_other", "field", field, "party", now.Party)
	case owned:
		return tx.Must("insert into owned_field ("+ownedColumns+") values ($1, $2, $3, $4, 0, $5)", p.Outbreak, field, p.Code, from, by.String())
	case !is || now.Party != p.Code:
		return outbreak.Refuse(outbreak.Conflict, "reconcile.not_owned", "field", field)
	}
	return tx.Must("update owned_field set until_at = $1 where outbreak = $2 and field = $3 and from_at = $4", max(from, now.From+1), now.Outbreak, now.Field, now.From)
}

// follow writes the fields that the party is the source of truth for from what its list says.
func (s *Service) follow(ctx context.Context, p Party, run Run) error {
	if run.Differing == 0 {
		return nil
	}
	var list []Difference
	var l PartyList
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if l, _, err = newestList(tx, p.Code); err != nil {
			return err
		}
		list, err = store.List(tx, scanDifference, "select "+differenceColumns+` from difference where party = $1 and state = 'open' and present = 1 and what = 'differs' and field in
			(select field from owned_field where party = $2 and from_at <= $3 and (until_at = 0 or until_at > $4)) order by case_id, id`, p.Code, p.Code, tx.Now, tx.Now)
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = s.take(ctx, comparer, "follow/"+run.ID.String(), p, l, list)
	return err
}

// SetAside is the command that notes a file of a party that could not be taken in.
type SetAside struct {
	Party  string
	Name   string
	Digest string
	Why    error
}

// SetAside remembers a bad file with its reason, and asks somebody to look at it. The same file again is nothing new.
func (s *Service) SetAside(ctx context.Context, by outbreak.Actor, c SetAside) error {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return err
	}
	reason := "reconcile.file_unreadable"
	if e, ours := c.Why.(*outbreak.Error); ours {
		reason = e.Msg
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := find(tx, by, access.ReconcileLoad, c.Party)
		if err != nil {
			return err
		}
		n, err := tx.Exec("insert into party_file (party, digest, name, at, list, reason) values ($1, $2, $3, $4, 0, $5) on conflict (party, digest) do nothing", p.Code, c.Digest, sound(clip(c.Name, 200)), tx.Now, reason)
		if err != nil || n == 0 {
			return err
		}
		if _, err := s.journal.Append(tx, by, outbreak.ListSetAside{Scope: p.Scope(), Party: p.Code, Digest: c.Digest, Reason: reason, At: tx.Now}); err != nil {
			return err
		}
		return s.tasks.Open(tx, by, task.Work{What: task.ListSetAside, Subject: p.ref(), Scope: p.Scope(), Clock: outbreak.Deadline{From: tx.Now}})
	})
}

// Seen notes that a file of a watched folder was taken in as a list.
func (s *Service) Seen(ctx context.Context, by outbreak.Actor, l PartyList) error {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("insert into party_file (party, digest, name, at, list, reason) values ($1, $2, $3, $4, $5, '') on conflict (party, digest) do nothing", l.Party, l.Digest, sound(l.Name), tx.Now, l.ID)
		return err
	})
}

// File is a file of a watched folder that was looked at.
type File struct {
	Name   string               `json:"name"`
	Digest string               `json:"digest"`
	At     outbreak.Instant     `json:"at"`
	List   outbreak.PartyListID `json:"list"`
	Reason string               `json:"reason,omitempty"` // key of the sentence that says why it was set aside
}

// ListFiles lists the files of a party's folder that were looked at, the newest first.
func (s *Service) ListFiles(ctx context.Context, by outbreak.Actor, party string, most int) (list []File, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := find(tx, by, access.ReconcileRead, party); err != nil {
			return err
		}
		list, err = store.List(tx, func(r store.Row) (f File, err error) {
			err = r.Scan(&f.Name, &f.Digest, &f.At, &f.List, &f.Reason)
			return f, err
		}, "select name, digest, at, list, reason from party_file where party = $1 order by at desc, digest limit $2", party, max(most, 1))
		return err
	})
	return list, err
}

// Watched lists the parties whose folders are watched, and which files of each are known.
func (s *Service) Watched(ctx context.Context) (parties []Party, seen map[string]map[string]bool, err error) {
	seen = map[string]map[string]bool{}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if parties, err = store.List(tx, scanParty, "select "+partyColumns+" from party where folder <> '' and ended_at = 0 order by code"); err != nil {
			return err
		}
		return store.Each(tx, func(r store.Row) error {
			var party, digest string
			err := r.Scan(&party, &digest)
			if seen[party] == nil {
				seen[party] = map[string]bool{}
			}
			seen[party][digest] = true
			return err
		}, "select party, digest from party_file")
	})
	return parties, seen, err
}

// asCase is a row of theirs as one of our cases.
func (r listRow) asCase(fields []Field, area string) NewCase {
	n := NewCase{Number: r.Number, Values: map[string]string{}}
	for i, v := range r.Values {
		if v != "" {
			n.Values[fields[i].Name] = v
		}
	}
	n.Person = registry.NewPerson{Area: area, Sex: n.Values["sex"], Identity: r.Identity}
	if r.Area != "" {
		n.Person.Area = r.Area
	}
	number := r.Identity.Document
	n.Person.Identity.DocumentKind = registry.OtherID
	if number == "" {
		n.Person.Identity.DocumentKind = registry.NoDocument
	} else if _, _, err := registry.CheckDocument(registry.CitizenID, number); err == nil {
		n.Person.Identity.DocumentKind = registry.CitizenID
	}
	return n
}
