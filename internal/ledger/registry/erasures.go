package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// The list of erasures lies beside the key file, DIR.erased: one receipt a line. A backup restored from before an erasure
// does not know of it; the list does.

// list adds a receipt to the list, once.
func (v *Vault) list(r Receipt) error {
	name := v.Beside("erased")
	if name == "" {
		return nil
	}
	known, _, err := v.listed()
	if err != nil {
		return err
	}
	if _, there := known[r.Person]; there {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return appendFile(name, string(line))
}

// listed reads the list. Lines that are torn, or that this site's key did not sign, are counted and do nothing.
func (v *Vault) listed() (known map[outbreak.PersonID]Receipt, wrong int, err error) {
	known = map[outbreak.PersonID]Receipt{}
	name := v.Beside("erased")
	if name == "" {
		return known, 0, nil
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return known, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the list of erasures: %w", err)
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var r Receipt
		if json.Unmarshal(line, &r) != nil || !r.Genuine() || !v.Signs(r.Signer) {
			wrong++
			continue
		}
		known[r.Person] = r
	}
	return known, wrong, nil
}

// Reapplied is what came of applying the list of erasures.
type Reapplied struct {
	Erased int `json:"erased"` // people whom the database had back
	Listed int `json:"listed"` // erasures the list did not know
	Wrong  int `json:"wrong"`  // lines that are torn or that this site did not sign

	Unlisted error `json:"-"` // why the list could not be written; the database is right all the same
}

// ReapplyErasures makes the database and the list beside the key agree: whoever the list names and the database has back, as
// after a restore, is erased again, before anybody can look; what the list lacks is added. It runs at every start.
func (s *Service) ReapplyErasures(ctx context.Context) (Reapplied, error) {
	var done Reapplied
	known, wrong, err := s.vault.listed()
	if err != nil {
		return done, err
	}
	done.Wrong = wrong
	var here []Erased
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		here, err = store.List(tx, scanErased, "select "+erasedColumns+" from erased order by at, person")
		return err
	}); err != nil {
		return done, fmt.Errorf("reading who was erased: %w", err)
	}
	var back []Receipt
	for _, e := range here {
		if _, listed := known[e.Person]; !listed {
			if err := s.vault.list(s.vault.receipt(e)); err != nil {
				done.Unlisted = err
			} else {
				done.Listed++
			}
		}
		delete(known, e.Person)
	}
	for _, r := range known {
		back = append(back, r)
	}
	slices.SortFunc(back, func(a, b Receipt) int { return int(min(max(a.Person-b.Person, -1), 1)) })
	for part := range slices.Chunk(back, keyBatch) {
		n := 0
		err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = s.eraseAgain(tx, part)
			return err
		})
		if err != nil {
			return done, fmt.Errorf("erasing again whom a backup brought back: %w", err)
		}
		done.Erased += n
	}
	return done, nil
}

func (s *Service) eraseAgain(tx *store.Tx, receipts []Receipt) (n int, err error) {
	for _, r := range receipts {
		p, ok, err := PersonByID(tx, r.Person)
		if err != nil {
			return n, err
		}
		if !ok { // the backup is older than the person
			continue
		}
		e := Erased{Person: r.Person, At: r.ErasedAt, Actor: r.By, Reason: r.Reason, Basis: r.Basis}
		if _, err := s.erase(tx, outbreak.SystemActor("erasures"), p, e, true); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
