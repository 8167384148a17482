package screening_test

import (
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"

	"pgregory.net/rapid"
)

// device is an enrolled device as its page would act.
type boothDevice struct {
	h  *mergeHouse
	by outbreak.Actor
	screening.Enrolment
	n int64
}

func (h *mergeHouse) enrol(t *testing.T) *boothDevice {
	t.Helper()
	s := h.a.House.Screening
	code, err := s.NewDeviceCode(h.ctx, root, screening.NewDeviceCode{Booth: h.booth, Name: "phone"})
	must(t, err)
	e, err := s.Enrol(h.ctx, " "+code.Code+" ")
	must(t, err)
	if _, err := s.Enrol(h.ctx, code.Code); outbreak.KindOf(err) != outbreak.Expired {
		t.Fatal("a code works twice:", err)
	}
	by, _, err := h.a.House.Access.ActorOfToken(h.ctx, e.Token)
	must(t, err)
	return &boothDevice{h: h, by: by, Enrolment: e}
}

// op makes the next operation.
func (d *boothDevice) op(tube outbreak.TubeCode, members ...screening.Member) *screening.Operation {
	d.n++
	return &screening.Operation{Op: d.Device<<24 | d.n, Tube: tube, Taken: d.h.a.House.Clock.Now(), Members: members}
}

func (d *boothDevice) send(t *testing.T, round outbreak.RoundID, ops ...*screening.Operation) []string {
	t.Helper()
	must(t, d.h.a.House.Screening.Take(d.h.ctx, d.by, round, d.h.booth, ops))
	var odd []string
	for _, o := range ops {
		_, kinds := o.Status()
		odd = append(odd, kinds...)
	}
	return odd
}

func (d *boothDevice) beat(t *testing.T) screening.DeviceState {
	t.Helper()
	st, err := d.h.a.House.Screening.Report(d.h.ctx, d.by, screening.Beat{Last: d.n, Queue: 12, Tubes: 5, Swabs: 40}, outbreak.WallClock{}.Now())
	must(t, err)
	return st
}

func TestDevices(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		var round outbreak.RoundID
		var people []registry.Person
		rapid.Check(t, func(t *rapid.T) {
			if round == 0 {
				round, people = h.community(t, 2, 0)
			}
		})
		d := h.enrol(t)
		if len(d.Rounds) != 1 || d.Rounds[0].Round != round || len(d.Keys) != 1 || d.FirstNo>>31 != 1 {
			t.Fatalf("what it was given: %+v", d.DeviceState)
		}
		if odd := d.send(t, round, d.op("M500001", screening.Member{No: people[0].No})); len(odd) != 0 {
			t.Error("an enrolled device is odd:", odd)
		}
		// a walk-in whose tube comes first keeps his number
		walkIn := d.FirstNo + 7
		if odd := d.send(t, round, d.op("M500002", screening.Member{No: walkIn})); len(odd) != 0 {
			t.Error("a walk-in of the device's own range is odd:", odd)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		p, err := s.RegisterWalkIn(h.ctx, d.by, "", walkIn, registry.NewPerson{Area: d.Area, Identity: registry.Identity{Name: "张三"}})
		must(t, err)
		again, err := s.RegisterWalkIn(h.ctx, d.by, "", walkIn, registry.NewPerson{Area: d.Area})
		if must(t, err); p.No != walkIn || again.ID != p.ID {
			t.Errorf("the walk-in is %+v, then %+v", p, again)
		}
		if _, err := s.RegisterWalkIn(h.ctx, d.by, "", walkIn+registry.PerDevice, registry.NewPerson{Area: d.Area}); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error("a number of another device:", err)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select count(*) from walk_in_early")
			if n != 0 {
				t.Error(n, "walk-ins are waited for still")
			}
			return err
		}))
		if tube, _, err := s.FindTube(h.ctx, root, "M500002"); err != nil || len(tube.Members) != 1 || tube.Members[0].No != walkIn {
			t.Errorf("the walk-in's tube: %+v %v", tube, err)
		}
		// an operation is made and not sent
		lost := d.op("M500003", screening.Member{No: people[1].No})
		if st := d.beat(t); st.Acked != 2 {
			t.Errorf("acknowledged up to %d", st.Acked)
		}
		_, err = s.CloseRound(h.ctx, root, screening.CloseRound{Round: round})
		if outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("a round closes while a device holds a tube:", err)
		}
		list, err := s.ListBoothStatus(h.ctx, root, screening.BoothFilter{})
		if must(t, err); len(list) != 1 || list[0].Unsynced != 1 || list[0].Queue != 12 || list[0].PerHour != 2 || list[0].Cover != 20 || list[0].Silent {
			t.Errorf("the booth: %+v", list)
		}
		if _, err := s.Leave(h.ctx, d.by, d.n, false); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("it signs out with a tube waiting:", err)
		}
		if odd := d.send(t, round, lost); len(odd) != 0 {
			t.Error(odd)
		}
		if st := d.beat(t); st.Acked != 3 {
			t.Errorf("acknowledged up to %d", st.Acked)
		}
		// a device nobody enrolled
		stranger := &boothDevice{h: h, by: root, Enrolment: screening.Enrolment{DeviceState: screening.DeviceState{Device: 77}}}
		if odd := stranger.send(t, round, stranger.op("M500004", screening.Member{No: people[1].No})); len(odd) == 0 || odd[0] != screening.UnknownDevice {
			t.Error("a stranger raises", odd)
		}
		left, err := s.Leave(h.ctx, d.by, d.n, false)
		if must(t, err); left.Ended != screening.Left {
			t.Error(left)
		}
		if _, _, err := h.a.House.Access.ActorOfToken(h.ctx, d.Token); outbreak.KindOf(err) != outbreak.Expired {
			t.Error("the token of a device that left works:", err)
		}
		second := h.enrol(t)
		if second.Device == d.Device {
			t.Error("a number is given twice")
		}
		_, err = s.RevokeDevice(h.ctx, root, screening.RevokeDevice{Device: second.Device})
		must(t, err)
		if _, _, err := h.a.House.Access.ActorOfToken(h.ctx, second.Token); outbreak.KindOf(err) != outbreak.Expired {
			t.Error("the token of a lost device works:", err)
		}
		if users, err := h.a.House.Access.ListUsers(h.ctx, root, "", 100); err != nil || len(users) != 0 {
			t.Error("devices are among the users:", users, err)
		}
	})
}

// TestSilentDevices lets time pass without a beat.
func TestSilentDevices(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		wall := outbreak.NewHandClock(outbreak.WallClock{}.Now())
		h.a.House.Screening.Enrols(h.a.House.Access, wall)
		var round outbreak.RoundID
		rapid.Check(t, func(t *rapid.T) {
			if round == 0 {
				round, _ = h.community(t, 1, 0)
			}
		})
		d := h.enrol(t)
		d.beat(t)
		wall.Move(16 * time.Minute)
		list, err := h.a.House.Screening.ListBoothStatus(h.ctx, root, screening.BoothFilter{})
		if must(t, err); len(list) != 1 || !list[0].Silent {
			t.Errorf("not silent: %+v", list)
		}
		_, err = h.a.House.Screening.CloseRound(h.ctx, root, screening.CloseRound{Round: round})
		if outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("a round closes while a device is silent:", err)
		}
		closed, err := h.a.House.Screening.CloseRound(h.ctx, root, screening.CloseRound{Round: round, Incomplete: true})
		if err != nil || closed.State != screening.Closed {
			t.Error("it does not close as incomplete:", closed, err)
		}
	})
}
