package drill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/outbreak"
)

// rawLog sends some of the same uploads, over as many connections, to a bare log in a process of its own.
func (d *day) rawLog(ctx context.Context, report *RoundReport) error {
	dir, err := os.MkdirTemp("", "breakwater-raw-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	p := &process{line: append(append([]string{}, d.Program...), "rehearse", "bare-log", "--addr", addr, "--file", filepath.Join(dir, "log")), url: "http://" + addr}
	if err := p.begin(); err != nil {
		return err
	}
	defer func() { _ = p.kill() }()
	c := d.RoundConfig
	c.Rate = 0
	raw := &day{RoundConfig: c, town: d.town, wall: d.wall, address: addr, tokens: d.tokens}
	uploads := raw.plan()
	uploads = uploads[:min(len(uploads), 400_000/c.Pool)]
	for ctx.Err() == nil {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	var next, sent atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, c.Clients)
	acked, err := openAcked(filepath.Join(dir, "acked")) // it is written here as well
	if err != nil {
		return err
	}
	took := outbreak.Stopwatch()
	raw.took = took
	for range c.Clients {
		work.Go(func() {
			w := &wire{addr: addr}
			defer w.close()
			s := sender{day: raw, wire: w, token: raw.tokens[0]}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(uploads) {
					return
				}
				s.write(uploads[i])
				r, err := w.do(ctx, "POST", "/"+strconv.Itoa(i), s.headers, s.body)
				if err == nil && r.status != http.StatusOK {
					err = fmt.Errorf("the bare log answered %d", r.status)
				}
				if err == nil {
					err = acked.add(s.facts...)
				}
				if err != nil {
					errs <- err
					return
				}
				for _, f := range s.facts {
					sent.Add(int64(len(f.people)))
				}
			}
		})
	}
	work.Wait()
	seconds := took().Seconds()
	if err := errors.Join(acked.close(), first(errs)); err != nil {
		return err
	}
	report.RawLogRate = float64(sent.Load()) / seconds
	report.RatioToRawLog = report.RateMean / report.RawLogRate
	return nil
}
