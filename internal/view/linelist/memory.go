package linelist

import (
	"context"
	"fmt"
	"sync"
	"time"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Memory is all cases by columns. It lives in each process and holds nothing that is not in the tables.
type Memory struct {
	db      *store.DB
	journal *journal.Journal
	turn    chan struct{} // held by who moves the memory on

	mu     sync.RWMutex
	table  *columns.Table
	at     int64            // journal entry seen
	asOf   outbreak.Instant // when that was
	ready  bool
	extras extras
	then   rewound
	beside beside

	zones zones // guarded by turn, as from
	from  mark
}

// mark is how far the changes of cases were read.
type mark struct {
	changed int64
	id      outbreak.CaseID
}

func newMemory(db *store.DB, j *journal.Journal) *Memory {
	return &Memory{db: db, journal: j, turn: make(chan struct{}, 1), table: columns.New(specs()...), zones: zones{}}
}

// Run reads the tables and follows the journal until ctx ends.
func (m *Memory) Run(ctx context.Context) error {
	if err := m.CatchUp(ctx); err != nil {
		return err
	}
	for {
		if _, err := m.journal.Wait(ctx, m.seen()); err != nil {
			return err
		}
		if err := m.CatchUp(ctx); err != nil {
			return err
		}
	}
}

// CatchUp brings the memory to the journal's head once.
func (m *Memory) CatchUp(ctx context.Context) error {
	if err := m.take(ctx); err != nil {
		return err
	}
	defer m.give()
	if !m.isReady() {
		return m.start(ctx)
	}
	return m.follow(ctx)
}

func (m *Memory) take(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Memory) give() { <-m.turn }

func (m *Memory) seen() int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.at
}

func (m *Memory) isReady() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.ready
}

// How long a reader waits for the memory: at start for it to be there, later for what was written last.
const (
	patience = 3 * time.Second
	waiting  = time.Second
)

// fresh makes sure that the memory is there and has seen what was written last; if that takes too long, it serves what it has.
func (m *Memory) fresh(ctx context.Context, seen int64) error {
	var head int64
	if err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		head, err = journal.Head(tx)
		return err
	}); err != nil {
		return err
	}
	seen = min(seen, head) // an entry nobody wrote is not waited for
	ready := m.isReady()
	if ready && m.seen() >= max(head, seen) {
		return nil
	}
	most := patience
	if ready {
		most = waiting
	}
	waits, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if err := m.take(waits); err != nil {
		return m.late(ctx, ready)
	}
	if ready {
		defer m.give()
		return m.follow(ctx)
	}
	done := make(chan error, 1)
	go func() { // it goes on when this reader has gone
		defer m.give()
		if m.isReady() {
			done <- nil
			return
		}
		done <- m.start(context.WithoutCancel(ctx))
	}()
	select {
	case err := <-done:
		return err
	case <-waits.Done():
		return m.late(ctx, false)
	}
}

// late is what a reader hears whose patience is over.
func (m *Memory) late(ctx context.Context, ready bool) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if ready {
		return nil
	}
	warming := outbreak.Refuse(outbreak.Busy, "linelist.warming")
	warming.RetryAfter = patience
	return warming
}

// start reads all cases, then what changed meanwhile.
func (m *Memory) start(ctx context.Context) error {
	table := columns.New(specs()...)
	all := extras{}
	var from mark
	if err := m.db.Read(ctx, func(tx *store.Tx) error {
		n, err := store.Count(tx, "select count(*) from case_file")
		if err != nil {
			return err
		}
		table.Reserve(int(n) + int(n)/20)
		if from.changed, err = store.Count(tx, "select coalesce(max(changed), 0) from case_file"); err != nil {
			return err
		}
		from.id = 1<<63 - 1
		return m.zones.readAll(tx)
	}); err != nil {
		return fmt.Errorf("beginning to read the cases: %w", err)
	}
	for after := outbreak.CaseID(0); ; {
		rows, more, err := m.readFrom(ctx, after)
		if err != nil {
			return fmt.Errorf("reading the cases: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			m.put(table, r)
		}
		all.put(table, more)
		after = rows[len(rows)-1].id
	}
	all.bound(table)
	m.mu.Lock()
	m.table, m.extras, m.ready = table, all, true
	m.mu.Unlock()
	m.from = from
	return m.follow(ctx)
}

// readFrom reads some cases by identifier.
func (m *Memory) readFrom(ctx context.Context, after outbreak.CaseID) (rows []caseRow, more []extra, err error) {
	const most = 20_000
	err = m.db.Read(ctx, func(tx *store.Tx) error {
		if rows, err = store.List(tx, scanCase, "select "+caseColumns+" from case_file where id > $1 order by id limit $2", after, most); err != nil || len(rows) == 0 {
			return err
		}
		if err := m.zones.read(tx, rows); err != nil {
			return err
		}
		more, err = store.List(tx, scanExtra, "select case_id, field, value from case_extra where case_id > $1 and case_id <= $2", after, rows[len(rows)-1].id)
		return err
	})
	return rows, more, err
}

// follow takes in the rows that changed. What one picture of the database holds is shown at once.
func (m *Memory) follow(ctx context.Context) error {
	var rows []caseRow
	var more []extra
	var head int64
	var now outbreak.Instant
	from := m.from
	if err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		if head, err = journal.Head(tx); err != nil {
			return err
		}
		now = tx.Now
		rows, more, from, err = m.readChanged(tx, from)
		return err
	}); err != nil {
		return fmt.Errorf("reading the cases that changed: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		m.put(m.table, r)
		m.extras.forget(m.table, r)
	}
	m.extras.put(m.table, more)
	m.extras.bound(m.table)
	m.at, m.asOf = max(m.at, head), now
	if len(rows) > 0 {
		m.then.forget()
	}
	m.from = from
	return nil
}

func (m *Memory) readChanged(tx *store.Tx, from mark) (rows []caseRow, more []extra, upto mark, err error) {
	const most = 5000
	for {
		some, err := store.List(tx, scanCase, "select "+caseColumns+" from case_file where (changed, id) > ($1, $2) order by changed, id limit $3", from.changed, from.id, most)
		if err != nil {
			return nil, nil, from, err
		}
		if err := m.zones.read(tx, some); err != nil {
			return nil, nil, from, err
		}
		extra, err := extrasOf(tx, some)
		if err != nil {
			return nil, nil, from, err
		}
		rows, more = append(rows, some...), append(more, extra...)
		if len(some) > 0 {
			from = mark{some[len(some)-1].changed, some[len(some)-1].id}
		}
		if len(some) < most {
			return rows, more, from, nil
		}
	}
}

// Figures are how the memory stands.
type Figures struct {
	Ready  bool     `json:"ready"`
	Rows   int      `json:"rows"`
	Bytes  int64    `json:"bytes"`
	Seq    int64    `json:"seq"`    // journal entry seen
	Extra  []string `json:"extra"`  // names of extra fields in it
	Beyond []string `json:"beyond"` // names of extra fields that are not: there were too many of them, or of their texts
}

// Figures tells how the memory stands.
func (m *Memory) Figures() Figures {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Figures{Ready: m.ready, Rows: m.table.Len(), Bytes: m.table.Bytes(), Seq: m.at, Extra: m.extras.names(), Beyond: m.extras.beyondNames()}
}
