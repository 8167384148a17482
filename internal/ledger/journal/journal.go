package journal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the journal's tables.
var Migrations = store.Migrations{Owner: "journal", FS: migrations}

// ledger is the number of this database's chain; a shard by area is a database and so a chain of its own.
const ledger = 1

// Journal is the record of one database.
type Journal struct {
	db     *store.DB
	log    *slog.Logger
	parked Parked
	runner runner
}

// Parked is told of an entry a consumer put aside, in the transaction that puts it aside.
type Parked func(tx *store.Tx, consumer string, e outbreak.Entry, cause error) error

// New makes the journal of db. parked opens the task of a stuck entry.
func New(db *store.DB, log *slog.Logger, parked Parked) *Journal {
	return &Journal{db: db, log: log, parked: parked}
}

// record is what one commit appends: gathered while its closures run, written with few statements before the end. The writer
// of a database is alone, so nobody else can take the sequences meanwhile.
type record struct {
	seq    int64
	prev   []byte
	rows   [][]any
	abouts [][]any
}

// Mark makes what a failed closure appended undone.
func (r *record) Mark() (undo func()) {
	seq, prev, rows, abouts := r.seq, r.prev, len(r.rows), len(r.abouts)
	return func() { r.seq, r.prev, r.rows, r.abouts = seq, prev, r.rows[:rows], r.abouts[:abouts] }
}

type recordKey struct{}

// recordOf gives the record of a transaction, beginning at the journal's head.
func recordOf(tx *store.Tx) (*record, error) {
	if r, begun := tx.Kept(recordKey{}).(*record); begun {
		return r, nil
	}
	seq, prev, err := headOf(tx)
	if err != nil {
		return nil, err
	}
	r := &record{seq: seq, prev: prev}
	tx.Keep(recordKey{}, r)
	tx.BeforeCommit(r.write)
	return r, nil
}

// Append adds events to the record of a transaction and gives the sequence of the last one.
func (j *Journal) Append(tx *store.Tx, by outbreak.Actor, events ...outbreak.Event) (int64, error) {
	if by.User == 0 && by.System == "" {
		return 0, fmt.Errorf("appending %d events without an actor", len(events))
	}
	r, err := recordOf(tx)
	if err != nil {
		return 0, err
	}
	for _, ev := range events {
		body, err := json.Marshal(ev)
		if err != nil {
			return 0, fmt.Errorf("writing a %s: %w", ev.Kind(), err)
		}
		r.seq++
		e := outbreak.Entry{Seq: r.seq, At: tx.Now, Kind: ev.Kind(), Scope: ev.Where(), Actor: by.String(), Cause: by.Cause, Body: body}
		r.prev = chain(r.prev, e)
		r.rows = append(r.rows, []any{ledger, e.Seq, e.At, e.Kind, e.Scope.Outbreak, e.Scope.Area, e.Actor, e.Cause, string(body), r.prev})
		if a, ok := ev.(outbreak.About); ok {
			named := map[outbreak.Ref]bool{}
			for _, ref := range a.About() {
				if ref.ID != "" && !named[ref] {
					named[ref] = true
					r.abouts = append(r.abouts, []any{ref.Kind, ref.ID, r.seq})
				}
			}
		}
	}
	return r.seq, nil
}

// write puts what was gathered into the tables.
func (r *record) write(tx *store.Tx) error {
	if len(r.rows) == 0 {
		return nil
	}
	if err := tx.Add("journal", []string{"ledger", "seq", "at", "kind", "outbreak", "area", "actor", "cause", "body", "hash"}, r.rows); err != nil {
		return fmt.Errorf("appending to the journal: %w", err)
	}
	if err := tx.Add("journal_about", []string{"kind", "id", "seq"}, r.abouts); err != nil {
		return fmt.Errorf("filing journal entries: %w", err)
	}
	if err := tx.Must("insert into journal_head (ledger, seq, hash) values ($1, $2, $3) on conflict (ledger) do update set seq = excluded.seq, hash = excluded.hash", ledger, r.seq, r.prev); err != nil {
		return fmt.Errorf("moving the journal's head: %w", err)
	}
	tx.Ring()
	return nil
}

// Begin begins the record of a transaction before anything is written: what Append would ask travels with other questions.
func (j *Journal) Begin(tx *store.Tx) error {
	_, err := recordOf(tx)
	return err
}

// Head is what Begin asks; nothing when another closure of the same commit did.
func (j *Journal) Head(tx *store.Tx) []store.Question {
	if tx.Kept(recordKey{}) != nil {
		return nil
	}
	return []store.Question{{Text: headQuery, Args: []any{ledger}}}
}

const headQuery = "select seq, hash from journal_head where ledger = $1"

// genesis is the hash before the first record.
var genesis = make([]byte, sha256.Size)

func headOf(tx *store.Tx) (int64, []byte, error) {
	type head struct {
		seq  int64
		hash []byte
	}
	h, ok, err := store.One(tx, func(r store.Row) (h head, err error) {
		err = r.Scan(&h.seq, &h.hash)
		return h, err
	}, headQuery, ledger)
	if err != nil {
		return 0, nil, fmt.Errorf("reading the journal's head: %w", err)
	}
	if !ok {
		_, err := tx.Exec("insert into journal_head (ledger, seq, hash) values ($1, 0, $2) on conflict (ledger) do nothing", ledger, genesis)
		return 0, genesis, err
	}
	return h.seq, h.hash, nil
}

// chain is the hash of a record: SHA-256 over the hash before it and every field, each with its length.
func chain(prev []byte, e outbreak.Entry) []byte {
	var b bytes.Buffer
	b.Write(prev)
	for _, n := range []int64{e.Seq, int64(e.At), int64(e.Scope.Outbreak), e.Cause} {
		b.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
	for _, s := range []string{e.Kind, string(e.Scope.Area), e.Actor, string(e.Body)} {
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		b.WriteString(s)
	}
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}
