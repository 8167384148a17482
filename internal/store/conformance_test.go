package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// box is a small room of its own.
var box = store.Migrations{Owner: "box", FS: fstest.MapFS{"migrations/0001_box.sql": {Data: []byte(`-- +goose Up
create table box (
  id   {{id}},
  name {{text}} not null unique,
  n    bigint not null,
  body {{blob}}
);`)}}}

var (
	ctx  = context.Background()
	anna = outbreak.Actor{User: 7}
)

// engines runs the suite that both databases must pass alike.
func engines(t *testing.T, do func(t *testing.T, db *store.DB, clock *outbreak.HandClock)) {
	testkit.Engines(t, []store.Migrations{box}, do)
}

func write(t *testing.T, db *store.DB, do func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Write(ctx, do); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *store.DB) (n int64) {
	t.Helper()
	if err := db.Read(ctx, func(tx *store.Tx) (err error) {
		n, err = store.Count(tx, "select count(*) from box")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func put(tx *store.Tx, id int64, name string) error {
	return tx.Must("insert into box (id, name, n, body) values ($1, $2, 0, $3)", id, name, nil)
}

type request struct{ Name string }

type answer struct{ Count int }

func TestTheSameKeyGetsTheFirstAnswer(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ran := 0
		do := func(by outbreak.Actor, route, key, name string) (answer, error) {
			return store.Do(ctx, db, store.By{Actor: by, Route: route, Key: key}, request{name}, func(tx *store.Tx) (answer, error) {
				ran++
				return answer{ran}, put(tx, int64(ran), fmt.Sprint(name, ran))
			})
		}
		for range 3 {
			if a, err := do(anna, "box.Put", "k", "a"); err != nil || a.Count != 1 {
				t.Fatalf("%+v %v", a, err)
			}
		}
		if _, err := do(anna, "box.Put", "k", "b"); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("another request under the same key: %v", err)
		}
		if n := count(t, db); n != 1 || ran != 1 {
			t.Errorf("%d rows after %d runs", n, ran)
		}
		for _, c := range []struct {
			by         outbreak.Actor
			route, key string
		}{{anna, "box.Put", "other"}, {anna, "box.Other", "k"}, {outbreak.Actor{User: 8}, "box.Put", "k"}, {anna, "box.Put", ""}, {anna, "box.Put", ""}} {
			before := ran
			if a, err := do(c.by, c.route, c.key, "a"); err != nil || a.Count != before+1 {
				t.Errorf("%+v: %+v %v", c, a, err)
			}
		}
		clock.Move(time.Hour)
		write(t, db, func(tx *store.Tx) error {
			n, err := store.ForgetAnswers(tx, tx.Now)
			if n != 4 {
				t.Errorf("%d answers were forgotten", n)
			}
			return err
		})
		if a, err := do(anna, "box.Put", "k", "b"); err != nil || a.Count != ran {
			t.Errorf("after forgetting: %+v %v", a, err)
		}
	})
}

func TestARefusedCommandKeepsNoAnswer(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		full := true
		do := func() error {
			_, err := store.Do(ctx, db, store.By{Actor: anna, Route: "r", Key: "k"}, 1, func(tx *store.Tx) (answer, error) {
				if full {
					return answer{}, outbreak.Refuse(outbreak.Conflict, "store.key_reused")
				}
				return answer{}, put(tx, 1, "a")
			})
			return err
		}
		if err := do(); outbreak.KindOf(err) != outbreak.Conflict {
			t.Fatal(err)
		}
		full = false
		if err := do(); err != nil || count(t, db) != 1 {
			t.Errorf("sent again when there was room: %v", err)
		}
	})
}

func TestTheSameKeyAtTheSameTimeWorksOnce(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		var next atomic.Int64
		var work sync.WaitGroup
		answers := make([]answer, 12)
		for i := range answers {
			work.Go(func() {
				var err error
				answers[i], err = store.Do(ctx, db, store.By{Actor: anna, Route: "r", Key: "k"}, request{"a"}, func(tx *store.Tx) (answer, error) {
					n := next.Add(1)
					return answer{int(n)}, put(tx, n, fmt.Sprint(n))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		for _, a := range answers {
			if a != answers[0] {
				t.Errorf("two answers: %v and %v", a, answers[0])
			}
		}
		if n := count(t, db); n != 1 {
			t.Errorf("%d effects", n)
		}
	})
}

func TestNothingIsWrittenWithoutAnActor(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		if _, err := store.Do(ctx, db, store.By{Route: "r"}, 1, func(tx *store.Tx) (answer, error) { return answer{}, put(tx, 1, "a") }); err == nil {
			t.Error("a write without an actor")
		}
		if count(t, db) != 0 {
			t.Error("something was written")
		}
	})
}

func TestAFailedClosureLeavesNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		wrong := errors.New("changed my mind")
		var err error
		woke := true
		for tries := 0; woke && tries < 3; tries++ { // a process that begins to hear others wakes its followers once
			quiet := db.Woken()
			err = db.Write(ctx, func(tx *store.Tx) error {
				tx.Ring()
				if err := put(tx, 1, "a"); err != nil {
					return err
				}
				return wrong
			})
			if !errors.Is(err, wrong) || count(t, db) != 0 {
				t.Errorf("%v, %d rows", err, count(t, db))
			}
			select {
			case <-quiet:
			default:
				woke = false
			}
		}
		if woke {
			t.Error("a failed closure woke the followers")
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			if err := put(tx, 1, "a"); err != nil {
				return err
			}
			_, err := tx.Exec("insert into nowhere (a) values (1)")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "nowhere") || count(t, db) != 0 {
			t.Errorf("a failing statement: %v, %d rows", err, count(t, db))
		}
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") }) // the writer is free again
		func() {
			defer func() { _ = recover() }()
			_ = db.Write(ctx, func(tx *store.Tx) error {
				_ = put(tx, 2, "b")
				panic("a fault of ours")
			})
		}()
		if count(t, db) != 1 {
			t.Error("a closure that panicked left a row")
		}
		write(t, db, func(tx *store.Tx) error { return put(tx, 2, "b") })
	})
}

