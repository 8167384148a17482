package cases

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// columns are those of a case, in the order of row and scan.
const columns = "id, outbreak, edition, person, area, severity, classification, via, state, tube, positive_at, onset_at, recorded_at, sex, age_months, occupation, hospital, origin, cluster, " +
	"sampled_at, reported_at, diagnosed_at, hospitalised_at, isolated_at, outcome, outcome_at, followed, version, batch"

func scan(r store.Row) (c Case, err error) {
	var followed int64
	err = r.Scan(&c.ID, &c.Outbreak, &c.Edition, &c.Person, &c.Area, &c.Severity, &c.Classification, &c.Via, &c.State, &c.Tube, &c.PositiveAt, &c.OnsetAt, &c.RecordedAt,
		&c.Sex, &c.AgeMonths, &c.Occupation, &c.Hospital, &c.Origin, &c.Cluster, &c.SampledAt, &c.ReportedAt, &c.DiagnosedAt, &c.HospitalisedAt, &c.IsolatedAt,
		&c.Outcome, &c.OutcomeAt, &followed, &c.Version, &c.Batch)
	c.Followed = followed != 0
	return c, err
}

// row is a case in the order of columns.
func (c Case) row() []any {
	return []any{c.ID, c.Outbreak, c.Edition, c.Person, c.Area, c.Severity, c.Classification, c.Via, c.State, c.Tube, c.PositiveAt, c.OnsetAt, c.RecordedAt,
		c.Sex, c.AgeMonths, c.Occupation, c.Hospital, c.Origin, c.Cluster, c.SampledAt, c.ReportedAt, c.DiagnosedAt, c.HospitalisedAt, c.IsolatedAt,
		c.Outcome, c.OutcomeAt, flag(c.Followed), c.Version, c.Batch}
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// live is what the table's unique key calls a case: 1 while it is not discarded, then its own id.
func (c Case) live() int64 {
	if c.State == Discarded {
		return int64(c.ID)
	}
	return 1
}

func byID(tx *store.Tx, id outbreak.CaseID) (Case, bool, error) {
	return store.One(tx, scan, "select "+columns+" from case_file where id = $1", id)
}

// liveOf lists the live cases of a person in an outbreak, under whatever code, the oldest first: more than one only when the
// codes turned out to be one person afterwards.
func liveOf(tx *store.Tx, ob outbreak.OutbreakID, person outbreak.PersonID) ([]Case, error) {
	codes, err := registry.CodesOf(tx, person)
	if err != nil {
		return nil, err
	}
	in, args := store.In([]any{ob}, codes)
	return store.List(tx, scan, "select "+columns+" from case_file where outbreak = $1 and live = 1 and person in ("+in+") order by id", args...)
}

// first gives the first of some cases; an empty one when there is none.
func first(list []Case) (c Case) {
	if len(list) > 0 {
		c = list[0]
	}
	return c
}

// insert adds cases; steps are what is owed for each.
func insert(tx *store.Tx, list []Case, steps map[outbreak.CaseID][]Step) error {
	number, err := nextChange(tx)
	if err != nil {
		return err
	}
	rows, owed := make([][]any, len(list)), [][]any{}
	for i, c := range list {
		rows[i] = append(c.row(), c.live(), "", outbreak.RetainClinical, number)
		for _, s := range steps[c.ID] {
			owed = append(owed, []any{c.ID, s.Step, s.Started, s.Due, s.DoneAt, tx.Now})
		}
	}
	if err := tx.Add("case_file", append(strings.Split(columns, ", "), "live", "reason", "retention", "changed"), rows); err != nil {
		return err
	}
	err = tx.Add("case_step", []string{"case_id", "step", "started_at", "due", "done_at", "recorded_at"}, owed)
	return err
}

// nextChange numbers what a transaction changes: whoever keeps a copy of the table reads what is above the number it has seen.
func nextChange(tx *store.Tx) (int64, error) {
	return store.Count(tx, "select coalesce(max(changed), 0) + 1 from case_file")
}

// touch numbers cases as changed of which something stands beside the row.
func touch(tx *store.Tx, ids []outbreak.CaseID) error {
	if len(ids) == 0 {
		return nil
	}
	number, err := nextChange(tx)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(ids, 400) {
		in, args := store.In([]any{number}, part)
		if _, err := tx.Exec("update case_file set changed = $1 where id in ("+in+")", args...); err != nil {
			return err
		}
	}
	return nil
}

func stepsOf(tx *store.Tx, id outbreak.CaseID) ([]Step, error) {
	return store.List(tx, func(r store.Row) (s Step, err error) {
		err = r.Scan(&s.Step, &s.Started, &s.Due, &s.DoneAt)
		return s, err
	}, "select step, started_at, due, done_at from case_step where case_id = $1 order by due, step", id)
}

// openSteps reads what is still owed for the live cases of an outbreak.
func openSteps(tx *store.Tx, ob outbreak.OutbreakID) (map[outbreak.CaseID][]Step, error) {
	owed := map[outbreak.CaseID][]Step{}
	_, err := store.List(tx, func(r store.Row) (id outbreak.CaseID, err error) {
		var s Step
		err = r.Scan(&id, &s.Step, &s.Started, &s.Due, &s.DoneAt)
		owed[id] = append(owed[id], s)
		return id, err
	}, `select s.case_id, s.step, s.started_at, s.due, s.done_at from case_step s join case_file c on c.id = s.case_id
		where c.outbreak = $1 and c.live = 1 and s.done_at = 0 order by s.case_id, s.due, s.step`, ob)
	return owed, err
}

func saveStep(tx *store.Tx, id outbreak.CaseID, s Step) error {
	return tx.Must("update case_step set done_at = $1, recorded_at = $2 where case_id = $3 and step = $4", s.DoneAt, tx.Now, id, s.Step)
}
