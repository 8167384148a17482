package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// path and digest are values of types of their own, as rooms read them.
type (
	path   string
	digest []byte
	level  int8
)

// asked are questions of one column, and what it is read into.
var asked = []struct {
	name  string
	query string
	args  []any
	into  func() any
}{
	{"numbers", "select n from box where n is not null order by id", nil, into[int64]},
	{"numbers of a type", "select n from box where n < $1 and n > -5 order by id", []any{100}, into[level]},
	{"too large for their type", "select n from box order by n desc", nil, into[level]},
	{"an instant", "select n from box order by id", nil, into[outbreak.Instant]},
	{"texts", "select name from box order by id", nil, into[string]},
	{"texts of a type", "select name from box order by id", nil, into[path]},
	{"blobs and none", "select body from box order by id", nil, into[[]byte]},
	{"blobs of a type", "select body from box where body is not null order by id", nil, into[digest]},
	{"nothing into a number", "select max(n) from box where n = $1", []any{-77}, into[int64]},
	{"nothing into what takes it", "select max(n) from box where n = $1", []any{-77}, into[sql.NullInt64]},
	{"something into what takes it", "select max(n) from box", nil, into[sql.NullInt64]},
	{"nothing into a pointer", "select max(n) from box where n = $1", []any{-77}, into[*int64]},
	{"nothing into a text", "select max(name) from box where n = $1", []any{-77}, into[string]},
	{"a sum", "select sum(n) from box where n < $1 and n > $2", []any{1000, -1000}, into[int64]},
	{"a sum as a fraction", "select sum(n) from box where n < $1 and n > $2", []any{1000, -1000}, into[float64]},
	{"a sum of nothing", "select coalesce(sum(n), 0) from box where n = $1", []any{-77}, into[int64]},
	{"a mean", "select avg(n) from box where n in (1, 2)", nil, into[float64]},
	{"a mean into a number", "select avg(n) from box where n in (1, 2)", nil, into[int64]},
	{"a count", "select count(*) from box where name <> $1", []any{"nobody"}, into[int]},
	{"a fraction", "select cast(n as double precision) / 3 from box order by id", nil, into[float64]},
	{"whether", "select n > 1 from box order by id", nil, into[bool]},
	{"a small number", "select 1 as one from box order by id", nil, into[int64]},
	{"a blob asked for", "select name from box where body = $1", []any{[]byte{0, 1, 255}}, into[string]},
	{"no row", "select name from box where id = $1", []any{12345}, into[string]},
	{"two columns into one", "select id, n from box", nil, into[int64]},
}

func into[T any]() any { return new(T) }

// rowsOf reads an answer as it would be read by a room.
func rowsOf(tx *store.Tx, query string, args []any, into func() any) (rows []string, failed bool) {
	err := store.Each(tx, func(r store.Row) error {
		to := into()
		if err := r.Scan(to); err != nil {
			return err
		}
		rows = append(rows, fmt.Sprintf("%#v", reflect.ValueOf(to).Elem()))
		return nil
	}, query, args...)
	return rows, err != nil
}

// TestWhatWasForeseenIsWhatIsAsked asks each question three ways: as the first of a transaction, which travels with its beginning,
// behind another, and foreseen.
func TestWhatWasForeseenIsWhatIsAsked(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error {
			for i, r := range []struct {
				name string
				n    int64
				body any
			}{{"", 0, nil}, {"a 'b' \"c\"", 1, []byte{0, 1, 255}}, {"长长的名字", 2, nil}, {"large", math.MaxInt64, []byte("x")}, {"small", math.MinInt64, make([]byte, 70_000)}} {
				if err := tx.Must("insert into box (id, name, n, body) values ($1, $2, $3, $4)", i+1, r.name, r.n, r.body); err != nil {
					return err
				}
			}
			return nil
		})
		for _, q := range asked {
			var plain, first, foreseen []string
			var plainly, atOnce, before bool
			write(t, db, func(tx *store.Tx) error { first, atOnce = rowsOf(tx, q.query, q.args, q.into); return nil })
			write(t, db, func(tx *store.Tx) error {
				if _, err := store.Count(tx, "select count(*) from box"); err != nil {
					return err
				}
				plain, plainly = rowsOf(tx, q.query, q.args, q.into)
				return nil
			})
			write(t, db, func(tx *store.Tx) error {
				other := store.Question{Text: "select count(*) from box"}
				if err := tx.Foresee(other, store.Question{Text: q.query, Args: q.args}, other); err != nil {
					return err
				}
				ready := tx.Foreseen()
				foreseen, before = rowsOf(tx, q.query, q.args, q.into)
				if ready > 0 && tx.Foreseen() != ready-1 {
					t.Errorf("%s: %d answers of %d lie ready", q.name, tx.Foreseen(), ready)
				}
				return nil
			})
			if plainly != atOnce || plainly != before || fmt.Sprint(first) != fmt.Sprint(plain) || fmt.Sprint(foreseen) != fmt.Sprint(plain) {
				t.Errorf("%s: %.200v, fails %v; as the first question %.200v, fails %v; foreseen %.200v, fails %v", q.name, plain, plainly, first, atOnce, foreseen, before)
			}
		}
	})
}

