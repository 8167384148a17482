package registry

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// GivenSecret is what is printed for one person, or shown once. It is kept nowhere.
type GivenSecret struct {
	Person outbreak.PersonID `json:"person"`
	No     int64             `json:"no"`
	Code   string            `json:"code"`   // the personal code, shown at sampling points
	Secret string            `json:"secret"` // opens the person's result; empty when it was revoked
}

// GiveSecrets is the command that gives out the secrets of an area to be printed.
type GiveSecrets struct {
	Below outbreak.Path
	After int64 // numbers after this one
	Most  int
}

// GiveSecrets gives the secrets of the people of an area and what lies below it, ascending by number. People who were erased
// have none. Each part that is given out is an entry of the journal, written before it is.
func (s *Service) GiveSecrets(ctx context.Context, by outbreak.Actor, c GiveSecrets) (list []GivenSecret, err error) {
	if err := access.Require(by, access.SecretIssue, outbreak.Scope{Area: c.Below}); err != nil {
		return nil, err
	}
	if err := s.secrets.CatchUp(ctx); err != nil {
		return nil, err
	}
	generation := map[int64]byte{}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, func(r store.Row) (g GivenSecret, err error) {
			var raised int64
			err = r.Scan(&g.Person, &g.No, &raised)
			generation[g.No] = byte(raised)
			return g, err
		}, `select p.id, p.no, coalesce(g.generation, 0) from person p left join secret_generation g on g.no = p.no
			where p.area >= $1 and p.area < $2 and p.no > $3 and not exists (select 1 from erased e where e.person = p.id) order by p.no limit $4`,
			c.Below, c.Below.Upto(), c.After, max(c.Most, 1))
		if err != nil || len(list) == 0 {
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.ResultSecretsGiven{Scope: outbreak.Scope{Area: c.Below}, First: list[0].No, Last: list[len(list)-1].No, People: len(list)})
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, g := range list {
		list[i].Code, list[i].Secret = s.codes.code(g.No), s.secrets.of(g.No, generation[g.No])
	}
	return list, nil
}

// What can be done with one person's secret.
const (
	SecretCopied   = "copied"   // given once more, as it is: to a parent, to somebody who looks for a person without a telephone
	SecretReissued = "reissued" // replaced: the one before opens nothing any more
	SecretRevoked  = "revoked"  // the one before opens nothing any more, and nobody has the new one
)

// SecretChanges lists them in the order of a form.
var SecretChanges = []string{SecretReissued, SecretCopied, SecretRevoked}

// SecretChecks are how somebody can make sure who asks for a secret.
var SecretChecks = []string{
	"document",    // showed a document
	"known",       // is known to the one who asks, from the same household or building
	"called_back", // was called back under the number on the roll
}

// ChangeSecret is the command about one person's secret.
type ChangeSecret struct {
	Key     string            `json:"-"`
	Person  outbreak.PersonID `json:"person"`
	What    string            `json:"what"`    // one of SecretChanges
	Checked string            `json:"checked"` // one of SecretChecks; may be empty when it is revoked
	Proxy   bool              `json:"proxy"`   // it goes to somebody who looks for the person
}

// heldSecret is what is kept of the answer: nothing that opens anything.
type heldSecret struct {
	No         int64 `json:"no"`
	Generation int64 `json:"generation"`
}

// mostGenerations is what one byte of a secret can tell apart.
const mostGenerations = 255

