package access

import (
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// The rule of lock-out: so many failed sign-ins are free; each further one doubles the wait, up to a quarter of an hour, so
// that nobody can be kept out for long by somebody else's guessing. An hour without a failure forgets them.
const (
	freeAccount = 5
	freeAddress = 30 // a whole office may sit behind one address
	firstWait   = 30 * time.Second
	longestWait = 15 * time.Minute
	remembered  = time.Hour
)

// subject is whose failures are counted: an account or an address, as a digest.
type subject struct {
	key  string
	free int64
}

func ofAccount(login string) subject {
	return subject{"account:" + digest(foldLogin(login)), freeAccount}
}
func ofAddress(address string) subject {
	return subject{"address:" + digest(address), freeAddress}
}

func subjects(login, address string) []subject {
	if address == "" {
		return []subject{ofAccount(login)}
	}
	return []subject{ofAccount(login), ofAddress(address)}
}

// attempts is what is known of a subject's failures.
type attempts struct {
	failed int64
	last   outbreak.Instant
}

// opens is when the next attempt is let through; 0: now.
func (a attempts) opens(free int64) outbreak.Instant {
	if a.failed < free {
		return 0
	}
	wait := longestWait
	if over := a.failed - free; over < 5 {
		wait = min(wait, firstWait<<over)
	}
	return a.last.Add(wait)
}

func attemptsOf(tx *store.Tx, s subject, now outbreak.Instant) (attempts, error) {
	a, _, err := store.One(tx, func(r store.Row) (a attempts, err error) {
		err = r.Scan(&a.failed, &a.last)
		return a, err
	}, "select failed, last_at from sign_in_attempt where subject = $1", s.key)
	if err != nil {
		return a, fmt.Errorf("reading failed sign-ins: %w", err)
	}
	if now.Sub(a.last) > remembered {
		a = attempts{}
	}
	return a, nil
}

// barred refuses while one of the subjects has to wait. The answer is the same whether or not there is such an account.
func barred(tx *store.Tx, list []subject, now outbreak.Instant) error {
	for _, s := range list {
		a, err := attemptsOf(tx, s, now)
		if err != nil {
			return err
		}
		if opens := a.opens(s.free); opens > now {
			wait := opens.Sub(now)
			locked := outbreak.Refuse(outbreak.Busy, "access.locked", "minutes", int(wait.Minutes())+1)
			locked.RetryAfter = wait
			return locked
		}
	}
	return nil
}

// count notes an attempt as failed before it is tried, so that many at once cannot slip under the limit, and tells whether
// the account is locked by it.
func count(tx *store.Tx, list []subject, now outbreak.Instant) (locks bool, err error) {
	if _, err := tx.Exec("delete from sign_in_attempt where last_at < $1", now.Add(-remembered)); err != nil {
		return false, fmt.Errorf("forgetting old sign-ins: %w", err)
	}
	for i, s := range list {
		a, err := attemptsOf(tx, s, now)
		if err != nil {
			return false, err
		}
		a = attempts{failed: a.failed + 1, last: now}
		if _, err := tx.Exec(`insert into sign_in_attempt (subject, failed, last_at) values ($1, $2, $3)
			on conflict (subject) do update set failed = excluded.failed, last_at = excluded.last_at`, s.key, a.failed, a.last); err != nil {
			return false, fmt.Errorf("counting a sign-in: %w", err)
		}
		locks = locks || i == 0 && a.failed == s.free
	}
	return locks, nil
}

// forgive drops the failures of a subject.
func forgive(tx *store.Tx, s subject) error {
	if _, err := tx.Exec("delete from sign_in_attempt where subject = $1", s.key); err != nil {
		return fmt.Errorf("forgiving failed sign-ins: %w", err)
	}
	return nil
}

// uncount takes back what count noted for an attempt that was right. An address keeps its other failures.
func uncount(tx *store.Tx, login, address string) error {
	if err := forgive(tx, ofAccount(login)); err != nil || address == "" {
		return err
	}
	return forgiveOnce(tx, ofAddress(address))
}

// forgiveOnce takes back one failure of a subject.
func forgiveOnce(tx *store.Tx, s subject) error {
	if _, err := tx.Exec("update sign_in_attempt set failed = failed - 1 where subject = $1 and failed > 0", s.key); err != nil {
		return fmt.Errorf("taking back a counted sign-in: %w", err)
	}
	return nil
}