// TestWhatWasForeseenIsForgottenAtTheFirstWrite writes in every way there is between foreseeing and asking.
func TestWhatWasForeseenIsForgottenAtTheFirstWrite(t *testing.T) {
	row := func(id int) []any { return []any{id, fmt.Sprint("name ", id), 0} }
	columns := []string{"id", "name", "n"}
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		id := 0
		for what, do := range map[string]func(tx *store.Tx) error{
			"Must": func(tx *store.Tx) error { return put(tx, int64(id), fmt.Sprint("name ", id)) },
			"Exec": func(tx *store.Tx) error {
				_, err := tx.Exec("insert into box (id, name, n) values ($1, $2, $3)", row(id)...)
				return err
			},
			"Add":    func(tx *store.Tx) error { return tx.Add("box", columns, [][]any{row(id)}) },
			"Put":    func(tx *store.Tx) error { return tx.Put("box", columns, "id", [][]any{row(id)}) },
			"Insert": func(tx *store.Tx) error { _, err := tx.Insert("box", columns, nil, [][]any{row(id)}); return err },
		} {
			id++
			q := store.Question{Text: "select count(*) from box where id > $1", Args: []any{0}}
			write(t, db, func(tx *store.Tx) error {
				if err := tx.Foresee(q, q); err != nil {
					return err
				}
				if n, err := store.Count(tx, q.Text, q.Args...); err != nil || n != int64(id-1) {
					t.Errorf("before %s: %d rows, %v", what, n, err)
				}
				if err := do(tx); err != nil {
					return err
				}
				if tx.Foreseen() != 0 {
					t.Errorf("after %s %d answers of before lie ready", what, tx.Foreseen())
				}
				if n, err := store.Count(tx, q.Text, q.Args...); err != nil || n != int64(id) {
					t.Errorf("after %s: %d rows of %d, %v", what, n, id, err)
				}
				if err := tx.Foresee(q); err != nil { // what is held travels before it
					return err
				}
				n, err := store.Count(tx, q.Text, q.Args...)
				if n != int64(id) {
					t.Errorf("foreseen after %s: %d rows of %d", what, n, id)
				}
				return err
			})
		}
	})
}

// TestWhatWasForeseenIsForOneClosure lets one foresee what it does not ask.
func TestWhatWasForeseenIsForOneClosure(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		q := store.Question{Text: "select count(*) from box"}
		foresees := func(then error) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					if tx.Foreseen() != 0 {
						t.Error("an answer came from the closure before")
					}
					tx.BeforeCommit(func(tx *store.Tx) error {
						if tx.Foreseen() != 0 {
							t.Error("an answer lies ready at the commit")
						}
						return nil
					})
					return errors.Join(tx.Foresee(q), then)
				})
			}
		}
		wrong := errors.New("changed my mind")
		said := together(t, db, foresees(nil), foresees(wrong), func() error {
			return db.Write(ctx, func(tx *store.Tx) error { return put(tx, 1, "a") })
		}, foresees(nil))
		if said[0] != nil || !errors.Is(said[1], wrong) || said[2] != nil || said[3] != nil || count(t, db) != 1 {
			t.Error(said)
		}
		if err := db.Read(ctx, func(tx *store.Tx) error { return tx.Foresee(q) }); err != nil {
			t.Errorf("a reader foresees: %v", err)
		}
	})
}

