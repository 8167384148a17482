package drill

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"
)

// asked reads how large a benchmark is to be.
func asked(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// BenchmarkScreening plays rounds against a server of its own on each engine, and prints what it reaches beside a bare log that
// takes the same uploads in the same run: a whole round in the uploads of devices that gather, one tube at a time over a thousand
// connections, ten times the mean of a province, and starts in mid-round. The roll is numbers without people, so that it is there at
// once; BREAKWATER_PEOPLE says how many (24000000 is a province).
func BenchmarkScreening(b *testing.B) {
	people := asked("BREAKWATER_PEOPLE", 1_000_000)
	small := min(people, 300_000)
	for _, c := range []struct {
		name string
		RoundConfig
	}{
		{"whole-round", RoundConfig{Upload: 20, RawLog: true, RehearseConfig: RehearseConfig{People: people, Clients: 64}}},
		{"tube-by-tube", RoundConfig{RawLog: true, RehearseConfig: RehearseConfig{People: small, Clients: 1000}}},
		{"tenfold", RoundConfig{Lookups: 14_000, RehearseConfig: RehearseConfig{People: 2800 * asked("BREAKWATER_BENCH_SECONDS", 20), Rate: 2800, Clients: 1000}}},
		{"look-ups", RoundConfig{Storm: time.Second * time.Duration(asked("BREAKWATER_BENCH_SECONDS", 20)), RehearseConfig: RehearseConfig{People: 50_000, Clients: 64}}},
		{"killed", RoundConfig{Upload: 20, RehearseConfig: RehearseConfig{People: people, Clients: 64, Kills: 3}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			onServers(b, func(b *testing.B, where RehearseConfig) {
				for b.Loop() {
					if b.N > 1 {
						b.Skip("one round measures enough")
					}
					c := c.RoundConfig
					c.Numbers, c.Seed, c.Booths = c.Lookups == 0 && c.Storm == 0, 1, min(max(c.People/2400, 1), 10_000)
					c.Data, c.DB, c.Key, c.Program = where.Data, where.DB, where.Key, where.Program
					r, err := RehearseRound(context.Background(), c)
					if err != nil {
						b.Fatal(err)
					}
					r.print(b)
				}
			})
		})
	}
}

func (r RoundReport) print(b *testing.B) {
	b.Helper()
	if !r.Sound() || !r.JournalOK {
		b.Errorf("%+v", r)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(r.RateMean, "people/s")
	b.ReportMetric(r.RateLastTenth, "last-tenth/s")
	b.ReportMetric(r.P50, "p50-ms")
	b.ReportMetric(r.P99, "p99-ms")
	b.ReportMetric(r.RSSPeak, "rss-MB")
	b.ReportMetric(r.BytesPerRegistration, "B/registration")
	b.ReportMetric(r.GeneratorShare, "generator-share")
	b.ReportMetric(float64(r.Lost+r.Duplicated+r.Ghosts), "lost")
	if r.RawLogRate > 0 {
		b.ReportMetric(r.RawLogRate, "bare-log/s")
		b.ReportMetric(r.RatioToRawLog, "ratio")
	}
	if r.LookupsPerSecond > 0 {
		b.ReportMetric(r.LookupsPerSecond, "look-ups/s")
		b.ReportMetric(r.LookupP99, "look-up-p99-ms")
		b.ReportMetric(float64(r.LookupsShed), "look-ups-shed")
	}
	if r.Kills > 0 {
		b.ReportMetric(r.RestartWriteSeconds, "write-after-s")
		b.ReportMetric(r.RestartLookupSeconds, "lookup-after-s")
	}
}
