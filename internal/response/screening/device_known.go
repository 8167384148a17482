package screening

import (
	"maps"
	"strings"
	"sync"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// devices knows which device belongs to which booth. An enrolment never moves, so that what it knows is true.
type devices struct {
	mu    sync.RWMutex
	booth map[int64]outbreak.BoothID
}

// learn asks the table for the devices of operations that are not known yet. They are kept once the commit is on disk.
func (k *devices) learn(tx *store.Tx, ops []*Operation) (found map[int64]outbreak.BoothID, err error) {
	var missing []int64
	k.mu.RLock()
	last := int64(0)
	for _, o := range ops {
		d := deviceOf(o.Op)
		if d == 0 || d == last {
			continue
		}
		last = d
		if _, known := k.booth[d]; !known {
			missing = append(missing, d)
		}
	}
	k.mu.RUnlock()
	if len(missing) == 0 {
		return nil, nil
	}
	found = map[int64]outbreak.BoothID{}
	for len(missing) > 0 {
		n := min(len(missing), 400)
		in, args := store.In(nil, missing[:n])
		missing = missing[n:]
		err := store.Each(tx, func(r store.Row) error {
			var id int64
			var booth outbreak.BoothID
			if err := r.Scan(&id, &booth); err != nil {
				return err
			}
			found[id] = booth
			return nil
		}, "select id, booth from device where id in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
	}
	tx.AfterCommit(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.booth == nil {
			k.booth = map[int64]outbreak.BoothID{}
		}
		maps.Copy(k.booth, found)
	})
	return found, nil
}

// at tells whether a device was enrolled for a booth.
func (k *devices) at(device int64, booth outbreak.BoothID) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	b, known := k.booth[device]
	return known && b == booth
}

// beginAcks takes over, at a start, up to where devices were complete when they last told of themselves.
func (s *Service) beginAcks(tx *store.Tx) error {
	return store.Each(tx, func(r store.Row) error {
		var id, upto int64
		if err := r.Scan(&id, &upto); err != nil {
			return err
		}
		s.intake.acks.begin(id, upto)
		return nil
	}, "select id, acked from device where acked > 0")
}

// keepAcked writes down up to where the devices of an outbreak are complete, before a round's tubes are no longer read at a start.
func (s *Service) keepAcked(tx *store.Tx, ob outbreak.OutbreakID) error {
	list, err := store.List(tx, s.device, "select "+deviceColumns+" from device where outbreak = $1 and ended = ''", ob)
	for _, d := range list {
		if err == nil && d.Acked > 0 {
			err = tx.Must("update device set acked = $1 where id = $2", d.Acked, d.ID)
		}
	}
	return err
}

// nameDevices names devices with how many tubes they hold, for a sentence.
func nameDevices(list []Device) string {
	var b strings.Builder
	for i, d := range list {
		if i == 10 {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteString(" · ")
		}
		b.WriteString(itoa(int(d.ID)))
		if d.Name != "" {
			b.WriteString(" " + d.Name)
		}
		if n := max(d.Missing(), d.Outbox); n > 0 {
			b.WriteString(" (" + itoa(int(n)) + ")")
		}
	}
	if b.Len() == 0 {
		return "–"
	}
	return b.String()
}
