package reconcile

import (
	"context"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Run is one comparison of a list with our cases.
type Run struct {
	ID       outbreak.CompareID   `json:"id"`
	Party    string               `json:"party"`
	Outbreak outbreak.OutbreakID  `json:"outbreak"`
	Area     outbreak.Path        `json:"area"`
	List     outbreak.PartyListID `json:"list"`
	At       outbreak.Instant     `json:"at"`
	Actor    string               `json:"actor"`
	Counts
	Opened int `json:"opened"` // differences that are new, changed or there again
	Gone   int `json:"gone"`
}

const runColumns = "id, party, outbreak, area, list, at, actor, ours, theirs, matched, differing, only_here, only_there, again, unclear, opened, gone"

func scanRun(r store.Row) (x Run, err error) {
	err = r.Scan(&x.ID, &x.Party, &x.Outbreak, &x.Area, &x.List, &x.At, &x.Actor, &x.Ours, &x.Theirs, &x.Matched, &x.Differing, &x.OnlyHere, &x.OnlyThere, &x.Again, &x.Unclear, &x.Opened, &x.Gone)
	return x, err
}

func newestRun(tx *store.Tx, party string) (Run, bool, error) {
	return store.One(tx, scanRun, "select "+runColumns+" from compare_run where party = $1 order by id desc limit 1", party)
}

// Compare is the command that compares the newest list of a party with our cases.
type Compare struct {
	Key   string `json:"-"`
	Party string `json:"party"`
}

// Compare pairs the newest list of a party with the cases of its outbreak below its area, keeps what differs, and what became of
// each row. Fields that the party is the source of truth for are written from the list.
func (s *Service) Compare(ctx context.Context, by outbreak.Actor, c Compare) (Run, error) {
	if err := access.RequireAnywhere(by, access.ReconcileLoad); err != nil {
		return Run{}, err
	}
	l, found, err := s.laidBeside(ctx, by, c.Party)
	if err != nil {
		return Run{}, err
	}
	run, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.Compare", Key: c.Key}, c, func(tx *store.Tx) (Run, error) {
		return s.keepRun(tx, by, l, found)
	})
	if err != nil {
		return run, err
	}
	return run, s.follow(ctx, found.party, run)
}

// laidBeside reads both lists on one picture and compares them, outside of the turn to write.
func (s *Service) laidBeside(ctx context.Context, by outbreak.Actor, code string) (l PartyList, found *comparison, err error) {
	var (
		p      Party
		ours   []Ours
		list   []theirs
		traits map[outbreak.PersonID]registry.Traits
	)
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if p, err = find(tx, by, access.ReconcileLoad, code); err != nil {
			return err
		}
		var ok bool
		if l, ok, err = newestList(tx, p.Code); err != nil {
			return err
		}
		if !ok || l.SweptAt != 0 {
			return outbreak.Refuse(outbreak.Conflict, "reconcile.no_list")
		}
		if list, err = rowsOf(tx, l.ID); err != nil {
			return err
		}
		called, err := s.numbersOf(tx, p.Outbreak, p.Code)
		if err != nil {
			return err
		}
		if ours, err = s.cases.CasesOf(tx, p.Outbreak, called, p.Area); err != nil {
			return err
		}
		marks, err := s.registry.Marks(tx, l.indexKey)
		if err != nil {
			return err
		}
		people := make([]outbreak.PersonID, len(ours))
		for i, o := range ours {
			people[i] = o.Person
		}
		traits, err = marks.People(tx, people)
		return err
	})
	if err != nil {
		return l, nil, err
	}
	found = compare(p, s.cases.Fields(), l.ArrivedAt, ours, traits, list)
	return l, found, found.balanced()
}

