package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Keys is the key ring in the hands of whoever holds the key file. He acts on the console and may do everything anyway; the
// journal says what he did.
type Keys struct {
	db      *store.DB
	journal *journal.Journal
	vault   *Vault
	sealed  []SealedColumn
}

// Keys gives the key ring.
func (s *Service) Keys() *Keys {
	return &Keys{db: s.db, journal: s.journal, vault: s.vault, sealed: s.SealedColumns()}
}

// Reload reads the key file again; a ring that is not this site's is refused and changes nothing.
func (k *Keys) Reload() error { return k.vault.Reload() }

// Sign signs a text with the site's key, for the journal's head.
func (k *Keys) Sign(text []byte) (signer, signature string) { return k.vault.Sign(text) }

// Signs tells whether a public key is this site's, the one in use or one that was replaced.
func (k *Keys) Signs(signer string) bool { return k.vault.Signs(signer) }

// Signed tells whether a public key is this site's, and until when it signed; 0: it still does.
func (k *Keys) Signed(signer string) (until outbreak.Instant, ours bool) {
	return k.vault.Signed(signer)
}

// Ring is the name of the key ring, and so of the site: eight letters and digits.
func (k *Keys) Ring() string { return k.vault.ring.Load().id }

// Beside names a file beside the key file, by its ending.
func (k *Keys) Beside(ending string) string { return k.vault.Beside(ending) }

// AppendBeside adds a line to a file beside the key file and brings it to the disk.
func (k *Keys) AppendBeside(ending, line string) error {
	if k.vault.file == "" {
		return errors.New("the keys of this site lie in no file, so nothing lies beside it")
	}
	if err := appendFile(k.vault.Beside(ending), line); err != nil {
		return fmt.Errorf("writing beside the key file: %w", err)
	}
	return nil
}

// keeper is who the journal names for what is done with keys.
var keeper = outbreak.SystemActor("console")

const (
	keyBatch = 300                  // people a transaction: a few hundredths of a second
	keyPause = 5 * time.Millisecond // between transactions, so that a running server comes in
)

// Progress is told after each batch how many people are done, of how many there were to do.
type Progress func(done, total int64)

// Rotation is what a rotation came to.
type Rotation struct {
	Key     int64   `json:"key"`     // the number of the key that is in use now
	Resumed bool    `json:"resumed"` // an earlier rotation was brought to its end; no key was made
	People  int64   `json:"people"`  // done by this call
	Left    int64   `json:"left"`    // who still need an older key
	Retired []int64 `json:"retired"` // older keys nobody in this database needs any more
}

// Rotate makes a new master key, brings it to the disk, and wraps the key of everybody under it, while the server runs. When
// it is stopped it goes on at the next call, which makes no further key. Old keys are retired when a count says that nobody
// needs them; they stay in the ring for backups until they are forgotten. also brings what other rooms sealed under the newest
// key; nil: nothing.
func (k *Keys) Rotate(ctx context.Context, tell Progress, also func(context.Context) error) (Rotation, error) {
	var turn Rotation
	err := k.vault.change(func(r *ring) error {
		left, err := k.count(ctx, underOlder, r.newest().ID)
		if err != nil {
			return err
		}
		state, err := k.state(ctx)
		if err != nil {
			return err
		}
		if turn.Resumed = left > 0 || state.master != r.newest().ID; turn.Resumed { // broken off among the people, or before them
			return nil
		}
		r.masters = append(r.masters, freshKey(r.newest().ID+1, outbreak.WallClock{}.Now()))
		return nil
	})
	if err != nil {
		return turn, err
	}
	turn.Key = k.vault.ring.Load().newest().ID
	if err := k.bringForward(ctx, "master", turn.Key, turn.Resumed); err != nil {
		return turn, err
	}
	if turn.People, err = k.walk(ctx, underOlder, turn.Key, tell, k.rewrap); err != nil {
		return turn, err
	}
	if turn.Left, err = k.count(ctx, underOlder, turn.Key); err != nil || turn.Left > 0 {
		return turn, err
	}
	if also != nil {
		if err := also(ctx); err != nil {
			return turn, err
		}
	}
	turn.Retired, err = k.retire(ctx)
	return turn, err
}

func (k *Keys) state(ctx context.Context) (state keyState, err error) {
	err = k.db.Read(ctx, func(tx *store.Tx) error {
		state, err = k.vault.stateOf(tx)
		return err
	})
	return state, err
}

// bringForward makes the newest keys of the ring those that are written with. From this commit on every server has to have
// them: one that has not reads its file again.
func (k *Keys) bringForward(ctx context.Context, kind string, id int64, resumed bool) error {
	return k.db.Write(ctx, func(tx *store.Tx) error {
		if err := k.vault.Prove(tx); err != nil || resumed {
			return err
		}
		_, err := k.journal.Append(tx, keeper, outbreak.KeyChanged{What: "made", Of: kind, Key: id})
		return err
	})
}

// Conditions on people who still wait for a rotation; each takes the number of the new key.
const (
	underOlder = "wrapped is not null and wrapped_by <> "
	byOlder    = "index_by < "
)

func (k *Keys) count(ctx context.Context, waiting string, key int64) (n int64, err error) {
	err = k.db.Read(ctx, func(tx *store.Tx) error {
		n, err = store.Count(tx, "select count(*) from person where "+waiting+"$1", key)
		return err
	})
	return n, err
}

