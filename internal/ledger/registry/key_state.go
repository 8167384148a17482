package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// keyState says with which keys a database is written. It is read in the transaction that writes: a server whose ring is
// older than the state meets a number it does not know and reads the file again before it writes anything.
type keyState struct {
	master int64
	oldest int64 // index key
	newest int64 // index key
}

// stateOf reads the state; of a database nobody proved a key to, what the ring would make it.
func (v *Vault) stateOf(tx *store.Tx) (keyState, error) {
	k, ok, err := readState(tx)
	if err != nil || ok {
		return k, err
	}
	r := v.ring.Load()
	return keyState{master: r.newest().ID, oldest: 1, newest: r.newestIndex()}, nil
}

func readState(tx *store.Tx) (keyState, bool, error) {
	k, ok, err := store.One(tx, func(r store.Row) (k keyState, err error) {
		err = r.Scan(&k.master, &k.oldest, &k.newest)
		return k, err
	}, "select master, index_oldest, index_newest from key_state where id = 1")
	if err != nil {
		return k, false, fmt.Errorf("reading which keys are in use: %w", err)
	}
	return k, ok, nil
}

// OpenKeys reads the key file of a database and proves it. A file that is absent is made for a new database alone: one that
// was sealed before needs the file it was sealed with, and a new one in its place would be in the way of that.
func OpenKeys(ctx context.Context, db *store.DB, file string) (*Vault, error) {
	var sealed int64
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		sealed, err = store.Count(tx, "select count(*) from key_check")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the proof of a key: %w", err)
	}
	if _, err := os.Stat(file); sealed > 0 && errors.Is(err, fs.ErrNotExist) {
		return nil, outbreak.Refuse(outbreak.Conflict, "registry.key_lost", "file", file)
	}
	v, err := OpenKeyFile(file)
	if err != nil {
		return nil, err
	}
	return v, db.Write(ctx, v.Prove)
}

// Prove refuses a ring whose master keys are not those this database was sealed with, or that lacks one which is needed; the
// first ring proves itself. A newer ring becomes the one that is written with: so a restored backup is brought forward.
func (v *Vault) Prove(tx *store.Tx) error {
	r := v.ring.Load()
	if err := r.proven(tx); err != nil {
		return err
	}
	k, ok, err := readState(tx)
	if err != nil {
		return err
	}
	if !ok {
		return tx.Must("insert into key_state (id, master, index_oldest, index_newest) values (1, $1, 1, $2)", r.newest().ID, r.newestIndex())
	}
	if k.master > r.newest().ID {
		return outbreak.Refuse(outbreak.Conflict, "registry.key_missing", "key", strconv.FormatInt(k.master, 10))
	}
	if k.newest > r.newestIndex() {
		return outbreak.Refuse(outbreak.Conflict, "registry.index_key_missing", "key", strconv.FormatInt(k.newest, 10))
	}
	if k.master == r.newest().ID && k.newest == r.newestIndex() {
		return nil
	}
	return tx.Must("update key_state set master = $1, index_newest = $2 where id = 1", r.newest().ID, r.newestIndex())
}

// proven compares the ring with the proofs the database keeps, and leaves those of new keys.
func (r *ring) proven(tx *store.Tx) error {
	type check struct {
		id    int64
		proof []byte
	}
	kept, err := store.List(tx, func(row store.Row) (c check, err error) {
		err = row.Scan(&c.id, &c.proof)
		return c, err
	}, "select id, proof from key_check order by id")
	if err != nil {
		return fmt.Errorf("checking the master key: %w", err)
	}
	var known, missing []int64
	for _, c := range kept {
		k := r.master(c.id)
		if k == nil {
			missing = append(missing, c.id)
			continue
		}
		if !bytes.Equal(c.proof, k.proof) {
			return outbreak.Refuse(outbreak.Conflict, "registry.wrong_key")
		}
		known = append(known, c.id)
	}
	if len(kept) > 0 && len(known) == 0 {
		return outbreak.Refuse(outbreak.Conflict, "registry.wrong_key")
	}
	for _, id := range missing { // forgotten, and perhaps needed by a backup that came back
		needed, err := store.List(tx, store.Value[outbreak.PersonID], "select id from person where wrapped_by = $1 and wrapped is not null limit 1", id)
		if err != nil {
			return err
		}
		if len(needed) > 0 {
			return outbreak.Refuse(outbreak.Conflict, "registry.key_missing", "key", strconv.FormatInt(id, 10))
		}
	}
	for _, k := range r.masters {
		if !slices.Contains(known, k.ID) {
			if _, err := tx.Exec("insert into key_check (id, proof) values ($1, $2)", k.ID, k.proof); err != nil {
				return err
			}
		}
	}
	return nil
}

// blind makes index entries as one transaction needs them: written under the newest index key, looked for under every key
// that entries may still lie under.
type blind struct {
	keys   []ringKey // from 1 to the newest
	oldest int64
}

func (v *Vault) blindOf(k keyState) (blind, error) {
	keys, err := v.indexKeys(k.newest)
	return blind{keys: keys, oldest: k.oldest}, err
}

// mark is a piece of personal data that makes a row the same row again.
type mark struct{ kind, value string }

// ukey is what is written.
func (b blind) ukey(m mark) string { return ukey(b.keys, m.kind, m.value) }

// newest is the number of the key that entries are written under.
func (b blind) newest() int64 { return int64(len(b.keys)) }

// ukeys gives all forms a row may still be found under, each with the form that is written today.
func (b blind) ukeys(marks []mark) map[string]string {
	forms := make(map[string]string, len(marks))
	for _, m := range marks {
		b.addForms(forms, m, b.ukey(m))
	}
	return forms
}

func (b blind) addForms(forms map[string]string, m mark, today string) {
	forms[today] = today
	for n := b.oldest; n < b.newest(); n++ {
		forms[ukey(b.keys[:n], m.kind, m.value)] = today
	}
}

// tokens gives all forms a value may be filed under.
func (b blind) tokens(kind, value string) (forms []int64) {
	for n := b.oldest; n <= b.newest(); n++ {
		forms = append(forms, b.keys[n-1].token(kind, value))
	}
	return forms
}

// token is what is filed.
func (b blind) token(kind, value string) int64 { return b.keys[len(b.keys)-1].token(kind, value) }
