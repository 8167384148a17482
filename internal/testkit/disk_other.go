//go:build !linux

package testkit

import (
	"errors"
	"syscall"
)

// BreakDisk needs Linux.
func BreakDisk(string, string, syscall.Errno) error {
	return errors.New("a disk is broken on Linux alone")
}
