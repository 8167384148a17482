package contacts

import (
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// decide goes through the rows in their order.
func (l *loading) decide() error {
	l.was = map[outbreak.LinkID]Link{}
	for i, row := range l.c.Links {
		before, repeated := l.before[row.Mark]
		if row.Wait && l.unknown(2*i) {
			if err := l.await(i, row, before); err != nil {
				return err
			}
			continue
		}
		if w, waited := l.waits[row.Mark]; waited {
			l.met = append(l.met, w.ID)
		}
		link, err := l.link(i, row, before, repeated)
		if err != nil {
			if err := l.out.Rejected.Add(i, err); err != nil {
				return err
			}
			continue
		}
		switch {
		case repeated && (before.says() == link.says() || before.WithdrawnAt != 0):
			l.out.Repeated++
			continue
		case repeated:
			link.ID, link.Version, link.RecordedAt = before.ID, before.Version+1, before.RecordedAt
			if _, twice := l.was[link.ID]; !twice {
				l.was[link.ID] = before
			}
			l.out.Changed++
		default:
			link.ID, link.Version, link.RecordedAt = outbreak.New[outbreak.LinkID](l.ids), 1, l.tx.Now
			l.news = append(l.news, link)
			l.out.Added++
		}
		l.before[row.Mark] = link
		l.extras = append(l.extras, link)
		l.count(link, repeated)
	}
	return nil
}

func (l *loading) link(i int, row LoadedLink, before Link, repeated bool) (Link, error) {
	link := Link{Outbreak: l.c.Outbreak, Party: l.c.Party, mark: row.Mark, batch: l.out.Batch, Exposure: row.Exposure, Setting: row.Setting, Relation: row.Relation, FirstAt: row.FirstAt, LastAt: row.LastAt, Extra: row.Extra}
	if repeated { // whoever has no number was kept when the row came first
		link.From, link.To, link.Area = before.From, before.To, before.Area
	}
	for j, into := range []*outbreak.PersonID{&link.From, &link.To} {
		if e := l.end(2*i + j); repeated && e.Number == "" && e.Case == 0 {
			continue
		}
		p, err := l.person(2*i + j)
		if err != nil {
			return link, err
		}
		if *into = p.ID; j == 1 {
			link.Area = p.Area
		}
	}
	if row.Mark == "" {
		return link, outbreak.Refuse(outbreak.Invalid, "contacts.mark_missing")
	}
	if err := access.Require(l.by, access.ContactLoad, link.Scope()); err != nil {
		return link, err
	}
	return link, link.check(l.tx.Now)
}

func (l *loading) count(link Link, repeated bool) {
	e := l.counts[link.Area]
	if e == nil {
		e = &outbreak.ContactsLoaded{Scope: link.Scope(), Batch: l.out.Batch, Party: l.c.Party}
		l.counts[link.Area] = e
	}
	if repeated {
		e.Changed++
	} else {
		e.Added++
	}
}

// events tell of each area how many links came or changed.
func (l *loading) events(digest string) (events []outbreak.Event) {
	paths := make([]outbreak.Path, 0, len(l.counts))
	for p := range l.counts {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		l.counts[p].Digest = digest
		events = append(events, *l.counts[p])
	}
	return events
}
