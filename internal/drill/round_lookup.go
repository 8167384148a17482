package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

const (
	mostResidents = 50_000 // who have a secret in a rehearsal
	askers        = 64     // connections they share
)

// residents are people who ask for their result.
type residents struct {
	address string
	headers []string // one for each, with the secret

	mu     sync.Mutex
	waits  []time.Duration
	shed   int
	failed error
}

// gather gives people of the roll their secrets.
func (d *day) gather(ctx context.Context) (*residents, error) {
	r := &residents{address: d.house.public}
	type given struct {
		Items []registry.GivenSecret `json:"items"`
	}
	for after := int64(0); len(r.headers) < mostResidents; {
		var g given
		if err := d.client.Post(ctx, "/result-secrets", fmt.Sprint(d.town.name, " secrets ", after), map[string]any{"below": "/" + d.town.name + "/", "after": after}, &g); err != nil {
			return nil, fmt.Errorf("giving out secrets: %w", err)
		}
		for _, x := range g.Items {
			r.headers = append(r.headers, "Authorization: Bearer "+x.Secret+"\r\n")
			after = x.No
		}
		if len(g.Items) == 0 {
			break
		}
	}
	if len(r.headers) == 0 {
		return nil, fmt.Errorf("nobody of the roll got a secret")
	}
	rand.Shuffle(len(r.headers), func(i, j int) { r.headers[i], r.headers[j] = r.headers[j], r.headers[i] })
	return r, nil
}

// ask lets residents ask until ctx ends: so many a second whatever the house does, or, at 0, as fast as they are answered. It
// gives for how long they asked.
func (r *residents) ask(ctx context.Context, rate float64) time.Duration {
	took := outbreak.Stopwatch()
	var next atomic.Int64
	var work sync.WaitGroup
	for range askers {
		work.Go(func() {
			w := &wire{addr: r.address}
			defer w.close()
			var waits []time.Duration
			var shed int
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				due := took()
				if rate > 0 {
					due = time.Duration(float64(i) / rate * float64(time.Second))
					if wait := due - took(); wait > 0 {
						select {
						case <-ctx.Done():
						case <-time.After(wait):
						}
					}
				}
				if ctx.Err() != nil {
					break
				}
				answer, err := w.do(ctx, http.MethodGet, "/my/result", r.headers[int(i)%len(r.headers)], nil)
				switch {
				case err != nil: // the house was killed: residents come back by themselves
					time.Sleep(50 * time.Millisecond)
				case answer.status == http.StatusOK:
					waits = append(waits, took()-due)
				case answer.status == http.StatusServiceUnavailable, answer.status == http.StatusTooManyRequests:
					shed++
				default:
					r.fail(fmt.Errorf("a resident was answered with %s: %s", strconv.Itoa(answer.status), answer.body))
					return
				}
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.waits, r.shed = append(r.waits, waits...), r.shed+shed
		})
	}
	work.Wait()
	return took()
}

func (r *residents) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
}

// tell puts what came of it into the report.
func (r *residents) tell(report *RoundReport, long time.Duration) error {
	slices.Sort(r.waits)
	report.LookupsPerSecond = float64(len(r.waits)) / long.Seconds()
	if n := len(r.waits); n > 0 {
		report.LookupP99 = float64(r.waits[min(n*99/100, n-1)].Microseconds()) / 1000
	}
	report.LookupsShed = r.shed
	return r.failed
}

// beset lets residents ask beside a day; what ends them gives what came of it.
func (d *day) beset(ctx context.Context) (end func(*RoundReport) error, err error) {
	if d.Lookups <= 0 {
		return func(*RoundReport) error { return nil }, nil
	}
	r, err := d.gather(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	long := make(chan time.Duration, 1)
	go func() { long <- r.ask(ctx, d.Lookups) }()
	return func(report *RoundReport) error {
		cancel()
		return r.tell(report, <-long)
	}, nil
}

// storm lets residents ask as fast as they are answered, for a while.
func (d *day) storm(ctx context.Context, report *RoundReport) error {
	r, err := d.gather(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Storm)
	defer cancel()
	return r.tell(report, r.ask(ctx, 0))
}
