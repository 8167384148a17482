package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// raise keeps the people found in two tubes.
func (c *Coverage) raise(ctx context.Context, odd []twice) error {
	for part := range slices.Chunk(odd, 200) {
		err := c.s.db.Write(ctx, func(tx *store.Tx) error {
			nos := make([]int64, 0, len(part))
			for _, a := range part {
				nos = append(nos, a.no)
			}
			people, err := registry.PeopleByNo(tx, nos)
			if err != nil {
				return err
			}
			for _, a := range part {
				a.Person = people[a.no].ID
				if _, err := c.s.raise(tx, outbreak.SystemActor("coverage"), a.Anomaly, a.Content); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keep writes now and then how far tubes were looked at for people who are in two, so that a start looks at the rest alone: what was
// odd then may be none by what was said since. With it go runs of tubes, packed; more says that some are left.
func (c *Coverage) keep(ctx context.Context) (more bool, err error) {
	const most = 4
	c.step.Lock()
	defer c.step.Unlock()
	if len(c.unpacked) == 0 && c.looked < c.kept+runLength {
		return false, nil
	}
	looked, part := c.looked, c.unpacked[:min(len(c.unpacked), most)]
	packed := make([][]byte, len(part))
	if err := c.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		for i := 0; i < len(part) && err == nil; i++ {
			packed[i], err = c.s.last.packRunOf(tx, part[i])
		}
		return err
	}); err != nil {
		return false, err
	}
	if err := c.s.db.Write(ctx, func(tx *store.Tx) error {
		for i, b := range packed {
			if b == nil { // a row is missing in it: its rows are read
				continue
			}
			if _, err := tx.Exec("insert into tube_run (upto, rows) values ($1, $2) on conflict (upto) do update set rows = excluded.rows", part[i], b); err != nil {
				return err
			}
		}
		_, err := tx.Exec("insert into tube_last (id, seq) values (2, $1) on conflict (id) do update set seq = excluded.seq where tube_last.seq < excluded.seq", looked)
		return err
	}); err != nil {
		return false, err
	}
	c.kept, c.unpacked = looked, c.unpacked[len(part):]
	return len(c.unpacked) > 0, nil
}