func TestArgumentsOfOneMeaningOnBothEngines(t *testing.T) {
	type number int32
	type word string
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		for what, arg := range map[string]any{"bool": true, "time": time.Now(), "large unsigned": uint64(1), "empty blob": []byte{}, "struct": struct{}{}, "pointer": new(int64)} {
			err := db.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec("insert into box (id, name, n, body) values (1, 'a', 0, $1)", arg)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "argument 1") {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, text := range []string{"a\x00b", "a\xff", "\xc3"} {
			err := db.Write(ctx, func(tx *store.Tx) error {
				_, err := store.Count(tx, "select count(*) from box where name = $1", text)
				return err
			})
			if outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("%q: %v", text, err)
			}
		}
		write(t, db, func(tx *store.Tx) error {
			return tx.Must("insert into box (id, name, n, body) values ($1, $2, $3, $4)", outbreak.PersonID(1), word("ä"), number(-3), []byte{0, 255})
		})
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return store.Each(tx, func(r store.Row) error {
				var id outbreak.PersonID
				var name word
				var n number
				var body []byte
				if err := r.Scan(&id, &name, &n, &body); err != nil {
					return err
				}
				if id != 1 || name != "ä" || n != -3 || string(body) != "\x00\xff" {
					t.Errorf("read back: %v %q %v %v", id, name, n, body)
				}
				return nil
			}, "select id, name, n, body from box where name = $1", word("ä"))
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestManyRowsAreInsertedAndClashesLeftOut(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		columns := []string{"id", "name", "n", "body"}
		var rows [][]any
		for i := range 1000 {
			rows = append(rows, []any{i + 1, fmt.Sprint("name ", i%700), i, nil})
		}
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.Insert("box", columns, []string{"name"}, rows)
			if n != 700 {
				t.Errorf("%d rows were added", n)
			}
			return err
		})
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.Insert("box", columns, []string{"name"}, rows[:700])
			if n != 0 {
				t.Errorf("%d rows were added again", n)
			}
			return err
		})
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Insert("box", columns, nil, [][]any{{5000, "new", 0, nil}, {5001, "name 0", 0, nil}})
			return err
		}); err == nil {
			t.Error("a clash nobody expected passed")
		}
		if n := count(t, db); n != 700 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestManyRowsComeBackAsTheyWentIn puts in few and many rows with every kind of value, and puts others in their place.
func TestManyRowsComeBackAsTheyWentIn(t *testing.T) {
	columns := []string{"id", "name", "n", "body"}
	rows := func(n int, said string) (rows [][]any) {
		for i := range n {
			var body any
			if i%3 > 0 {
				body = []byte{byte(i), 0, 255}
			}
			rows = append(rows, []any{int64(i + 1), fmt.Sprint(said, " 王\"'", i), -int64(i) << 50, body})
		}
		return rows
	}
	for _, n := range []int{1, 7, 31, 32, 33, 500, 5001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
				same := func(want [][]any) {
					t.Helper()
					var got [][]any
					if err := db.Read(ctx, func(tx *store.Tx) error {
						return store.Each(tx, func(r store.Row) error {
							var id, n int64
							var name string
							var body []byte
							err := r.Scan(&id, &name, &n, &body)
							row := []any{id, name, n, any(body)}
							if body == nil {
								row[3] = nil
							}
							got = append(got, row)
							return err
						}, "select id, name, n, body from box order by id")
					}); err != nil {
						t.Fatal(err)
					}
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%d rows came back otherwise than they went in", n)
					}
				}
				write(t, db, func(tx *store.Tx) error {
					added, err := tx.Insert("box", columns, nil, rows(n, "first"))
					if added != int64(n) {
						t.Errorf("%d rows were added", added)
					}
					return err
				})
				same(rows(n, "first"))
				write(t, db, func(tx *store.Tx) error { return tx.Put("box", columns, "id", rows(n, "second")) })
				same(rows(n, "second"))
				if err := db.Write(ctx, func(tx *store.Tx) error {
					more := rows(n+1, "third")
					slices.Reverse(more) // the last one is new, all others clash
					_, err := tx.Insert("box", columns, nil, more)
					return err
				}); err == nil {
					t.Error("a clash nobody expected passed")
				}
				same(rows(n, "second"))
			})
		})
	}
}

