package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
)

// RehearseConfig says what a rehearsal of a round does to a house. Exactly one of URL, Data and DB is needed: a house that
// runs already, or the database of one that the rehearsal starts as a process of its own, and kills.
type RehearseConfig struct {
	People   int     // on the roll of the rehearsal
	Rate     float64 // operations per second at most; 0: as fast as the house takes them
	Clients  int     // who send at the same time; 0: 16
	Positive float64 // share of positive pools; 0: 0.02, below 0: none
	Kills    int     // how often a server process is killed without warning, under load
	Servers  int     // processes on one database, among which the clients are shared out; 0: 1
	Seed     uint64  // of the moments, the positives and the lost tubes

	URL   string // a running house
	Token string // for the running house: of an administrator

	Data    string   // folder of the embedded database
	DB      string   // or the address of a PostgreSQL database
	Key     string   // file of the master key
	Program []string // the server's program; what it is to do is added. Empty: this program itself

	Wound func(ctx context.Context, pid int) error // done to a server some moments before it is killed; may be nil
	Blow  func(ctx context.Context) error          // done in place of each kill, to what the servers stand on; may be nil

	Acked string       // file of the acknowledged operations; empty: a temporary one, removed at the end
	Told  func(string) // progress, a line at a time; may be nil
}

// RehearseReport is what a rehearsal came to. Lost, doubled, ghosts and positives without follow-on are counts of faults.
type RehearseReport struct {
	People       int `json:"people"`
	Rounds       int `json:"rounds"`
	Kills        int `json:"kills"`
	Acknowledged int `json:"acknowledged"` // operations the house said yes to, each on disk in the file of the acknowledged

	TubesClosed    int `json:"tubes_closed"`
	TubesSpoiled   int `json:"tubes_spoiled"`
	TubesReceived  int `json:"tubes_received"`
	Results        int `json:"results"`
	PositivePools  int `json:"positive_pools"`
	PositivePeople int `json:"positive_people"`

	Lost                     int      `json:"lost"`
	Doubled                  int      `json:"doubled"`
	PositivesWithoutFollowOn int      `json:"positives_without_follow_on"`
	Ghosts                   int      `json:"ghosts"`     // follow-on work or facts that nothing acknowledged stands behind
	JournalOK                bool     `json:"journal_ok"` // after every restart and at the end; false as well when it could not be looked at
	JournalEntries           int64    `json:"journal_entries"`
	ChecksFailed             []string `json:"checks_failed"` // of the doctor's, by name
	Faults                   []string `json:"faults"`        // the first few faults in words

	Seconds   float64 `json:"seconds"` // of load
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"` // of one operation, from sending to the acknowledgement, restarts included
	P99       float64 `json:"p99_ms"`
	Longest   float64 `json:"longest_ms"`
	Acked     string  `json:"acked,omitempty"`
}

// Sound tells whether nothing was lost, doubled or left alone. A house that only answers at an address has no journal to
// look at here; its own doctor does that.
func (r RehearseReport) Sound() bool {
	return r.Lost+r.Doubled+r.PositivesWithoutFollowOn+r.Ghosts+len(r.ChecksFailed) == 0
}

const (
	positiveShare = 0.02
	spoiledShare  = 0.02
	mostFaults    = 20
	patience      = time.Minute // for what follows to have followed
)

