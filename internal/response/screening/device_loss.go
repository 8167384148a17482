package screening

import (
	"context"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// pending finds the devices of a round that may hold tubes: those that made more than is on disk, those that were not heard of
// when it counted, and those given up without anybody knowing all they held. A device that signed out with nothing waiting holds
// none, nor does one that ended before the round was known.
func (s *Service) pending(tx *store.Tx, r Round, b *Blockers) error {
	after, err := s.silentAfter(tx, r.Outbreak)
	if err != nil {
		return err
	}
	whole, err := wholeLosses(tx, r.Outbreak)
	if err != nil {
		return err
	}
	list, err := store.List(tx, s.device, "select "+deviceColumns+" from device where outbreak = $1 and kind = $2 and ended <> $3 and (ended = '' or ended_at >= $4) order by id",
		r.Outbreak, kindDevice, Left, r.knownWall)
	now := s.wallNow(tx)
	for _, d := range list {
		known, declared := whole[d.ID]
		heard := now
		if d.Ended != "" {
			heard = d.EndedAt
		}
		switch {
		case !r.reaches(d.Area) || known:
		case declared && d.Missing() > 0 || declared && heard.Sub(d.BeatAt) > after:
			b.Lost = append(b.Lost, d)
		case d.Missing() > 0 || d.Outbox > 0 && d.Ended == "":
			b.Unsynced = append(b.Unsynced, d)
		case d.Ended != Wiped && heard.Sub(d.BeatAt) > after:
			b.Silent = append(b.Silent, d)
		}
	}
	return err
}

// wholeLosses tells of the devices of an outbreak that were declared lost whether all they can have held is known.
func wholeLosses(tx *store.Tx, ob outbreak.OutbreakID) (map[int64]bool, error) {
	losses := map[int64]bool{}
	return losses, store.Each(tx, func(r store.Row) error {
		var device, whole int64
		err := r.Scan(&device, &whole)
		losses[device] = whole != 0
		return err
	}, "select device, whole from device_loss where outbreak = $1", ob)
}

// DeclareLoss is the command of somebody who gives a device up: it is broken, stolen, or its store cannot be read any more.
type DeclareLoss struct {
	Key    string              `json:"-"`
	Device int64               `json:"device"`
	Reason string              `json:"reason"`
	Tubes  []outbreak.TubeCode `json:"tubes"` // what is known to have been on it
	Whole  bool                `json:"whole"` // that is all it can have held
}

// Loss is what a declaration of loss says.
type Loss struct {
	Device  Device              `json:"device"`
	Missing int64               `json:"missing"` // operations it made, as far as it told, that never came
	Tubes   []outbreak.TubeCode `json:"tubes"`
	Whole   bool                `json:"whole"`
	Reason  string              `json:"reason"`
}

// mostLostTubes is how many tubes one declaration names.
const mostLostTubes = 1000

// DeclareLoss gives a device up, so that it blocks no round for ever. The tubes known to have been on it give no result: whoever
// gave a swab into them is on the roll as not seen, and is asked again. Where they are all it can have held, the round may be
// closed complete once everybody is settled; else it closes as incomplete only. It can be declared again when more is known.
func (s *Service) DeclareLoss(ctx context.Context, by outbreak.Actor, c DeclareLoss) (Loss, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Loss{}, err
	}
	codes, reason, err := c.tidy()
	if err != nil {
		return Loss{}, err
	}
	l, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.DeclareLoss", Key: c.Key}, c, func(tx *store.Tx) (Loss, error) {
		d, ok, err := store.One(tx, s.device, "select "+deviceColumns+" from device where id = $1 and kind = '"+kindDevice+"'", c.Device)
		if err != nil {
			return Loss{}, err
		}
		if !ok || access.Require(by, access.RoundManage, d.Scope()) != nil {
			return Loss{}, outbreak.Refuse(outbreak.NotFound, "screening.no_device")
		}
		if d.Ended == Left {
			return Loss{}, outbreak.Refuse(outbreak.Conflict, "screening.device_left")
		}
		if c.Whole && len(codes) == 0 && d.Missing() > 0 {
			return Loss{}, outbreak.Refuse(outbreak.Invalid, "screening.loss_names_none", "n", d.Missing())
		}
		l := Loss{Missing: d.Missing(), Tubes: codes, Whole: c.Whole, Reason: reason}
		if l.Device, err = s.endDevice(tx, by, d, Lost); err != nil {
			return l, err
		}
		return l, s.keepLoss(tx, by, l)
	})
	if err == nil {
		err = s.forgetDevice(ctx, c.Device)
	}
	return l, err
}

func (c DeclareLoss) tidy() (codes []outbreak.TubeCode, reason string, err error) {
	if reason, err = tidyReason(c.Reason); err != nil {
		return nil, "", err
	}
	if reason == "" {
		return nil, "", outbreak.Refuse(outbreak.Invalid, "screening.reason_missing")
	}
	if len(c.Tubes) > mostLostTubes {
		return nil, "", outbreak.Refuse(outbreak.Invalid, "screening.batch_too_large", "most", mostLostTubes)
	}
	codes = []outbreak.TubeCode{}
	for _, t := range c.Tubes {
		code := t.Canonical()
		if code == "" {
			return nil, "", outbreak.Refuse(outbreak.Invalid, "screening.tube_code")
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes, reason, nil
}

// keepLoss writes a declaration, and gives up the tubes it names that no booth handed in.
func (s *Service) keepLoss(tx *store.Tx, by outbreak.Actor, l Loss) error {
	d := l.Device
	names := make([]string, len(l.Tubes))
	for i, code := range l.Tubes {
		names[i] = string(code)
		box, err := registry.BoxOf(tx, code)
		if err != nil {
			return err
		}
		t, known, err := s.tube(tx, box, code)
		if err != nil {
			return err
		}
		if known { // it came after all, from wherever
			continue
		}
		if t.Area == "" {
			t.Area, t.Outbreak = d.Area, d.Outbreak
		}
		if err := s.spoil(tx, by, t, SpoilReasons[0], tx.Now); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`insert into device_loss (device, outbreak, area, missing, whole, tubes, reason, declared_by, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (device) do update set missing = excluded.missing, whole = excluded.whole, tubes = excluded.tubes, reason = excluded.reason,
		declared_by = excluded.declared_by, at = excluded.at`, d.ID, d.Outbreak, d.Area, l.Missing, one(l.Whole), strings.Join(names, " "), l.Reason, by.String(), tx.Now); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, outbreak.DeviceLossDeclared{Scope: d.Scope(), Device: d.ID, Booth: d.Booth, Missing: l.Missing, Whole: l.Whole, Tubes: l.Tubes, Reason: l.Reason})
	return err
}
