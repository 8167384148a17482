package screening

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SerialRun is a run of tube serials in the hands of a sampling point: a roll of labels, a rack of tubes. Where it is, what of it
// was used, and what became of the rest.
type SerialRun struct {
	ID       int64               `json:"id"`
	Booth    outbreak.BoothID    `json:"booth"`
	Device   int64               `json:"device,omitempty"` // the device it was handed to; 0: to the point
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"` // of the box
	First    outbreak.TubeCode   `json:"first"`
	Last     outbreak.TubeCode   `json:"last"`
	Count    int                 `json:"count"`
	Checked  bool                `json:"checked,omitempty"`
	IssuedAt outbreak.Instant    `json:"issued_at"`
	Ended    string              `json:"ended,omitempty"` // returned or lost; empty while it stands
	Back     outbreak.TubeCode   `json:"back,omitempty"`  // the first serial that was returned or lost
	EndedAt  outbreak.Instant    `json:"ended_at,omitzero"`
	Used     int                 `json:"used"`                // tubes the point handed in
	Away     int                 `json:"away"`                // tubes others handed in
	LastUsed outbreak.TubeCode   `json:"last_used,omitempty"` // the highest serial anybody handed in
	areaID   outbreak.AreaID
}

// How a run ends. What was used before stays the point's.
const (
	SerialsReturned = "returned"
	SerialsLost     = "lost"
)

// SerialEnds lists them in the order of a form.
var SerialEnds = []string{SerialsReturned, SerialsLost}

// Scope is where the run belongs.
func (r SerialRun) Scope() outbreak.Scope { return outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak} }

// Gone counts the serials that were returned or lost.
func (r SerialRun) Gone() int {
	if r.Back == "" {
		return 0
	}
	n, _ := r.Back.Until(r.Last, r.Checked)
	return n + 1
}

// Left counts the serials that are at the point still and that nobody used.
func (r SerialRun) Left() int {
	if r.Ended != "" {
		return 0
	}
	return max(r.Count-r.Used-r.Away, 0)
}

const runColumns = "id, booth, device, outbreak, area_id, area, first, last, checked, issued_at, ended, back, ended_at"

func scanRun(r store.Row) (x SerialRun, err error) {
	var checked int64
	err = r.Scan(&x.ID, &x.Booth, &x.Device, &x.Outbreak, &x.areaID, &x.Area, &x.First, &x.Last, &checked, &x.IssuedAt, &x.Ended, &x.Back, &x.EndedAt)
	x.Checked = checked != 0
	n, _ := x.First.Until(x.Last, x.Checked)
	x.Count = n + 1
	return x, err
}

// IssueSerials is the command that hands a run of serials to a sampling point.
type IssueSerials struct {
	Key    string            `json:"-"`
	Booth  outbreak.BoothID  `json:"booth"`
	Device int64             `json:"device"` // 0: to the point
	First  outbreak.TubeCode `json:"first"`
	Count  int               `json:"count"` // how many; 0: up to Last
	Last   outbreak.TubeCode `json:"last"`
}

