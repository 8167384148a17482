package task

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Move gives the open work of a kind about one thing another end, inside the room's transaction. Nothing open is no error.
func (s *Service) Move(tx *store.Tx, by outbreak.Actor, what What, subject outbreak.Ref, due outbreak.Instant) error {
	open, err := OpenAbout(tx, what, subject)
	if err != nil {
		return err
	}
	for _, t := range open {
		if err := tx.Must("update task set due = $1 where id = $2", due, t.ID); err != nil {
			return err
		}
		if _, err := s.journal.Append(tx, by, outbreak.TaskMoved{Scope: t.Scope(), Task: t.ID, What: string(t.What), Due: due}); err != nil {
			return err
		}
	}
	return nil
}
