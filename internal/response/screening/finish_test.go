package screening

import (
	"math"
	"testing"
	"time"

	"breakwater/internal/outbreak"
)

const noon = outbreak.Instant(1_647_230_400_000)

func TestWhenARoundIsThrough(t *testing.T) {
	hour := time.Hour
	steady := minute{people: 1000, tubes: 100, received: 100, resulted: 100, lag: 100 * 3600}
	for _, c := range []struct {
		why        string
		flow       flow
		sample     float64 // hours from now; -1: cannot be said
		result     float64
		bottleneck string
		missing    int
	}{
		{"all keep pace: sampling decides, then the way and the wait", flow{owed: 5000, perTube: 10, transit: 100, testing: 200, window: hour, seen: steady}, 5, 8, StageSampling, 0},
		{"the laboratory tests half of what comes in", flow{owed: 5000, perTube: 10, transit: 100, testing: 200, window: hour, seen: minute{people: 1000, tubes: 100, received: 100, resulted: 50, lag: 100 * 3600}}, 5, 16, StageTesting, 0},
		{"most of it is read and waits for a second person", flow{owed: 5000, perTube: 10, transit: 100, testing: 200, pending: 150, window: hour, seen: minute{people: 1000, tubes: 100, received: 100, resulted: 50, lag: 100 * 3600}}, 5, 16, StageValidation, 0},
		{"few arrive", flow{owed: 1000, perTube: 10, transit: 500, testing: 0, window: hour, seen: minute{people: 1000, tubes: 100, received: 60, resulted: 60, lag: 60 * 3600}}, 1, 10, StageTransport, 0},
		{"they stand at the laboratory's door", flow{owed: 1000, perTube: 10, transit: 500, unbooked: 400, testing: 0, window: hour, seen: minute{people: 1000, tubes: 100, received: 60, resulted: 60, lag: 60 * 3600}}, 1, 10, StageReception, 0},
		{"a hill from yesterday waits at the laboratory", flow{owed: 1000, perTube: 10, transit: 0, testing: 2000, window: hour, seen: steady}, 1, 22, StageTesting, 0},
		{"everybody is sampled", flow{owed: 0, perTube: 10, transit: 0, testing: 300, window: hour, seen: minute{resulted: 100}}, -1, 3, StageTesting, 0},
		{"nothing was resulted yet, but the instruments are known", flow{owed: 1000, perTube: 10, transit: 100, testing: 100, window: hour, seen: minute{people: 1000, received: 100, lag: 100 * 3600}, capacity: 50}, 1, 6, StageTesting, 0},
		{"and when they are not, nothing is said", flow{owed: 1000, perTube: 10, transit: 100, testing: 100, window: hour, seen: minute{people: 1000, received: 100}}, 1, -1, "", 1},
		{"five minutes say nothing", flow{owed: 1000, perTube: 10, transit: 100, window: 5 * time.Minute, seen: steady}, -1, -1, "", 3},
		{"nine people say nothing", flow{owed: 1000, perTube: 10, window: hour, seen: minute{people: 9}}, -1, -1, "", 3},
		{"it is through", flow{perTube: 10, window: hour, seen: steady}, -1, -1, "", 0},
	} {
		c.flow.now = noon
		x := c.flow.finish()
		at := func(i outbreak.Instant) float64 {
			if i == 0 {
				return -1
			}
			return i.Sub(noon).Hours()
		}
		if math.Abs(at(x.LastSample)-c.sample) > 0.01 || math.Abs(at(x.LastResult)-c.result) > 0.01 || x.Bottleneck != c.bottleneck || len(x.Missing) != c.missing {
			t.Errorf("%s: last sample in %.2f h, last result in %.2f h, %q, missing %v", c.why, at(x.LastSample), at(x.LastResult), x.Bottleneck, x.Missing)
		}
		if x.Through != (c.flow.owed+c.flow.transit+c.flow.testing == 0) {
			t.Errorf("%s: through is %v", c.why, x.Through)
		}
	}
}

// A round that runs on in even steps ends when it was foreseen to, whichever stage is the slow one.
func TestAForeseenEndComesTrue(t *testing.T) {
	for _, rates := range [][3]float64{{10, 10, 10}, {10, 4, 10}, {10, 10, 3}, {2, 10, 10}, {10, 6, 3}} { // tubes a minute
		const people, perTube = 60_000, 10
		waits := [3]float64{people / perTube, 0, 0}
		foreseen, ended := 0.0, 0.0
		var seen minute
		for now := 0.0; ; now++ {
			for i := 2; i >= 0; i-- {
				n := min(rates[i], waits[i])
				waits[i] -= n
				if i < 2 {
					waits[i+1] += n
				}
				if now >= 60 && now < 120 {
					switch i {
					case 0:
						seen.people += int32(n * perTube)
					case 1:
						seen.received += int32(n)
						seen.lag += int64(n * waits[1] / rates[1] * 60)
					case 2:
						seen.resulted += int32(n)
					}
				}
			}
			if now == 119 {
				f := flow{now: noon, owed: int(waits[0] * perTube), perTube: perTube, transit: int(waits[1]), testing: int(waits[2]), window: time.Hour, seen: seen}
				foreseen = 120 + f.finish().LastResult.Sub(noon).Minutes()
			}
			if waits[0]+waits[1]+waits[2] < 0.5 {
				ended = now + 1
				break
			}
		}
		if math.Abs(foreseen-ended) > 0.05*ended {
			t.Errorf("at %v it was foreseen for minute %.0f and ended in minute %.0f", rates, foreseen, ended)
		}
	}
}