// sealedRow is a person as a rotation reads one.
type sealedRow struct {
	id      outbreak.PersonID
	ukey    string
	indexBy int64
	no      int64
	area    outbreak.AreaID
	phone   int64
	doc     string // document_key
	box     box
}

// walk goes through everybody who waits, in the order of identifiers, a few hundred a transaction.
func (k *Keys) walk(ctx context.Context, waiting string, key int64, tell Progress, do func(*store.Tx, []sealedRow, int64) error) (done int64, err error) {
	total, err := k.count(ctx, waiting, key)
	if err != nil {
		return 0, err
	}
	var after outbreak.PersonID
	for {
		var rows []sealedRow
		err := k.db.Write(ctx, func(tx *store.Tx) (err error) {
			if rows, err = nextSealed(tx, waiting, key, after); err != nil || len(rows) == 0 {
				return err
			}
			return do(tx, rows, key)
		})
		if err != nil || len(rows) == 0 {
			return done, err
		}
		after = rows[len(rows)-1].id
		done += int64(len(rows))
		if tell != nil {
			tell(done, total)
		}
		select {
		case <-ctx.Done():
			return done, ctx.Err()
		case <-time.After(keyPause):
		}
	}
}

func nextSealed(tx *store.Tx, waiting string, key int64, after outbreak.PersonID) ([]sealedRow, error) {
	return store.List(tx, scanSealed, "select "+sealedColumns+" from person where "+waiting+"$1 and id > $2 order by id limit $3", key, after, keyBatch)
}

const sealedColumns = "id, ukey, index_by, no, area_id, phone_key, document_key, sealed, wrapped, wrapped_by"

func scanSealed(r store.Row) (s sealedRow, err error) {
	err = r.Scan(&s.id, &s.ukey, &s.indexBy, &s.no, &s.area, &s.phone, &s.doc, &s.box.sealed, &s.box.wrapped, &s.box.by)
	return s, err
}

// rewrap wraps the keys of a batch of people under a master key.
func (k *Keys) rewrap(tx *store.Tx, rows []sealedRow, key int64) error {
	for _, row := range rows {
		b, err := k.vault.rewrap(row.id, row.box, key)
		if err != nil {
			return err
		}
		if err := tx.Must("update person set wrapped = $1, wrapped_by = $2 where id = $3", b.wrapped, b.by, row.id); err != nil {
			return fmt.Errorf("wrapping the key of a person anew: %w", err)
		}
	}
	return nil
}

// needed counts what lies under a master key: people, and everything else that is sealed.
func (k *Keys) needed(ctx context.Context, id int64) (n int64, err error) {
	err = k.db.Read(ctx, func(tx *store.Tx) error {
		people, err := store.Count(tx, "select count(*) from person where wrapped is not null and wrapped_by = $1", id)
		if err != nil {
			return err
		}
		n = people
		for _, c := range k.sealed {
			if c.Under == nil {
				continue
			}
			boxes, err := c.Under(tx, id)
			if err != nil {
				return fmt.Errorf("counting what is sealed in %s: %w", c.Table, err)
			}
			n += boxes
		}
		return nil
	})
	return n, err
}

// retire marks older master keys that nobody in the database needs.
func (k *Keys) retire(ctx context.Context) (retired []int64, err error) {
	err = k.vault.change(func(r *ring) error {
		for i := range r.masters[:len(r.masters)-1] {
			m := &r.masters[i]
			if m.Retired != 0 {
				continue
			}
			if n, err := k.needed(ctx, m.ID); err != nil || n > 0 {
				return err
			}
			m.Retired = outbreak.WallClock{}.Now()
			retired = append(retired, m.ID)
		}
		return nil
	})
	if err != nil || len(retired) == 0 {
		return retired, err
	}
	return retired, k.db.Write(ctx, func(tx *store.Tx) error {
		for _, id := range retired {
			if _, err := k.journal.Append(tx, keeper, outbreak.KeyChanged{What: "retired", Of: "master", Key: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget takes a retired master key out of the ring for good. Backups made before it was retired can show no name after
// that, which is what makes erasing final in them too. Unless even says so, it is refused while the journal knows of no backup
// made since.
func (k *Keys) Forget(ctx context.Context, id int64, even bool) error {
	number := strconv.FormatInt(id, 10)
	err := k.vault.change(func(r *ring) error {
		m := r.master(id)
		if m == nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_key", "key", number)
		}
		if m.Retired == 0 {
			return outbreak.Refuse(outbreak.Conflict, "registry.key_in_use", "key", number)
		}
		n, err := k.needed(ctx, id)
		if err != nil {
			return err
		}
		if n > 0 {
			return outbreak.Refuse(outbreak.Conflict, "registry.key_in_use", "key", number)
		}
		backup, err := k.lastBackup(ctx)
		if err != nil {
			return err
		}
		if backup <= m.Retired && !even {
			return outbreak.Refuse(outbreak.Conflict, "registry.key_backup", "key", number, "retired", m.Retired)
		}
		r.masters = slices.DeleteFunc(r.masters, func(m ringKey) bool { return m.ID == id })
		return nil
	})
	if err != nil {
		return err
	}
	return k.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("delete from key_check where id = $1", id); err != nil {
			return err
		}
		_, err := k.journal.Append(tx, keeper, outbreak.KeyChanged{What: "forgotten", Of: "master", Key: id})
		return err
	})
}

func (k *Keys) lastBackup(ctx context.Context) (at outbreak.Instant, err error) {
	err = k.db.Read(ctx, func(tx *store.Tx) error {
		at, err = lastBackup(tx)
		return err
	})
	return at, err
}
