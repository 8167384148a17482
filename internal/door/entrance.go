package door

import (
	"context"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"breakwater/internal/outbreak"
)

// Limits are what one entrance takes. They are counted apart from those of every other: a crowd at one door keeps nobody
// out at another.
type Limits struct {
	Connections int           // open at a time; further ones wait in the system's queue
	AtOnce      int           // requests worked on at a time, live streams not counted
	Streams     int           // live streams open at a time
	Wait        time.Duration // how long a request waits for its turn before it is sent away
	Body        int64         // the most a request may send, whatever its route says; 0: as the route says
	PerAddress  Rate          // requests of one address
	Read        time.Duration // from the first byte of a request to the last of its body
	Idle        time.Duration // how long a connection nobody uses stays open
	HeaderBytes int
}

// The limits of the three entrances. A load rehearsal or a laboratory's machine comes from one address, so that of staff is
// wide; a booth sends many small requests over a poor line, and a
// city's booths come from one address of a telephone company; a stranger asks for one page.
var (
	StaffLimits = Limits{Connections: 4096, AtOnce: 256, Streams: 2048, Wait: 2 * time.Second, PerAddress: Rate{PerSecond: 5000, Burst: 20000},
		Read: 2 * time.Minute, Idle: 2 * time.Minute, HeaderBytes: 32 << 10}
	BoothLimits = Limits{Connections: 32_768, AtOnce: 1024, Streams: 1, Wait: 5 * time.Second, Body: 1 << 20, PerAddress: Rate{PerSecond: 20_000, Burst: 50_000},
		Read: 30 * time.Second, Idle: 5 * time.Minute, HeaderBytes: 16 << 10}
	PublicLimits = Limits{Connections: 8192, AtOnce: 256, Streams: 1, Wait: time.Second, Body: 16 << 10, PerAddress: Rate{PerSecond: 20, Burst: 200},
		Read: 10 * time.Second, Idle: 30 * time.Second, HeaderBytes: 8 << 10}
)

// HeaderPatience is how long a sender may take over the head of a request, at every entrance.
const HeaderPatience = 5 * time.Second

// Entrance is an address the house listens on, with what it lets through at a time.
type Entrance struct {
	Limits
	Name    string // "staff", "booth", "public": for the log
	turns   chan struct{}
	streams chan struct{}
	each    *limiter
}

// NewEntrance makes an entrance; wall is the machine's clock.
func NewEntrance(name string, l Limits, wall outbreak.Clock) *Entrance {
	return &Entrance{Limits: l, Name: name, turns: make(chan struct{}, l.AtOnce), streams: make(chan struct{}, l.Streams), each: newLimiter(l.PerAddress, wall)}
}

// Listen limits how many connections a listener has open at a time.
func (e *Entrance) Listen(l net.Listener) net.Listener {
	return netutil.LimitListener(l, e.Connections)
}

type entranceKey struct{}

// Through is the context of requests that come in by the entrance (http.Server.BaseContext).
func (e *Entrance) Through(ctx context.Context) context.Context {
	return context.WithValue(ctx, entranceKey{}, e)
}

func entranceOf(ctx context.Context) *Entrance {
	e, _ := ctx.Value(entranceKey{}).(*Entrance)
	return e
}

// enter waits for a turn, and gives what ends it; Busy when there is none in time or the address has asked too often.
func (e *Entrance) enter(r *http.Request, address string, stream bool) (leave func(), err error) {
	if err := e.each.take(address); err != nil {
		return nil, err
	}
	turns := e.turns
	if stream {
		turns = e.streams
	}
	leave = func() { <-turns }
	select {
	case turns <- struct{}{}:
		return leave, nil
	default:
	}
	wait := time.NewTimer(e.Wait)
	defer wait.Stop()
	select {
	case turns <- struct{}{}:
		return leave, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-wait.C:
		busy := outbreak.Refuse(outbreak.Busy, "door.crowded")
		busy.RetryAfter = 5 * time.Second
		return nil, busy
	}
}
