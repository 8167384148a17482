package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type callBackKind struct{}

// CallBackID names a call-back.
type CallBackID = outbreak.ID[callBackKind]

// CallBack is one person whose excusal is checked by a telephone call or a visit of somebody else (回访).
type CallBack struct {
	ID       CallBackID          `json:"id"`
	Anomaly  outbreak.AnomalyID  `json:"anomaly"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Person   outbreak.PersonID   `json:"person"`
	No       int64               `json:"no"`
	Outcome  outbreak.Outcome    `json:"outcome"` // what was said
	AskedAt  outbreak.Instant    `json:"asked_at"`
	Due      outbreak.Instant    `json:"due"`
	Found    string              `json:"found"` // confirmed, contradicted, not_reached; empty: nobody called yet
	FoundAt  outbreak.Instant    `json:"found_at"`

	saidBy string
}

// Scope is where the person belongs.
func (c CallBack) Scope() outbreak.Scope { return outbreak.Scope{Area: c.Area, Outbreak: c.Outbreak} }

func (c CallBack) ref() outbreak.Ref { return outbreak.Ref{Kind: "call_back", ID: c.ID.String()} }

// What a call-back finds: the person says the same, says otherwise, or could not be reached.
const (
	Confirmed    = "confirmed"
	Contradicted = "contradicted"
	NotReached   = "not_reached"
)

// CallBackWords lists them.
var CallBackWords = []string{Confirmed, Contradicted, NotReached}

const callBackColumns = "id, anomaly, round, outbreak, area, person, no, outcome, said_by, asked_at, due, found, found_at"

func scanCallBack(r store.Row) (c CallBack, err error) {
	err = r.Scan(&c.ID, &c.Anomaly, &c.Round, &c.Outbreak, &c.Area, &c.Person, &c.No, &c.Outcome, &c.saidBy, &c.AskedAt, &c.Due, &c.Found, &c.FoundAt)
	return c, err
}

// askBack asks for one call; somebody who was drawn before is not called twice.
func (s *Service) askBack(tx *store.Tx, by outbreak.Actor, c CallBack) error {
	n, err := tx.Exec("insert into call_back ("+callBackColumns+`, found_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0, '')
		on conflict (round, no, said_by) do nothing`, c.ID, c.Anomaly, c.Round, c.Outbreak, c.Area, c.Person, c.No, c.Outcome, c.saidBy, c.AskedAt, c.Due)
	if err != nil || n == 0 {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.CallBackAsked{Scope: c.Scope(), Anomaly: c.Anomaly, Round: c.Round, Person: c.Person, Due: c.Due}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.CallBack, Subject: c.ref(), Scope: c.Scope(), Clock: outbreak.Deadline{From: c.AskedAt, Due: c.Due}})
}

// RecordCallBack is the command of somebody who called.
type RecordCallBack struct {
	Key      string     `json:"-"`
	CallBack CallBackID `json:"call_back"`
	Found    string     `json:"found"` // of CallBackWords
}

// RecordCallBack notes what a call-back found. Whoever said the outcome cannot check it. When the person says otherwise, what was
// recorded counts no more: the round looks for the person again. Somebody not reached may be called again.
func (s *Service) RecordCallBack(ctx context.Context, by outbreak.Actor, c RecordCallBack) (CallBack, error) {
	if err := access.RequireAnywhere(by, access.CallBackRecord); err != nil {
		return CallBack{}, err
	}
	if !slices.Contains(CallBackWords, c.Found) {
		return CallBack{}, outbreak.Refuse(outbreak.Invalid, "screening.call_back_word")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.RecordCallBack", Key: c.Key}, c, func(tx *store.Tx) (CallBack, error) {
		x, ok, err := store.One(tx, scanCallBack, "select "+callBackColumns+" from call_back where id = $1", c.CallBack)
		if err != nil {
			return x, err
		}
		if !ok || access.Require(by, access.CallBackRecord, x.Scope()) != nil {
			return CallBack{}, outbreak.Refuse(outbreak.NotFound, "screening.no_call_back")
		}
		if x.saidBy == by.String() {
			return x, outbreak.Refuse(outbreak.Forbidden, "screening.call_back_own")
		}
		if x.Found != "" && x.Found != NotReached {
			return x, outbreak.Refuse(outbreak.Conflict, "screening.call_back_done")
		}
		x.Found, x.FoundAt = c.Found, tx.Now
		if err := tx.Must("update call_back set found = $1, found_at = $2, found_by = $3 where id = $4", x.Found, x.FoundAt, by.String(), x.ID); err != nil {
			return x, err
		}
		if err := s.tasks.End(tx, by, task.CallBack, x.ref(), task.Done, tx.Now); err != nil {
			return x, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.CallBackFound{Scope: x.Scope(), Anomaly: x.Anomaly, Round: x.Round, Person: x.Person, Found: x.Found, At: x.FoundAt}); err != nil {
			return x, err
		}
		if c.Found != Contradicted {
			return x, nil
		}
		return x, s.contradict(tx, by, x)
	})
}

// contradict takes back what was said of somebody, unless somebody else has said something since.
func (s *Service) contradict(tx *store.Tx, by outbreak.Actor, c CallBack) error {
	p, ok, err := registry.PersonByID(tx, c.Person)
	if err != nil || !ok {
		return err
	}
	author, _, err := store.One(tx, store.Value[string], "select by_whom from roll_outcome where round = $1 and no = $2", c.Round, c.No)
	if err != nil || author != c.saidBy {
		return err
	}
	if err := keepOutcome(tx, by, c.Round, p, "", "", tx.Now); err != nil {
		return err
	}
	_, err = s.journal.Append(tx, by, outbreak.OutcomesRecorded{Scope: outbreak.Scope{Area: p.Area, Outbreak: c.Outbreak}, Round: c.Round, Batch: outbreak.New[outbreak.BatchID](s.ids),
		Counts: map[outbreak.Outcome]int{outbreak.Unknown: 1}})
	return err
}

// ListCallBacks lists calls that are to be made, or that were, by id after one; of one anomaly, or of all (0).
func (s *Service) ListCallBacks(ctx context.Context, by outbreak.Actor, anomaly outbreak.AnomalyID, done bool, after CallBackID, most int) (list []CallBack, err error) {
	if err := access.RequireAnywhere(by, access.CallBackRecord); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.CallBackRecord, "", []any{after})
		if done {
			cond += " and found_at > 0"
		} else {
			cond += " and (found_at = 0 or found = '" + NotReached + "')"
		}
		if anomaly != 0 {
			args = append(args, anomaly)
			cond += " and anomaly = $" + itoa(len(args))
		}
		args = append(args, max(most, 1))
		list, err = store.List(tx, scanCallBack, "select "+callBackColumns+" from call_back where id > $1 and "+cond+" order by id limit $"+itoa(len(args)), args...)
		return err
	})
	return list, err
}

// settleable refuses to settle an anomaly about excusals while calls are owed, and to whoever it is about.
func settleable(tx *store.Tx, by outbreak.Actor, a Anomaly) error {
	if a.What != LookAlike {
		return nil
	}
	open, err := store.Count(tx, "select count(*) from call_back where anomaly = $1 and found_at = 0", a.ID)
	if err != nil {
		return err
	}
	own, err := store.Count(tx, "select count(*) from call_back where anomaly = $1 and said_by = $2", a.ID, by.String())
	switch {
	case err != nil:
		return err
	case own > 0:
		return outbreak.Refuse(outbreak.Forbidden, "screening.call_back_own")
	case open > 0:
		return outbreak.Refuse(outbreak.Conflict, "screening.call_backs_open", "n", open)
	}
	return nil
}
