package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Judging is which model weighs pairs.
type Judging struct {
	Model    int64            `json:"model"` // 0: the one that comes with the program
	LearntAt outbreak.Instant `json:"learnt_at"`
	Records  int64            `json:"records"` // it was learnt from
	Pairs    int64            `json:"pairs"`   // taken as one person among them
}

// judge is a model for a house of some size.
type judge struct {
	*linkage.Model
	from Judging
}

// learnt is what the house knows of weights: the model, how often names occur, and how large the roll is. It is memory.
type learnt struct {
	mu    sync.Mutex
	model *linkage.Model // with the names counted; nil: not read yet
	from  Judging
	roll  int64            // people on the roll, about
	fresh outbreak.Instant // when it was looked for a newer model
	swept atomic.Bool      // everybody outside the roll is filed

	reweighing atomic.Pointer[Reweighing] // nil: nothing is weighed anew
}

const learntFor = 10 * 60 // seconds for which the size of the roll, and the model, are not asked for again

// judgeOf gives the model for the house as large as it is.
func (s *Service) judgeOf(tx *store.Tx) (*judge, error) {
	s.learnt.mu.Lock()
	defer s.learnt.mu.Unlock()
	l := &s.learnt
	if l.model == nil || tx.Now.Sub(l.fresh).Seconds() > learntFor {
		if err := l.read(tx); err != nil {
			return nil, err
		}
	}
	filed, err := lastFiled(tx)
	if err != nil {
		return nil, err
	}
	return &judge{l.model.Sized(int(l.roll + filed)), l.from}, nil
}

// read takes up the newest model, and asks how large the roll is.
func (l *learnt) read(tx *store.Tx) (err error) {
	if l.roll, err = store.Count(tx, "select coalesce(sum(next - first), 0) from roll_range"); err != nil {
		return fmt.Errorf("asking how large the roll is: %w", err)
	}
	type kept struct {
		Judging
		text string
	}
	k, ok, err := store.One(tx, func(r store.Row) (k kept, err error) {
		err = r.Scan(&k.Model, &k.LearntAt, &k.Records, &k.Pairs, &k.text)
		return k, err
	}, "select id, learnt_at, records, pairs, model from link_model order by id desc limit 1")
	if err != nil {
		return fmt.Errorf("reading the model of linkage: %w", err)
	}
	l.fresh = tx.Now
	if l.model == nil {
		shipped := *linkage.Shipped
		l.model, l.from = &shipped, Judging{Records: int64(shipped.Records)}
	}
	if !ok || k.Model == l.from.Model {
		return nil
	}
	m, err := linkage.ReadModel([]byte(k.text))
	if err != nil {
		return nil // of another edition of the program: what is in use stays
	}
	m.Seen = l.model.Seen
	l.model, l.from = m, k.Judging
	return nil
}

const (
	learntRuns   = 20   // runs of people, evenly over all who are filed
	learntRun    = 500  // people who were filed one after the other: families stay together
	fewestLearnt = 500  // pairs of one person, below which nothing is learnt
	learnAnew    = 1.25 // as many times as many people as were there when the last model was learnt
)

