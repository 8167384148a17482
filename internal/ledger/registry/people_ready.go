package registry

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ready is a batch as far as it can be worked on before it has its turn to write: rows tidied, keys and digests made, known people
// opened, identities of the others sealed. It is the greater part of the work, is done on all processors, and keeps no other
// writer waiting. What it was made from is looked at again in the transaction: see still.
type ready struct {
	service *Service
	by      outbreak.Actor
	may     access.Permission // what the actor needs where a row lies
	outside bool              // nobody of it is put on the roll
	device  bool              // a device gave the number: it is a new person, whatever the document
	people  []NewPerson
	now     outbreak.Instant
	codes   []string
	state   keyState
	eyes    blind
	areas   map[string]Area
	rows    []readyRow
	forms   map[string]string // all forms of the rows' keys, each with that of today
	opened  map[outbreak.PersonID]openedBox
	spread  spread
	links   *linking // of those outside the roll
	inTurn  bool     // made anew in the transaction
}

// readyRow is a row of the batch.
type readyRow struct {
	no     error // why it may not be stored
	area   Area
	said   NewPerson
	mark   mark
	ukey   string
	home   *household // still without its id; nil: nobody's
	id     outbreak.PersonID
	secret *secret // of somebody who was not known
}

// openedBox is the identity of somebody known, with the box it came out of.
type openedBox struct {
	box box
	Identity
}

// makeReady works on a batch outside the transaction.
func (s *Service) makeReady(ctx context.Context, by outbreak.Actor, people []NewPerson) (*ready, error) {
	return s.readied(ctx, &ready{service: s, by: by, may: access.RosterLoad, people: people})
}

func (s *Service) readied(ctx context.Context, r *ready) (*ready, error) {
	r.spread = onAllProcessors
	people := r.people
	codes := map[string]bool{}
	for i := range people {
		codes[people[i].Area] = true
	}
	r.codes = slices.Sorted(maps.Keys(codes))
	if err := s.db.Read(ctx, r.look); err != nil {
		return nil, err
	}
	if err := r.digest(); err != nil {
		return nil, err
	}
	known := map[string]*member{}
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		if err := r.meet(tx, known, r.sample()); err != nil || len(known) == 0 {
			return err
		}
		return r.meet(tx, known, r.forms)
	}); err != nil {
		return nil, err
	}
	if err := r.seal(known); err != nil || !r.outside {
		return r, err
	}
	return r, r.link(known, func(do func(*store.Tx) error) error { return s.db.Read(ctx, do) })
}

// sample gives some of the keys: when nobody of them is known, hardly anybody of the batch is, and those who are can be opened in
// the transaction.
func (r *ready) sample() map[string]string {
	const size = 32
	some := map[string]string{}
	for at := 0; at < len(r.rows); at += max(len(r.rows)/size, 1) {
		if x := &r.rows[at]; x.no == nil && headOf(x.ukey) != 0 {
			r.eyes.addForms(some, x.mark, x.ukey)
		}
	}
	return some
}

// still gives the batch as it is in the transaction: what was made ready, when neither the keys in use nor the areas have changed
// since; else made anew, here.
func (r *ready) still(tx *store.Tx) (*ready, error) {
	now := &ready{service: r.service, by: r.by, may: r.may, outside: r.outside, device: r.device, people: r.people, codes: r.codes, spread: inOrder, inTurn: true}
	if err := now.look(tx); err != nil {
		return nil, err
	}
	if now.state == r.state && maps.Equal(now.areas, r.areas) {
		return r, nil
	}
	if err := now.digest(); err != nil {
		return nil, err
	}
	known := map[string]*member{}
	if err := now.meet(tx, known, now.forms); err != nil {
		return nil, err
	}
	if err := now.seal(known); err != nil || !r.outside {
		return now, err
	}
	return now, now.link(known, func(do func(*store.Tx) error) error { return do(tx) })
}

// look reads which keys are in use and the areas the rows name.
func (r *ready) look(tx *store.Tx) (err error) {
	r.now = tx.Now
	if r.state, r.eyes, err = r.service.keys(tx); err != nil {
		return err
	}
	if r.areas, err = areasByCode(tx, r.codes); err != nil {
		return fmt.Errorf("looking for the areas of a roll: %w", err)
	}
	return nil
}

