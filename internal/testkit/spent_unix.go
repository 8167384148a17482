//go:build unix

package testkit

import (
	"syscall"
	"time"
)

// Spent is the processor time this process has taken, which other work on the machine does not change much.
func Spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
