package cases

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const columns = "id, outbreak, edition, person, area, severity, classification, via, state, tube, positive_at, onset_at, recorded_at"

func scan(r store.Row) (c Case, err error) {
	err = r.Scan(&c.ID, &c.Outbreak, &c.Edition, &c.Person, &c.Area, &c.Severity, &c.Classification, &c.Via, &c.State, &c.Tube, &c.PositiveAt, &c.OnsetAt, &c.RecordedAt)
	return c, err
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

func insert(tx *store.Tx, c Case, owed []Step) error {
	if err := tx.Must("insert into case_file ("+columns+`, live, reason, retention) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, '', $14)`,
		c.ID, c.Outbreak, c.Edition, c.Person, c.Area, c.Severity, c.Classification, c.Via, c.State, c.Tube, c.PositiveAt, c.OnsetAt, c.RecordedAt, outbreak.RetainClinical); err != nil {
		return err
	}
	for _, s := range owed {
		if err := insertStep(tx, c.ID, s); err != nil {
			return err
		}
	}
	return nil
}

func insertStep(tx *store.Tx, id outbreak.CaseID, s Step) error {
	return tx.Must("insert into case_step (case_id, step, started_at, due, done_at, recorded_at) values ($1, $2, $3, $4, $5, $6)", id, s.Step, s.Started, s.Due, s.DoneAt, tx.Now)
}

// save keeps what became of a case, and why when somebody said so; the reason of an earlier decision stays otherwise.
func save(tx *store.Tx, c Case, reason string) error {
	live := int64(1)
	if c.State == Discarded {
		live = int64(c.ID)
	}
	set, args := "severity = $1, classification = $2, state = $3, live = $4", []any{c.Severity, c.Classification, c.State, live, c.ID}
	if reason != "" {
		set, args = set+", reason = $6", append(args, reason)
	}
	return tx.Must("update case_file set "+set+" where id = $5", args...)
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
