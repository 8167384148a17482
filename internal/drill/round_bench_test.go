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

// BenchmarkScreening plays rounds against a server of its own on each engine, and prints what it reaches beside the same way in into a
// bare log in the same run: a whole round in the uploads of devices that gather, one tube at a time over a thousand connections, three
// times as much as is taken in, ten times the mean of a province with residents who ask meanwhile, residents alone, and starts in
// mid-round after the server or the database server was killed. The roll is numbers without people, so that it is there at once, where
// nobody asks; BREAKWATER_PEOPLE says how many (24000000 is a province). A million is over in two seconds: what is reached under overload, beside
// the whole round, means something from two million on.
func BenchmarkScreening(b *testing.B) {
	people := asked("BREAKWATER_PEOPLE", 1_000_000)
	seconds := asked("BREAKWATER_BENCH_SECONDS", 20)
	kills := asked("BREAKWATER_KILLS", 3)
	capacity := map[bool]float64{} // of each engine: people a second over a whole round
	for _, c := range []struct {
		name string
		over float64 // so many times what is taken in
		blow bool    // what the servers stand on is killed
		RoundConfig
	}{
		{"whole-round", 0, false, RoundConfig{Upload: 20, RawLog: true, RehearseConfig: RehearseConfig{People: people, Clients: 64}}},
		{"tube-by-tube", 0, false, RoundConfig{RawLog: true, RehearseConfig: RehearseConfig{People: min(people, 300_000), Clients: 1000}}},
		{"overload", 3, false, RoundConfig{Upload: 20, RehearseConfig: RehearseConfig{People: min(people, 2_000_000), Clients: 3000}}},
		{"tenfold", 0, false, RoundConfig{Lookups: 14_000, RehearseConfig: RehearseConfig{People: 2800 * seconds, Rate: 2800, Clients: 1000}}},
		{"look-ups", 0, false, RoundConfig{Storm: time.Duration(seconds) * time.Second, RehearseConfig: RehearseConfig{People: 50_000, Clients: 64}}},
		{"killed", 0, false, RoundConfig{Upload: 20, RehearseConfig: RehearseConfig{People: people, Clients: 64, Kills: kills}}},
		{"database-killed", 0, true, RoundConfig{Upload: 20, RehearseConfig: RehearseConfig{People: people, Clients: 64, Kills: kills}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			onServers(b, func(b *testing.B, where RehearseConfig) {
				embedded := where.DB == ""
				if c.blow && embedded {
					b.Skip("the embedded database has no server")
				}
				for b.Loop() {
					if b.N > 1 {
						b.Skip("one round measures enough")
					}
					r, err := RehearseRound(context.Background(), c.at(where, c.over*capacity[embedded], c.blow))
					if err != nil {
						b.Fatal(err)
					}
					r.print(b)
					if c.name == "whole-round" {
						capacity[embedded] = r.RateMean
					}
					if full := capacity[embedded]; c.over > 0 && full > 0 {
						b.ReportMetric(r.RateMean/full, "of-capacity")
					}
				}
			})
		})
	}
}

// at is the round of a benchmark on a server; a rate above 0 goes before its own.
func (c RoundConfig) at(where RehearseConfig, rate float64, blow bool) RoundConfig {
	c.Numbers, c.Seed, c.Booths = c.Lookups == 0 && c.Storm == 0, 1, min(max(c.People/2400, 1), 10_000)
	c.Data, c.DB, c.Key, c.Program = where.Data, where.DB, where.Key, where.Program
	if rate > 0 {
		c.Rate = rate
	}
	if blow {
		c.Blow = where.Blow
	}
	return c
}

func (r RoundReport) print(b *testing.B) {
	b.Helper()
	if !r.Sound() || !r.JournalOK {
		b.Errorf("%+v", r)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(r.RateMean, "people/s")
	b.ReportMetric(r.RateLastTenth, "last-tenth/s")
	b.ReportMetric(float64(r.Shed), "shed")
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
