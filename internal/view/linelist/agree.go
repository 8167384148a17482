package linelist

import (
	"context"
	"slices"

	"breakwater/internal/engine/columns"
	"breakwater/internal/store"
)

// Differences counts the cases that stand otherwise in the memory than in the tables, in either, once it is up to date. It reads
// all cases: doctor asks.
func (s *Service) Differences(ctx context.Context) (differ int64, err error) {
	m := s.memory
	if err := m.CatchUp(ctx); err != nil {
		return 0, err
	}
	if err := m.take(ctx); err != nil {
		return 0, err
	}
	defer m.give()
	err = m.db.Read(ctx, func(tx *store.Tx) error {
		there := columns.New(specs()...)
		var x extras
		if err := store.Each(tx, func(r store.Row) error {
			c, err := scanCase(r)
			if err == nil && (c.changed < m.from.changed || c.changed == m.from.changed && c.id <= m.from.id) {
				m.put(there, c)
			}
			return err
		}, "select "+caseColumns+" from case_file order by id"); err != nil {
			return err
		}
		more, err := store.List(tx, scanExtra, "select case_id, field, value from case_extra")
		if err != nil {
			return err
		}
		x.put(there, more)
		x.bound(there)
		m.mu.RLock()
		defer m.mu.RUnlock()
		differ = unlike(there, m.table, slices.Concat(namesOf(specs()), prefixed(x.names())))
		return nil
	})
	return differ, err
}

func namesOf(specs []columns.Spec) (names []string) {
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return names
}

func prefixed(names []string) (list []string) {
	for _, n := range names {
		list = append(list, ExtraPrefix+n)
	}
	return list
}

// unlike counts the rows of a table that are not the same in another, and those the other has besides.
func unlike(a, b *columns.Table, names []string) (n int64) {
	found := 0
	a.All().Each(func(row int) {
		other, ok := b.Row(a.ID(row))
		if !ok {
			n++
			return
		}
		found++
		for _, name := range names {
			if !alike(a, b, row, other, a.Column(name), b.Column(name)) {
				n++
				return
			}
		}
	})
	return n + int64(b.Len()-found)
}

func alike(a, b *columns.Table, row, other, col, of int) bool {
	if col < 0 || of < 0 {
		return col == of
	}
	switch a.Spec(col).Kind {
	case columns.Word:
		return a.Text(row, col) == b.Text(other, of)
	case columns.Number:
		return a.Number(row, col) == b.Number(other, of)
	}
	return a.Long(row, col) == b.Long(other, of)
}
