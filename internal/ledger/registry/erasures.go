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

// list adds receipts to the list, each person once.
func (v *Vault) list(receipts ...Receipt) error {
	name := v.Beside("erased")
	if name == "" || len(receipts) == 0 {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the list of erasures: %w", err)
	}
	wanted := make(map[outbreak.PersonID]bool, len(receipts))
	for _, r := range receipts {
		wanted[r.Person] = true
	}
	for line := range bytes.Lines(text) { // signatures take their time: only those of the people in question are looked at
		var r Receipt
		if json.Unmarshal(line, &r) == nil && wanted[r.Person] && v.accepts(r) {
			delete(wanted, r.Person)
		}
	}
	var lines []string
	for _, r := range receipts {
		if !wanted[r.Person] {
			continue
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		lines = append(lines, string(line))
	}
	if len(lines) == 0 {
		return nil
	}
	return appendFile(name, lines...)
}

// accepts tells whether a receipt is whole and this site's.
func (v *Vault) accepts(r Receipt) bool { return v.Signs(r.Signer) && r.Genuine() }

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
		if json.Unmarshal(line, &r) != nil || !v.accepts(r) {
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
	var back, lacking []Receipt
	for _, e := range here {
		if _, listed := known[e.Person]; !listed {
			lacking = append(lacking, s.vault.receipt(e))
		}
		delete(known, e.Person)
	}
	if done.Unlisted = s.vault.list(lacking...); done.Unlisted == nil {
		done.Listed = len(lacking)
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
