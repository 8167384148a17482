package screening

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// followProtocol lets holds end sooner under a new rule book that allows a shorter one. A longer one changes no hold: whoever
// was told an hour is free at that hour. A hold that would have ended already ends now.
func (s *Service) followProtocol(tx *store.Tx, by outbreak.Actor, e outbreak.ProtocolChanged) error {
	p, err := s.registry.ProtocolOf(tx, e.Outbreak)
	if err != nil || p.ID != e.Protocol {
		return err // changed again since: that entry is still to come
	}
	held, err := membersWhere(tx, "held_to = 0 and outbreak = $1", e.Outbreak)
	if err != nil {
		return err
	}
	var events []outbreak.Event
	for _, m := range held {
		clock, turn := p.Rerun("pool.hold_max", outbreak.Deadline{From: m.HeldAt, Due: m.HeldUntil}, tx.Now)
		if turn != outbreak.Sooner {
			continue
		}
		if err := tx.Must("update recall_member set held_until = $1 where area_id = $2 and tube = $3 and person = $4", clock.Due, m.AreaID, m.Tube, m.Person); err != nil {
			return err
		}
		x, _, err := recallOf(tx, m.AreaID, m.Tube)
		if err != nil {
			return err
		}
		events = append(events, outbreak.HoldShortened{Scope: m.Scope(), Round: x.Round, Tube: m.Tube, Person: m.Person, Until: clock.Due})
	}
	if len(events) == 0 {
		return nil
	}
	_, err = s.journal.Append(tx, by, events...)
	return err
}
