package screening

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const (
	mostPerBatch = 1000      // rows per command, to keep a transaction short
	early        = time.Hour // how long before its opening a round's tubes are believed
)

// CloseTubes is a batch of closed tubes from one booth.
type CloseTubes struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
	Booth outbreak.BoothID `json:"booth"`
	Tubes []HandedTube     `json:"tubes"`
}

// HandedTube is one closed tube as the booth names it.
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
	Batch     outbreak.BatchID    `json:"batch"`
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
		h := Handed{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(c.Tubes)}
		round, err := roundByID(tx, c.Round)
		if err != nil {
			return h, err
		}
		booth, err := boothByID(tx, c.Booth)
		if err != nil {
			return h, err
		}
		if err := access.Require(by, access.TubeClose, outbreak.Scope{Area: booth.Area, Outbreak: round.Outbreak}); err != nil {
			return h, err
		}
		w := handing{s: s, tx: tx, by: by, round: round, booth: booth, h: &h, closed: map[outbreak.AreaID]*outbreak.TubesClosed{}}
		if err := w.prepare(c.Tubes); err != nil {
			return h, err
		}
		for i, t := range c.Tubes {
			if err := w.take(t); err != nil {
				if err := h.Rejected.Add(i, err); err != nil {
					return h, err
				}
			}
		}
		h.Seq, err = s.journal.Append(tx, by, w.events()...)
		return h, err
	})
}

// handing is one batch on its way in.
type handing struct {
	s      *Service
	tx     *store.Tx
	by     outbreak.Actor
	round  Round
	booth  Booth
	h      *Handed
	toLab  outbreak.Protocol
	boxes  map[outbreak.TubeCode]registry.Box
	byNo   map[int64]registry.Person
	byID   map[outbreak.PersonID]registry.Person
	before map[outbreak.TubeCode][]tubeRow
	closed map[outbreak.AreaID]*outbreak.TubesClosed
	order  []outbreak.AreaID
}

// prepare reads everything the batch needs with few questions.
func (w *handing) prepare(tubes []HandedTube) (err error) {
	var (
		codes []outbreak.TubeCode
		nos   []int64
		ids   []outbreak.PersonID
	)
	for _, t := range tubes {
		if c := t.Tube.Canonical(); c != "" {
			codes = append(codes, c)
		}
		for _, m := range t.Members {
			if m.Person != 0 {
				ids = append(ids, m.Person)
			} else {
				nos = append(nos, m.No)
			}
		}
	}
	if w.toLab, err = w.s.registry.ProtocolOf(w.tx, w.round.Outbreak); err != nil {
		return err
	}
	if w.boxes, err = registry.BoxesOf(w.tx, codes); err != nil {
		return err
	}
	if w.byNo, err = registry.PeopleByNo(w.tx, nos); err != nil {
		return err
	}
	if w.byID, err = registry.PeopleByID(w.tx, ids); err != nil {
		return err
	}
	w.before = map[outbreak.TubeCode][]tubeRow{}
	perArea := map[outbreak.AreaID][]outbreak.TubeCode{}
	for _, c := range codes {
		perArea[w.boxes[c].AreaID] = append(perArea[w.boxes[c].AreaID], c)
	}
	for area, list := range perArea {
		rows, err := tubeRows(w.tx, area, list)
		if err != nil {
			return err
		}
		for _, r := range rows {
			w.before[r.Code] = append(w.before[r.Code], r)
		}
	}
	return nil
}

// take keeps one tube.
func (w *handing) take(in HandedTube) error {
	code := in.Tube.Canonical()
	if code == "" {
		return outbreak.Refuse(outbreak.Invalid, "screening.tube_code")
	}
	box := w.boxes[code]
	t := Tube{Code: code, AreaID: box.AreaID, Area: box.Area, Round: w.round.ID, Outbreak: w.round.Outbreak, Booth: w.booth.ID, Taken: in.Taken}
	if t.Area == "" {
		t.Area = w.booth.Area // nobody issued the serial: it belongs where it was filled
	}
	if t.Taken == 0 {
		t.Taken = w.tx.Now
	}
	unknown := w.members(&t, in.Members)
	op := in.Op
	if op == 0 {
		op = hashOf(t.Round, t.Taken, pack(t.Members)) & (1<<62 - 1)
	}
	for _, r := range w.before[code] {
		if r.Round != t.Round || r.op != op {
			continue
		}
		if r.hash == hashOf(t.Round, t.Taken, pack(t.Members)) {
			w.h.Repeated++
			return nil
		}
		w.h.Repeated++
		return w.odd(t, OpConflict, strconv.FormatInt(op, 10), numbers(t.Members))
	}
	stored, err := insertTube(w.tx, t, op, w.h.Batch, "close", w.round.Edition)
	if err != nil {
		return err
	}
	if !stored {
		w.h.Repeated++ // twice in this very batch
		return nil
	}
	w.h.Accepted++
	w.note(t)
	return w.look(t, op, unknown)
}