// digest tidies the rows and makes the keys they are known by.
func (r *ready) digest() error {
	refused := make(map[string]error, len(r.codes))
	for _, code := range r.codes {
		refused[code] = r.mayLoad(code)
	}
	r.rows = make([]readyRow, len(r.people))
	for i := range r.rows {
		r.rows[i].id = outbreak.New[outbreak.PersonID](r.service.ids)
	}
	if err := r.spread(len(r.rows), func(from, upto int) error {
		for i := from; i < upto; i++ {
			x := &r.rows[i]
			if x.no = refused[r.people[i].Area]; x.no == nil {
				x.said, x.no = r.people[i].tidy(r.now)
			}
			if x.no == nil {
				x.area, x.mark = r.areas[x.said.Area], x.said.mark()
				x.ukey, x.home = r.known(x), r.home(i, from)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	r.forms = make(map[string]string, len(r.rows))
	for i := range r.rows {
		if r.rows[i].no == nil && headOf(r.rows[i].ukey) != 0 {
			r.eyes.addForms(r.forms, r.rows[i].mark, r.rows[i].ukey)
		}
	}
	return nil
}

// known is the key a row's person is known by. Outside the roll two people of whom no document is known are two people.
func (r *ready) known(x *readyRow) string {
	if r.outside && (x.said.Identity.Document == "" || r.device) {
		return unknownWalkIn(x.id)
	}
	return r.eyes.ukey(x.mark)
}

// home gives the household of a row; that of the row before, for neighbours of one door.
func (r *ready) home(i, from int) *household {
	x := &r.rows[i]
	if i > from {
		before := &r.rows[i-1]
		if before.no == nil && before.home != nil && before.area.ID == x.area.ID && before.said.Household == x.said.Household &&
			before.said.Building == x.said.Building && before.said.Door == x.said.Door {
			return before.home
		}
	}
	return r.eyes.householdOf(x.area, x.said)
}

func (r *ready) mayLoad(code string) error {
	a, ok := r.areas[code]
	if !ok {
		return outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", code)
	}
	return access.Require(r.by, r.may, outbreak.Scope{Area: a.Path})
}

// meet finds who is known already by some keys, boxes shut.
func (r *ready) meet(tx *store.Tx, known map[string]*member, forms map[string]string) error {
	r.opened = map[outbreak.PersonID]openedBox{}
	return eachKnown(tx, forms, func(m *member, b box) error {
		known[m.ukey] = m
		r.opened[m.ID] = openedBox{box: b}
		return nil
	})
}

// seal opens the boxes of those who are known and seals the identities of all others.
func (r *ready) seal(known map[string]*member) error {
	ids := slices.Collect(maps.Keys(r.opened))
	boxes := make([]openedBox, len(ids))
	if err := r.spread(len(ids), func(from, upto int) (err error) {
		for i := from; i < upto && err == nil; i++ {
			boxes[i] = r.opened[ids[i]]
			boxes[i].Identity, err = r.service.unseal(ids[i], boxes[i].box)
		}
		return err
	}); err != nil {
		return err
	}
	for i, id := range ids {
		r.opened[id] = boxes[i]
	}
	master, err := r.service.vault.masterKey(r.state.master)
	if err != nil {
		return err
	}
	return r.spread(len(r.rows), func(from, upto int) (err error) {
		chance := manyChances()
		for i := from; i < upto && err == nil; i++ {
			if x := &r.rows[i]; x.no == nil && known[x.ukey] == nil {
				x.secret, err = r.eyes.secretOf(master, chance, x.id, x.area.ID, x.said.Identity)
			}
		}
		return err
	})
}

// digested writes people down for the digest of a request: every field with its length before it.
func digested(people []NewPerson) string {
	var b []byte
	for i := range people {
		n := &people[i]
		for _, f := range []string{n.Area, n.Household, n.Building, n.Door, n.Sex} {
			b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
		}
		b = n.Identity.appendText(binary.AppendVarint(b, int64(n.BirthYear)))
	}
	return string(b)
}
