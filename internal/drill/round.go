package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RoundConfig says how a day of testing is rehearsed: as a house must live through it, sampling points with own outboxes that
// send what people at them are swabbed, whatever the house does.
type RoundConfig struct {
	RehearseConfig // of it: People, Rate (people per second; 0: as fast as the house takes them), Clients (connections), Kills, Seed, where and how

	Pool    int           // swabs per tube; 0: 10
	Booths  int           // sampling points; 0: one for 1,000 people
	Upload  int           // operations in one upload of a device that has them; 0: 1, as a device with a network sends
	Offline float64       // share of the sampling points that lose the network for a part of the day; 0: 0.05, below 0: none
	Version string        // of this program, which an own server is
	RawLog  bool          // measure the bare log beside it
	Lookups float64       // residents per second who ask for their result meanwhile, on an own server whose roll has people
	Storm   time.Duration // for how long they ask as fast as they are answered, after the day
	Numbers bool          // the roll is numbers without people, for a benchmark that would otherwise mostly load a roll; on an own server alone
}

// RoundReport is what the rehearsal of a round came to. A registration is one person in one tube.
type RoundReport struct {
	People               int     `json:"people"`
	Tubes                int     `json:"tubes"`
	Acked                int     `json:"registrations_acked"`  // each on disk in the file of the acknowledged
	Stored               int     `json:"registrations_stored"` // as the house hands them out at the end
	Lost                 int     `json:"lost"`
	Duplicated           int     `json:"duplicated"`
	Ghosts               int     `json:"ghosts"` // stored, and sent by nobody
	RateMean             float64 `json:"rate_mean"`
	RateLastTenth        float64 `json:"rate_last_tenth"`
	RatePeak             float64 `json:"rate_peak"` // of the best second
	P50                  float64 `json:"p50_ms"`    // from the moment it was to be sent to the acknowledgement, restarts included
	P99                  float64 `json:"p99_ms"`
	P999                 float64 `json:"p999_ms"`
	Shed                 int     `json:"shed"` // uploads that were sent away with a time to come back
	Retries              int     `json:"retries"`
	Kills                int     `json:"kills"`
	RestartWriteSeconds  float64 `json:"restart_write_seconds_max"`  // from the start of the program to its first acknowledgement
	RestartLookupSeconds float64 `json:"restart_lookup_seconds_max"` // to its first answer of where everybody stands
	LookupsPerSecond     float64 `json:"lookups_per_s"`              // answered, of residents who asked for their result
	LookupP99            float64 `json:"lookup_p99_ms"`
	LookupsShed          int     `json:"lookups_shed"` // sent away with a time to come back
	RSSPeak              float64 `json:"rss_peak_mb"`  // of the server
	GeneratorShare       float64 `json:"generator_cpu_share"`
	RawLogRate           float64 `json:"raw_log_rate"` // the same uploads into a bare log that is synced as one for all who wait; 0: not measured
	RatioToRawLog        float64 `json:"ratio_to_raw_log"`
	BytesPerRegistration float64 `json:"bytes_per_registration"` // by which the database grew
	Seconds              float64 `json:"seconds"`
	JournalOK            bool    `json:"journal_ok"`
	Version              string  `json:"version"` // of the program that was rehearsed
	Engine               string  `json:"engine"`  // sqlite or postgres
	AckedFile            string  `json:"acked,omitempty"`
	StoredFile           string  `json:"stored,omitempty"`
}

// Sound tells whether nothing was lost, doubled or made up.
func (r RoundReport) Sound() bool { return r.Lost+r.Duplicated+r.Ghosts == 0 }

// RehearseRound rehearses one round.
func RehearseRound(ctx context.Context, c RoundConfig) (report RoundReport, err error) {
	if err := c.complete(); err != nil {
		return report, err
	}
	files, done, err := c.files()
	if err != nil {
		return report, err
	}
	defer done()
	day := &day{RoundConfig: c, address: strings.TrimPrefix(c.URL, "http://"), tokens: []string{c.Token}}
	address := c.URL
	if c.URL == "" {
		if day.tokens, err = c.senders(ctx, 1+c.Clients/16); err != nil {
			return report, err
		}
		c.Token = day.tokens[0]
		if day.house, err = c.launch(ctx); err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, day.house.stop()) }()
		address, day.address = day.house.url, day.house.booth
	}
	client := NewClient(address, c.Token)
	client.Tries, client.Most = 1000, 300*time.Millisecond
	town, err := c.settle(ctx, client)
	if err != nil {
		return report, fmt.Errorf("setting the rehearsal up: %w", err)
	}
	day.RoundConfig, day.town, day.client = c, town, client
	c.Told(fmt.Sprintf("%d people and %d sampling points are ready; the day begins", c.People, c.Booths))
	if err := day.play(ctx, files.acked, &report); err != nil {
		return report, err
	}
	c.Told(fmt.Sprintf("%d registrations acknowledged in %.0f s; taking out what is stored, to compare", report.Acked, report.Seconds))
	if err := day.verdict(ctx, files, &report); err != nil {
		return report, err
	}
	if err := day.named(ctx, &report); err != nil {
		return report, err
	}
	if c.Storm > 0 {
		if err := day.storm(ctx, &report); err != nil {
			return report, err
		}
	}
	if c.RawLog {
		if err := day.rawLog(ctx, &report); err != nil {
			return report, err
		}
	}
	if c.Acked != "" {
		report.AckedFile, report.StoredFile = files.acked, files.stored
	}
	return report, nil
}

// files are those of the acknowledged and of what is stored, which anybody can compare.
type files struct{ acked, stored string }

func (c *RoundConfig) files() (f files, done func(), err error) {
	if c.Acked != "" {
		return files{c.Acked, c.Acked + ".stored"}, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "breakwater-round-")
	if err != nil {
		return f, nil, fmt.Errorf("making a folder for the acknowledged: %w", err)
	}
	return files{filepath.Join(dir, "acked.csv"), filepath.Join(dir, "stored.csv")}, func() { _ = os.RemoveAll(dir) }, nil
}

func (c *RoundConfig) complete() error {
	if c.Pool <= 0 {
		c.Pool = 10
	}
	if c.Upload <= 0 {
		c.Upload = 1
	}
	if c.Offline == 0 {
		c.Offline = 0.05
	}
	if c.Clients <= 0 {
		c.Clients = 64
	}
	if err := c.RehearseConfig.complete(); err != nil {
		return err
	}
	if c.Numbers && c.URL != "" {
		return errors.New("a roll of numbers alone is made beside the server, which has to be an own one")
	}
	if (c.Lookups > 0 || c.Storm > 0) && (c.Numbers || c.URL != "") {
		return errors.New("residents who look their result up need people on the roll, and an own server")
	}
	if c.Booths <= 0 {
		c.Booths = max(c.People/1000, 1)
	}
	return nil
}