func TestMustTouchesOneRow(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("update box set n = 1 where id = 1") }); err == nil {
			t.Error("an update of nothing passed")
		}
	})
}

func TestReadersCannotWriteAndSeeOnePicture(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		if err := db.Read(ctx, func(tx *store.Tx) error { return put(tx, 1, "a") }); err == nil {
			t.Error("a reader wrote")
		}
		if err := db.Read(ctx, func(tx *store.Tx) error {
			before, err := store.Count(tx, "select count(*) from box")
			if err != nil {
				return err
			}
			write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
			after, err := store.Count(tx, "select count(*) from box")
			if before != 0 || after != 0 {
				t.Errorf("%d rows, and in the same reading %d", before, after)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestWritersQueue shows why a closure may decide by what it read: nobody writes between its reading and its commit.
func TestWritersQueue(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
		const writers, each = 8, 15
		var work sync.WaitGroup
		for range writers {
			work.Go(func() {
				for range each {
					if err := db.Write(ctx, func(tx *store.Tx) error {
						n, err := store.Count(tx, "select n from box where id = 1")
						if err != nil {
							return err
						}
						return tx.Must("update box set n = $1 where id = 1", n+1)
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		write(t, db, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select n from box where id = 1")
			if n != writers*each {
				t.Errorf("%d increments, %d counted", writers*each, n)
			}
			return err
		})
	})
}

func TestAContextThatEndsEndsTheWaiting(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		held, free := make(chan struct{}), make(chan struct{})
		var work sync.WaitGroup
		work.Go(func() {
			_ = db.Write(ctx, func(tx *store.Tx) error { close(held); <-free; return put(tx, 1, "a") })
		})
		<-held
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := db.Write(short, func(tx *store.Tx) error { return put(tx, 2, "b") }); err == nil {
			t.Error("a writer wrote while another held the house")
		}
		close(free)
		work.Wait()
		if n := count(t, db); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestWhoWaitsIsWokenByACommit(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		if db.Engine() == store.PostgreSQL { // whoever begins to listen is woken once, for what was said before
			select {
			case <-db.Woken():
			case <-time.After(time.Second):
			}
		}
		quiet := db.Woken()
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
		select {
		case <-quiet:
			t.Error("woken by a commit that did not ring")
		default:
		}
		write(t, db, func(tx *store.Tx) error { tx.Ring(); return put(tx, 2, "b") })
		select {
		case <-quiet:
		case <-time.After(5 * time.Second):
			t.Error("nobody was woken")
		}
	})
}

func TestNamesSortByBytes(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error {
			for i, name := range []string{"a", "B", "_", "ä", "1", "/22/", "/220/", "/22/2/"} {
				if err := put(tx, int64(i+1), name); err != nil {
					return err
				}
			}
			names, err := store.List(tx, store.Value[string], "select name from box order by name")
			if got := strings.Join(names, " "); got != "/22/ /22/2/ /220/ 1 B _ a ä" {
				t.Error(got)
			}
			return err
		})
	})
}

func TestMigrationsRunOnceHoweverOftenAHouseIsStarted(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
		more := fstest.MapFS{"migrations/0001_box.sql": box.FS.(fstest.MapFS)["migrations/0001_box.sql"],
			"migrations/0002_more.sql": {Data: []byte("-- +goose Up\nalter table box add column more bigint not null default 5;")}}
		for range 2 {
			if err := db.Migrate(ctx, store.Migrations{Owner: "box", FS: more}, store.Migrations{Owner: "other", FS: fstest.MapFS{
				"migrations/0001_other.sql": {Data: []byte("-- +goose Up\ncreate table other (id {{id}});")}}}); err != nil {
				t.Fatal(err)
			}
		}
		write(t, db, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select more from box where id = 1")
			if n != 5 {
				t.Errorf("more is %d", n)
			}
			return err
		})
		if err := db.Migrate(ctx, box); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("a program older than the schema: %v", err)
		}
		bad := fstest.MapFS{"migrations/0001_bad.sql": {Data: []byte("-- +goose Up\ncreate table half (id {{id}});\ncreate nonsense;")}}
		if err := db.Migrate(ctx, store.Migrations{Owner: "bad", FS: bad}); err == nil || !strings.Contains(err.Error(), "bad") {
			t.Errorf("a wrong step: %v", err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec("insert into half (id) values (1)"); return err }); err == nil {
			t.Error("half a step stayed")
		}
	})
}

func TestADatabaseThatCannotBeOpenedSaysSo(t *testing.T) {
	for _, where := range []string{t.TempDir() + "/nowhere/a.db", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"} {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		if db, err := store.Open(short, where, outbreak.WallClock{}); err == nil {
			t.Errorf("%s was opened", where)
			_ = db.Close()
		}
		cancel()
	}
}
