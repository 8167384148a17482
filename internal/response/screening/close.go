package screening

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// mostPerBatch is how many rows one command takes, to keep a transaction short.
const mostPerBatch = 1000

// CloseTubes is a batch of closed tubes from one booth.
type CloseTubes struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
	Booth outbreak.BoothID `json:"booth"`
	Tubes []HandedTube     `json:"tubes"`
}

// HandedTube is one closed tube as staff or a file names it.
type HandedTube struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Op      int64             `json:"op,omitempty"` // made on the device; 0: from the content
	Taken   outbreak.Instant  `json:"taken"`        // when it was closed; 0: now
	Members []HandedMember    `json:"members"`
}

// HandedMember names a person by number or by id.
type HandedMember struct {
	No     int64             `json:"no,omitempty"`
	Person outbreak.PersonID `json:"person,omitempty"`
	After  int               `json:"after,omitempty"` // seconds after the tube was opened
	Flags  uint16            `json:"flags,omitempty"`
}

// Handed says what became of a batch: received = accepted + repeated + rejected.
type Handed struct {
	Seq       int64               `json:"seq"`
	Received  int                 `json:"received"`
	Accepted  int                 `json:"accepted"`
	Repeated  int                 `json:"repeated"`
	Anomalies []string            `json:"anomalies,omitempty"` // kinds raised, one word each
	Rejected  outbreak.Rejections `json:"rejected,omitempty"`  // only codes nobody could ever read again
}

// CloseTubes takes closed tubes in. What is odd about a tube is kept as an anomaly, and the tube is kept all the same; the
// same tube again changes nothing.
func (s *Service) CloseTubes(ctx context.Context, by outbreak.Actor, c CloseTubes) (Handed, error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return Handed{}, err
	}
	if len(c.Tubes) > mostPerBatch {
		return Handed{}, outbreak.Refuse(outbreak.Invalid, "screening.batch_too_large", "most", mostPerBatch)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.CloseTubes", Key: c.Key}, c, func(tx *store.Tx) (Handed, error) {
		h := Handed{Received: len(c.Tubes)}
		w := newHanding(s, tx, by)
		round, booth, err := w.place(c.Round, c.Booth)
		if err != nil {
			return h, err
		}
		if err := access.Require(by, access.TubeClose, outbreak.Scope{Area: booth.Area, Outbreak: round.Outbreak}); err != nil {
			return h, err
		}
		ops, err := named(tx, c, &h)
		if err != nil {
			return h, err
		}
		if err := w.take(ops); err != nil {
			return h, err
		}
		for _, o := range ops {
			if o.status != Stored {
				h.Repeated++
			} else {
				h.Accepted++
			}
			h.Anomalies = append(h.Anomalies, o.odd...)
		}
		h.Seq, err = w.announce()
		return h, err
	})
}

// named turns handed tubes into operations, finding out the numbers of people who are named by id. A code nobody could ever
// read again is rejected.
func named(tx *store.Tx, c CloseTubes, h *Handed) (ops []*Operation, err error) {
	var ids []outbreak.PersonID
	for _, t := range c.Tubes {
		for _, m := range t.Members {
			if m.Person != 0 {
				ids = append(ids, m.Person)
			}
		}
	}
	people, err := registry.PeopleByID(tx, ids)
	if err != nil {
		return nil, err
	}
	for i, t := range c.Tubes {
		o := &Operation{Round: c.Round, Booth: c.Booth, Op: t.Op, Tube: t.Tube.Canonical(), Taken: t.Taken, Members: make([]Member, 0, len(t.Members))}
		if o.Tube == "" {
			if err := h.Rejected.Add(i, outbreak.Refuse(outbreak.Invalid, "screening.tube_code")); err != nil {
				return nil, err
			}
			continue
		}
		if o.Taken == 0 {
			o.Taken = tx.Now
		}
		for _, m := range t.Members {
			no := m.No
			if m.Person != 0 {
				if no = people[m.Person].No; no == 0 {
					o.unknown = append(o.unknown, m.Person.String())
				}
			}
			o.Members = append(o.Members, Member{No: no, After: m.After, Flags: m.Flags})
		}
		ops = append(ops, o)
	}
	return ops, nil
}
