package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"breakwater/internal/outbreak"
)

// folder folds the write-ahead log of an embedded database back into it now and then, and keeps how that went. The engine does
// the same by itself after a commit once the log is long, and tells nobody when it fails: the log then grows until the disk is
// full.
type folder struct {
	end  context.CancelFunc
	over chan struct{}
	mu   sync.Mutex
	conn *sql.Conn
}

// foldEvery is how often that is.
const foldEvery = 10 * time.Second

func (db *DB) keepFolding() *folder {
	ctx, end := context.WithCancel(context.Background())
	f := &folder{end: end, over: make(chan struct{})}
	go func() {
		defer close(f.over)
		turn := time.NewTicker(foldEvery)
		defer turn.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-turn.C:
				db.fold(ctx)
			}
		}
	}()
	return f
}

func (f *folder) stop() {
	if f != nil {
		f.end()
		<-f.over
		if f.conn != nil {
			_ = f.conn.Close() // it keeps nothing
		}
	}
}

// fold does it once. It waits for nobody: what a reader still needs of the log stays in it.
func (db *DB) fold(ctx context.Context) {
	left, err := db.foldBack(ctx)
	if ctx.Err() == nil {
		db.writer.figures.folded(left, err)
	}
}

// foldBack gives how many pages of the log were left.
func (db *DB) foldBack(ctx context.Context) (left int64, err error) {
	f := db.folds
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		if f.conn, err = db.write.Conn(ctx); err != nil {
			return 0, err
		}
	}
	var busy, pages, done int64
	if err := f.conn.QueryRowContext(ctx, "pragma wal_checkpoint(passive)").Scan(&busy, &pages, &done); err != nil {
		return 0, fmt.Errorf("folding the write-ahead log back: %w", err)
	}
	return max(pages-done, busy), nil
}

// folded keeps the outcome of a round.
func (f *figures) folded(left int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.Folds++
	f.sum.Unfolded = left
	switch {
	case err != nil:
		f.sum.FoldsFailed++
		f.sum.FoldError = err
	case left == 0:
		f.sum.FoldError, f.whole = nil, outbreak.Stopwatch()
	}
}
