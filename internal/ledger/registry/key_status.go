package registry

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// KeyStatus is what can be told of a ring without giving a secret away.
type KeyStatus struct {
	Ring    string           `json:"ring"`
	File    string           `json:"file"`
	OldForm bool             `json:"old_form"` // the file holds a master key alone; the next change writes a ring
	Open    bool             `json:"open"`     // others than its owner may read the file
	Masters []MasterStatus   `json:"masters"`
	Index   IndexStatus      `json:"index"`
	Signer  string           `json:"signer"`      // public key
	Signed  []SignerStatus   `json:"signed"`      // signing keys that were replaced
	Split   *SplitStatus     `json:"split"`       // nil: there is no recovery copy
	Erased  int64            `json:"erased"`      // people in the database
	Listed  int              `json:"listed"`      // erasures on the list beside the key file
	Backup  outbreak.Instant `json:"last_backup"` // the last one the journal knows of; 0: none
	At      outbreak.Instant `json:"at"`
}

// MasterStatus tells of one master key.
type MasterStatus struct {
	ID      int64            `json:"id"`
	Made    outbreak.Instant `json:"made"`
	Current bool             `json:"current"`
	Retired outbreak.Instant `json:"retired"`
	People  int64            `json:"people"` // wrapped under it
}

// SignerStatus tells of a signing key that was replaced.
type SignerStatus struct {
	ID      int64            `json:"id"`
	Made    outbreak.Instant `json:"made"`
	Retired outbreak.Instant `json:"retired"`
	Signer  string           `json:"signer"` // public key
}

// IndexStatus tells how far the blind indexes are.
type IndexStatus struct {
	Newest  int64            `json:"newest"`
	Made    outbreak.Instant `json:"made"`
	Waiting int64            `json:"waiting"` // people and households whose entries lie under an older key
}

// SplitStatus tells of the last recovery copy.
type SplitStatus struct {
	ID     string           `json:"id"`
	At     outbreak.Instant `json:"at"`
	Shares int              `json:"shares"`
	Need   int              `json:"need"`
	Lacks  []string         `json:"lacks"`  // keys made since: split again
	Beyond []string         `json:"beyond"` // keys forgotten since, which its sheets still hold: destroy them
}

// Status tells how the ring and the database stand.
func (k *Keys) Status(ctx context.Context) (KeyStatus, error) {
	if err := k.vault.Reload(); err != nil {
		return KeyStatus{}, err
	}
	r := k.vault.ring.Load()
	s := KeyStatus{Ring: r.id, File: k.vault.file, OldForm: r.old, At: outbreak.WallClock{}.Now()}
	s.Signer, _ = k.vault.Sign(nil)
	s.Signed = []SignerStatus{}
	for _, old := range r.signed {
		s.Signed = append(s.Signed, SignerStatus{ID: old.ID, Made: old.Made, Retired: old.Retired, Signer: encoded([]byte(old.Public))})
	}
	if info, err := os.Stat(k.vault.file); err == nil {
		s.Open = info.Mode().Perm()&0o077 != 0
	}
	if r.split != nil {
		s.Split = &SplitStatus{ID: r.split.ID, At: r.split.At, Shares: r.split.Shares, Need: r.split.Need,
			Lacks: without(r.names(), r.split.Holds), Beyond: without(r.split.Holds, r.names())}
	}
	known, _, err := k.vault.listed()
	if err != nil {
		return s, err
	}
	s.Listed = len(known)
	return s, k.db.Read(ctx, func(tx *store.Tx) error { return s.count(tx, r) })
}

// without gives the names of a list that are not on another.
func without(list, other []string) []string {
	return slices.DeleteFunc(append([]string{}, list...), func(name string) bool { return slices.Contains(other, name) })
}

