package screening

import (
	"context"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Sampler is somebody who takes swabs, as far as that work is concerned: whom whoever runs rounds there trains again, or thanks. The
// number says who it is everywhere else; the name stands in this list and nowhere else.
type Sampler struct {
	ID       int64               `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Name     string              `json:"name"`
	Badge    int64               `json:"badge"` // number of the one that is good
	EndedAt  outbreak.Instant    `json:"ended_at,omitzero"`
	LastAt   outbreak.Instant    `json:"last_at,omitzero"` // when the sampler last signed on
	LastAtID outbreak.BoothID    `json:"last_booth,omitempty"`
}

// Scope is where the sampler works.
func (s Sampler) Scope() outbreak.Scope { return outbreak.Scope{Area: s.Area, Outbreak: s.Outbreak} }

const (
	firstSampler   = 1001
	badgesOfOne    = 100 // numbers of badges of one sampler
	longestSampler = 60
)

// samplerOf gives whose a badge is, and which of that sampler's.
func samplerOf(badge int64) (sampler, nth int64) { return badge / badgesOfOne, badge % badgesOfOne }

const samplerColumns = "p.id, p.outbreak, p.area, p.name, p.badge, p.ended_at"

func scanSampler(r store.Row) (x Sampler, err error) {
	err = r.Scan(&x.ID, &x.Outbreak, &x.Area, &x.Name, &x.Badge, &x.EndedAt)
	x.Badge += x.ID * badgesOfOne
	return x, err
}

// samplerFor finds a sampler of an area where the actor runs rounds.
func samplerFor(tx *store.Tx, by outbreak.Actor, id int64) (Sampler, error) {
	x, ok, err := store.One(tx, scanSampler, "select "+samplerColumns+" from sampler p where p.id = $1", id)
	if err == nil && (!ok || access.Require(by, access.RoundManage, x.Scope()) != nil) {
		err = outbreak.Refuse(outbreak.NotFound, "screening.no_sampler")
	}
	return x, err
}

// AddSampler is the command that gives somebody who takes swabs a badge.
type AddSampler struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     string              `json:"area"` // code
	Name     string              `json:"name"`
}

// AddSampler gives somebody who takes swabs a number and a badge.
func (s *Service) AddSampler(ctx context.Context, by outbreak.Actor, c AddSampler) (Sampler, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Sampler{}, err
	}
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	if n := len([]rune(c.Name)); n == 0 || n > longestSampler {
		return Sampler{}, outbreak.Refuse(outbreak.Invalid, "screening.sampler_name", "most", longestSampler)
	}
	x, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.AddSampler", Key: c.Key}, c, func(tx *store.Tx) (Sampler, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Sampler{}, err
		}
		if !ok {
			return Sampler{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err := knownOutbreak(tx, c.Outbreak); err != nil {
			return Sampler{}, err
		}
		x := Sampler{Outbreak: c.Outbreak, Area: area.Path} // without the name: the answer is kept for a repeat
		if err := access.Require(by, access.RoundManage, x.Scope()); err != nil {
			return Sampler{}, err
		}
		if x.ID, err = store.Count(tx, "select coalesce(max(id), $1) + 1 from sampler", firstSampler-1); err != nil {
			return x, err
		}
		if err := tx.Must("insert into sampler (id, outbreak, area, name, badge, made_by, recorded_at, ended_at) values ($1, $2, $3, $4, 1, $5, $6, 0)",
			x.ID, x.Outbreak, x.Area, c.Name, by.String(), tx.Now); err != nil {
			return x, err
		}
		x.Badge = x.ID*badgesOfOne + 1
		_, err = s.journal.Append(tx, by, outbreak.SamplerAdded{Scope: x.Scope(), Sampler: x.ID, Badge: x.Badge})
		return x, err
	})
	if err == nil {
		x.Name = c.Name
	}
	return x, err
}

// ShowBadge is the command that gives a sampler's badge, to be printed or photographed. Another: the one before was lost.
type ShowBadge struct {
	Key     string `json:"-"`
	Sampler int64  `json:"sampler"`
	Another bool   `json:"another"`
}

// ShowBadge gives the badge of a sampler, or another one; the one before is good no more then.
func (s *Service) ShowBadge(ctx context.Context, by outbreak.Actor, c ShowBadge) (registry.Badge, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return registry.Badge{}, err
	}
	if err := s.registry.LoadCodes(ctx); err != nil {
		return registry.Badge{}, err
	}
	no, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.ShowBadge", Key: c.Key}, c, func(tx *store.Tx) (int64, error) {
		x, err := samplerFor(tx, by, c.Sampler)
		if err != nil {
			return 0, err
		}
		if x.EndedAt != 0 {
			return 0, outbreak.Refuse(outbreak.Conflict, "screening.sampler_ended")
		}
		if !c.Another {
			_, err = s.journal.Append(tx, by, outbreak.BadgeShown{Scope: x.Scope(), Sampler: x.ID, Badge: x.Badge})
			return x.Badge, err
		}
		if _, nth := samplerOf(x.Badge); nth == badgesOfOne-1 {
			return 0, outbreak.Refuse(outbreak.Conflict, "screening.sampler_badges")
		}
		x.Badge++
		if err := tx.Must("update sampler set badge = badge + 1 where id = $1", x.ID); err != nil {
			return 0, err
		}
		_, err = s.journal.Append(tx, by, outbreak.SamplerBadged{Scope: x.Scope(), Sampler: x.ID, Badge: x.Badge})
		return x.Badge, err
	})
	if err != nil {
		return registry.Badge{}, err
	}
	return s.registry.Badge(no), nil
}

// EndSampler is the command that says that somebody takes swabs no more.
type EndSampler struct {
	Key     string `json:"-"`
	Sampler int64  `json:"sampler"`
}

// EndSampler ends a sampler: the badge is good no more, and the name is forgotten. The figures of swabs keep the number.
func (s *Service) EndSampler(ctx context.Context, by outbreak.Actor, c EndSampler) (Sampler, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Sampler{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.EndSampler", Key: c.Key}, c, func(tx *store.Tx) (Sampler, error) {
		x, err := samplerFor(tx, by, c.Sampler)
		if err != nil || x.EndedAt != 0 {
			return x, err
		}
		x.EndedAt, x.Name = tx.Now, ""
		if err := tx.Must("update sampler set ended_at = $1, name = '' where id = $2", x.EndedAt, x.ID); err != nil {
			return x, err
		}
		_, err = s.journal.Append(tx, by, outbreak.SamplerEnded{Scope: x.Scope(), Sampler: x.ID})
		return x, err
	})
}

// ListSamplers lists who takes swabs where the actor runs rounds, in the order of their numbers, behind one.
func (s *Service) ListSamplers(ctx context.Context, by outbreak.Actor, after int64, most int) (list []Sampler, err error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundManage, "p.", []any{after, max(most, 1)})
		list, err = store.List(tx, func(r store.Row) (x Sampler, err error) {
			err = r.Scan(&x.ID, &x.Outbreak, &x.Area, &x.Name, &x.Badge, &x.EndedAt, &x.LastAt, &x.LastAtID)
			x.Badge += x.ID * badgesOfOne
			return x, err
		}, "select "+samplerColumns+`, coalesce((select max(h.at) from sampler_shift h where h.sampler = p.id), 0),
			coalesce((select h.booth from sampler_shift h where h.sampler = p.id order by h.at desc, h.n desc limit 1), 0)
			from sampler p where p.id > $1 and `+cond+" order by p.id limit $2", args...)
		return err
	})
	return list, err
}
