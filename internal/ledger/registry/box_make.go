package registry

import (
	"context"
	"fmt"
	"regexp"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const (
	serialDigits = 8       // of the serials the house makes, before their check character
	mostSerials  = 100_000 // of one box
)

var prefixForm = regexp.MustCompile(`^[0-9A-Z]{0,6}[A-Z]$`)

// keepBox issues a box, unless it overlaps another.
func (s *Service) keepBox(tx *store.Tx, by outbreak.Actor, b Box) error {
	n, err := store.Count(tx, "select count(*) from tube_box where length = $1 and first <= $2 and last >= $3", len(b.First), b.Last, b.First)
	if err != nil {
		return err
	}
	if n > 0 {
		return outbreak.Refuse(outbreak.Conflict, "registry.box_overlaps")
	}
	checked := int64(0)
	if b.Checked {
		checked = 1
	}
	if err := tx.Must("insert into tube_box (first, last, length, area_id, area, outbreak, checked, issued_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
		b.First, b.Last, len(b.First), b.AreaID, b.Area, b.Outbreak, checked, tx.Now); err != nil {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.BoxIssued{Scope: b.Scope(), First: b.First, Last: b.Last, Checked: b.Checked})
	return err
}

// MakeBox is the command that makes serials nobody has, for labels the house prints itself.
type MakeBox struct {
	Key      string              `json:"-"`
	Prefix   string              `json:"prefix"` // letters and digits before the number; the last is a letter
	Count    int                 `json:"count"`
	Area     string              `json:"area"` // code
	Outbreak outbreak.OutbreakID `json:"outbreak"`
}

// MakeBox makes the next serials of a prefix, each with its check character, and issues them to an area. Serials are made once.
func (s *Service) MakeBox(ctx context.Context, by outbreak.Actor, c MakeBox) (Box, error) {
	if err := access.RequireAnywhere(by, access.AreaManage); err != nil {
		return Box{}, err
	}
	c.Prefix = string(outbreak.TubeCode(c.Prefix).Canonical())
	if !prefixForm.MatchString(c.Prefix) {
		return Box{}, outbreak.Refuse(outbreak.Invalid, "registry.serial_prefix")
	}
	if c.Count < 1 || c.Count > mostSerials {
		return Box{}, outbreak.Refuse(outbreak.Invalid, "registry.serial_count", "most", mostSerials)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.MakeBox", Key: c.Key}, c, func(tx *store.Tx) (Box, error) {
		area, ok, err := AreaByCode(tx, c.Area)
		if err != nil {
			return Box{}, err
		}
		if !ok {
			return Box{}, outbreak.Refuse(outbreak.NotFound, "registry.no_area", "code", c.Area)
		}
		b := Box{AreaID: area.ID, Area: area.Path, Outbreak: c.Outbreak, Checked: true}
		if err := access.RequireThroughout(by, access.AreaManage, b.Scope()); err != nil {
			return Box{}, err
		}
		next, _, err := store.One(tx, store.Value[int64], "select next from serial_prefix where prefix = $1", c.Prefix)
		if err != nil {
			return Box{}, err
		}
		first := outbreak.TubeCode(fmt.Sprintf("%s%0*d", c.Prefix, serialDigits, next))
		b.First = first + outbreak.TubeCode(outbreak.SerialCheck(string(first)))
		if b.Last, ok = b.First.Plus(c.Count-1, true); !ok {
			return Box{}, outbreak.Refuse(outbreak.Conflict, "registry.serials_used_up", "prefix", c.Prefix)
		}
		if err := tx.Must("insert into serial_prefix (prefix, next) values ($1, $2) on conflict (prefix) do update set next = excluded.next", c.Prefix, next+int64(c.Count)); err != nil {
			return Box{}, err
		}
		return b, s.keepBox(tx, by, b)
	})
}

// ListBoxes lists the runs of serials that were issued to areas the actor sees, the newest first.
func (s *Service) ListBoxes(ctx context.Context, by outbreak.Actor, most int) (list []Box, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		args = append(args, max(most, 1))
		list, err = store.List(tx, scanBox, fmt.Sprintf("select "+boxColumns+" from tube_box where %s order by issued_at desc, first desc limit $%d", cond, len(args)), args...)
		return err
	})
	return list, err
}

// MostLabels is how many serials are listed at once, to be printed.
const MostLabels = 5000

// Serials lists the serials of a run, as they are printed on tubes. It has to lie in one box.
func (s *Service) Serials(ctx context.Context, by outbreak.Actor, first, last outbreak.TubeCode) (list []outbreak.TubeCode, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	first, last = first.Canonical(), last.Canonical()
	var b Box
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if b, err = BoxOf(tx, first); err != nil {
			return err
		}
		if b.First == "" || len(last) != len(first) || last > b.Last || access.Require(by, access.RoundRead, b.Scope()) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_box")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return SerialsBetween(first, last, b.Checked)
}

// CountSerials gives how many serials of one run come behind the first up to the last. A check character that does not fit is named: most
// of these were typed.
func CountSerials(first, last outbreak.TubeCode, checked bool) (int, error) {
	for _, code := range []outbreak.TubeCode{first, last} {
		if checked && code != "" && !code.Checked() {
			return 0, outbreak.Refuse(outbreak.Invalid, "registry.serial_check", "serial", string(code))
		}
	}
	n, ok := first.Until(last, checked)
	if !ok {
		return 0, outbreak.Refuse(outbreak.Invalid, "registry.serials_uncounted")
	}
	return n, nil
}

// SerialsBetween counts from one serial to another.
func SerialsBetween(first, last outbreak.TubeCode, checked bool) (list []outbreak.TubeCode, err error) {
	n, err := CountSerials(first, last, checked)
	if err != nil {
		return nil, err
	}
	if n >= MostLabels {
		return nil, outbreak.Refuse(outbreak.Invalid, "registry.serials_many", "most", MostLabels)
	}
	for i := range n + 1 {
		code, _ := first.Plus(i, checked) // Until counted them
		list = append(list, code)
	}
	return list, nil
}
