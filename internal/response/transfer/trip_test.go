package transfer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

const noon = outbreak.Instant(1_647_216_000_000)

func TestATripGoesItsWay(t *testing.T) {
	v := Vehicle{ID: 3, Seats: 1}
	trip := Trip{ID: 1, State: Requested, RequestedAt: noon}
	trip, err := trip.assign(v, 0, noon.Add(time.Minute))
	if err != nil || trip.State != Assigned || trip.Vehicle != 3 {
		t.Fatalf("%+v %v", trip, err)
	}
	if trip, err = trip.pickUp(0, noon.Add(2*time.Minute)); err != nil || trip.State != Riding || trip.PickedUpAt != noon.Add(2*time.Minute) {
		t.Fatalf("%+v %v", trip, err)
	}
	if trip, err = trip.end(Arrived, "", 0, noon.Add(time.Hour)); err != nil || trip.State != Arrived || trip.EndedAt != noon.Add(time.Hour) || trip.live() {
		t.Fatalf("%+v %v", trip, err)
	}
}

func TestWhatATripMayNotDo(t *testing.T) {
	v, now := Vehicle{ID: 3, Seats: 2}, noon.Add(time.Hour)
	at := func(s State) Trip { return Trip{ID: 1, State: s, RequestedAt: noon, PickedUpAt: noon} }
	for _, c := range []struct {
		why string
		do  func() (Trip, error)
		key string
	}{
		{"a full vehicle", func() (Trip, error) { return at(Requested).assign(v, 2, now) }, "transfer.vehicle_full"},
		{"a vehicle for somebody who rides", func() (Trip, error) { return at(Riding).assign(v, 0, now) }, "transfer.not_waiting"},
		{"a vehicle for somebody who arrived", func() (Trip, error) { return at(Arrived).assign(v, 0, now) }, "transfer.not_waiting"},
		{"fetched without a vehicle", func() (Trip, error) { return at(Requested).pickUp(0, now) }, "transfer.no_vehicle"},
		{"fetched before it was asked for", func() (Trip, error) { return at(Assigned).pickUp(noon-1, now) }, "transfer.at_wrong"},
		{"fetched tomorrow", func() (Trip, error) { return at(Assigned).pickUp(now.Add(24*time.Hour), now) }, "transfer.at_wrong"},
		{"cancelled on the way", func() (Trip, error) { return at(Riding).end(Cancelled, "x", 0, now) }, "transfer.on_the_way"},
		{"cancelled without a reason", func() (Trip, error) { return at(Requested).end(Cancelled, "", 0, now) }, "transfer.reason_missing"},
		{"ended twice", func() (Trip, error) { return at(Died).end(Arrived, "", 0, now) }, "transfer.ended"},
		{"arrived before being fetched", func() (Trip, error) { return at(Riding).end(Arrived, "", noon-1, now) }, "transfer.at_wrong"},
	} {
		_, err := c.do()
		if e, ok := err.(*outbreak.Error); !ok || e.Msg != c.key {
			t.Errorf("%s: %v, want %s", c.why, err, c.key)
		}
	}
}

// TestNobodyRidesWithoutASeat lets trips come and go at random; a vehicle never has more people than seats.
func TestNobodyRidesWithoutASeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vehicles := []Vehicle{{ID: 1, Seats: 1}, {ID: 2, Seats: 3}}
		trips := make([]Trip, 8)
		for i := range trips {
			trips[i] = Trip{ID: outbreak.TripID(i + 1), State: Requested, RequestedAt: noon}
		}
		aboard := func(v outbreak.VehicleID) (n int) {
			for _, x := range trips {
				if x.Vehicle == v && (x.State == Assigned || x.State == Riding) {
					n++
				}
			}
			return n
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(trips)-1).Draw(t, "trip")
			var next Trip
			var err error
			switch rapid.IntRange(0, 2).Draw(t, "act") {
			case 0:
				v := rapid.SampledFrom(vehicles).Draw(t, "vehicle")
				next, err = trips[i].assign(v, aboard(v.ID), noon.Add(time.Minute))
			case 1:
				next, err = trips[i].pickUp(0, noon.Add(2*time.Minute))
			default:
				next, err = trips[i].end(rapid.SampledFrom([]State{Arrived, Cancelled, Died}).Draw(t, "how"), "drawn", 0, noon.Add(time.Hour))
			}
			if err == nil {
				trips[i] = next
			}
			for _, v := range vehicles {
				if n := aboard(v.ID); n > v.Seats {
					t.Fatalf("%d people for %d seats", n, v.Seats)
				}
			}
		}
	})
}
