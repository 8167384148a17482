package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Sampled is the word of a door sheet for somebody who gave a swab there. It changes no outcome: the tube does.
const Sampled = "sampled"

// DoorWords are what a door sheet may say of a person.
var DoorWords = []string{Sampled, string(outbreak.Away), string(outbreak.Unreachable), string(outbreak.Refused), string(outbreak.Excused)}

// FillDoorSheet is the command of somebody who brings a door sheet back, or reads from it.
type FillDoorSheet struct {
	Key   string     `json:"-"`
	Sheet DoorNumber `json:"sheet"`
	Items []DoorSaid `json:"items"`
	Back  bool       `json:"back"` // the paper is here
}

// DoorSaid is what one line of a sheet says.
type DoorSaid struct {
	Line   int              `json:"line"`
	Said   string           `json:"said"` // of DoorWords
	Reason string           `json:"reason,omitempty"`
	At     outbreak.Instant `json:"at,omitzero"` // 0: now
}

// FillDoorSheet records what a sheet says of its people, each with who recorded it and when it was, and that the paper is back. Of
// somebody the sheet says nothing about nothing is recorded: the round looks for that person still. A sheet that was thought lost
// and turns up is back like any other.
func (s *Service) FillDoorSheet(ctx context.Context, by outbreak.Actor, c FillDoorSheet) (DoorSheet, error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return DoorSheet{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.FillDoorSheet", Key: c.Key}, c, func(tx *store.Tx) (DoorSheet, error) {
		d, err := doorByNumber(tx, by, c.Sheet)
		if err != nil {
			return d, err
		}
		if err := s.fillLines(tx, &d); err != nil {
			return d, err
		}
		outcomes, err := d.read(c.Items, tx.Now)
		if err != nil {
			return d, err
		}
		if err := s.keepSaid(tx, by, &d, c.Items, outcomes); err != nil {
			return d, err
		}
		if d.Lines = nil; !c.Back || d.State == SheetBack { // where people live is in no kept answer
			return d, nil
		}
		return d, s.endSheet(tx, by, &d, SheetBack, "")
	})
}

// read checks what lines say, and gives what of it is an outcome.
func (d DoorSheet) read(items []DoorSaid, now outbreak.Instant) (outcomes []OutcomeOf, err error) {
	seen := map[int]bool{}
	for i := range items {
		x := &items[i]
		if x.Line < 1 || x.Line > len(d.Lines) || seen[x.Line] {
			return nil, outbreak.Refuse(outbreak.Invalid, "screening.door_line", "line", x.Line)
		}
		seen[x.Line] = true
		if !slices.Contains(DoorWords, x.Said) {
			return nil, outbreak.Refuse(outbreak.Invalid, "screening.door_word", "line", x.Line)
		}
		if x.Reason, err = tidyReason(x.Reason); err != nil {
			return nil, err
		}
		if x.At == 0 {
			x.At = now
		}
		if x.At > now.Add(outbreak.Drift) {
			return nil, outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
		}
		if x.Said != Sampled {
			outcomes = append(outcomes, OutcomeOf{No: d.Lines[x.Line-1].No, Outcome: outbreak.Outcome(x.Said), Reason: x.Reason, At: x.At})
		}
	}
	return outcomes, nil
}

func (s *Service) keepSaid(tx *store.Tx, by outbreak.Actor, d *DoorSheet, items []DoorSaid, outcomes []OutcomeOf) error {
	if len(items) == 0 {
		return nil
	}
	r, err := roundByID(tx, d.Round)
	if err != nil {
		return err
	}
	if err := s.recordOutcomes(tx, by, r, outcomes); err != nil {
		return err
	}
	e := outbreak.DoorSheetFilled{Scope: d.Scope(), Round: d.Round, Sheet: string(d.Number), Counts: map[string]int{}}
	for _, x := range items {
		l := &d.Lines[x.Line-1]
		if l.Said == "" {
			d.Said++
		}
		l.Said, l.Reason, l.SaidAt, l.SaidBy = x.Said, x.Reason, x.At, by.String()
		e.Counts[x.Said]++
		if err := tx.Must("update door_line set said = $1, reason = $2, said_at = $3, said_by = $4 where sheet = $5 and line = $6", l.Said, l.Reason, l.SaidAt, l.SaidBy, d.id, x.Line); err != nil {
			return err
		}
	}
	_, err = s.journal.Append(tx, by, e)
	return err
}

func (s *Service) endSheet(tx *store.Tx, by outbreak.Actor, d *DoorSheet, how, reason string) error {
	d.State, d.EndedAt, d.EndedBy, d.Reason = how, tx.Now, by.String(), reason
	if err := tx.Must("update door_sheet set state = $1, ended_at = $2, ended_by = $3, reason = $4 where id = $5", d.State, d.EndedAt, d.EndedBy, d.Reason, d.id); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, outbreak.DoorSheetEnded{Scope: d.Scope(), Round: d.Round, Sheet: string(d.Number), How: how, Open: d.People - d.Said})
	return err
}

// LoseDoorSheet is the command of somebody who says that a sheet will not come back.
type LoseDoorSheet struct {
	Key    string     `json:"-"`
	Sheet  DoorNumber `json:"sheet"`
	Reason string     `json:"reason"`
}

// LoseDoorSheet gives a sheet up. Its people are still looked for, and go on another.
func (s *Service) LoseDoorSheet(ctx context.Context, by outbreak.Actor, c LoseDoorSheet) (DoorSheet, error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return DoorSheet{}, err
	}
	reason, err := tidyReason(c.Reason)
	if err == nil && reason == "" {
		err = outbreak.Refuse(outbreak.Invalid, "screening.reason_missing")
	}
	if err != nil {
		return DoorSheet{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.LoseDoorSheet", Key: c.Key}, c, func(tx *store.Tx) (DoorSheet, error) {
		d, err := doorByNumber(tx, by, c.Sheet)
		if err != nil {
			return d, err
		}
		if d.State != SheetOut {
			return d, outbreak.Refuse(outbreak.Conflict, "screening.door_ended")
		}
		return d, s.endSheet(tx, by, &d, SheetLost, reason)
	})
}