// TestForeseeingThatFailsTakesNobodyWithIt lets closures share a commit of which some foresee what fails, or behind what fails; first
// without savepoints, then, since that was taken back, with them.
func TestForeseeingThatFailsTakesNobodyWithIt(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		nowhere, everybody := store.Question{Text: "select count(*) from nowhere"}, store.Question{Text: "select count(*) from box"}
		foresees := func(id int64, list ...store.Question) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					if err := tx.Foresee(list...); err != nil {
						return err
					}
					for _, q := range list {
						if _, err := store.Count(tx, q.Text); err != nil {
							return err
						}
					}
					return put(tx, id, fmt.Sprint("name ", id))
				})
			}
		}
		for round := range int64(3) {
			at := round * 10
			said := together(t, db, foresees(at+1, everybody), foresees(at+2, everybody, nowhere), foresees(at+3, everybody),
				func() error { // what the server refuses is found out on the way of the next one's question
					return db.Write(ctx, func(tx *store.Tx) error { return put(tx, at+4, fmt.Sprint("name ", at+3)) })
				}, foresees(at+5, everybody, everybody),
				func() error {
					return db.Write(ctx, func(tx *store.Tx) error {
						if err := tx.Must("update box set n = 1 where id = $1", 5555); err != nil {
							return err
						}
						if err := tx.Foresee(everybody); err != nil {
							return err
						}
						_, err := store.Count(tx, everybody.Text)
						return err
					})
				}, foresees(at+6, everybody))
			for i, err := range said {
				if wrong := i == 1 || i == 3 || i == 5; (err != nil) != wrong {
					t.Errorf("round %d, closure %d: %v", round, i, err)
				}
			}
			if n := count(t, db); n != 4*(round+1) {
				t.Errorf("%d rows after round %d", n, round)
			}
		}
		if err := foresees(99, nowhere)(); err == nil || count(t, db) != 12 {
			t.Errorf("alone: %v", err)
		}
		if err := foresees(99, everybody)(); err != nil {
			t.Error(err)
		}
	})
}

// TestACountOfRowsThatIsWrongKeepsNothing says of plain inserts and of upserts that they touch more rows than they have: on PostgreSQL they
// must not travel with the commit.
func TestACountOfRowsThatIsWrongKeepsNothing(t *testing.T) {
	const in = "insert into box (id, name, n) values ($1, $2, $3)"
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		for what, query := range map[string]string{"an insert": in, "an upsert": in + " on conflict (id) do update set n = excluded.n"} {
			if err := db.Write(ctx, func(tx *store.Tx) error { return tx.MustAll(2, query, 1, "a", 1) }); err == nil || count(t, db) != 0 {
				t.Errorf("%s: %v, %d rows", what, err, count(t, db))
			}
		}
		two := "insert into box (id, name, n) values ($1, $2, $3), ($4, $5, $6) on conflict (id) do update set n = box.n + excluded.n"
		write(t, db, func(tx *store.Tx) error { return tx.MustAll(2, two, 1, "a", 1, 2, "b", 2) })
		write(t, db, func(tx *store.Tx) error { return tx.MustAll(2, two, 2, "b", 2, 3, "c", 3) })
		if n := count(t, db); n != 3 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestAQuestionThatCannotBeSentHoldsNobodyUp asks with a number the engine has no place for, behind what is held, while a reader has a
// connection of his own: the next writer may take that one, and nobody gives the turn back for the connection that was left.
func TestAQuestionThatCannotBeSentHoldsNobodyUp(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		for i := range int64(4) {
			reads, enough, over := make(chan struct{}), make(chan struct{}), make(chan error)
			go func() {
				over <- db.Read(ctx, func(tx *store.Tx) error {
					_, err := store.Count(tx, "select count(*) from box")
					close(reads)
					<-enough
					return err
				})
			}()
			<-reads
			_ = db.Write(ctx, func(tx *store.Tx) error {
				if _, err := store.Count(tx, "select count(*) from box"); err != nil {
					return err
				}
				if err := put(tx, i+1, fmt.Sprint(i)); err != nil {
					return err
				}
				_, err := store.Count(tx, "select count(*) from box where substr(name, $1, 1) = 'x'", int64(1)<<40)
				return errors.Join(err, errors.New("changed my mind"))
			})
			close(enough)
			if err := <-over; err != nil {
				t.Error(err)
			}
			began := time.Now()
			write(t, db, func(tx *store.Tx) error { return put(tx, i+11, fmt.Sprint(i+11)) })
			if took := time.Since(began); took > 10*time.Second {
				t.Fatalf("the next writer waited %s", took)
			}
		}
		if n := count(t, db); n != 4 {
			t.Errorf("%d rows", n)
		}
	})
}
