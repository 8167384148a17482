package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"breakwater/internal/outbreak"
)

// rawLog sends some of the same uploads, over as many connections and by the same way, to a house that appends what comes in to a bare
// log, synced once for all who wait, and does nothing else with it.
func (d *day) rawLog(ctx context.Context, report *RoundReport) (err error) {
	dir, err := os.MkdirTemp("", "breakwater-raw-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := d.house.stop(); err != nil {
		return err
	}
	if d.house, err = d.launch(ctx, "--bare-log", filepath.Join(dir, "log")); err != nil {
		return err
	}
	c := d.RoundConfig
	c.Rate = 0
	raw := &day{RoundConfig: c, town: d.town, wall: d.wall, address: d.house.booth, tokens: d.tokens}
	uploads := raw.plan()
	uploads = uploads[:min(len(uploads), 2_000_000/c.Pool/c.Upload)]
	if raw.acked, err = openAcked(filepath.Join(dir, "acked")); err != nil { // it is written here as well
		return err
	}
	raw.upto.Store(int64(c.People))
	raw.took = outbreak.Stopwatch()
	var next atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, c.Clients)
	for k := range c.Clients {
		work.Go(func() {
			w := &wire{addr: raw.address}
			defer w.close()
			s := sender{day: raw, wire: w, token: raw.tokens[k%len(raw.tokens)]}
			for i := int(next.Add(1)) - 1; i < len(uploads); i = int(next.Add(1)) - 1 {
				if err := s.send(ctx, uploads[i]); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	work.Wait()
	seconds := raw.took().Seconds()
	if err := errors.Join(raw.acked.close(), first(errs)); err != nil {
		return fmt.Errorf("measuring the bare log: %w", err)
	}
	report.RawLogRate = float64(raw.done.Load()) / seconds
	report.RatioToRawLog = report.RateMean / report.RawLogRate
	return nil
}
