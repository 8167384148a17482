package store_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// between stands between the program and PostgreSQL, as a network does. Frozen, it takes everything and passes nothing on, and
// says so to nobody, as when a host has vanished.
type between struct {
	listen net.Listener
	to     string
	frozen atomic.Bool
	eats   atomic.Bool // the answers to what follows a commit
	mu     sync.Mutex
	open   []net.Conn
}

// stand puts one in front of the server of an address, and gives the address to come through it.
func stand(t *testing.T, where string) (*between, string) {
	t.Helper()
	at, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &between{listen: l, to: at.Host}
	t.Cleanup(func() {
		_ = l.Close()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, c := range b.open {
			_ = c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", b.to)
			if err != nil {
				_ = c.Close()
				continue
			}
			b.mu.Lock()
			b.open = append(b.open, c, s)
			b.mu.Unlock()
			var deaf atomic.Bool
			var commit []byte // its name among the statements of the connection
			go b.pass(s, c, func(text []byte) {
				if at := bytes.Index(text, []byte("\x00commit\x00")); at >= 0 {
					commit = bytes.Clone(text[bytes.LastIndex(text[:at], []byte("stmtcache_")):at])
				}
				if b.eats.Load() && len(commit) > 0 && bytes.Contains(text, commit) {
					deaf.Store(true)
				}
			}, func() bool { return false })
			go b.pass(c, s, func([]byte) {}, deaf.Load)
		}
	}()
	at.Host = l.Addr().String()
	return b, at.String()
}

func (b *between) pass(to, from net.Conn, see func([]byte), eat func() bool) {
	text := make([]byte, 1<<16)
	for {
		n, err := from.Read(text)
		if err != nil {
			if !b.frozen.Load() {
				_ = to.Close()
			}
			return
		}
		if b.frozen.Load() {
			_, _ = io.Copy(io.Discard, from) // for ever: this connection never comes back
			return
		}
		see(text[:n])
		if eat() {
			continue
		}
		if _, err := to.Write(text[:n]); err != nil {
			_ = from.Close()
			return
		}
	}
}

// cut ends all connections that are open, as a server that ends does.
func (b *between) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.open {
		_ = c.Close()
	}
	b.open = nil
}

// soon fails when do takes longer than a while.
func soon(t *testing.T, what string, do func() error) error {
	t.Helper()
	over := make(chan error, 1)
	go func() { over <- do() }()
	select {
	case err := <-over:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("%s still waits for a server that vanished", what)
		return nil
	}
}

// TestAVanishedServerHoldsNobodyForLong lets the host of the database vanish without a word, under load, and come back.
func TestAVanishedServerHoldsNobodyForLong(t *testing.T) {
	defer store.Impatient(2*time.Second, 0)()
	net, where := stand(t, testkit.PostgreSQL(t))
	db := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{note})
	var id, acked atomic.Int64
	write := func() error {
		n := id.Add(1)
		err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("insert into note (id, n) values ($1, $2)", n, n) })
		if err == nil {
			acked.Add(1)
		}
		return err
	}
	for range 2 {
		var work sync.WaitGroup
		begun := make(chan struct{}, 64)
		for range 8 {
			work.Go(func() {
				for {
					if err := write(); err != nil {
						if e, ok := errors.AsType[*outbreak.Error](err); !ok || e.Kind != outbreak.Busy || e.RetryAfter == 0 {
							t.Errorf("a writer hears %v", err)
						}
						return
					}
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}
		for range 40 {
			<-begun
		}
		net.frozen.Store(true)
		_ = soon(t, "a writer", func() error { work.Wait(); return nil })
		if err := soon(t, "a reader", func() error {
			return db.Read(ctx, func(tx *store.Tx) error { _, err := store.Count(tx, "select count(*) from note"); return err })
		}); outbreak.KindOf(err) != outbreak.Busy {
			t.Errorf("a reader hears %v", err)
		}
		if db.Fault() != nil {
			t.Error("a server that is away counts as a broken disk")
		}
		net.frozen.Store(false)
		for began := time.Now(); ; time.Sleep(50 * time.Millisecond) { // the old transaction still has the lock, until the server finds out
			if err := soon(t, "a writer", write); err == nil {
				break
			}
			if time.Since(began) > 40*time.Second {
				t.Fatal("nobody can write although the server is back")
			}
		}
	}
	var rows int64
	if err := db.Read(ctx, func(tx *store.Tx) (err error) { rows, err = store.Count(tx, "select count(*) from note"); return err }); err != nil {
		t.Fatal(err)
	}
	if rows < acked.Load() || rows > id.Load() {
		t.Errorf("%d rows of %d acknowledged and %d sent", rows, acked.Load(), id.Load())
	}
}

// TestACommitWithoutAnAnswerMayHaveBeenMade loses the answer to a commit on a server that is there: the sender hears that nothing
// is certain, repeats with the same key, and has one effect.
func TestACommitWithoutAnAnswerMayHaveBeenMade(t *testing.T) {
	defer store.Impatient(3*time.Second, 3*time.Second)()
	net, where := stand(t, testkit.PostgreSQL(t))
	db := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{note})
	by := store.By{Actor: outbreak.SystemActor("test"), Route: "note", Key: "once"}
	if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("insert into note (id, n) values ($1, $2)", 0, 0) }); err != nil {
		t.Fatal(err) // from here on the server knows the commit by its name
	}
	runs := 0
	send := func() error {
		_, err := store.Do(ctx, db, by, 1, func(tx *store.Tx) (int, error) {
			runs++
			return 7, tx.Must("insert into note (id, n) values ($1, $2)", runs, runs)
		})
		return err
	}
	net.eats.Store(true)
	err := soon(t, "a writer", send)
	if e, ok := errors.AsType[*outbreak.Error](err); !ok || e.Msg != "store.away" || e.RetryAfter == 0 {
		t.Fatalf("the sender hears %v", err)
	}
	net.eats.Store(false)
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if err = soon(t, "the repeat", send); err == nil {
			break
		}
		if time.Since(began) > 40*time.Second {
			t.Fatal(err)
		}
	}
	var rows int64
	if err := db.Read(ctx, func(tx *store.Tx) (err error) {
		rows, err = store.Count(tx, "select count(*) from note where id > 0")
		return err
	}); err != nil || rows != 1 || runs != 1 {
		t.Errorf("%d rows after %d runs, %v", rows, runs, err)
	}
}