// IssueSerials hands a run of serials of one box to a sampling point. Serials that somebody else has are refused; those that were
// returned are free.
func (s *Service) IssueSerials(ctx context.Context, by outbreak.Actor, c IssueSerials) (SerialRun, error) {
	if err := access.RequireAnywhere(by, access.SerialIssue); err != nil {
		return SerialRun{}, err
	}
	c.First, c.Last = c.First.Canonical(), c.Last.Canonical()
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.IssueSerials", Key: c.Key}, c, func(tx *store.Tx) (SerialRun, error) {
		booth, err := boothByID(tx, c.Booth)
		if err != nil {
			return SerialRun{}, err
		}
		if access.Require(by, access.SerialIssue, outbreak.Scope{Area: booth.Area, Outbreak: booth.Outbreak}) != nil {
			return SerialRun{}, outbreak.Refuse(outbreak.NotFound, "screening.no_booth")
		}
		r, err := runIn(tx, c, booth)
		if err != nil {
			return r, err
		}
		if r.ID, err = store.Count(tx, "select coalesce(max(id), 0) + 1 from serial_run"); err != nil {
			return r, err
		}
		r.IssuedAt = tx.Now
		checked := int64(0)
		if r.Checked {
			checked = 1
		}
		if err := tx.Must("insert into serial_run ("+runColumns+", length, issued_by, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', 0, $11, $12, $13)",
			r.ID, r.Booth, r.Device, r.Outbreak, r.areaID, r.Area, r.First, r.Last, checked, r.IssuedAt, len(r.First), by.String(), tx.Now); err != nil {
			return r, err
		}
		_, err = s.journal.Append(tx, by, outbreak.SerialsIssued{Scope: r.Scope(), Run: r.ID, Booth: r.Booth, Device: r.Device, First: r.First, Last: r.Last})
		return r, err
	})
}

// runIn makes the run that is asked for, when it lies in a box of the point's outbreak and area, and nobody has any of it.
func runIn(tx *store.Tx, c IssueSerials, booth Booth) (SerialRun, error) {
	box, err := registry.BoxOf(tx, c.First)
	if err != nil {
		return SerialRun{}, err
	}
	if box.First == "" {
		return SerialRun{}, outbreak.Refuse(outbreak.Conflict, "screening.serials_no_box", "serial", string(c.First))
	}
	if c.Count > 0 {
		c.Last, _ = c.First.Plus(c.Count-1, box.Checked) // what cannot be counted is refused below
	}
	n, err := registry.CountSerials(c.First, c.Last, box.Checked)
	switch {
	case err != nil:
		return SerialRun{}, err
	case c.Last > box.Last:
		return SerialRun{}, outbreak.Refuse(outbreak.Conflict, "screening.serials_no_box", "serial", string(c.Last))
	case box.Outbreak != 0 && box.Outbreak != booth.Outbreak || !box.Area.Contains(booth.Area) && !booth.Area.Contains(box.Area):
		return SerialRun{}, outbreak.Refuse(outbreak.Conflict, "screening.serials_other_area")
	}
	if c.Device != 0 {
		at, known, err := store.One(tx, store.Value[outbreak.BoothID], "select booth from device where id = $1", c.Device)
		if err != nil {
			return SerialRun{}, err
		}
		if !known || at != booth.ID {
			return SerialRun{}, outbreak.Refuse(outbreak.NotFound, "screening.no_device")
		}
	}
	taken, ok, err := store.One(tx, scanRun, "select "+runColumns+` from serial_run where length = $1 and first <= $2 and last >= $3
		and (ended <> $4 or back = '' or back > $5) order by id limit 1`, len(c.First), c.Last, c.First, SerialsReturned, c.First)
	if err != nil {
		return SerialRun{}, err
	}
	if ok {
		return SerialRun{}, outbreak.Refuse(outbreak.Conflict, "screening.serials_taken", "first", string(taken.First), "last", string(taken.Last))
	}
	return SerialRun{Booth: booth.ID, Device: c.Device, Outbreak: booth.Outbreak, areaID: box.AreaID, Area: box.Area, First: c.First, Last: c.Last, Count: n + 1, Checked: box.Checked}, nil
}

// EndSerials is the command that says that the rest of a run came back, or was lost.
type EndSerials struct {
	Key  string            `json:"-"`
	Run  int64             `json:"run"`
	How  string            `json:"how"`  // one of SerialEnds
	From outbreak.TubeCode `json:"from"` // the first serial that is left; empty: the one behind the last that was used
}

