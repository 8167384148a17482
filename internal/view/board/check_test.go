package board_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
)

// errBack takes a planted fault out again.
var errBack = errors.New("back")

// rows that faults are planted with; each ends in what differs.
const (
	tube   = "insert into tube (seq, area_id, tube, round, op_id, booth, kind, taken, recorded_at, form, members) values (1, 1, 'T1', 1, 1, 1, 0, 1, 1, 0, $1)"
	round  = "insert into round (id, outbreak, edition, area, name, pool, opens, closes, state, roll, opened_seq, retention, closed_at, recorded_at) values (1, 7, 'x', '/22/', 'r', 10, 1, 2, 'open', 0, 0, 'screening', 0, 1)"
	booth  = "insert into booth (id, outbreak, area_id, area, name, recorded_at) values (1, 7, 1, '/22/', 'b', 1)"
	result = "insert into tube_result (area_id, tube, revision, result, lab, ran_at, recorded_at, message, batch, outbreak, edition, retention) values (1, 'T1', 1, 'positive', 1, 1, 1, '', 1, 7, 'x', 'screening')"
	recall = "insert into recall (area_id, tube, round, outbreak, area, result, state, opened_at, closed_at) values (1, 'T1', 1, 7, '/22/', 'positive', 'open', 1, 0)"
	member = "insert into recall_member (area_id, tube, person, no, outbreak, area, state, held_at, held_until, held_to, resample_due, single, single_at, result_due, ended_at) values (1, 'T1', 3, 3, 7, '/22/', 'held', 1, 1, 1, 1, '', 0, 0, 0)"
	file   = "insert into case_file (id, outbreak, edition, person, area, severity, classification, via, state, live, tube, positive_at, onset_at, reason, retention, recorded_at) values (5, 7, 'x', 3, '/22/', 'mild', 'confirmed', 'clinic', 'open', 1, '', 1, 0, '', 'clinical', 1)"
	fromT1 = "insert into case_file (id, outbreak, edition, person, area, severity, classification, via, state, live, tube, positive_at, onset_at, reason, retention, recorded_at) values (5, 7, 'x', 3, '/22/', 'mild', 'confirmed', 'clinic', 'open', 1, 'T1', 1, 0, '', 'clinical', 1)"
	clock  = "insert into case_step (case_id, step, started_at, due, done_at, recorded_at) values (5, 'report', 1, 1, 0, 1)"
	need   = "insert into need (id, outbreak, edition, person, case_id, area, severity, severity_rank, kinds, state, live, since, due, ended_at, retention, recorded_at) values (8, 7, 'x', 3, 5, '/22/', 'mild', 0, '', 'waiting', 1, 1, 1, 0, 'clinical', 1)"
	stay   = "insert into stay (id, outbreak, edition, person, need, case_id, area, site, bed, state, reserved_at, arrived_at, ended_at, reason, retention, recorded_at) values "
	bed    = "insert into bed (id, site, ward, label, kind, state, stay) values "
	trip   = "insert into trip (id, outbreak, edition, person, need, stay, area, site, vehicle, state, live, requested_at, due, assigned_at, picked_up_at, ended_at, reason, retention, recorded_at) values (6, 7, 'x', 3, 8, 9, '/22/', 1, 0, 'requested', 1, 1, 1, 0, 0, 0, '', 'operation', 1)"
	spoken = "insert into journal (ledger, seq, at, kind, outbreak, area, actor, cause, body, hash) values (1, 1000, 1, 'PersonPositive', 7, '/22/', 'test', 0, '{}', $1)"
	about  = "insert into journal_about (kind, id, seq) values ('person', 'X', 1000)"
)

