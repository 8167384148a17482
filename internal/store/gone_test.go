package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// TestReadersOutliveAskersWhoGo lets askers go at any moment: nobody after them may find their question still open.
func TestReadersOutliveAskersWhoGo(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir()+"/gone.db", outbreak.WallClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 800 {
				ctx, cancel := context.WithCancel(context.Background())
				if i%2 == 0 {
					go func() { time.Sleep(time.Duration(i%37) * time.Microsecond); cancel() }()
				}
				err := db.Read(ctx, func(tx *store.Tx) error {
					_, err := store.Count(tx, "select count(*) from sqlite_master")
					return err
				})
				if i%2 != 0 && err != nil {
					t.Errorf("somebody who stayed got: %v", err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}
