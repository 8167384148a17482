package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"breakwater/internal/door/watch"
)

// watch listens for the programs that watch over the site, when the site asks for it. They are let in without a sign-in: the
// address belongs on this machine or in a network of its own.
func (a *App) watch() error {
	if a.config.WatchAddr == "" {
		return nil
	}
	l, err := net.Listen("tcp", a.config.WatchAddr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", a.config.WatchAddr, err)
	}
	a.watcher = &http.Server{Handler: watch.New(a.House), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(a.config.Log.Handler(), slog.LevelWarn)}
	a.work.Go(func() {
		if err := a.watcher.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.config.Log.Error("nobody can watch over the site any more", "error", err)
		}
	})
	return nil
}