// ChangeSecret replaces, copies or revokes somebody's secret, after it was made sure who asks. The journal keeps who did it and
// how that was made sure.
func (s *Service) ChangeSecret(ctx context.Context, by outbreak.Actor, c ChangeSecret) (GivenSecret, error) {
	if err := access.RequireAnywhere(by, access.SecretReissue); err != nil {
		return GivenSecret{}, err
	}
	if !slices.Contains(SecretChanges, c.What) {
		return GivenSecret{}, outbreak.Refuse(outbreak.Invalid, "registry.secret_what")
	}
	if !slices.Contains(SecretChecks, c.Checked) && (c.What != SecretRevoked || c.Checked != "") {
		return GivenSecret{}, outbreak.Refuse(outbreak.Invalid, "registry.secret_checked")
	}
	if err := s.secrets.CatchUp(ctx); err != nil {
		return GivenSecret{}, err
	}
	h, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ChangeSecret", Key: c.Key}, c, func(tx *store.Tx) (heldSecret, error) {
		p, ok, err := PersonByID(tx, c.Person)
		if err != nil {
			return heldSecret{}, err
		}
		if !ok || access.Require(by, access.SecretReissue, outbreak.Scope{Area: p.Area}) != nil {
			return heldSecret{}, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		if _, erased, err := erasedOf(tx, p.ID); err != nil || erased {
			if err == nil {
				err = outbreak.Refuse(outbreak.Conflict, "registry.secret_erased")
			}
			return heldSecret{}, err
		}
		generation, err := generationOf(tx, p.No)
		if err == nil && c.What != SecretCopied && generation >= mostGenerations-1 { // the last one is for an erasure
			err = outbreak.Refuse(outbreak.Conflict, "registry.secret_generations")
		}
		if err == nil && c.What != SecretCopied {
			generation, err = raiseSecret(tx, p)
		}
		if err != nil {
			return heldSecret{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.ResultSecretChanged{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, What: c.What,
			Generation: int(generation), Checked: c.Checked, Proxy: c.Proxy})
		return heldSecret{p.No, generation}, err
	})
	if err != nil {
		return GivenSecret{}, err
	}
	if err := s.secrets.CatchUp(ctx); err != nil {
		return GivenSecret{}, err
	}
	given := GivenSecret{Person: c.Person, No: h.No, Code: s.codes.code(h.No)}
	if c.What != SecretRevoked {
		given.Secret = s.secrets.of(h.No, byte(h.Generation))
	}
	return given, nil
}

func generationOf(tx *store.Tx, no int64) (int64, error) {
	generation, _, err := store.One(tx, store.Value[int64], "select generation from secret_generation where no = $1", no)
	return generation, err
}

// raiseSecret ends the secret a person has.
func raiseSecret(tx *store.Tx, p Person) (generation int64, err error) {
	if generation, err = generationOf(tx, p.No); err != nil {
		return 0, err
	}
	generation = min(generation+1, mostGenerations)
	_, err = tx.Exec(`insert into secret_generation (no, person, generation, recorded_at) values ($1, $2, $3, $4)
		on conflict (no) do update set generation = excluded.generation, recorded_at = excluded.recorded_at`, p.No, p.ID, generation, tx.Now)
	return generation, err
}

// NewSecretEpoch ends every result secret of the site, after their key became known to somebody, and begins others: they have to
// be printed anew.
func (s *Service) NewSecretEpoch(ctx context.Context, by outbreak.Actor, key string) (epoch int64, err error) {
	if err := access.Require(by, access.UserManage, outbreak.Scope{}); err != nil {
		return 0, err
	}
	if err := s.secrets.CatchUp(ctx); err != nil {
		return 0, err
	}
	epoch, err = store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.NewSecretEpoch", Key: key}, struct{}{}, func(tx *store.Tx) (int64, error) {
		last, err := store.Count(tx, "select coalesce(max(epoch), 0) from secret_key")
		if err != nil {
			return 0, err
		}
		if last >= mostEpochs {
			return 0, outbreak.Refuse(outbreak.Conflict, "registry.code_epochs")
		}
		if _, err := tx.Exec("update secret_key set ended_at = $1 where ended_at = 0", tx.Now); err != nil {
			return 0, err
		}
		if err := s.beginSecrets(tx, last+1); err != nil {
			return 0, err
		}
		_, err = s.journal.Append(tx, by, outbreak.KeyChanged{What: "made", Of: "secrets", Key: last + 1})
		return last + 1, err
	})
	if err != nil {
		return 0, err
	}
	return epoch, s.secrets.CatchUp(ctx)
}
