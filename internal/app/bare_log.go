package app

import (
	"errors"
	"fmt"
	"os"

	"breakwater/internal/response/screening"
)

// bareLog is what the intake of a house is measured against: everything on the way of an upload is the same, the connection, the
// sign-in, the queue, the reading of the body, those who wait together and the answer, but what comes in is appended to a file
// that is synced once for all who wait, and is looked at by nobody. Nothing a house knows of changes.
type bareLog struct {
	file  *os.File
	bytes []byte
}

// divert sends what sampling points hand in into a bare log.
func (a *App) divert(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("making the bare log: %w", err)
	}
	l := &bareLog{file: f}
	a.House.Screening.Intake().Divert(l.keep)
	return nil
}

// keep appends operations and syncs. One caller at a time.
func (l *bareLog) keep(ops []*screening.Operation) error {
	l.bytes = l.bytes[:0]
	for _, o := range ops {
		l.bytes = o.Append(l.bytes)
	}
	_, err := l.file.Write(l.bytes)
	return errors.Join(err, l.file.Sync())
}