// Rehearse plays rounds of testing against a house with many clients at once: pools, lost tubes, results, single swabs of
// the members of positive pools. Each acknowledged operation is on disk in a file of ours before it counts. Meanwhile the
// server process is killed as often as asked, at random moments, and started again; operations without an answer are sent
// again with the same key. At the end the file is compared with what the house holds.
func Rehearse(ctx context.Context, c RehearseConfig) (report RehearseReport, err error) {
	if err := c.complete(); err != nil {
		return report, err
	}
	if c.Acked == "" {
		dir, err := os.MkdirTemp("", "breakwater-acked-")
		if err != nil {
			return report, fmt.Errorf("making a folder for the acknowledged: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c.Acked = filepath.Join(dir, "acked.csv")
	} else {
		report.Acked = c.Acked
	}
	var houses []*process
	addresses := []string{c.URL}
	if c.URL == "" {
		if c.Token, err = c.admit(ctx); err != nil {
			return report, err
		}
		addresses = nil
		for range max(c.Servers, 1) {
			house, err := c.launch(ctx)
			if err != nil {
				return report, err
			}
			defer func() { err = errors.Join(err, house.stop()) }()
			houses, addresses = append(houses, house), append(addresses, house.url)
		}
	}
	var clients []*Client
	for _, address := range addresses {
		client := NewClient(address, c.Token)
		client.Tries, client.Most = 1000, 300*time.Millisecond // a house that is being started again is asked until it answers
		clients = append(clients, client)
	}
	r, err := c.enrol(ctx, clients)
	if err != nil {
		return report, fmt.Errorf("setting the rehearsal up: %w", err)
	}
	if err := c.load(ctx, r, houses, &report); err != nil {
		return report, err
	}
	return report, c.compare(ctx, r, &report)
}

func (c *RehearseConfig) complete() error {
	given := 0
	for _, where := range []string{c.URL, c.Data, c.DB} {
		if where != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return errors.New("a rehearsal needs a running house or a database, and one of them alone")
	case c.URL != "" && (c.Kills > 0 || c.Servers > 1):
		return errors.New("a rehearsal kills only a server that it started itself")
	case c.URL != "" && c.Token == "":
		return errors.New("a rehearsal against a running house needs a token")
	case c.DB != "" && c.Key == "":
		return errors.New("a rehearsal on PostgreSQL needs the file of the master key")
	}
	if c.Clients <= 0 {
		c.Clients = 16
	}
	if c.Positive == 0 {
		c.Positive = positiveShare
	}
	if c.People = max(c.People, c.Clients); c.Told == nil {
		c.Told = func(string) {}
	}
	if len(c.Program) == 0 {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding this program: %w", err)
		}
		c.Program = []string{self}
	}
	return nil
}

// load lets the clients send until the roll was tested once and every kill was made.
func (c RehearseConfig) load(ctx context.Context, r *rehearsal, houses []*process, report *RehearseReport) error {
	acked, err := openAcked(c.Acked)
	if err != nil {
		return err
	}
	r.acked = acked
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wall   = outbreak.WallClock{}
		began  = wall.Now()
		work   sync.WaitGroup
		once   sync.Once
		failed error
	)
	fail := func(err error) {
		if err != nil {
			once.Do(func() { failed = err; cancel() })
		}
	}
	report.JournalOK, report.ChecksFailed, report.Faults = true, []string{}, []string{}
	killed := make(chan struct{})
	work.Go(func() {
		defer close(killed)
		fail(c.kill(ctx, houses, report))
	})
	for i := range r.groups {
		work.Go(func() { fail(r.play(ctx, i, killed)) })
	}
	work.Wait()
	report.Seconds = wall.Now().Sub(began).Seconds()
	if err := acked.close(); failed == nil {
		failed = err
	}
	report.People, report.Rounds = c.People, len(r.rounds)
	report.P50, report.P99, report.Longest = quantiles(r.took)
	return failed
}

// kill ends a server without warning at random moments and starts it again, or strikes what the servers stand on, each time
// looking at the journal's chain.
func (c RehearseConfig) kill(ctx context.Context, houses []*process, report *RehearseReport) error {
	rng := c.chance(0)
	for report.Kills < c.Kills {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200*time.Millisecond + time.Duration(rng.Int64N(int64(time.Second)))):
		}
		report.Kills++
		if err := c.strike(ctx, houses, rng.IntN(max(len(houses), 1))); err != nil {
			return err
		}
		v, err := c.verify(ctx)
		if err != nil {
			return err
		}
		report.JournalOK = report.JournalOK && len(v.Findings) == 0
		for _, f := range v.Findings {
			report.fault("journal after kill %d: %v", report.Kills, f)
		}
		c.Told(fmt.Sprintf("killed and started again %d of %d, %d records", report.Kills, c.Kills, v.Entries))
	}
	return nil
}

// strike does one blow and lets the house come back.
func (c RehearseConfig) strike(ctx context.Context, houses []*process, which int) error {
	if c.Blow != nil {
		return c.Blow(ctx)
	}
	house := houses[which]
	if c.Wound != nil {
		if err := c.Wound(ctx, house.cmd.Process.Pid); err != nil {
			return err
		}
	}
	if err := house.kill(); err != nil {
		return err
	}
	return house.start(ctx)
}

// fault notes a fault in words, the first few of them.
func (r *RehearseReport) fault(format string, args ...any) {
	if len(r.Faults) < mostFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// config is the house's configuration as this process opens it beside the server.
func (c RehearseConfig) config() app.Config { return app.Config{Data: c.Data, DB: c.DB, Key: c.Key} }

func quantiles(took []time.Duration) (p50, p99, longest float64) {
	if len(took) == 0 {
		return 0, 0, 0
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	return at(0.5), at(0.99), at(1)
}
