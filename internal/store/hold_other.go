//go:build !(linux || darwin || freebsd || openbsd || netbsd || dragonfly)

package store

import (
	"errors"
	"io/fs"
	"os"
)

// hold makes a file that only one can make. What a killed holder left has to be deleted by hand.
func hold(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrHeld
	}
	return f, err
}

// Release ends the holding of a file that is not needed any more and takes it away.
func Release(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
