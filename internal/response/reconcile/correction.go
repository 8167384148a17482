package reconcile

import (
	"context"
	"io"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type correctionKind struct{}

// CorrectionID names a correction.
type CorrectionID = outbreak.ID[correctionKind]

// Correction is what a party is asked to write in its own list.
type Correction struct {
	ID      CorrectionID     `json:"id"`
	What    string           `json:"what"`
	Case    outbreak.CaseID  `json:"case"`
	Number  string           `json:"number"` // in their list
	Field   string           `json:"field"`
	Ours    string           `json:"ours"`
	Theirs  string           `json:"theirs"`
	AskedAt outbreak.Instant `json:"asked_at"`
	Actor   string           `json:"actor"`
	SentAt  outbreak.Instant `json:"sent_at"`
}

const correctionColumns = "id, party, outbreak, area, difference, what, case_id, number, field, ours, theirs, asked_at, actor, sent_at"

var correctionFields = strings.Split(correctionColumns, ", ")

func scanCorrection(r store.Row) (c Correction, err error) {
	err = r.Scan(&c.ID, &c.What, &c.Case, &c.Number, &c.Field, &c.Ours, &c.Theirs, &c.AskedAt, &c.Actor, &c.SentAt)
	return c, err
}

const correctionShown = "id, what, case_id, number, field, ours, theirs, asked_at, actor, sent_at"

// ListCorrections lists what a party is asked to correct and was not sent yet, or with sent what was, the newest first.
func (s *Service) ListCorrections(ctx context.Context, by outbreak.Actor, party string, sent bool, most int) (list []Correction, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := find(tx, by, access.ReconcileRead, party); err != nil {
			return err
		}
		cond := "sent_at = 0"
		if sent {
			cond = "sent_at > 0"
		}
		list, err = store.List(tx, scanCorrection, "select "+correctionShown+" from correction where party = $1 and "+cond+" order by id desc limit $2", party, max(most, 1))
		return err
	})
	return list, err
}

// SendCorrections writes what a party is asked to correct and was not sent yet, and notes that it went out. Rows carry their number
// of the case and ours, no name.
func (s *Service) SendCorrections(ctx context.Context, by outbreak.Actor, party string, format Format, header []string, w io.Writer) (Total, error) {
	if err := access.RequireAnywhere(by, access.ReconcileSettle); err != nil {
		return Total{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return Total{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	var p Party
	var list []Correction
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if p, err = find(tx, by, access.ReconcileSettle, party); err != nil {
			return err
		}
		list, err = store.List(tx, scanCorrection, "select "+correctionShown+" from correction where party = $1 and sent_at = 0 order by id", party)
		return err
	}); err != nil {
		return Total{}, err
	}
	if len(list) == 0 {
		return Total{}, outbreak.Refuse(outbreak.Conflict, "reconcile.no_corrections")
	}
	out, err := newSheet(w, format, header)
	if err != nil {
		return Total{}, err
	}
	ids := make([]CorrectionID, len(list))
	for i, c := range list {
		ids[i] = c.ID
		if err := out.row([]string{c.Number, c.Case.String(), c.What, c.Field, c.Ours, c.Theirs, c.AskedAt.String()}); err != nil {
			return Total{}, err
		}
	}
	total, err := out.end()
	if err != nil {
		return total, err
	}
	return total, s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("update correction set sent_at = $1 where party = $2 and sent_at = 0 and id <= $3", tx.Now, p.Code, ids[len(ids)-1]); err != nil {
			return err
		}
		_, err := s.journal.Append(tx, by, outbreak.CorrectionsSent{Scope: p.Scope(), Party: p.Code, Count: len(list), Digest: total.Digest, Purpose: by.Purpose, At: tx.Now})
		return err
	})
}

// CorrectionHeader is the header of a list of corrections, in the words of fields.
var CorrectionHeader = []string{"number", "case", "what", "field", "ours", "theirs", "asked_at"}
