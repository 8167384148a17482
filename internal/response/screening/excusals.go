package screening

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Excusals that one person writes in a row, or that all give one reason, may be true: a whole dormitory went home. Or nobody went to
// the doors. They count as they are said, are an anomaly of their own, and somebody else calls a few of the people, drawn by lot.

// alikeRule is what a rule book says of it; zero: it says nothing, and nothing is looked for.
type alikeRule struct {
	many   int // people one person excuses
	within time.Duration
	same   int // people with one outcome and one reason
	calls  int // people drawn
}

func alikeRuleOf(p outbreak.Protocol) (a alikeRule) {
	number := func(key string) int {
		n, _ := p.Number(key)
		return int(n)
	}
	a.within, _ = p.Duration("excusal.within")
	a.many, a.same, a.calls = number("excusal.many"), number("excusal.same_reason"), number("excusal.call_backs")
	return a
}

// excusing are the outcomes that let somebody off a swab.
var excusing = []outbreak.Outcome{outbreak.Excused, outbreak.Refused, outbreak.Away}

// lookAlike looks, after outcomes were recorded, whether their author has said too much of the same.
func (s *Service) lookAlike(tx *store.Tx, by outbreak.Actor, r Round, items []OutcomeOf, people map[int64]registry.Person) error {
	if by.System != "" || !slices.ContainsFunc(items, func(i OutcomeOf) bool { return slices.Contains(excusing, i.Outcome) }) {
		return nil
	}
	p, err := s.registry.ProtocolOf(tx, r.Outbreak)
	if err != nil {
		return err
	}
	rule := alikeRuleOf(p)
	open, since, err := lastAlike(tx, r.ID, by.String())
	if err != nil || open || rule.calls == 0 {
		return err
	}
	of := excusals{round: r.ID, by: by.String(), since: since}
	said := ""
	if rule.many > 0 && rule.within > 0 {
		of.since = max(since, tx.Now.Add(-rule.within)-1)
		n, err := of.count(tx)
		if err != nil {
			return err
		}
		if n >= rule.many {
			said = fmt.Sprintf("%d / %s", n, rule.within)
		}
	}
	if said == "" && rule.same > 0 {
		of.since = since
		if said, err = of.sameReason(tx, items, rule.same); err != nil {
			return err
		}
	}
	if said == "" {
		return nil
	}
	return s.raiseAlike(tx, by, r, p, of, fmt.Sprintf("%s · %s", by, said), rule.calls, rootOf(items, people))
}

func rootOf(items []OutcomeOf, people map[int64]registry.Person) outbreak.Path {
	paths := make([]outbreak.Path, 0, len(items))
	for _, i := range items {
		paths = append(paths, people[i.No].Area)
	}
	return commonRoot(paths)
}

// lastAlike tells whether such an anomaly about an author in a round is open, and when the last one was raised: what was said before
// is settled.
func lastAlike(tx *store.Tx, round outbreak.RoundID, author string) (open bool, since outbreak.Instant, err error) {
	err = store.Each(tx, func(r store.Row) error {
		var at, settled outbreak.Instant
		err := r.Scan(&at, &settled)
		open, since = open || settled == 0, max(since, at)
		return err
	}, "select recorded_at, settled_at from anomaly a where what = $1 and round = $2 and exists (select 1 from call_back c where c.anomaly = a.id and c.said_by = $3)", LookAlike, round, author)
	return open, since, err
}

// excusals are those of one author in a round after an instant.
type excusals struct {
	round   outbreak.RoundID
	by      string
	since   outbreak.Instant
	outcome outbreak.Outcome // with reason: these alone
	reason  string
}

func (x excusals) where() (string, []any) {
	cond, args := "round = $1 and by_whom = $2 and recorded_at > $3", []any{x.round, x.by, x.since}
	if x.reason != "" {
		args = append(args, x.outcome, x.reason)
		return cond + " and outcome = $4 and reason = $5", args
	}
	in, args := store.In(args, excusing)
	return cond + " and outcome in (" + in + ")", args
}

func (x excusals) count(tx *store.Tx) (int, error) {
	cond, args := x.where()
	n, err := store.Count(tx, "select count(*) from roll_outcome where "+cond, args...)
	return int(n), err
}

// sameReason finds the first reason among items that the author gave too many people.
func (x *excusals) sameReason(tx *store.Tx, items []OutcomeOf, most int) (said string, err error) {
	seen := map[string]bool{}
	for _, i := range items {
		key := string(i.Outcome) + " " + i.Reason
		if strings.TrimSpace(i.Reason) == "" || seen[key] || !slices.Contains(excusing, i.Outcome) {
			continue
		}
		seen[key] = true
		x.outcome, x.reason = i.Outcome, i.Reason
		n, err := x.count(tx)
		if err != nil {
			return "", err
		}
		if n >= most {
			return fmt.Sprintf("%d / %s", n, i.Outcome), nil // the reason itself is free text: it is in the rows
		}
	}
	x.outcome, x.reason = "", ""
	return "", nil
}

// mostDrawnFrom is from how many people the lot is drawn.
const mostDrawnFrom = 5000

func (s *Service) raiseAlike(tx *store.Tx, by outbreak.Actor, r Round, p outbreak.Protocol, of excusals, says string, calls int, area outbreak.Path) error {
	a := Anomaly{ID: outbreak.New[outbreak.AnomalyID](s.ids), What: LookAlike, Outbreak: r.Outbreak, Area: area, Round: r.ID, Content: says}
	clock := p.Deadline("clock.call_back", tx.Now)
	if fresh, err := s.raiseWith(tx, by, a, of.by+" "+itoa(int(tx.Now)), task.Work{What: task.AuditExcusals, Subject: a.ref(), Scope: a.Scope(), Clock: clock}); err != nil || !fresh {
		return err
	}
	cond, args := of.where()
	args = append(args, mostDrawnFrom)
	said, err := store.List(tx, func(row store.Row) (c CallBack, err error) {
		err = row.Scan(&c.No, &c.Person, &c.Outcome)
		return c, err
	}, "select no, person, outcome from roll_outcome where "+cond+" order by no limit $"+itoa(len(args)), args...)
	if err != nil {
		return err
	}
	said, err = draw(said, calls)
	if err != nil {
		return err
	}
	nos := make([]int64, len(said))
	for i, c := range said {
		nos[i] = c.No
	}
	people, err := registry.PeopleByNo(tx, nos)
	if err != nil {
		return err
	}
	for _, c := range said {
		c.ID, c.Anomaly, c.Round, c.Outbreak, c.Area = outbreak.New[CallBackID](s.ids), a.ID, r.ID, r.Outbreak, people[c.No].Area
		c.saidBy, c.AskedAt, c.Due = of.by, tx.Now, clock.Due
		if err := s.askBack(tx, by, c); err != nil {
			return err
		}
	}
	return nil
}

// draw takes n of a list by lot.
func draw[T any](list []T, n int) ([]T, error) {
	n = min(n, len(list))
	for i := range n {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(len(list)-i)))
		if err != nil {
			return nil, err
		}
		k := i + int(j.Int64())
		list[i], list[k] = list[k], list[i]
	}
	return list[:n], nil
}
