package screening

import "sync"

// CounterBits are the lower bits of an operation's id, which count the operations of a device from 1; the bits above name the
// device. A device that is set up anew gets another number, so that its counter never begins twice.
const CounterBits = 24

// mostDevices is above the number of every device; an operation whose id says more was named by its content.
const mostDevices = 1 << 23

// acks knows of every device up to which operation nothing is missing on disk.
type acks struct {
	mu sync.Mutex
	of map[int64]*acked
}

type acked struct {
	upto   int64
	beyond map[int64]bool // counters on disk that do not follow yet
}

// note takes over an operation that is on disk.
func (a *acks) note(op int64) {
	device, n := op>>CounterBits, op&(1<<CounterBits-1)
	if device == 0 || device >= mostDevices {
		return // no device made it
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.of[device]
	if d == nil {
		if a.of == nil {
			a.of = map[int64]*acked{}
		}
		d = &acked{}
		a.of[device] = d
	}
	if n <= d.upto {
		return
	}
	if n != d.upto+1 {
		if d.beyond == nil {
			d.beyond = map[int64]bool{}
		}
		d.beyond[n] = true
		return
	}
	for d.upto = n; d.beyond[d.upto+1]; d.upto++ {
		delete(d.beyond, d.upto+1)
	}
}

// deviceOf gives the device that made an operation; 0: none did.
func deviceOf(op int64) int64 {
	if d := op >> CounterBits; d < mostDevices {
		return d
	}
	return 0
}

// begin says up to where a device was known to be complete before this start.
func (a *acks) begin(device, upto int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.of[device]
	if d == nil {
		if a.of == nil {
			a.of = map[int64]*acked{}
		}
		d = &acked{}
		a.of[device] = d
	}
	for d.upto = max(d.upto, upto); d.beyond[d.upto+1]; d.upto++ {
		delete(d.beyond, d.upto+1)
	}
}

func (a *acks) upto(device int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.of[device]; d != nil {
		return d.upto
	}
	return 0
}
