package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/outbreak"
)

// day is a round as it is played.
type day struct {
	RoundConfig
	town    *roundTown
	client  *Client
	house   *process
	address string   // of the entrance of sampling points
	tokens  []string // of who sends
	wall    outbreak.WallClock
	took    func() time.Duration // since the first swab

	acked    *ackedFile
	done     atomic.Int64 // registrations acknowledged
	upto     atomic.Int64 // registrations until the next kill, for which everybody waits: a short day has all its kills
	shed     atomic.Int64
	retries  atomic.Int64
	mu       sync.Mutex
	seconds  []int64         // registrations acknowledged in each second
	waits    []time.Duration // of uploads
	restarts []restart
}

// restart is how long a start took.
type restart struct{ write, lookup time.Duration }

// upload is what a device sends at once.
type roundUpload struct {
	booth *roundBooth
	first int           // of its tubes
	tubes int           // how many
	due   time.Duration // when it is to be sent; 0: as soon as somebody is free
}

// play lets the sampling points send until everybody is in a tube, and kills the server as often as asked.
func (d *day) play(ctx context.Context, acked string, report *RoundReport) (err error) {
	if d.acked, err = openAcked(acked); err != nil {
		return err
	}
	size, err := d.size(ctx)
	if err != nil {
		return err
	}
	uploads := d.plan()
	unbeset, err := d.beset(ctx)
	if err != nil {
		return err
	}
	use := watchUse(d.house)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.upto.Store(int64(d.People))
	if d.Kills > 0 {
		d.upto.Store(d.aim(0))
	}
	d.took = outbreak.Stopwatch()
	errs := make(chan error, d.Clients+1)
	var next atomic.Int64
	var work, killer sync.WaitGroup
	killing, enough := context.WithCancel(ctx)
	defer enough()
	killer.Go(func() {
		if err := d.kill(killing, report); err != nil {
			errs <- err
			cancel()
		}
	})
	for k := range d.Clients {
		work.Go(func() {
			w := &wire{addr: d.address}
			defer w.close()
			s := sender{day: d, wire: w, token: d.tokens[k%len(d.tokens)]}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(uploads) {
					return
				}
				if err := s.send(ctx, uploads[i]); err != nil {
					errs <- err
					cancel()
					return
				}
			}
		})
	}
	work.Wait()
	seconds := d.took()
	enough()
	killer.Wait()
	if err := errors.Join(unbeset(report), d.acked.close(), first(errs)); err != nil {
		return err
	}
	d.sum(report, seconds)
	use.stop(report)
	after, err := d.size(ctx)
	report.BytesPerRegistration = float64(after-size) / float64(max(report.Acked, 1))
	return err
}

