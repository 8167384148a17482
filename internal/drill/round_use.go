package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// use watches what the server and this process take of the machine.
type use struct {
	house *process
	own   time.Duration
	over  chan struct{}
	home  sync.WaitGroup
	rss   float64       // the most, in MB
	past  time.Duration // of servers that were killed
	now   time.Duration // of the one that runs
	pid   int
}

func watchUse(house *process) *use {
	u := &use{house: house, own: ownTime(), over: make(chan struct{})}
	if house == nil {
		return u
	}
	u.home.Go(func() {
		for {
			u.look()
			select {
			case <-u.over:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return u
}

// look reads the server's memory and time; where the system does not tell, both stay 0.
func (u *use) look() {
	pid := u.house.id()
	if pid != u.pid {
		u.past, u.now, u.pid = u.past+u.now, 0, pid
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(status)) {
		if kb, is := strings.CutPrefix(line, "VmHWM:"); is {
			n, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 64)
			u.rss = max(u.rss, n/1024)
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) > 12 {
		user, _ := strconv.ParseInt(fields[11], 10, 64)
		system, _ := strconv.ParseInt(fields[12], 10, 64)
		u.now = time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths
	}
}

func (u *use) stop(report *RoundReport) {
	close(u.over)
	u.home.Wait()
	own, server := ownTime()-u.own, u.past+u.now
	report.RSSPeak = u.rss
	if own+server > 0 && u.house != nil {
		report.GeneratorShare = own.Seconds() / (own + server).Seconds()
	}
}

func ownTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// size gives how large the database is; 0 for that of a house at an address.
func (c RoundConfig) size(ctx context.Context) (int64, error) {
	where := c.DB
	if c.Data != "" {
		where = app.Embedded(c.Data)
	}
	if where == "" {
		return 0, nil
	}
	db, err := store.Open(ctx, where, outbreak.WallClock{})
	if err != nil {
		return 0, err
	}
	n, err := db.Extent(ctx)
	return n, errors.Join(err, db.Close())
}