// members fills in who is in the tube and gives what could not be found.
func (w *handing) members(t *Tube, handed []HandedMember) (unknown []string) {
	for _, m := range handed {
		p, ok := w.byNo[m.No]
		if m.Person != 0 {
			p, ok = w.byID[m.Person]
		}
		if !ok {
			what := m.Person.String()
			if m.Person == 0 {
				what = strconv.FormatInt(m.No, 10)
			}
			unknown = append(unknown, what)
			t.Members = append(t.Members, Member{After: m.After, Flags: m.Flags | Unidentified})
			continue
		}
		flags := m.Flags
		if !p.OnRoll {
			flags |= OffRoll
		}
		t.Members = append(t.Members, Member{No: p.No, After: m.After, Flags: flags})
	}
	return unknown
}

// look raises what is odd about a stored tube.
func (w *handing) look(t Tube, op int64, unknown []string) error {
	apart := strconv.FormatInt(op, 10)
	for _, u := range unknown {
		if err := w.odd(t, UnknownMember, u, u); err != nil {
			return err
		}
	}
	people := map[int64]int{}
	for _, m := range t.Members {
		people[m.No]++
		if people[m.No] == 2 && m.No != 0 {
			if err := w.odd(t, TwiceInTube, strconv.FormatInt(m.No, 10), strconv.FormatInt(m.No, 10)); err != nil {
				return err
			}
		}
	}
	for _, check := range []struct {
		what string
		odd  bool
	}{
		{EmptyTube, len(t.Members) == 0},
		{Overfull, len(t.Members) > w.round.Pool},
		{WrongClock, t.Taken > w.tx.Now.Add(outbreak.Drift) || t.Taken < w.round.Opens.Add(-early)},
		{AfterClose, w.round.State == Closed},
		{TubeReused, len(w.before[t.Code]) > 0},
	} {
		if !check.odd {
			continue
		}
		if err := w.odd(t, check.what, apart, numbers(t.Members)); err != nil {
			return err
		}
	}
	return nil
}

func (w *handing) odd(t Tube, what, apart, content string) error {
	fresh, err := w.s.raise(w.tx, w.by, Anomaly{What: what, Outbreak: t.Outbreak, Area: t.Area, Round: t.Round, Tube: t.Code, Content: content}, apart)
	if fresh {
		w.h.Anomalies = append(w.h.Anomalies, what)
	}
	return err
}

// note files the tube into the batch's record, one per issuing area.
func (w *handing) note(t Tube) {
	e, known := w.closed[t.AreaID]
	if !known {
		e = &outbreak.TubesClosed{Scope: t.Scope(), Round: t.Round, Booth: t.Booth, Batch: w.h.Batch, TubeArea: t.AreaID}
		w.closed[t.AreaID], w.order = e, append(w.order, t.AreaID)
	}
	e.Tubes = append(e.Tubes, outbreak.ClosedTube{Tube: t.Code, At: t.Taken, Due: w.toLab.Deadline("clock.sample_to_lab", t.Taken).Due, Members: len(t.Members), Again: len(w.before[t.Code]) > 0})
	e.Members += len(t.Members)
}

func (w *handing) events() []outbreak.Event {
	var all []outbreak.Event
	for _, area := range w.order {
		e := w.closed[area]
		sum := sha256.Sum256([]byte(fmt.Sprint(e.Tubes)))
		e.Digest = hex.EncodeToString(sum[:16])
		all = append(all, *e)
	}
	return all
}

// numbers lists the members of a tube for an anomaly's content.
func numbers(members []Member) string {
	nos := make([]int64, 0, len(members))
	for _, m := range members {
		nos = append(nos, m.No)
	}
	return fmt.Sprint(nos)
}
