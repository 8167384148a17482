package door

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"breakwater/internal/outbreak"
)

// Rate is how many requests a second, and how many at once, somebody may make.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Rates are the limits of the doors; a zero one has a default.
type Rates struct {
	Stranger Rate // requests of one address that nobody signed, and those with a wrong secret
	User     Rate // requests of one user, over all his tokens and sessions
}

func (r Rate) or(def Rate) Rate {
	if r == (Rate{}) {
		return def
	}
	return r
}

// Defaults: an office behind one address signs in without noticing; a runaway script is stopped, a laboratory's machine or
// a load rehearsal is not.
var (
	strangerRate = Rate{PerSecond: 10, Burst: 200}
	userRate     = Rate{PerSecond: 5000, Burst: 20000}
)

// mostKeys bounds what a limiter remembers: two generations of so many keys.
const mostKeys = 8192

// limiter keeps one bucket per key. The keys that were not seen in the last mostKeys ones are forgotten.
type limiter struct {
	rate     Rate
	wall     outbreak.Clock
	mu       sync.Mutex
	now, old map[string]*rate.Limiter
}

func newLimiter(r Rate, wall outbreak.Clock) *limiter {
	return &limiter{rate: r, wall: wall, now: map[string]*rate.Limiter{}}
}

func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.now[key]; ok {
		return b
	}
	b, ok := l.old[key]
	if !ok {
		b = rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)
	}
	if len(l.now) >= mostKeys {
		l.old, l.now = l.now, map[string]*rate.Limiter{}
	}
	l.now[key] = b
	return b
}

// take spends one request of a key, or refuses.
func (l *limiter) take(key string) error {
	if l.bucket(key).AllowN(l.wall.Now().Time(), 1) {
		return nil
	}
	return l.full()
}

// look refuses a key that has nothing left, without spending.
func (l *limiter) look(key string) error {
	if l.bucket(key).TokensAt(l.wall.Now().Time()) >= 1 {
		return nil
	}
	return l.full()
}

func (l *limiter) full() error {
	busy := outbreak.Refuse(outbreak.Busy, "door.too_many")
	busy.RetryAfter = max(time.Second, time.Duration(float64(time.Second)/l.rate.PerSecond))
	return busy
}

// Gate counts the requests of strangers and users.
type Gate struct {
	house     House
	strangers *limiter
	users     *limiter
}

// NewGate makes the gate of one door.
func (h House) NewGate() *Gate {
	return &Gate{house: h, strangers: newLimiter(h.Rates.Stranger.or(strangerRate), h.Wall), users: newLimiter(h.Rates.User.or(userRate), h.Wall)}
}

// Admit asks find who acts. Failing to say so is counted against the address, and an address that failed too often is not
// asked any more; acting is counted against the user.
func (g *Gate) Admit(r *http.Request, find func() (outbreak.Actor, error)) (outbreak.Actor, error) {
	address := g.house.Address(r)
	if err := g.strangers.look(address); err != nil {
		return outbreak.Actor{}, err
	}
	by, err := find()
	if outbreak.KindOf(err) == outbreak.Expired {
		if full := g.strangers.take(address); full != nil {
			return by, full
		}
	}
	if err != nil {
		return by, err
	}
	return by, g.users.take(by.String())
}

// Limiter counts requests by any key, for a door to which the entrance's limits and the gate's are not enough.
type Limiter struct{ by *limiter }

// NewLimiter makes a limiter; wall is the machine's clock.
func NewLimiter(r Rate, wall outbreak.Clock) *Limiter { return &Limiter{newLimiter(r, wall)} }

// Take spends one request of a key, or refuses with Busy.
func (l *Limiter) Take(key string) error { return l.by.take(key) }