// LearnLinks counts how often names occur among some of those who are filed, and learns the weights anew when there are many more
// people than when they were learnt last. Whom the queue pairs with them is looked at too, so that pairs are not torn. App calls it at start and every hour. It opens boxes, keeps counts of names in memory alone, and
// tells nobody's.
func (s *Service) LearnLinks(ctx context.Context) (Judging, error) {
	var before Judging
	var filed, then int64
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		j, err := s.judgeOf(tx)
		if err != nil {
			return err
		}
		before = j.from
		if filed, err = lastFiled(tx); err != nil {
			return err
		}
		then, err = store.Count(tx, "select coalesce(max(filed), 0) from link_model")
		return err
	}); err != nil {
		return before, err
	}
	list, err := s.someFiled(ctx, filed)
	if err != nil {
		return before, err
	}
	s.know(list)
	if before.Model != 0 && float64(filed) < learnAnew*float64(then) {
		return before, nil
	}
	r := linkage.Dedupe(list, linkage.Options{MostInBlock: mostSharing})
	pairs := len(r.Linked())
	if pairs < fewestLearnt {
		return before, nil
	}
	text, err := json.Marshal(r.Model)
	if err != nil {
		return before, fmt.Errorf("writing the model of linkage: %w", err)
	}
	now := Judging{Records: int64(len(list)), Pairs: int64(pairs)}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		id, err := store.Count(tx, "select coalesce(max(id), 0) + 1 from link_model")
		if err != nil {
			return err
		}
		now.Model, now.LearntAt = id, tx.Now
		if err := tx.Must("insert into link_model (id, learnt_at, filed, records, pairs, model) values ($1, $2, $3, $4, $5, $6)", id, tx.Now, filed, now.Records, now.Pairs, string(text)); err != nil {
			return err
		}
		_, err = s.journal.Append(tx, outbreak.SystemActor("linkage"), outbreak.LinkageLearnt{Model: id, Records: now.Records, Pairs: now.Pairs})
		return err
	})
	if err != nil {
		return before, fmt.Errorf("keeping the model of linkage: %w", err)
	}
	s.learnt.mu.Lock()
	defer s.learnt.mu.Unlock()
	s.learnt.model, s.learnt.from = r.Model, now
	return now, nil
}

// know counts names and days of birth, so that common ones weigh less. A model in use is not changed.
func (s *Service) know(list []linkage.Record) {
	s.learnt.mu.Lock()
	defer s.learnt.mu.Unlock()
	m := *s.learnt.model
	m.Know(list)
	s.learnt.model = &m
}

// someFiled opens some of those who are filed, and whom the queue pairs with them.
func (s *Service) someFiled(ctx context.Context, filed int64) (list []linkage.Record, err error) {
	var ids []outbreak.PersonID
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		for run := range int64(learntRuns) {
			from := filed * run / learntRuns
			some, err := store.List(tx, store.Value[outbreak.PersonID], "select person from link_filed where seq > $1 and seq <= $2 and tokens is not null order by seq",
				from, min(from+learntRun, filed*(run+1)/learntRuns))
			if err != nil {
				return err
			}
			ids = append(ids, some...)
		}
		return inParts(slices.Clone(ids), func(in string, args []any) error {
			for _, side := range [][2]string{{"one", "other"}, {"other", "one"}} {
				paired, err := store.List(tx, store.Value[outbreak.PersonID], "select "+side[1]+" from duplicate where kind = '"+KindPerson+"' and "+side[0]+" in ("+in+")", args...)
				if err != nil {
					return err
				}
				ids = append(ids, paired...)
			}
			return nil
		})
	}); err != nil {
		return nil, err
	}
	ids = sorted(ids)
	for at := 0; at < len(ids); at += keyBatch {
		part := ids[at:min(at+keyBatch, len(ids))]
		if err := s.db.Read(ctx, func(tx *store.Tx) error {
			return s.eachOpened(tx, part, func(p Person, i Identity) {
				list = append(list, recordOf(p, i, ""))
			})
		}); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// eachOpened opens the boxes of people; whoever has none is left out.
func (s *Service) eachOpened(tx *store.Tx, ids []outbreak.PersonID, do func(Person, Identity)) error {
	return inParts(ids, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var b box
			p, err := scanPerson(rowWith{r, []any{&b.sealed, &b.wrapped, &b.by}})
			if err != nil || b.sealed == nil {
				return err
			}
			i, err := s.unseal(p.ID, b)
			if err == nil {
				do(p, i)
			}
			return err
		}, "select "+personColumns+", sealed, wrapped, wrapped_by from person where id in ("+in+")", args...)
	})
}
