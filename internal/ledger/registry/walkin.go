package registry

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RegisterPerson is a walk-in: somebody who stands at a booth and is not on the roll, or not to be found on it.
type RegisterPerson struct {
	Key    string    `json:"-"`
	No     int64     `json:"no,omitempty"` // the number a sampling point's device gave, see DeviceNo; 0: the house gives one
	Person NewPerson `json:"person"`
}

// Numbers of walk-ins: those the house gives begin at WalkIn; from deviceWalkIn on they belong to the devices of sampling points,
// which give them without a network. Numbers of devices begin at FirstDevice, so that the two never meet.
const (
	FirstDevice  = 1 << 18
	LastDevice   = 1<<19 - 1
	PerDevice    = 1 << 12 // numbers that one device can give; enrolled anew it has others
	deviceWalkIn = WalkIn + FirstDevice*PerDevice
	lastWalkIn   = 1<<32 - 1
)

// DeviceNo gives the number of the n-th walk-in of a device.
func DeviceNo(device, n int64) int64 { return WalkIn + device*PerDevice + n }

// DeviceOf tells which device gave a number; 0 when the house did.
func DeviceOf(no int64) int64 {
	if no < deviceWalkIn || no > lastWalkIn {
		return 0
	}
	return (no - WalkIn) / PerDevice
}

// RegisterPerson gives somebody an id and a number outside the roll. A person known by document is found, not doubled;
// without any document a new person is made: nobody is sent away. With a number that a device gave it is always the person of
// that number, since a tube already names it; the same again finds that person.
func (s *Service) RegisterPerson(ctx context.Context, by outbreak.Actor, c RegisterPerson) (Person, error) {
	if err := access.RequireAnywhere(by, access.PersonRegister); err != nil {
		return Person{}, err
	}
	said := fmt.Sprint(c.Person)
	if c.No != 0 {
		said = fmt.Sprint(c.No, " ", said)
	}
	request := struct{ Digest string }{s.vault.key("person", said)}
	early, err := s.readied(ctx, &ready{service: s, by: by, may: access.PersonRegister, outside: true, device: c.No != 0, people: []NewPerson{c.Person}})
	if err != nil {
		return Person{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.RegisterPerson", Key: c.Key}, request, func(tx *store.Tx) (Person, error) {
		r, err := early.still(tx)
		if err == nil {
			err = r.rows[0].no
		}
		if err != nil {
			return Person{}, err
		}
		n := r.rows[0].said
		if c.No != 0 {
			if DeviceOf(c.No) == 0 {
				return Person{}, outbreak.Refuse(outbreak.Invalid, "registry.walk_in_number")
			}
			known, err := PeopleByNo(tx, []int64{c.No})
			if p, ok := known[c.No]; ok || err != nil {
				return p, err
			}
		}
		if n.Identity.Document != "" && c.No == 0 {
			if known, err := s.peopleBy(tx, r.eyes.ukeys([]mark{n.mark()}), nil); err != nil || len(known) > 0 {
				for _, m := range known {
					return leadOf(tx, m.Person, func(p Person) bool {
						return access.Can(by, access.PersonRegister, outbreak.Scope{Area: p.Area})
					})
				}
				return Person{}, err
			}
		}
		p, err := s.addWalkIn(tx, r, c.No)
		if err != nil {
			return Person{}, err
		}
		if err := r.links.keep(tx, by, func(id outbreak.PersonID) bool { return id == p.ID }); err != nil {
			return Person{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PersonRegistered{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID})
		return p, err
	})
}

func (s *Service) addWalkIn(tx *store.Tx, r *ready, no int64) (p Person, err error) {
	row := &r.rows[0]
	m := &member{Person: newPerson(row.id, row.area, row.said), identity: row.said.Identity, ukey: row.ukey, secret: row.secret, added: true}
	if m.No = no; no == 0 {
		if m.No, err = nextWalkIn(tx); err != nil {
			return Person{}, err
		}
	}
	if row.home != nil {
		h := *row.home
		known, err := r.eyes.householdsBy(tx, []*household{&h})
		if err != nil {
			return Person{}, err
		}
		if m.Household = known[h.ukey]; m.Household == 0 {
			h.id = outbreak.New[outbreak.HouseholdID](s.ids)
			m.Household = h.id
			if err := r.eyes.insertHouseholds(tx, []*household{&h}); err != nil {
				return Person{}, err
			}
		}
	}
	return m.Person, s.keep(tx, r.state, r.eyes, []*member{m})
}

// nextWalkIn is the number the house gives to the next person outside the roll.
func nextWalkIn(tx *store.Tx) (int64, error) {
	return store.Count(tx, "select coalesce(max(no), $1) + 1 from person where no >= $2 and no < $3", WalkIn-1, WalkIn, deviceWalkIn)
}

// unknownWalkIn stands where the key of somebody stands who is known by no document.
func unknownWalkIn(id outbreak.PersonID) string { return "walk-in " + id.String() }
