package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
	"breakwater/internal/view/board"
)

// Check is one invariant and how it stands.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Figure int64  `json:"figure"` // how many things break it, or what the detail says
	Detail string `json:"detail"`
}

// Diagnosis is what doctor prints.
type Diagnosis struct {
	Version  string  `json:"version"`
	Database string  `json:"database"`
	Checks   []Check `json:"checks"`
}

// Violated counts the checks that fail.
func (d Diagnosis) Violated() int {
	n := 0
	for _, c := range d.Checks {
		if !c.OK {
			n++
		}
	}
	return n
}

// calm is how long doctor waits for consumers to finish before it looks across the slices.
const calm = 10 * time.Second

// Doctor checks the invariants of a site, running or not. While consumers are behind, the checks that look across slices are
// waited for and, if need be, not judged.
func (a *App) Doctor(ctx context.Context) (Diagnosis, error) {
	d := Diagnosis{Version: a.config.Version, Database: string(a.House.DB.Engine())}
	v, err := journal.Verify(ctx, a.House.DB)
	if err != nil {
		return d, err
	}
	detail := fmt.Sprintf("%d records, head %.16s", v.Entries, v.Head)
	if len(v.Findings) > 0 {
		detail = fmt.Sprint(v.Findings[0])
	}
	d.add("journal", len(v.Findings) == 0, int64(len(v.Findings)), detail)
	behind, err := a.settled(ctx)
	if err != nil {
		return d, err
	}
	err = a.House.DB.Read(ctx, func(tx *store.Tx) error { return a.look(tx, &d, behind) })
	if err != nil {
		return d, err
	}
	if err := a.lookAtRounds(ctx, &d); err != nil {
		return d, err
	}
	if err := a.lookAtUse(ctx, &d); err != nil {
		return d, err
	}
	wrong, err := a.House.Board.WrongTubes(ctx)
	if err != nil {
		return d, err
	}
	d.add("tubes", wrong == 0 || behind > 0, wrong, "tubes that wait on one side of the house alone")
	wrong, runs, err := a.House.Screening.WrongRuns(ctx)
	if err != nil {
		return d, err
	}
	d.add("tube-runs", wrong == 0, wrong, fmt.Sprintf("of %d packed runs of tubes that say something else than their rows", runs))
	differ, err := a.House.LineList.Differences(ctx)
	if err != nil {
		return d, err
	}
	d.add("line-list", differ == 0, differ, "cases that stand otherwise in memory than in the tables")
	return d, a.lookAtBackups(ctx, &d)
}

func (d *Diagnosis) add(name string, ok bool, figure int64, detail string) {
	d.Checks = append(d.Checks, Check{name, ok, figure, detail})
}

// settled waits a while for consumers with entries to follow and gives how many are left.
func (a *App) settled(ctx context.Context) (behind int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, calm)
	defer cancel()
	for {
		behind = 0
		err = a.House.DB.Read(ctx, func(tx *store.Tx) error {
			for _, c := range a.Consumers() {
				n, err := journal.Unseen(tx, c)
				if err != nil {
					return err
				}
				behind += n
			}
			return nil
		})
		if err != nil || behind == 0 {
			return behind, err
		}
		select {
		case <-ctx.Done():
			return behind, nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (a *App) look(tx *store.Tx, d *Diagnosis, behind int64) error {
	d.add("consumers", true, behind, "entries not followed yet")
	if behind > 0 {
		d.Checks[len(d.Checks)-1].Detail = "entries not followed yet; the checks across slices were not judged"
	}
	parked, err := journal.ListParked(tx)
	if err != nil {
		return err
	}
	d.add("parked", len(parked) == 0, int64(len(parked)), "entries put aside")
	n, err := registry.CheckRoll(tx)
	if err != nil {
		return err
	}
	d.add("roll-numbers", n == 0, n, "people on the roll outside the ranges of their area")
	differ, err := board.Differences(tx)
	if err != nil {
		return err
	}
	d.add("board", differ == 0, int64(differ), "rows in which the kept board differs from the rebuilt one")
	for _, c := range board.Checks {
		n, err := c.Count(tx)
		if err != nil {
			return fmt.Errorf("checking %s: %w", c.Name, err)
		}
		d.add(c.Name, n == 0 || behind > 0, n, "things that do not agree")
	}
	wrong, err := supplies.Wrong(tx)
	if err != nil {
		return fmt.Errorf("checking supplies: %w", err)
	}
	d.add("supplies", wrong == 0, wrong, "balances that are not those counted anew from movements and use")
	return nil
}

// lookAtUse holds what supplies hold to be used up against the tubes, runs and hand-outs themselves.
func (a *App) lookAtUse(ctx context.Context, d *Diagnosis) error {
	wrong, judged, err := a.House.Supplies.Recount(ctx)
	if err != nil {
		return fmt.Errorf("recounting what was used: %w", err)
	}
	detail := "items whose use is not what tubes, runs and hand-outs used up"
	if !judged {
		detail = "entries were not followed yet: not judged"
	}
	d.add("supplies-used", wrong == 0, wrong, detail)
	return nil
}

// stale is how old the last backup may be.
const stale = 48 * time.Hour

// lookAtBackups says how many hours old the last backup is. A site that was never backed up by the program itself may be
// backed up otherwise.
func (a *App) lookAtBackups(ctx context.Context, d *Diagnosis) error {
	last, err := a.lastBackup(ctx)
	if err != nil {
		return err
	}
	if last == 0 {
		d.add("backup", true, 0, "none was made by this program so far")
		return nil
	}
	age := a.config.Clock.Now().Sub(last)
	d.add("backup", age <= stale && age > -time.Hour, int64(age/time.Hour), "hours since the last backup, made "+last.String())
	return nil
}

// lookAtRounds checks that the outcomes of every open round sum to its roll.
func (a *App) lookAtRounds(ctx context.Context, d *Diagnosis) error {
	cover := a.House.Screening.Coverage()
	if a.stop == nil { // nothing runs in this process
		if err := cover.CatchUp(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	sums, err := cover.Sums(ctx)
	if err != nil {
		return err
	}
	var wrong int64
	for _, s := range sums {
		if s[0] != s[1] {
			wrong++
		}
	}
	d.add("roll", wrong == 0, wrong, fmt.Sprintf("of %d open rounds whose outcomes do not sum to the roll", len(sums)))
	return nil
}