// EndSerials ends a run: what is left of it was returned, and can be handed out anew, or was lost.
func (s *Service) EndSerials(ctx context.Context, by outbreak.Actor, c EndSerials) (SerialRun, error) {
	if err := access.RequireAnywhere(by, access.SerialIssue); err != nil {
		return SerialRun{}, err
	}
	if c.How != SerialsReturned && c.How != SerialsLost {
		return SerialRun{}, outbreak.Refuse(outbreak.Invalid, "screening.serials_how")
	}
	c.From = c.From.Canonical()
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.EndSerials", Key: c.Key}, c, func(tx *store.Tx) (SerialRun, error) {
		r, ok, err := store.One(tx, scanRun, "select "+runColumns+" from serial_run where id = $1", c.Run)
		if err != nil {
			return r, err
		}
		if !ok || access.Require(by, access.SerialIssue, r.Scope()) != nil {
			return r, outbreak.Refuse(outbreak.NotFound, "screening.no_serials")
		}
		if r.Ended != "" {
			return r, outbreak.Refuse(outbreak.Conflict, "screening.serials_ended")
		}
		if err := r.count(tx); err != nil {
			return r, err
		}
		r.Ended, r.EndedAt = c.How, tx.Now
		if r.Back, err = r.rest(c.From); err != nil {
			return r, err
		}
		if err := tx.Must("update serial_run set ended = $1, back = $2, ended_at = $3 where id = $4", r.Ended, r.Back, r.EndedAt, r.ID); err != nil {
			return r, err
		}
		_, err = s.journal.Append(tx, by, outbreak.SerialsEnded{Scope: r.Scope(), Run: r.ID, Booth: r.Booth, How: r.Ended, From: r.Back, Last: r.Last})
		return r, err
	})
}

// rest gives the first serial of a run that is left; empty when none is. Nothing that was used is left.
func (r SerialRun) rest(from outbreak.TubeCode) (outbreak.TubeCode, error) {
	first := r.First
	if r.LastUsed != "" {
		n, ok := r.First.Until(r.LastUsed, r.Checked)
		if !ok {
			n = 0 // a serial that was misread: it says nothing of the others
		}
		next, counted := r.First.Plus(n+1, r.Checked)
		if !counted || next > r.Last {
			return "", nil
		}
		if ok {
			first = next
		}
	}
	if from == "" {
		return first, nil
	}
	if _, ok := first.Until(from, r.Checked); !ok || from > r.Last {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.serials_from", "first", string(first), "last", string(r.Last))
	}
	return from, nil
}

// count finds out what of a run was handed in. It reads the tubes of the run alone.
func (r *SerialRun) count(tx *store.Tx) error {
	_, err := tx1(tx, func(row store.Row) error { return row.Scan(&r.Used, &r.Away, &r.LastUsed) },
		`select count(distinct case when booth = $1 then tube end), count(distinct case when booth <> $1 then tube end), coalesce(max(tube), '')
			from tube where area_id = $2 and tube >= $3 and tube <= $4 and length(tube) = $5`, r.Booth, r.areaID, r.First, r.Last, len(r.First))
	return err
}

// SerialFilter says which runs are wanted.
type SerialFilter struct {
	Booth    outbreak.BoothID // 0: every one
	Standing bool             // those that have not ended
	Before   int64            // runs before this one; 0: from the newest
	Most     int
}

// ListSerials lists the runs of the areas the actor sees, the newest first, with what of each was used.
func (s *Service) ListSerials(ctx context.Context, by outbreak.Actor, f SerialFilter) (list []SerialRun, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		and := func(text string, v any) {
			args = append(args, v)
			cond += fmt.Sprintf(" and "+text+" $%d", len(args))
		}
		if f.Booth != 0 {
			and("booth =", f.Booth)
		}
		if f.Standing {
			and("ended =", "")
		}
		if f.Before != 0 {
			and("id <", f.Before)
		}
		args = append(args, max(f.Most, 1))
		if list, err = store.List(tx, scanRun, fmt.Sprintf("select "+runColumns+" from serial_run where %s order by id desc limit $%d", cond, len(args)), args...); err != nil {
			return err
		}
		for i := range list {
			if err := list[i].count(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
