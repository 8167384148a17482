package contacts

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Waiting is a link whose list names by a number who exposed somebody, and nobody of that number is known yet.
type Waiting struct {
	ID         outbreak.LinkID     `json:"id"` // of the link to come
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Area       outbreak.Path       `json:"area"`
	Party      string              `json:"party"`
	Number     string              `json:"number"`
	To         outbreak.PersonID   `json:"to"`
	Exposure   string              `json:"exposure"`
	Setting    string              `json:"setting"`
	Relation   string              `json:"relation"`
	FirstAt    outbreak.Instant    `json:"first_at"`
	LastAt     outbreak.Instant    `json:"last_at"`
	RecordedAt outbreak.Instant    `json:"recorded_at"`

	mark  string
	batch outbreak.BatchID
}

// unknown tells that nobody of an end's number is known, and that the number is all that is said of him.
func (l *loading) unknown(at int) bool {
	e := l.end(at)
	_, known := l.known[e.Number]
	return e.Case == 0 && e.Number != "" && e.New == nil && !known
}

// await keeps a link until somebody has its number. What it was before stands until then.
func (l *loading) await(i int, row LoadedLink, before Link) error {
	link, err := l.awaited(i, row)
	if err != nil {
		return l.out.Rejected.Add(i, err)
	}
	w := Waiting{Outbreak: link.Outbreak, Area: link.Area, Party: link.Party, Number: row.From.Number, To: link.To, Exposure: link.Exposure, Setting: link.Setting, Relation: link.Relation,
		FirstAt: link.FirstAt, LastAt: link.LastAt, RecordedAt: l.tx.Now, mark: row.Mark, batch: l.out.Batch}
	was, waited := l.waits[row.Mark]
	switch {
	case before.WithdrawnAt != 0:
		l.out.Repeated++
		return nil
	case waited:
		w.ID, w.RecordedAt, w.batch = was.ID, was.RecordedAt, was.batch
	default:
		w.ID = outbreak.New[outbreak.LinkID](l.ids)
	}
	if !waited || w != was {
		l.later, l.waits[row.Mark] = append(l.later, w), w
	}
	l.out.Waiting++
	return nil
}

// awaited is the link as far as it is known.
func (l *loading) awaited(i int, row LoadedLink) (Link, error) {
	link := Link{Outbreak: l.c.Outbreak, Party: l.c.Party, Exposure: row.Exposure, Setting: row.Setting, Relation: row.Relation, FirstAt: row.FirstAt, LastAt: row.LastAt}
	p, err := l.person(2*i + 1)
	if err != nil {
		return link, err
	}
	if link.To, link.Area = p.ID, p.Area; row.Mark == "" {
		return link, outbreak.Refuse(outbreak.Invalid, "contacts.mark_missing")
	}
	if err := access.Require(l.by, access.ContactLoad, link.Scope()); err != nil {
		return link, err
	}
	return link, link.check(l.tx.Now)
}

// MeetWaiting is the command that makes links of those that waited for numbers somebody has by now.
type MeetWaiting struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Party    string              `json:"party"`
}

// Met is what became of links that waited.
type Met struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Left    int `json:"left"` // they wait on
}

// mostMet is how many waiting links one transaction looks at.
const mostMet = 1000

// MeetWaiting makes links of those that waited for numbers of a party's lists.
func (s *Service) MeetWaiting(ctx context.Context, by outbreak.Actor, c MeetWaiting) (all Met, err error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return all, err
	}
	for after := outbreak.LinkID(0); ; {
		type part struct {
			Met
			After outbreak.LinkID
		}
		key := c.Key
		if key != "" {
			key = fmt.Sprintf("%s %d", key, after)
		}
		got, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "contacts.MeetWaiting", Key: key}, c, func(tx *store.Tx) (p part, err error) {
			list, err := waitingAfter(tx, c.Outbreak, c.Party, after, mostMet)
			if err != nil || len(list) == 0 {
				return p, err
			}
			if len(list) == mostMet {
				p.After = list[len(list)-1].ID
			}
			p.Met, err = s.meet(tx, by, c, list)
			return p, err
		})
		all.Added, all.Changed, all.Left = all.Added+got.Added, all.Changed+got.Changed, all.Left+got.Left
		if after = got.After; err != nil || after == 0 {
			return all, err
		}
	}
}

// meet makes the links of some that waited.
func (s *Service) meet(tx *store.Tx, by outbreak.Actor, c MeetWaiting, list []Waiting) (Met, error) {
	l := &loading{Service: s, tx: tx, by: by, c: LoadLinks{Outbreak: c.Outbreak, Party: c.Party}, was: map[outbreak.LinkID]Link{}, counts: map[outbreak.Path]*outbreak.ContactsLoaded{}}
	l.out.Batch = outbreak.New[outbreak.BatchID](s.ids)
	var marks, numbers []string
	for _, w := range list {
		marks, numbers = append(marks, w.mark), append(numbers, w.Number)
	}
	var err error
	if l.before, err = byMark(tx, c.Outbreak, c.Party, marks); err != nil {
		return Met{}, err
	}
	if l.known, err = s.peopleNumbered(tx, c.Outbreak, c.Party, numbers); err != nil {
		return Met{}, err
	}
	left := 0
	for _, w := range list {
		if !l.meetOne(w) {
			left++
		}
	}
	if err := l.write(); err != nil {
		return Met{}, err
	}
	if l.out.Added+l.out.Changed > 0 {
		if _, err := s.journal.Append(tx, by, l.events("")...); err != nil {
			return Met{}, err
		}
	}
	return Met{l.out.Added, l.out.Changed, left}, nil
}

// meetOne makes a link of one that waited; false when it waits on.
func (l *loading) meetOne(w Waiting) bool {
	from, known := l.known[w.Number]
	link := Link{ID: w.ID, Outbreak: w.Outbreak, Area: w.Area, From: from, To: w.To, Exposure: w.Exposure, Setting: w.Setting, Relation: w.Relation, FirstAt: w.FirstAt, LastAt: w.LastAt, Party: w.Party, Version: 1,
		RecordedAt: l.tx.Now, mark: w.mark, batch: l.out.Batch}
	if !known || access.Require(l.by, access.ContactLoad, link.Scope()) != nil || link.check(l.tx.Now) != nil {
		return false
	}
	l.met = append(l.met, w.ID)
	before, repeated := l.before[w.mark]
	switch {
	case repeated && (before.WithdrawnAt != 0 || before.says() == link.says()):
		return true
	case repeated:
		link.ID, link.Version, link.RecordedAt = before.ID, before.Version+1, before.RecordedAt
		l.was[link.ID] = before
		l.out.Changed++
	default:
		l.news = append(l.news, link)
		l.out.Added++
	}
	l.before[w.mark] = link
	l.extras = append(l.extras, link)
	l.count(link, repeated)
	return true
}

// ListWaiting lists the links that wait for a number, the oldest first.
func (s *Service) ListWaiting(ctx context.Context, by outbreak.Actor, f Filter) (list []Waiting, err error) {
	if err := access.RequireAnywhere(by, access.ContactRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		where, args, err := f.listing("to_person").Where(tx, by)
		if err != nil {
			return err
		}
		list, err = store.List(tx, scanWaiting, "select "+waitingColumns+" from contact_waiting where "+where, args...)
		return err
	})
	return list, err
}
