package cases

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// change is a case as it was and as it is to be.
type change struct{ was, now Case }

// Change is one change of one field.
type Change struct {
	Field   string           `json:"field"`
	Was     string           `json:"was"`
	Became  string           `json:"became"`
	Version int64            `json:"version"`
	At      outbreak.Instant `json:"at"`
	Actor   string           `json:"actor"`
	Batch   outbreak.BatchID `json:"batch,omitempty"`
}

// zones remembers the time zones of areas within one transaction.
type zones map[outbreak.Path]*time.Location

func (z zones) of(tx *store.Tx, area outbreak.Path) (*time.Location, error) {
	if zone := z[area]; zone != nil {
		return zone, nil
	}
	zone, err := registry.LocationOf(tx, area)
	z[area] = zone
	return zone, err
}

// know asks for the time zones of many areas at once.
func (z zones) know(tx *store.Tx, areas []outbreak.Path) error {
	found, err := registry.LocationsOf(tx, areas)
	maps.Copy(z, found)
	return err
}

// keep writes cases that changed, and each field that did. What did not change is left alone. It gives the cases as they are
// then; reason is kept with them when somebody said one.
func keep(tx *store.Tx, by outbreak.Actor, list []change, batch outbreak.BatchID, reason string) ([]Case, error) {
	number, err := nextChange(tx)
	if err != nil {
		return nil, err
	}
	var kept []Case
	var rows, notes [][]any
	in := zones{}
	var areas []outbreak.Path
	for _, x := range list {
		areas = append(areas, x.was.Area)
	}
	if err := in.know(tx, areas); err != nil {
		return nil, err
	}
	for _, x := range list {
		zone, err := in.of(tx, x.was.Area)
		if err != nil {
			return nil, err
		}
		x.now.Version, x.now.Batch = x.was.Version+1, batch
		differ := false
		for _, f := range fields {
			if was, became := f.text(&x.was, zone), f.text(&x.now, zone); was != became {
				notes = append(notes, []any{x.now.ID, f.Name, was, became, x.now.Version, tx.Now, by.String(), batch})
				differ = true
			}
		}
		if differ {
			rows, kept = append(rows, x.now.changed(number)), append(kept, x.now)
		}
	}
	for part := range slices.Chunk(rows, store.MostGiven) {
		if err := update(tx, part); err != nil {
			return nil, err
		}
	}
	if err := tx.Add("case_change", []string{"case_id", "field", "was", "became", "version", "at", "actor", "batch"}, notes); err != nil || reason == "" {
		return kept, err
	}
	for _, c := range kept {
		if err := tx.Must("update case_file set reason = $1 where id = $2", reason, c.ID); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// keepOne is keep for one case.
func keepOne(tx *store.Tx, by outbreak.Actor, was, now Case, reason string) (Case, error) {
	kept, err := keep(tx, by, []change{{was, now}}, 0, reason)
	if err != nil || len(kept) == 0 {
		return was, err
	}
	return kept[0], nil
}

// mutable are the columns a change may touch, in the order of changed.
var mutable = strings.Split("severity, classification, via, state, live, onset_at, sex, age_months, occupation, hospital, origin, cluster, sampled_at, reported_at, diagnosed_at, "+
	"hospitalised_at, isolated_at, outcome, outcome_at, followed, version, batch, changed", ", ")

func (c Case) changed(number int64) []any {
	return []any{c.ID, c.Severity, c.Classification, c.Via, c.State, c.live(), c.OnsetAt, c.Sex, c.AgeMonths, c.Occupation, c.Hospital, c.Origin, c.Cluster, c.SampledAt,
		c.ReportedAt, c.DiagnosedAt, c.HospitalisedAt, c.IsolatedAt, c.Outcome, c.OutcomeAt, flag(c.Followed), c.Version, c.Batch, number}
}

func update(tx *store.Tx, rows [][]any) error {
	from, args, err := tx.Given(rows)
	if err != nil {
		return err
	}
	set := make([]string, len(mutable))
	for i, column := range mutable {
		set[i] = column + " = k." + string(rune('b'+i))
	}
	n, err := tx.Exec("update case_file set "+strings.Join(set, ", ")+" from "+from+" where case_file.id = k.a", args...)
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("%d cases were to change, %d did", len(rows), n)
	}
	return err
}