func first(errs chan error) error {
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// curve is how many of a day's people come in each twelfth of it, against the mean: a crowd at the opening, a calm noon, a
// second crowd after work, stragglers.
var curve = [12]float64{2.2, 1.8, 1.2, 0.9, 0.7, 0.6, 0.8, 1.1, 1.3, 0.8, 0.4, 0.2}

// moment turns a share of the day's people into a share of its time.
func moment(share float64) float64 {
	for i, c := range curve {
		part := c / float64(len(curve))
		if share <= part {
			return (float64(i) + share/part) / float64(len(curve))
		}
		share -= part
	}
	return 1
}

// plan makes the uploads of the whole day in the order they are due. The sampling points work side by side; those that lose the
// network for a part of the day send everything of that part when they have it again.
func (d *day) plan() []roundUpload {
	chance := rand.New(rand.NewPCG(d.Seed, 5))
	long := time.Duration(0)
	if d.Rate > 0 {
		long = time.Duration(float64(d.People) / d.Rate * float64(time.Second))
	}
	var all []roundUpload
	for i := range d.town.booths {
		b := &d.town.booths[i]
		tubes := (len(b.nos) + d.Pool - 1) / d.Pool
		away, back := 2.0, 2.0 // in shares of the day
		if chance.Float64() < d.Offline {
			away = chance.Float64() * 0.8
			back = away + 0.05 + 0.15*chance.Float64()
		}
		for t := 0; t < tubes; {
			at := moment((float64(t) + chance.Float64()) / float64(tubes))
			n := min(d.Upload, tubes-t)
			if at >= away && at < back {
				at, n = back, min(max(tubes/10, 1), 200, tubes-t) // what gathered goes out together
			}
			all = append(all, roundUpload{b, t, n, time.Duration(at * float64(long))})
			t += n
		}
	}
	if long == 0 {
		chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all
	}
	slices.SortFunc(all, func(a, b roundUpload) int { return cmp.Compare(a.due, b.due) })
	return all
}

// sender is one connection.
type sender struct {
	*day
	wire    *wire
	token   string
	body    []byte
	headers string
	facts   []fact
}

// send sends an upload until it is acknowledged, and puts it down.
func (s *sender) send(ctx context.Context, u roundUpload) error {
	if wait := u.due - s.took(); wait > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	for s.done.Load() > s.upto.Load() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	due := u.due
	if s.Rate == 0 {
		due = s.took()
	}
	s.write(u)
	path := "/api/v1/rounds/" + s.town.round.String() + "/operations"
	for try := 0; ; try++ {
		r, err := s.wire.do(ctx, "POST", path, s.headers, s.body)
		switch {
		case err == nil && r.status == 200:
			return s.put(u, due)
		case err == nil && r.status == 503:
			s.shed.Add(1)
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return fmt.Errorf("an upload was answered with %d: %s", r.status, r.body)
		}
		s.retries.Add(1)
		wait := max(r.retryAfter, 20*time.Millisecond<<min(try, 6))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

// write makes the lines of an upload, and what is put down of it.
func (s *sender) write(u roundUpload) {
	if s.headers == "" {
		s.headers = "Authorization: Bearer " + s.token + "\r\nContent-Type: application/x-ndjson\r\nAccept-Language: en\r\n"
	}
	now := int64(s.wall.Now())
	b := append(s.body[:0], `{"booth":"`+u.booth.id.String()+`","sent":`...)
	b = strconv.AppendInt(b, now, 10)
	b = append(b, "}\n"...)
	s.facts = s.facts[:0]
	for t := u.first; t < u.first+u.tubes; t++ {
		nos := u.booth.nos[t*s.Pool : min((t+1)*s.Pool, len(u.booth.nos))]
		code := s.town.tube(u.booth.serial + t)
		s.facts = append(s.facts, fact{kind: "closed", tube: outbreak.TubeCode(code), round: s.town.round, people: nos})
		b = append(b, `{"op":`...)
		b = strconv.AppendInt(b, u.booth.device<<24|int64(t+1), 10)
		b = append(b, `,"tube":"`...)
		b = append(b, code...)
		b = append(b, `","taken":`...)
		b = strconv.AppendInt(b, now, 10)
		b = append(b, `,"members":[`...)
		for i, no := range nos {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, '[')
			b = strconv.AppendInt(b, no, 10)
			b = append(b, ',')
			b = strconv.AppendInt(b, int64(25*i), 10)
			b = append(b, ']')
		}
		b = append(b, "]}\n"...)
	}
	s.body = b
}

// put puts an upload down, on disk, and counts it.
func (s *sender) put(u roundUpload, due time.Duration) error {
	if err := s.acked.add(s.facts...); err != nil {
		return err
	}
	n := int64(0)
	for _, f := range s.facts {
		n += int64(len(f.people))
	}
	s.done.Add(n)
	at := s.took()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.seconds) <= int(at/time.Second) {
		s.seconds = append(s.seconds, 0)
	}
	s.seconds[at/time.Second] += n
	s.waits = append(s.waits, at-due)
	return nil
}

// aim is after how many registrations the k-th kill falls; after the last one, the end.
func (d *day) aim(k int) int64 {
	if k >= d.Kills {
		return int64(d.People)
	}
	return int64(float64(d.People) * (float64(k) + 0.5) / float64(d.Kills))
}

// kill kills the server at moments spread over the day, and measures how long a start takes to write and to tell.
func (d *day) kill(ctx context.Context, report *RoundReport) error {
	for k := range d.Kills {
		for d.done.Load() < d.aim(k) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(5 * time.Millisecond):
			}
		}
		before, took, err := d.strike(context.WithoutCancel(ctx), k) // the verdict needs the house, even when nothing is left to send
		if err != nil {
			return err
		}
		report.Kills++
		r := restart{}
		for d.done.Load() == before && ctx.Err() == nil {
			time.Sleep(2 * time.Millisecond)
		}
		r.write = took()
		asker := NewClient(d.client.Base, d.Token)
		asker.Tries = 0
		for ctx.Err() == nil && asker.Get(ctx, "/rounds/"+d.town.round.String(), nil, nil) != nil {
			time.Sleep(10 * time.Millisecond)
		}
		r.lookup = took()
		d.restarts = append(d.restarts, r)
		d.Told(fmt.Sprintf("killed %d of %d times; %d of %d registrations", k+1, d.Kills, d.done.Load(), d.People))
	}
	return nil
}

// strike kills the server, or what it stands on, and starts it again. It gives how many registrations were acknowledged when it
// was gone, and a watch that runs since the start.
func (d *day) strike(ctx context.Context, k int) (before int64, took func() time.Duration, err error) {
	if d.Blow != nil {
		err = d.Blow(ctx)
		d.upto.Store(d.aim(k + 1))
		return d.done.Load(), outbreak.Stopwatch(), err
	}
	if err := d.house.kill(); err != nil {
		return 0, nil, err
	}
	d.upto.Store(d.aim(k + 1))
	before, took = d.done.Load(), outbreak.Stopwatch()
	return before, took, d.house.start(ctx)
}

// sum works the figures out.
func (d *day) sum(report *RoundReport, took time.Duration) {
	report.People, report.Acked = d.People, int(d.done.Load())
	report.Shed, report.Retries, report.Seconds = int(d.shed.Load()), int(d.retries.Load()), took.Seconds()
	report.RateMean = float64(report.Acked) / took.Seconds()
	slices.Sort(d.waits)
	at := func(q float64) float64 {
		if len(d.waits) == 0 {
			return 0
		}
		return float64(d.waits[min(int(q*float64(len(d.waits))), len(d.waits)-1)].Microseconds()) / 1000
	}
	report.P50, report.P99, report.P999 = at(0.5), at(0.99), at(0.999)
	for i, n := range d.seconds {
		if i < len(d.seconds)-1 || len(d.seconds) == 1 { // the last is cut
			report.RatePeak = max(report.RatePeak, float64(n))
		}
	}
	tenth := len(d.seconds) - max(len(d.seconds)/10, 1)
	if sum := int64(0); tenth > 0 {
		for _, n := range d.seconds[tenth:] {
			sum += n
		}
		report.RateLastTenth = float64(sum) / (took.Seconds() - float64(tenth))
	} else {
		report.RateLastTenth = report.RateMean
	}
	for _, r := range d.restarts {
		report.RestartWriteSeconds = max(report.RestartWriteSeconds, r.write.Seconds())
		report.RestartLookupSeconds = max(report.RestartLookupSeconds, r.lookup.Seconds())
	}
}