func (s *KeyStatus) count(tx *store.Tx, r *ring) error {
	people := map[int64]int64{}
	if err := store.Each(tx, func(row store.Row) error {
		var id, n int64
		err := row.Scan(&id, &n)
		people[id] = n
		return err
	}, "select wrapped_by, count(*) from person where wrapped is not null group by wrapped_by"); err != nil {
		return fmt.Errorf("counting people by master key: %w", err)
	}
	for _, m := range r.masters {
		s.Masters = append(s.Masters, MasterStatus{ID: m.ID, Made: m.Made, Current: m.ID == r.newest().ID, Retired: m.Retired, People: people[m.ID]})
	}
	s.Index = IndexStatus{Newest: r.newestIndex(), Made: r.indexes[len(r.indexes)-1].Made}
	for _, table := range []string{"person", "household"} {
		n, err := store.Count(tx, "select count(*) from "+table+" where index_by < $1", s.Index.Newest)
		if err != nil {
			return fmt.Errorf("counting index entries: %w", err)
		}
		s.Index.Waiting += n
	}
	var err error
	if s.Backup, err = lastBackup(tx); err != nil {
		return err
	}
	s.Erased, err = store.Count(tx, "select count(*) from erased")
	return err
}

// lastBackup is the time of the last entry that is surely in the last backup: a backup holds what was there when it began.
// Copies made by the tools of the database are not counted.
func lastBackup(tx *store.Tx) (outbreak.Instant, error) {
	made, err := journal.ListAbout(tx, outbreak.Backups, 1)
	if err != nil || len(made) == 0 {
		return 0, err
	}
	var b outbreak.BackupMade
	if err := outbreak.On(made[0], func(e outbreak.BackupMade) error { b = e; return nil }); err != nil {
		return 0, err
	}
	held, err := journal.List(tx, b.Upto-1, b.Upto, nil, 1)
	if err != nil || len(held) == 0 {
		return 0, err
	}
	return held[0].At, nil
}

// KeyCheck is what opening every box came to.
type KeyCheck struct {
	People  int64               `json:"people"`  // with a sealed identity
	Opened  int64               `json:"opened"`  // whose box opens
	Shut    []outbreak.PersonID `json:"shut"`    // the first hundred whose box does not
	Entries int64               `json:"entries"` // people whose entries in the blind index are not those of their box
	Tables  []SealedCheck       `json:"tables"`  // what else is sealed
}

const mostShut = 100

// Check opens every box and compares the blind index with what lies in it. It shows no name and writes nothing.
func (k *Keys) Check(ctx context.Context, tell Progress) (KeyCheck, error) {
	c := KeyCheck{Shut: []outbreak.PersonID{}}
	total, err := k.count(ctx, "sealed is not null and id <> ", 0)
	if err != nil {
		return c, err
	}
	var after outbreak.PersonID
	for {
		n := 0
		err := k.db.Read(ctx, func(tx *store.Tx) error {
			rows, err := nextSealed(tx, "sealed is not null and id <> ", 0, after)
			if n = len(rows); err != nil || n == 0 {
				return err
			}
			after = rows[n-1].id
			return k.look(tx, rows, &c)
		})
		if err != nil {
			return c, err
		}
		if n == 0 {
			break
		}
		if tell != nil {
			tell(c.People, total)
		}
	}
	for _, column := range k.sealed {
		found, err := k.lookAtSealed(ctx, column)
		if err != nil {
			return c, err
		}
		c.Tables = append(c.Tables, found)
	}
	return c, nil
}

// Whole tells that everything opened.
func (c KeyCheck) Whole() bool {
	for _, t := range c.Tables {
		if t.Opened < t.Boxes {
			return false
		}
	}
	return c.Opened == c.People && c.Entries == 0
}

func (k *Keys) look(tx *store.Tx, rows []sealedRow, c *KeyCheck) error {
	state, err := k.vault.stateOf(tx)
	if err != nil {
		return err
	}
	eyes, err := k.vault.blindOf(state)
	if err != nil {
		return err
	}
	for _, row := range rows {
		c.People++
		i, err := k.vault.identity(row.id, row.box)
		if err != nil {
			if len(c.Shut) < mostShut {
				c.Shut = append(c.Shut, row.id)
			}
			continue
		}
		c.Opened++
		if !eyes.files(i, row) {
			c.Entries++
		}
	}
	return nil
}

// files tells whether somebody is filed as the identity says, under a key that is still looked for.
func (b blind) files(i Identity, row sealedRow) bool {
	if i.Phone == "" && row.phone != 0 || i.Phone != "" && !slices.Contains(b.tokens("phone", i.Phone), row.phone) {
		return false
	}
	if i.Document == "" {
		return row.doc == ""
	}
	return b.knownBy(cmp.Or(row.doc, row.ukey), i)
}
