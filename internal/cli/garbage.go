package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Most of a large house's memory is long arrays, which cost nothing to look through and much to hold twice: there the collector comes
// when a third more than what is in use was asked for. A small house has so little in use that it would be looked through all the
// time: there it comes when so many bytes were asked for. Between them it comes when as much again was asked for, while both together
// are no more than any machine has to spare: who takes in a long list asks for much.
const (
	leastShare = 30        // per cent of what is in use
	leastRoom  = 128 << 20 // bytes
	ample      = 640 << 20 // bytes, with what is in use
	mostShare  = 2000
)

// tuneCollector keeps the garbage collector to that until ctx ends, unless GOGC says otherwise. What is in use changes quickly only
// while a house starts.
func tuneCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	use := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	now := 0
	tune := func() {
		metrics.Read(use)
		if share := shareFor(use[0].Value.Uint64()); now == 0 || share < now*9/10 || share > now*11/10 {
			now = share
			debug.SetGCPercent(share)
		}
	}
	tune()
	go func() {
		often := time.NewTicker(25 * time.Millisecond)
		defer often.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-often.C:
				tune()
			}
		}
	}()
}

// shareFor gives how many per cent of what is in use may be asked for before the collector comes.
func shareFor(inUse uint64) int {
	room := max(leastRoom, min(inUse, ample-min(inUse, ample)))
	return int(min(max(room*100/max(inUse, 1), leastShare), mostShare))
}
