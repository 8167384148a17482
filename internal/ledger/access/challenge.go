package access

import (
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// challengeTime is how long a browser may take to answer.
const challengeTime = 5 * time.Minute

// challengeBytes is how much chance a challenge holds; the standard asks for 16 at least.
const challengeBytes = 32

// What a challenge is for. An answer to one is none to the other.
const (
	toShow = "show"
	toMake = "make"
)

// challenge is what a browser has been asked to sign. It belongs to one session and is taken once.
type challenge struct {
	session SessionID
	kind    string
	bytes   []byte
	site    Site
	name    string // of the passkey that is being made
	until   outbreak.Instant
}

// putChallenge keeps a new challenge in place of an older one of the same session and kind.
func putChallenge(tx *store.Tx, c challenge, now outbreak.Instant) error {
	if _, err := tx.Exec("delete from passkey_challenge where until < $1", now); err != nil {
		return fmt.Errorf("forgetting old challenges: %w", err)
	}
	if _, err := tx.Exec(`insert into passkey_challenge (session, kind, challenge, rp, origin, name, until) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (session, kind) do update set challenge = excluded.challenge, rp = excluded.rp, origin = excluded.origin, name = excluded.name, until = excluded.until`,
		c.session, c.kind, c.bytes, c.site.Name, c.site.Origin, c.name, c.until); err != nil {
		return fmt.Errorf("keeping a challenge: %w", err)
	}
	return nil
}

func challengeOf(tx *store.Tx, session SessionID, kind string, now outbreak.Instant) (challenge, error) {
	c, ok, err := store.One(tx, func(r store.Row) (c challenge, err error) {
		err = r.Scan(&c.session, &c.kind, &c.bytes, &c.site.Name, &c.site.Origin, &c.name, &c.until)
		return c, err
	}, "select session, kind, challenge, rp, origin, name, until from passkey_challenge where session = $1 and kind = $2 and until > $3", session, kind, now)
	if err != nil {
		return c, fmt.Errorf("reading a challenge: %w", err)
	}
	if !ok {
		return c, outbreak.Refuse(outbreak.Invalid, "access.passkey_late")
	}
	return c, nil
}

// takeChallenge gives the challenge of a session and takes it out of the world: no second answer to it counts, nor the first
// one twice.
func takeChallenge(tx *store.Tx, session SessionID, kind string, now outbreak.Instant) (challenge, error) {
	c, err := challengeOf(tx, session, kind, now)
	if err != nil {
		return c, err
	}
	n, err := tx.Exec("delete from passkey_challenge where session = $1 and kind = $2 and challenge = $3", session, kind, c.bytes)
	if err != nil {
		return c, fmt.Errorf("taking a challenge: %w", err)
	}
	if n == 0 {
		return c, outbreak.Refuse(outbreak.Invalid, "access.passkey_late")
	}
	return c, nil
}
