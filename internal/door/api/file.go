package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"breakwater/internal/outbreak"
)

const (
	// mostFile is how large a file may be: a roll of a million people has about 150 MB.
	mostFile = 256 << 20
	// filePatience is how long a file may be on its way, in or out.
	filePatience = time.Hour
)

// atLength frees a request from the patience of the others, which a large file would exhaust. It still ends when the other
// side leaves before that patience is over, and after an hour.
func atLength(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	until := outbreak.WallClock{}.Now().Add(filePatience).Time()
	conn := http.NewResponseController(w)
	for _, give := range []func(time.Time) error{conn.SetReadDeadline, conn.SetWriteDeadline} {
		_ = give(until) // a recorder in a test has no connection
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), filePatience)
	stop := context.AfterFunc(r.Context(), func() {
		if !errors.Is(r.Context().Err(), context.DeadlineExceeded) {
			cancel()
		}
	})
	return ctx, func() {
		stop()
		cancel()
		_ = conn.SetWriteDeadline(time.Time{}) // the connection may carry further requests
	}
}

// knownQuery refuses an address with parameters the route does not have: a mistyped dry_run must not write.
func knownQuery(r *http.Request, names ...string) error {
	for name := range r.URL.Query() {
		if name != "lang" && !slices.Contains(names, name) {
			return outbreak.Refuse(outbreak.Invalid, "api.parameter_unknown")
		}
	}
	return nil
}

// scratch is a file nobody else can read, and nobody at all after done.
type scratch struct{ *os.File }

func newScratch() (scratch, error) {
	f, err := os.CreateTemp("", "breakwater-")
	if err != nil {
		return scratch{}, fmt.Errorf("making a temporary file: %w", err)
	}
	_ = os.Remove(f.Name()) // where files can be removed while they are open; else done does it
	return scratch{f}, nil
}

func (s scratch) done() {
	_ = s.Close()
	_ = os.Remove(s.Name())
}

// rewind goes back to the beginning.
func (s scratch) rewind() error {
	_, err := s.Seek(0, io.SeekStart)
	return err
}

// received takes the body of a request into a file.
func received(w http.ResponseWriter, r *http.Request) (scratch, error) {
	s, err := newScratch()
	if err != nil {
		return s, err
	}
	if _, err = io.Copy(s, http.MaxBytesReader(w, r.Body, mostFile)); err == nil {
		err = s.rewind()
	}
	if err != nil {
		s.done()
		return scratch{}, incoming(err)
	}
	return s, nil
}

// incoming tells a body that did not come to its end from a fault of ours.
func incoming(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	return fmt.Errorf("receiving a file: %w", err)
}
