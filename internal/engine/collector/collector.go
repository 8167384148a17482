// Package collector says when memory is looked through for garbage, in a house that serves and in the benchmarks of its rooms.
package collector

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Most of a large house's memory is long arrays, which cost nothing to look through and much to hold twice: there the collector comes
// when a third more than what is in use was asked for. A small house has so little in use that it would be looked through all the
// time, and who takes in a long list asks for much: there it comes when what is in use and what was asked for together are as much as
// the machine has to spare. A quiet house asks for little and stays small: the runtime looks through it every two minutes.
const (
	leastShare = 30        // per cent of what is in use
	leastRoom  = 128 << 20 // bytes
	ample      = 512 << 20 // bytes, with what is in use
	mostShare  = 2000
)

// Tune keeps the garbage collector to that until ctx ends, unless GOGC says otherwise. What is in use changes quickly only
// while a house starts.
func Tune(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	use := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	spare := spareOf(machine(os.DirFS("/")))
	now := 0
	tune := func() {
		metrics.Read(use)
		if share := shareFor(use[0].Value.Uint64(), spare); now == 0 || share < now*9/10 || share > now*11/10 {
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

// spareOf gives how much of a machine's memory may be in use or asked for before the collector comes: a quarter, and no more than ample.
func spareOf(memory uint64) uint64 { return min(ample, max(memory/4, leastRoom)) }

// shareFor gives how many per cent of what is in use may be asked for before the collector comes.
func shareFor(inUse, spare uint64) int {
	room := max(leastRoom, spare-min(inUse, spare))
	return int(min(max(room*100/max(inUse, 1), leastShare), mostShare))
}
