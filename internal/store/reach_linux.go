package store

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// within lets a connection fail when what it sent is not acknowledged in time.
func within(c syscall.RawConn, limit time.Duration) error {
	var wrong error
	if err := c.Control(func(fd uintptr) {
		wrong = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit.Milliseconds()))
	}); err != nil {
		return err
	}
	return wrong
}