// keepRun writes what a comparison found.
func (s *Service) keepRun(tx *store.Tx, by outbreak.Actor, l PartyList, found *comparison) (Run, error) {
	p := found.party
	run := Run{ID: outbreak.New[outbreak.CompareID](s.ids), Party: p.Code, Outbreak: p.Outbreak, Area: p.Area, List: l.ID, At: tx.Now, Actor: by.String(), Counts: found.Counts}
	known, err := knownOf(tx, p.Code)
	if err != nil {
		return run, err
	}
	r := found.remember(known, func() DifferenceID { return outbreak.New[DifferenceID](s.ids) }, tx.Now)
	run.Opened, run.Gone = r.opened, r.gone
	if err := keepRemembered(tx, p.Code, r); err != nil {
		return run, err
	}
	if err := keepOutcomes(tx, p.Code, found.rows); err != nil {
		return run, err
	}
	called, err := s.numbersOf(tx, p.Outbreak, p.Code)
	if err != nil {
		return run, err
	}
	if err := s.cases.Numbers(tx, p.Outbreak, called[0], found.numbers); err != nil {
		return run, err
	}
	if err := tx.Must("insert into compare_run ("+runColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)", run.ID, run.Party, run.Outbreak, run.Area, run.List, run.At,
		run.Actor, run.Ours, run.Theirs, run.Matched, run.Differing, run.OnlyHere, run.OnlyThere, run.Again, run.Unclear, run.Opened, run.Gone); err != nil {
		return run, err
	}
	if _, err := s.journal.Append(tx, by, outbreak.ListsCompared{Scope: p.Scope(), Party: p.Code, Run: run.ID, List: l.ID, Ours: run.Ours, Theirs: run.Theirs, Matched: run.Matched,
		Differing: run.Differing, OnlyHere: run.OnlyHere, OnlyThere: run.OnlyThere, Opened: run.Opened, Gone: run.Gone, At: tx.Now}); err != nil {
		return run, err
	}
	return run, s.work(tx, by, p, r.open)
}

// work opens the work of settling differences when some wait and nobody is asked yet, and ends it when none does.
func (s *Service) work(tx *store.Tx, by outbreak.Actor, p Party, open int) error {
	waits, err := task.OpenAbout(tx, task.SettleDifferences, p.ref())
	if err != nil {
		return err
	}
	switch {
	case open == 0 && len(waits) > 0:
		return s.tasks.End(tx, by, task.SettleDifferences, p.ref(), task.Done, tx.Now)
	case open > 0 && len(waits) == 0:
		return s.tasks.Open(tx, by, task.Work{What: task.SettleDifferences, Subject: p.ref(), Scope: p.Scope(), Clock: outbreak.Deadline{From: tx.Now}})
	}
	return nil
}

// knownOf reads all differences of a party by their marks.
func knownOf(tx *store.Tx, party string) (map[string]Difference, error) {
	known := map[string]Difference{}
	err := store.Each(tx, func(r store.Row) error {
		d, err := scanDifference(r)
		known[d.mark] = d
		return err
	}, "select "+differenceColumns+" from difference where party = $1", party)
	return known, err
}

func keepRemembered(tx *store.Tx, party string, r remembered) error {
	if _, err := tx.Exec("update difference set last_seen = $1 where party = $2 and present = 1", tx.Now, party); err != nil {
		return err
	}
	if err := putDifferences(tx, r.moved); err != nil {
		return err
	}
	rows := make([][]any, len(r.fresh))
	for i, d := range r.fresh {
		rows[i] = d.row()
	}
	err := tx.Add("difference", differenceFields, rows)
	return err
}

func keepOutcomes(tx *store.Tx, party string, list []outcome) error {
	if _, err := tx.Exec("delete from compare_row where party = $1", party); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, o := range list {
		rows[i] = []any{party, int64(o.No), int64(o.Case), o.FoundBy, o.What}
	}
	err := tx.Add("compare_row", []string{"party", "no", "case_id", "found_by", "outcome"}, rows)
	return err
}

// ListRuns lists the comparisons with a party, the newest first.
func (s *Service) ListRuns(ctx context.Context, by outbreak.Actor, party string, most int) (list []Run, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := find(tx, by, access.ReconcileRead, party); err != nil {
			return err
		}
		list, err = store.List(tx, scanRun, "select "+runColumns+" from compare_run where party = $1 order by id desc limit $2", party, max(most, 1))
		return err
	})
	return list, err
}

// RowOutcome is what became of a row of the newest list.
type RowOutcome struct {
	Row     int             `json:"row"`
	Case    outbreak.CaseID `json:"case"`
	FoundBy string          `json:"found_by,omitempty"`
	Outcome string          `json:"outcome"`
}

// ListOutcomes lists what became of the rows of a party's newest list, after a row.
func (s *Service) ListOutcomes(ctx context.Context, by outbreak.Actor, party string, after, most int) (list []RowOutcome, err error) {
	if err := access.RequireAnywhere(by, access.ReconcileRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := find(tx, by, access.ReconcileRead, party); err != nil {
			return err
		}
		list, err = store.List(tx, func(r store.Row) (o RowOutcome, err error) {
			err = r.Scan(&o.Row, &o.Case, &o.FoundBy, &o.Outcome)
			return o, err
		}, "select no, case_id, found_by, outcome from compare_row where party = $1 and no > $2 order by no limit $3", party, after, max(most, 1))
		return err
	})
	return list, err
}
