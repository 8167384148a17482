package store

import "context"

// Answered tells whether a command with this key was done before, and gives its answer. It is for a command that asks for a
// proof before it writes, which the repeat of a command that was done could not give again. The same key with another request
// is a Conflict, as in Do.
func Answered[A any](ctx context.Context, db *DB, by By, request any) (answer A, done bool, err error) {
	if by.Key == "" {
		return answer, false, nil
	}
	digest, err := digestOf(by, request)
	if err != nil {
		return answer, false, err
	}
	err = db.Read(ctx, func(tx *Tx) (err error) {
		done, err = firstAnswer(tx, by, digest, &answer)
		return err
	})
	return answer, done, err
}
