package task_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestAStuckEntryIsWorkUntilSomebodyDealsWithIt lets a consumer fail twice: one entry is retried once it can be worked on, the
// other dismissed. Both tasks end.
func TestAStuckEntryIsWorkUntilSomebodyDealsWithIt(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, task.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		var tasks *task.Service
		j := journal.New(db, testkit.Quiet(), func(tx *store.Tx, consumer string, e outbreak.Entry, cause error) error {
			return tasks.Parked(tx, consumer, e, cause)
		})
		tasks = task.New(db, j, outbreak.NewIDs(clock))
		root := outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
		east := outbreak.Scope{Area: "/22/east/"}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := j.Append(tx, root, outbreak.BoxIssued{Scope: east, First: "A", Last: "B"}, outbreak.BoxIssued{Scope: outbreak.Scope{Area: "/22/west/"}, First: "C", Last: "D"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var cured atomic.Bool
		over := make(chan struct{})
		run, end := context.WithCancel(ctx)
		go func() {
			defer close(over)
			j.Run(run, journal.Consumer{Name: "picky", Kinds: []string{outbreak.BoxIssued{}.Kind()}, Follow: func(*store.Tx, outbreak.Actor, outbreak.Entry) error {
				if cured.Load() {
					return nil
				}
				return errors.New("not to my taste")
			}})
		}()
		defer func() { end(); <-over }()

		var list []task.ParkedEntry
		for len(list) < 2 && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
			var err error
			if list, err = tasks.ListParked(ctx, root); err != nil {
				t.Fatal(err)
			}
		}
		if len(list) != 2 || list[0].Seq != 1 || list[0].Area != east.Area || list[0].Kind != "BoxIssued" || list[0].Error == "" {
			t.Fatalf("%+v", list)
		}
		sees := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Command), Area: east.Area}}}
		if list, err := tasks.ListParked(ctx, sees); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if _, err := tasks.ListParked(ctx, outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error(err)
		}
		first, second := task.DealWithParked{Consumer: "picky", Seq: 1}, task.DealWithParked{Consumer: "picky", Seq: 2}
		if _, err := tasks.DismissParked(ctx, sees, second); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("an entry of another area was dismissed:", err)
		}
		if _, err := tasks.RetryParked(ctx, root, first); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("a failing entry was retried:", err)
		}
		open := func() int {
			found, err := tasks.ListTasks(ctx, root, task.Filter{What: task.WorkParked, Most: 10})
			if err != nil {
				t.Fatal(err)
			}
			return len(found)
		}
		if n := open(); n != 2 {
			t.Fatal(n, "tasks")
		}
		cured.Store(true)
		if p, err := tasks.RetryParked(ctx, root, first); err != nil || p.Seq != 1 {
			t.Errorf("%+v %v", p, err)
		}
		if _, err := tasks.RetryParked(ctx, root, first); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("an entry was retried twice:", err)
		}
		if n := open(); n != 1 {
			t.Error(n, "tasks after the retry")
		}
		if _, err := tasks.DismissParked(ctx, root, second); err != nil {
			t.Error(err)
		}
		if n := open(); n != 0 {
			t.Error(n, "tasks after dismissing")
		}
		ended, err := tasks.ListTasks(ctx, root, task.Filter{Ended: true, Most: 10})
		if err != nil || len(ended) != 2 || ended[0].State != task.Done || ended[1].State != task.Removed {
			t.Errorf("%+v %v", ended, err)
		}
	})
}
