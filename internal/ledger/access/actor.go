package access

import (
	"context"
	"sync"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Who acts is asked by every request, so the answer is kept for a moment. A change made in this process drops it at once;
// one made in another process is seen when the moment is over.
const (
	kept          = 5 * time.Second
	mostKept      = 10_000
	stampEvery    = time.Minute
	stampPatience = 250 * time.Millisecond
)

// holder is who stands behind a secret, and until when that is sure.
type holder struct {
	actor   outbreak.Actor
	session Session
	token   Token
	until   outbreak.Instant
}

// take gives the holder his grants; he is asked anew when the first of the user's own ends.
func (h *holder) take(of []Granted, grants []outbreak.Grant) {
	h.actor.Grants = grants
	for _, g := range of {
		if g.Until != 0 {
			h.until = min(h.until, g.Until)
		}
	}
}

// actors are the holders of this moment by the digest of their secret.
type actors struct {
	mu      sync.Mutex
	by      map[string]holder
	changes int // how often something was forgotten: an answer read before is not kept after
}

func newActors() *actors { return &actors{by: map[string]holder{}} }

func (a *actors) find(key string, now outbreak.Instant) (holder, int, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h, ok := a.by[key]
	return h, a.changes, ok && now < h.until
}

func (a *actors) keep(key string, h holder, changes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changes != changes {
		return
	}
	if len(a.by) >= mostKept {
		clear(a.by)
	}
	a.by[key] = h
}

func (a *actors) forget(user outbreak.UserID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes++
	for key, h := range a.by {
		if h.actor.User == user {
			delete(a.by, key)
		}
	}
}

// holder gives the holder of a key, from memory or by read; fresh is true when it was read.
func (s *Service) holder(ctx context.Context, key string, read func(*store.Tx, outbreak.Instant) (holder, error)) (h holder, fresh bool, err error) {
	now := s.wall.Now()
	h, changes, ok := s.known.find(key, now)
	if ok {
		return h, false, nil
	}
	err = s.db.Read(ctx, func(tx *store.Tx) (err error) {
		h, err = read(tx, now)
		return err
	})
	if err != nil {
		return holder{}, false, err
	}
	h.until = min(h.until, now.Add(kept))
	s.known.keep(key, h, changes)
	return h, true, nil
}
