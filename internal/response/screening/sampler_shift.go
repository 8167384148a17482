package screening

import (
	"context"
	"slices"
	"sort"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// A device is worked with by one sampler after the other, without a network. It counts who signs on and off (n), and tells of each with
// the counter of the last operation before it, so that every tube is somebody's though none carries a name: a hand-in of tubes stays what
// it was. A device tells of shifts before it sends the tubes behind them.

// SignOn is what a device tells of somebody who signed on at it, or off.
type SignOn struct {
	Device int64            `json:"device"`          // 0: the one that tells; another is one of the same point it was before it was enrolled again
	N      int64            `json:"n"`               // counts them on the device, from 1
	From   int64            `json:"from"`            // counter of the last operation before
	Code   string           `json:"code,omitempty"`  // of the badge that was scanned
	Badge  int64            `json:"badge,omitempty"` // its number, typed; 0 with no code: signed off
	Pin    string           `json:"pin,omitempty"`
	At     outbreak.Instant `json:"at"` // by the device's clock
}

// Shift is who has taken swabs with a device since an operation.
type Shift struct {
	Device  int64            `json:"device"`
	N       int64            `json:"n"`
	From    int64            `json:"from"`
	Sampler int64            `json:"sampler"` // 0: nobody's
	Badge   int64            `json:"badge,omitempty"`
	Proven  bool             `json:"proven"` // false: the badge carried no proof, or, with a sampler, the word of whoever keyed a sheet of paper
	Booth   outbreak.BoothID `json:"booth"`
	At      outbreak.Instant `json:"at"`
}

// SignOn takes what the device that the actor is tells of a shift; sent is its clock. The same again changes nothing, and
// gives what was kept. A badge without proof, or one that is good no more, is kept, and the swabs are nobody's: sampling never waits for
// a badge. A tube that is on disk already stays whose it was.
func (s *Service) SignOn(ctx context.Context, by outbreak.Actor, c SignOn, sent outbreak.Instant) (x Shift, err error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return x, err
	}
	if c.N < 1 || c.N > 1<<31 || c.Device < 0 || c.From < 0 || c.From >= 1<<CounterBits || c.Badge < 0 || c.At < 0 {
		return x, outbreak.Refuse(outbreak.Invalid, "screening.operation_number")
	}
	now := s.wall.Now()
	if ahead := sent.Sub(now); sent != 0 && ahead.Abs() > outbreak.Drift {
		c.At = c.At.Add(-ahead)
	}
	badge, proven := c.Badge, false
	if c.Code != "" {
		badge, proven = s.registry.ReadBadge(c.Code)
	} else if badge != 0 {
		proven = s.registry.ProvesBadge(badge, c.Pin)
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		d, b, err := s.own(tx, by)
		if err != nil {
			return err
		}
		if c.Device != 0 && c.Device != d.ID {
			was, ok, err := store.One(tx, s.device, "select "+deviceColumns+" from device where id = $1", c.Device)
			if err != nil {
				return err
			}
			if !ok || was.Booth != d.Booth {
				return outbreak.Refuse(outbreak.Invalid, "screening.no_device")
			}
			d = was
		}
		x = Shift{Device: d.ID, N: c.N, From: max(c.From, d.Acked), Badge: badge, Booth: b.ID, At: min(c.At, now)}
		if proven {
			if x.Sampler, err = goodBadge(tx, badge); err != nil {
				return err
			}
		}
		x.Proven = x.Sampler != 0 || badge == 0 && c.Code == ""
		fresh, err := tx.Exec(`insert into sampler_shift (`+shiftColumns+`, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			on conflict (device, n) do nothing`, x.Device, x.N, x.From, x.Sampler, x.Badge, one(x.Proven), x.Booth, x.At, tx.Now)
		if err != nil {
			return err
		}
		if fresh == 0 { // whoever tells it again with another badge learns nothing of that one
			x, _, err = store.One(tx, scanShift, "select "+shiftColumns+" from sampler_shift where device = $1 and n = $2", x.Device, x.N)
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.SamplerSignedOn{Scope: d.Scope(), Device: d.ID, Booth: b.ID, Sampler: x.Sampler, Badge: x.Badge, From: x.From, At: x.At})
		return err
	})
	return x, err
}