// planted are the faults that the checks are there to see.
var planted = []struct {
	why   string
	rows  []string
	names []string // of the checks that fail
}{
	{"a positive pool that nobody was called back from", []string{round, booth, tube, result}, []string{"positives"}},
	{"a held member whom nobody is to swab", []string{round, booth, tube, result, recall, member}, []string{"positives"}},
	{"a positive person without a case", []string{spoken, about}, []string{"positives"}},
	{"a case without clocks", []string{file, need}, []string{"positives"}},
	{"a case that nobody seeks a bed for", []string{file, clock}, []string{"positives"}},
	{"a recall without a result", []string{recall}, []string{"follow-ons"}},
	{"a member without a recall", []string{member}, []string{"follow-ons", "positives"}},
	{"a case without its result", []string{fromT1, clock, need}, []string{"follow-ons"}},
	{"a need without a case", []string{need}, []string{"follow-ons"}},
	{"a stay without its need", []string{stay + "(9, 7, 'x', 3, 8, 5, '/22/', 1, 0, 'discharged', 1, 1, 1, '', 'clinical', 1)"}, []string{"follow-ons"}},
	{"a trip to no stay", []string{trip}, []string{"beds", "follow-ons"}},
	{"a bed held for nobody", []string{bed + "(2, 1, 1, '1', 'single_room', 'open', 9)"}, []string{"beds"}},
	{"a bed that does not know who lies in it", []string{bed + "(2, 1, 1, '1', 'single_room', 'open', 0)", stay + "(9, 7, 'x', 3, 0, 0, '/22/', 1, 2, 'arrived', 1, 1, 0, '', 'clinical', 1)"}, []string{"beds"}},
	{"a reservation without a way there", []string{bed + "(2, 1, 1, '1', 'single_room', 'open', 9)", stay + "(9, 7, 'x', 3, 0, 0, '/22/', 1, 2, 'reserved', 1, 0, 0, '', 'clinical', 1)"}, []string{"beds"}},
	{"a trip to a bed that was given back", []string{trip, stay + "(9, 7, 'x', 3, 0, 0, '/22/', 1, 0, 'cancelled', 1, 0, 1, '', 'clinical', 1)"}, []string{"beds"}},
	{"a reserved need without a reservation", []string{file, clock, strings.Replace(need, "'waiting'", "'reserved'", 1)}, []string{"beds"}},
}

// TestEachCheckCanFail plants every fault the checks are there to see and takes it out again. Between them the house is
// sound.
func TestEachCheckCanFail(t *testing.T) {
	testkit.Engines(t, app.Owners(), func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		ctx := context.Background()
		failing := map[string]bool{}
		for _, p := range planted {
			err := db.Write(ctx, func(tx *store.Tx) error {
				if names := violated(t, tx); len(names) != 0 {
					t.Errorf("before %q: %v", p.why, names)
				}
				for _, q := range p.rows {
					var args []any
					if strings.Contains(q, "$1") {
						args = []any{make([]byte, 32)} // two members, or any hash
					}
					if err := tx.Must(q, args...); err != nil {
						return err
					}
				}
				names := violated(t, tx)
				if !slices.Equal(names, p.names) {
					t.Errorf("%s: %v found something, want %v", p.why, names, p.names)
				}
				for _, n := range names {
					failing[n] = true
				}
				return errBack
			})
			if !errors.Is(err, errBack) {
				t.Fatalf("%s: %v", p.why, err)
			}
		}
		for _, c := range board.Checks {
			if !failing[c.Name] {
				t.Errorf("no planted fault is found by the check %s", c.Name)
			}
		}
	})
}

// violated names the checks that find something.
func violated(t *testing.T, tx *store.Tx) (names []string) {
	t.Helper()
	for _, c := range board.Checks {
		n, err := c.Count(tx)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if n != 0 {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// TestDoctorNamesAPlantedFault sees one of them from outside, as an operator does.
func TestDoctorNamesAPlantedFault(t *testing.T) {
	ctx := context.Background()
	a, err := app.New(ctx, app.Config{Data: testkit.Folder(t, app.Owners()), Log: testkit.Quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	if err := a.House.DB.Write(ctx, func(tx *store.Tx) error { return tx.Must(bed + "(2, 1, 1, '1', 'single_room', 'open', 9)") }); err != nil {
		t.Fatal(err)
	}
	d, err := a.Doctor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Checks {
		if c.OK == (c.Name == "beds") {
			t.Errorf("%s: %v %d", c.Name, c.OK, c.Figure)
		}
	}
}
