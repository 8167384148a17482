package linelist

import (
	"context"
	"fmt"
	"math"
	"slices"

	"breakwater/internal/engine/columns"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// picture is a table to ask, with what it is a picture of.
type picture struct {
	*columns.Table
	seq     int64
	asOf    outbreak.Instant
	knownAt outbreak.Instant
	extra   []string // names of extra fields
	beside  beside
}

// rewound keeps the last pictures of the past: they are the same until a case changes.
type rewound struct {
	kept []picture
}

const mostRewound = 2

func (r *rewound) forget() { r.kept = nil }

// look calls do with a picture of all cases, as they are or as they were known at an instant. do may keep nothing of it.
func (m *Memory) look(ctx context.Context, knownAt outbreak.Instant, do func(picture) error) error {
	if knownAt != 0 {
		p, err := m.rewind(ctx, knownAt)
		if err != nil {
			return err
		}
		return do(p)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return do(m.now())
}

// now is the memory as it is; mu is held.
func (m *Memory) now() picture {
	return picture{Table: m.table, seq: m.at, asOf: m.asOf, extra: m.extras.names(), beside: m.beside}
}

// still is a picture that does not change any more.
func (m *Memory) still(ctx context.Context, knownAt outbreak.Instant) (picture, error) {
	if knownAt != 0 {
		return m.rewind(ctx, knownAt)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.now()
	p.Table = m.table.Snapshot()
	return p, nil
}

// change is what one field of a case was before it changed.
type change struct {
	id    outbreak.CaseID
	field string
	was   string
}

// rewind gives the cases as they were known at an instant: those recorded later are not there, and what changed later is taken
// back, the last change first; so are the extra fields that are open. The batch is that of now: its changes are not kept. Where somebody is shown is decided by where the case lies now.
func (m *Memory) rewind(ctx context.Context, at outbreak.Instant) (picture, error) {
	m.mu.Lock()
	for _, p := range m.then.kept {
		if p.knownAt == at && p.seq == m.at {
			m.mu.Unlock()
			return p, nil
		}
	}
	p := m.now()
	p.Table, p.knownAt = m.table.Snapshot(), at
	m.mu.Unlock()
	var changes []change
	var former []extra
	if err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		changes, err = store.List(tx, func(r store.Row) (c change, err error) {
			err = r.Scan(&c.id, &c.field, &c.was)
			return c, err
		}, "select case_id, field, was from case_change where at > $1 order by at desc, version desc", at)
		if err == nil {
			former, err = store.List(tx, scanExtra, "select case_id, field, was from case_extra_change where at > $1 order by at desc, case_id, field", at)
		}
		return err
	}); err != nil {
		return picture{}, fmt.Errorf("reading what changed since %s: %w", at, err)
	}
	touched := map[int]bool{}
	for _, c := range changes {
		if row, ok := p.Row(int64(c.id)); ok && setText(p.Table, row, c.field, c.was) {
			touched[row] = true
		}
	}
	for _, e := range former {
		if col := p.Column(ExtraPrefix + e.field); col >= 0 {
			if row, ok := p.Row(int64(e.id)); ok {
				p.SetWord(row, col, e.value)
			}
		}
	}
	for row := range touched {
		derive(p.Table, row)
	}
	later := p.All()
	p.KeepBetween(later, colRecordedAt, int64(at)+1, math.MaxInt64)
	later.Each(func(row int) { p.Delete(p.ID(row)) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.then.kept = append(slices.Clone(m.then.kept[max(len(m.then.kept)-mostRewound+1, 0):]), p)
	return p, nil
}

// setText puts what a field said into a row, as a text; false when the memory has no such field.
func setText(t *columns.Table, row int, field, text string) bool {
	col, ok := place(t, field)
	if !ok || col < 0 || col == colArea || col == colOutbreak {
		return false
	}
	switch t.Spec(col).Kind {
	case columns.Word:
		t.SetWord(row, col, folded(field, text))
	case columns.Number:
		t.SetNumber(row, col, numberOf(field, text))
	default:
		return false
	}
	return true
}

// numberOf reads a day or an age; Missing when it is none.
func numberOf(field, text string) int32 {
	if f, _ := columnOf(field); f.Kind == Day {
		if day, err := parseDay(text); err == nil {
			return day
		}
		return columns.Missing
	}
	low, _, err := months(text)
	if err != nil {
		return columns.Missing
	}
	return low
}
