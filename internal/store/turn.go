package store

import "fmt"

// turn is a batch on its way through its jobs.
type turn struct {
	b         *batch
	ran, left []*job
	late      func() bool
	job       *job // whose closure runs; nil between two
	tx        *Tx  // it runs in
	undo      func()
	err       error
	over      bool
}

// runAll lets jobs run, one after the other, until it is late, and gives those that ran and those that did not. They run in a
// goroutine that is not the writer's: a closure that ends its goroutine takes that one along, and the rest run in another.
func (b *batch) runAll(jobs []*job, late func() bool) (ran, left []*job, err error) {
	t := &turn{b: b, left: jobs, late: late}
	for !t.over && t.err == nil {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			t.runOn()
		}()
		<-ended
		t.settle()
	}
	return t.ran, t.left, t.err
}

func (t *turn) runOn() {
	for t.err == nil && t.next() {
		t.job.run(t.tx)
		t.settle()
	}
}

// next takes the next job whose caller still waits; false when there is none, or no time for it.
func (t *turn) next() bool {
	for len(t.left) > 0 && (len(t.ran) == 0 || !t.late()) {
		j := t.left[0]
		t.left = t.left[1:]
		if j.take() && !through(j.said) {
			t.ran = append(t.ran, j)
			t.job, t.tx, t.undo = j, t.b.lend(j.ctx), t.b.mark()
			return true
		}
	}
	t.over = true
	return false
}

// settle takes back what the closure that ran did, when it failed.
func (t *turn) settle() {
	if t.job == nil {
		return
	}
	if t.job.said != nil {
		if t.err = t.b.takeBack(t.job.said, t.tx); t.err == nil {
			t.undo()
		}
	}
	t.job = nil
}

// takeBack takes back what a closure wrote. It fails when that cannot be done.
func (b *batch) takeBack(said error, tx *Tx) error {
	b.w.fault.look(b.w.db.engine, tx.broke)
	switch {
	case b.alone:
		b.failed = true
	case b.lost || tx.wrote && !b.savepoints:
		return said
	case tx.wrote:
		if _, err := b.tx.ExecContext(b.ctx, "rollback to savepoint closure"); err != nil {
			return fmt.Errorf("taking back what a closure wrote: %w", err)
		}
	case tx.broke != nil: // PostgreSQL does nothing more in this transaction, and SQLite may have ended it
		return tx.broke
	}
	return nil
}
