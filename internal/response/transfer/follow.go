package transfer

import (
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows placement: whoever needs a bed gets one with a trip as soon as there is one.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "transfer", Kinds: []string{"BedNeeded", "SiteOpened", "PersonDischarged", "ReservationCancelled", "PersonArrived"}, Follow: s.follow}
}

// atOnce bounds the people served in one transaction; the next event serves the next.
const atOnce = 200

func (s *Service) follow(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
	switch e.Kind {
	case "BedNeeded", "SiteOpened", "PersonDischarged":
		return s.serve(tx, by)
	case "ReservationCancelled":
		return outbreak.On(e, func(r outbreak.ReservationCancelled) error { return s.followCancelled(tx, by, r) })
	case "PersonArrived":
		return outbreak.On(e, func(a outbreak.PersonArrived) error { return s.followArrived(tx, by, a) })
	}
	return nil
}

// serve gives beds and trips to those who wait.
func (s *Service) serve(tx *store.Tx, by outbreak.Actor) error {
	beds, err := s.beds.ReserveWaiting(tx, by, atOnce)
	if err != nil {
		return err
	}
	for _, b := range beds {
		if err := s.request(tx, by, b); err != nil {
			return err
		}
	}
	return nil
}

// request asks for the trip to a bed that was just reserved, in the same transaction.
func (s *Service) request(tx *store.Tx, by outbreak.Actor, bed outbreak.BedReserved) error {
	p, err := s.registry.ProtocolOf(tx, bed.Outbreak)
	if err != nil {
		return err
	}
	clock := p.Deadline("clock.positive_transfer", bed.At)
	t := Trip{ID: outbreak.New[outbreak.TripID](s.ids), Outbreak: bed.Outbreak, Edition: p.ID, Person: bed.Person, Need: bed.Need, Stay: bed.Stay,
		Area: bed.Area, Site: bed.Site, State: Requested, RequestedAt: bed.At, Due: clock.Due}
	if err := insertTrip(tx, t); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.TripRequested{Scope: t.Scope(), Trip: t.ID, Person: t.Person, Need: t.Need, Stay: t.Stay, Site: t.Site, At: t.RequestedAt, Due: t.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.AssignVehicle, Subject: t.ref(), Scope: t.Scope(), Clock: clock})
}

// followCancelled ends the trip to a bed that was given back, and lets the next have the bed.
func (s *Service) followCancelled(tx *store.Tx, by outbreak.Actor, r outbreak.ReservationCancelled) error {
	t, ok, err := store.One(tx, scanTrip, "select "+tripColumns+" from trip where stay = $1 and live = 1", r.Stay)
	if err != nil {
		return err
	}
	if ok && t.State != Riding {
		if _, err := s.end(tx, by, t, Cancelled, r.Reason, tx.Now); err != nil {
			return err
		}
	}
	return s.serve(tx, by)
}

// followArrived ends the trip of somebody who is there, however that came about; at another site than the planned one too.
func (s *Service) followArrived(tx *store.Tx, by outbreak.Actor, a outbreak.PersonArrived) error {
	t, ok, err := liveTrip(tx, a.Outbreak, a.Person)
	if err != nil || !ok {
		return err
	}
	reason := ""
	if a.Site != t.Site {
		reason = "arrived_elsewhere"
	}
	_, err = s.end(tx, by, t, Arrived, reason, max(a.At, t.PickedUpAt))
	return err
}