// signOnPaper keeps whose swabs a paper sheet holds: of the sampler with a badge, by the word of whoever has the paper in hand. A badge that
// was lost or ended since was good when the sheet was filled.
func (s *Service) signOnPaper(tx *store.Tx, by outbreak.Actor, d Device, badge int64) error {
	if badge == 0 {
		return nil
	}
	id, nth := samplerOf(badge)
	p, ok, err := store.One(tx, scanSampler, "select "+samplerColumns+" from sampler p where p.id = $1", id)
	if err != nil {
		return err
	}
	if !ok || nth < 1 || badge > p.Badge || p.Outbreak != d.Outbreak || !p.Area.Contains(d.Area) && !d.Area.Contains(p.Area) {
		return outbreak.Refuse(outbreak.Invalid, "screening.sheet_badge", "badge", badge)
	}
	x := Shift{Device: d.ID, N: 1, Sampler: p.ID, Badge: badge, Booth: d.Booth, At: d.EnrolledAt}
	if err := tx.Must("insert into sampler_shift ("+shiftColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		x.Device, x.N, x.From, x.Sampler, x.Badge, one(x.Proven), x.Booth, x.At, tx.Now); err != nil {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.SamplerSignedOn{Scope: d.Scope(), Device: d.ID, Booth: d.Booth, Sampler: x.Sampler, Badge: x.Badge, From: x.From, At: x.At})
	return err
}

const shiftColumns = "device, n, from_counter, sampler, badge, proven, booth, at"

func scanShift(r store.Row) (x Shift, err error) {
	var proven int64
	err = r.Scan(&x.Device, &x.N, &x.From, &x.Sampler, &x.Badge, &proven, &x.Booth, &x.At)
	x.Proven = proven != 0
	return x, err
}

// goodBadge gives whose a badge is that is good; 0 when it is not.
func goodBadge(tx *store.Tx, badge int64) (int64, error) {
	id, _ := samplerOf(badge)
	x, ok, err := store.One(tx, scanSampler, "select "+samplerColumns+" from sampler p where p.id = $1", id)
	if err != nil || !ok || x.EndedAt != 0 || x.Badge != badge {
		return 0, err
	}
	return x.ID, nil
}

// badBadges lists the badges of an area's samplers that are good no more, the newest first: a device tells who shows one without a
// network. mostBad is how many a device is told of.
func badBadges(tx *store.Tx, area outbreak.Path) ([]int64, error) {
	const mostBad = 500
	above := []outbreak.Path{area}
	for p := area.Parent(); p != ""; p = p.Parent() {
		above = append(above, p)
	}
	in, args := store.In([]any{area, area.Upto(), mostBad}, above)
	var bad []int64
	err := store.Each(tx, func(r store.Row) error {
		x, err := scanSampler(r)
		last := x.Badge
		if x.EndedAt == 0 {
			last--
		}
		for no := last; no > x.ID*badgesOfOne && len(bad) < mostBad; no-- {
			bad = append(bad, no)
		}
		return err
	}, "select "+samplerColumns+" from sampler p where (p.area >= $1 and p.area < $2 or p.area in ("+in+")) and (p.badge > 1 or p.ended_at <> 0) order by p.id desc limit $3", args...)
	return some(bad), err
}

// shifts are who took swabs with some devices, in the order they signed on.
type shifts map[int64][]Shift

// shiftsOf reads the shifts of the devices that made tubes.
func shiftsOf(tx *store.Tx, tubes []Tube) (shifts, error) {
	var devices []int64
	for _, t := range tubes {
		if t.device != 0 {
			devices = append(devices, t.device)
		}
	}
	slices.Sort(devices)
	all := shifts{}
	for part := range slices.Chunk(slices.Compact(devices), 400) {
		in, args := store.In(nil, part)
		if err := store.Each(tx, func(r store.Row) error {
			var x Shift
			err := r.Scan(&x.Device, &x.N, &x.From, &x.Sampler)
			all[x.Device] = append(all[x.Device], x)
			return err
		}, "select device, n, from_counter, sampler from sampler_shift where device in ("+in+") order by device, from_counter, n", args...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// of gives who took the swabs of a tube: whoever had signed on last before its first operation; 0: nobody.
func (s shifts) of(t Tube) int64 {
	list := s[t.device]
	i := sort.Search(len(list), func(i int) bool { return list[i].From >= t.counter })
	if i == 0 {
		return 0
	}
	return list[i-1].Sampler
}
