package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	"breakwater/internal/door"
)

// BareLog answers uploads as a house does, and does nothing with them: it appends the bodies to a file and syncs it once for all who
// wait. What a house reaches beside it is what everything else costs. It serves until ctx ends.
func BareLog(ctx context.Context, addr, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("making the bare log: %w", err)
	}
	l := &bareLog{file: f, wake: make(chan struct{}, 1)}
	go l.keep()
	listen, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	server := &http.Server{Handler: l, ReadHeaderTimeout: door.HeaderPatience}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listen); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

type bareLog struct {
	file    *os.File
	mu      sync.Mutex
	bodies  []byte
	waiting []chan error
	wake    chan struct{}
}

func (l *bareLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil && len(body) > 0 {
		synced := make(chan error, 1)
		l.mu.Lock()
		l.bodies, l.waiting = append(l.bodies, body...), append(l.waiting, synced)
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
		err = <-synced
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Length", "3")
	_, _ = w.Write([]byte("{}\n"))
}

func (l *bareLog) keep() {
	var spare []byte
	for range l.wake {
		l.mu.Lock()
		bodies, waiting := l.bodies, l.waiting
		l.bodies, l.waiting = spare[:0], nil
		l.mu.Unlock()
		_, err := l.file.Write(bodies)
		if err == nil {
			err = l.file.Sync()
		}
		for _, w := range waiting {
			w <- err
		}
		spare = bodies
	}
}
