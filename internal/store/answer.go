package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"breakwater/internal/outbreak"
)

// Do is Write for a command with an answer. With a key in by, the same request again gets the first answer and has no
// second effect; the same key with another request is a Conflict.
func Do[A any](ctx context.Context, db *DB, by By, request any, fn func(*Tx) (A, error)) (A, error) {
	var answer A
	if by.Actor.User == 0 && by.Actor.System == "" {
		return answer, errors.New("a write without an actor")
	}
	digest, err := digestOf(by, request)
	if err != nil {
		return answer, err
	}
	err = db.Write(ctx, func(tx *Tx) error {
		answer = *new(A) // the closure may run twice
		if by.Key != "" {
			known, err := firstAnswer(tx, by, digest, &answer)
			if err != nil || known {
				return err
			}
		}
		var err error
		if answer, err = fn(tx); err != nil || by.Key == "" {
			return err
		}
		return keepAnswer(tx, by, digest, answer)
	})
	return answer, err
}

func digestOf(by By, request any) (string, error) {
	if by.Key == "" {
		return "", nil
	}
	body, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("reading the request of key: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16]), nil
}

func firstAnswer(tx *Tx, by By, digest string, answer any) (bool, error) {
	type kept struct{ digest, answer string }
	k, ok, err := One(tx, func(r Row) (k kept, err error) {
		err = r.Scan(&k.digest, &k.answer)
		return k, err
	}, "select digest, answer from answer where actor = $1 and route = $2 and ukey = $3", by.Actor.String(), by.Route, by.Key)
	if err != nil || !ok {
		return false, err
	}
	if k.digest != digest {
		return false, outbreak.Refuse(outbreak.Conflict, "store.key_reused")
	}
	return true, json.Unmarshal([]byte(k.answer), answer)
}

func keepAnswer(tx *Tx, by By, digest string, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keeping the answer: %w", err)
	}
	return tx.Must("insert into answer (actor, route, ukey, digest, answer, at) values ($1, $2, $3, $4, $5, $6)",
		by.Actor.String(), by.Route, by.Key, digest, string(body), tx.Now)
}

// ForgetAnswers drops answers older than an instant; senders stop repeating long before.
func ForgetAnswers(tx *Tx, before outbreak.Instant) (int64, error) {
	return tx.Exec("delete from answer where at < $1", before)
}
