package board

import (
	"context"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/store"
)

// edition of the rules in apply.go. Since 3 the board shows searches into pools, runs that wait for a second person, alarms of
// laboratories and people to be told of their own positive.
const edition = 3

// newKinds are the entries that edition 3 shows and those before did not.
var newKinds = []string{"PoolSearchOpened", "PoolSearchEnded", "RunEntered", "RunReleased", "RunVoided", "LabAlarmRaised", "LabAlarmSettled", "TellingOpened"}

// Renew makes a board that an older program kept anew from the journal, once. It is called before the consumers run.
func (s *Service) Renew(ctx context.Context) error {
	var has int64
	var concerned bool
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if has, err = store.Count(tx, "select coalesce(max(edition), 0) from board_edition"); err != nil || has == edition {
			return err
		}
		upto, err := seen(tx)
		if err != nil {
			return err
		}
		entries, err := journal.List(tx, 0, upto, newKinds, 1)
		concerned = len(entries) > 0
		return err
	})
	if err != nil || has == edition {
		return err
	}
	if concerned {
		if err := s.Rebuild(ctx); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("insert into board_edition (id, edition) values (1, $1) on conflict (id) do update set edition = excluded.edition", edition)
		return err
	})
}
