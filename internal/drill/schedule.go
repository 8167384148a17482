package drill

import (
	"container/heap"
	"context"
	"time"

	"breakwater/internal/outbreak"
)

// schedule plays acts in the order of their times in the city. Between two acts the city's clock moves on, as fast as speed
// says; with no speed it jumps.
type schedule struct {
	clock *outbreak.HandClock
	speed float64 // city seconds per second; 0: as fast as the house takes it
	acts  queue
	order int
}

type act struct {
	at    outbreak.Instant
	order int // first planned, first played
	do    func(context.Context) error
}

type queue []act

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(act)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// at plans an act; one whose time is past is played next.
func (s *schedule) at(t outbreak.Instant, do func(context.Context) error) {
	s.order++
	heap.Push(&s.acts, act{t, s.order, do})
}

// after plans an act so long from now.
func (s *schedule) after(d time.Duration, do func(context.Context) error) {
	s.at(s.clock.Now().Add(d), do)
}

// every plans an act again and again until an instant.
func (s *schedule) every(d time.Duration, until outbreak.Instant, do func(context.Context) error) {
	s.after(d, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		if s.clock.Now().Add(d) <= until {
			s.every(d, until, do)
		}
		return nil
	})
}

// play plays what is planned until an instant of the city, telling how far it is.
func (s *schedule) play(ctx context.Context, until outbreak.Instant, told func(now outbreak.Instant)) error {
	for len(s.acts) > 0 && s.acts[0].at <= until {
		if err := s.wait(ctx, s.acts[0].at); err != nil {
			return err
		}
		a := heap.Pop(&s.acts).(act)
		if err := a.do(ctx); err != nil {
			return err
		}
		told(s.clock.Now())
	}
	return s.wait(ctx, until)
}

// wait lets the city's time pass up to t.
func (s *schedule) wait(ctx context.Context, t outbreak.Instant) error {
	if s.speed <= 0 {
		s.clock.MoveTo(t)
		return ctx.Err()
	}
	const tick = 200 * time.Millisecond
	for s.clock.Now() < t {
		left := time.Duration(float64(t.Sub(s.clock.Now())) / s.speed)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left, tick)):
		}
		s.clock.MoveTo(min(t, s.clock.Now().Add(time.Duration(float64(min(left, tick))*s.speed)+time.Millisecond)))
	}
	return nil
}
