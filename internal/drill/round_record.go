package drill

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// named says in the report which version was rehearsed on which kind of database: this one on an own server, or that of the house
// it was played on.
func (d *day) named(ctx context.Context, report *RoundReport) error {
	if d.house == nil {
		var x screening.Rehearsals
		if err := d.client.Get(ctx, "/rehearsals", url.Values{"limit": {"1"}}, &x); err != nil {
			return fmt.Errorf("asking which version was rehearsed: %w", err)
		}
		report.Version, report.Engine = x.Version, x.Engine
		return nil
	}
	report.Version, report.Engine = d.Version, string(store.SQLite)
	if strings.HasPrefix(d.DB, "postgres") {
		report.Engine = string(store.PostgreSQL)
	}
	return nil
}

// Record tells a house that a rehearsal was passed, so that it opens rounds of that size on that version.
func (r RoundReport) Record(ctx context.Context, c *Client) error {
	if !r.Sound() {
		return errors.New("a rehearsal that lost, doubled or made up anything is not recorded as passed")
	}
	var kept screening.Rehearsal
	err := c.Post(ctx, "/rehearsals", fmt.Sprintf("rehearsal %s %d", r.Version, outbreak.WallClock{}.Now()), map[string]any{"version": r.Version, "engine": r.Engine, "people": r.People,
		"tubes": r.Tubes, "kills": r.Kills, "seconds": int(r.Seconds), "rate": int(r.RateMean), "lost": r.Lost, "duplicated": r.Duplicated, "ghosts": r.Ghosts}, &kept)
	if err != nil {
		return fmt.Errorf("recording the rehearsal: %w", err)
	}
	return nil
}
