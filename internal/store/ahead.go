package store

import (
	"context"
)

// Ahead reads the parts of something long on connections of their own, two at once, and gives them to do one after the other in
// their order. Each part is read on a picture of its own, which may be newer than that of tx: it is for rows that never change once
// they are there. No more parts wait in memory than are read at once. The first error ends it.
func Ahead[T any](tx *Tx, parts int, read func(tx *Tx, part int) (T, error), do func(T) error) error {
	ctx, stop := context.WithCancel(tx.ctx)
	type answer struct {
		part T
		err  error
	}
	var begun []chan answer
	next := 0
	begin := func() {
		if next == parts {
			return
		}
		part, to := next, make(chan answer, 1)
		next++
		begun = append(begun, to)
		go func() {
			var a answer
			a.err = tx.db.Read(ctx, func(own *Tx) (err error) {
				a.part, err = read(own, part)
				return err
			})
			to <- a
		}()
	}
	defer func() {
		stop()
		for _, b := range begun {
			<-b
		}
	}()
	for range 2 {
		begin()
	}
	for len(begun) > 0 {
		a := <-begun[0]
		begun = begun[1:]
		if a.err != nil {
			return a.err
		}
		begin()
		if err := do(a.part); err != nil {
			return err
		}
	}
	return nil
}
