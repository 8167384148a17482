package store

import (
	"errors"
	"os"
)

// ErrHeld is what Hold says of a file that another process, or another part of this one, holds.
var ErrHeld = errors.New("the file is held by somebody who is still at work")

// Hold opens a file, made for its owner alone when it is absent, for one holder at a time; closing it gives it back. Where the
// system can do that, a holder that was killed holds nothing: whoever comes then takes over what it left, which may be half a
// file. A holder that renames the file does so before it closes it. When somebody else holds it the error is ErrHeld.
func Hold(name string) (*os.File, error) {
	for {
		f, err := hold(name)
		if err != nil {
			return nil, err
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		there, err := os.Stat(name)
		if err == nil && os.SameFile(mine, there) {
			return f, nil
		}
		if err := f.Close(); err != nil { // it was renamed or taken away before it was held: what is held now is no longer this name
			return nil, err
		}
	}
}
