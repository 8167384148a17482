//go:build !unix

package testkit

import "time"

// Spent is not told here.
func Spent() time.Duration { return 0 }
