package registry

import (
	"errors"
	"runtime"
	"sync"
)

// spread does something for the numbers from 0 up to n, in runs.
type spread func(n int, do func(from, upto int) error) error

// inOrder does it at once and alone, as a transaction has to.
func inOrder(n int, do func(from, upto int) error) error { return do(0, n) }

// fewest is how many a processor is woken for.
const fewest = 64

// onAllProcessors does a run on each processor. What panics there panics here, where somebody may catch it.
func onAllProcessors(n int, do func(from, upto int) error) error {
	runs := min(runtime.GOMAXPROCS(0), max(n/fewest, 1))
	faults, panics := make([]error, runs), make([]any, runs)
	var all sync.WaitGroup
	for k := range runs {
		all.Go(func() {
			defer func() { panics[k] = recover() }()
			faults[k] = do(n*k/runs, n*(k+1)/runs)
		})
	}
	all.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return errors.Join(faults...)
}

// manyChances gives chance out of a large piece of it: the system is asked once for some dozens of identities.
func manyChances() func(n int) []byte {
	var left []byte
	return func(n int) []byte {
		if len(left) < n {
			left = fresh(max(4096, n))
		}
		some := left[:n:n]
		left = left[n:]
		return some
	}
}
