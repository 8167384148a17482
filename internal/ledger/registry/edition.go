package registry

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// EditionState is where a change of the rule book stands.
type EditionState string

const (
	EditionPlanned EditionState = "planned"
	EditionInForce EditionState = "in_force" // it was taken up; a later change may have replaced it since
	EditionDropped EditionState = "dropped"  // another plan took its place
)

// EditionID identifies a change of the rule book.
type EditionID int64

// Edition is one change of the rule book an outbreak runs under.
type Edition struct {
	ID         EditionID           `json:"-"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Was        string              `json:"was"` // the rule book in force when it was decided
	Protocol   string              `json:"protocol"`
	Edition    string              `json:"edition"`
	From       outbreak.Instant    `json:"from"`
	State      EditionState        `json:"state"`
	InForceAt  outbreak.Instant    `json:"in_force_at"` // when it was taken up here; 0: not yet
	Reason     string              `json:"reason"`
	Actor      string              `json:"actor"`
	RecordedAt outbreak.Instant    `json:"recorded_at"`
}

// ChangeProtocol is the command that lets an outbreak run under another rule book of its disease.
type ChangeProtocol struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Protocol string              `json:"protocol"`
	From     outbreak.Instant    `json:"from"` // 0: now; later: it is planned, in place of what was planned before
	Reason   string              `json:"reason"`
}

// ChangeProtocol changes the rule book of an outbreak, now or from a time on. Cases, holds, rounds, beds and trips keep the
// edition they were begun under; who follows ProtocolChanged shortens what a value shortens for those that run. Naming the
// rule book in force drops a plan.
func (s *Service) ChangeProtocol(ctx context.Context, by outbreak.Actor, c ChangeProtocol) (Edition, error) {
	if err := access.RequireAnywhere(by, access.OutbreakManage); err != nil {
		return Edition{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ChangeProtocol", Key: c.Key}, c, func(tx *store.Tx) (Edition, error) {
		o, ok, err := OutbreakByID(tx, c.Outbreak)
		if err != nil {
			return Edition{}, err
		}
		if !ok || !access.Can(by, access.AreaRead, outbreak.Scope{Area: o.Area, Outbreak: o.ID}) {
			return Edition{}, outbreak.Refuse(outbreak.NotFound, "registry.no_outbreak")
		}
		if err := access.RequireThroughout(by, access.OutbreakManage, outbreak.Scope{Area: o.Area, Outbreak: o.ID}); err != nil {
			return Edition{}, err
		}
		e, err := s.decide(o, c, tx.Now)
		if err != nil {
			return e, err
		}
		return s.keepEdition(tx, by, o, e)
	})
}

// decide checks a change of the rule book against the outbreak.
func (s *Service) decide(o Outbreak, c ChangeProtocol, now outbreak.Instant) (Edition, error) {
	p, ok := s.protocols.Find(c.Protocol)
	if !ok {
		return Edition{}, outbreak.Refuse(outbreak.Invalid, "registry.no_protocol", "protocol", c.Protocol)
	}
	if old, ok := s.protocols.Find(o.Protocol); ok && old.Disease != p.Disease {
		return Edition{}, outbreak.Refuse(outbreak.Invalid, "registry.other_disease", "protocol", p.ID, "was", o.Protocol)
	}
	if o.EndedAt != 0 {
		return Edition{}, outbreak.Refuse(outbreak.Conflict, "registry.outbreak_over")
	}
	if c.Reason == "" {
		return Edition{}, outbreak.Refuse(outbreak.Invalid, "registry.edition_reason")
	}
	if c.From == 0 {
		c.From = now
	}
	if c.From < o.StartedAt {
		return Edition{}, outbreak.Refuse(outbreak.Invalid, "registry.edition_before_outbreak")
	}
	e := Edition{Outbreak: o.ID, Was: o.Protocol, Protocol: p.ID, Edition: p.Edition, From: c.From, State: EditionInForce, InForceAt: now, Reason: c.Reason, RecordedAt: now}
	if c.From > now {
		e.State, e.InForceAt = EditionPlanned, 0
	}
	return e, nil
}

// keepEdition drops what was planned before and takes up the change, or plans it.
func (s *Service) keepEdition(tx *store.Tx, by outbreak.Actor, o Outbreak, e Edition) (Edition, error) {
	where := outbreak.Scope{Area: o.Area, Outbreak: o.ID}
	planned, waits, err := store.One(tx, scanEdition, "select "+editionColumns+" from outbreak_edition where outbreak = $1 and state = 'planned'", o.ID)
	if err != nil {
		return e, err
	}
	if e.Protocol == o.Protocol && !waits {
		return e, outbreak.Refuse(outbreak.Conflict, "registry.same_protocol", "protocol", e.Protocol)
	}
	var events []outbreak.Event
	if waits {
		if err := tx.Must("update outbreak_edition set state = 'dropped' where id = $1", planned.ID); err != nil {
			return e, err
		}
		planned.State = EditionDropped
		events = append(events, outbreak.ProtocolPlanDropped{Scope: where, Protocol: planned.Protocol, From: planned.From})
	}
	if e.Protocol == o.Protocol { // nothing is left to come
		_, err := s.journal.Append(tx, by, events...)
		return planned, err
	}
	e.ID, e.Actor = outbreak.New[EditionID](s.ids), by.String()
	if err := tx.Must("insert into outbreak_edition ("+editionColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		e.ID, e.Outbreak, e.Was, e.Protocol, e.Edition, e.From, e.State, e.InForceAt, e.Reason, e.Actor, e.RecordedAt); err != nil {
		return e, err
	}
	if e.State == EditionPlanned {
		events = append(events, outbreak.ProtocolPlanned{Scope: where, Was: e.Was, Protocol: e.Protocol, Edition: e.Edition, From: e.From})
		_, err := s.journal.Append(tx, by, events...)
		return e, err
	}
	return e, s.takeUp(tx, by, o, e, events)
}

// takeUp lets the outbreak run under the rule book from now on and says so after other events.
func (s *Service) takeUp(tx *store.Tx, by outbreak.Actor, o Outbreak, e Edition, before []outbreak.Event) error {
	if err := tx.Must("update outbreak set protocol = $1, edition = $2 where id = $3", e.Protocol, e.Edition, o.ID); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, append(before, outbreak.ProtocolChanged{Scope: outbreak.Scope{Area: o.Area, Outbreak: o.ID},
		Was: o.Protocol, Protocol: e.Protocol, Edition: e.Edition, From: e.From})...)
	return err
}

// Tick takes up the planned changes whose time has come; app calls it every few seconds. A rule book that is no longer
// installed is waited for: the outbreak goes on under the one it has.
func (s *Service) Tick(ctx context.Context) error {
	due, err := s.dueEditions(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		for _, e := range due {
			o, ok, err := OutbreakByID(tx, e.Outbreak)
			if err != nil {
				return err
			}
			n, err := tx.Exec("update outbreak_edition set state = 'in_force', in_force_at = $1 where id = $2 and state = 'planned'", tx.Now, e.ID)
			if err != nil {
				return err
			}
			if n == 0 || !ok || o.EndedAt != 0 {
				continue // taken up or dropped meanwhile, or the outbreak is over
			}
			if err := s.takeUp(tx, outbreak.SystemActor("clock"), o, e, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) dueEditions(ctx context.Context) (due []Edition, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanEdition, "select "+editionColumns+" from outbreak_edition where state = 'planned' and from_at <= $1 order by id", tx.Now)
		for _, e := range all {
			if _, installed := s.protocols.Find(e.Protocol); installed {
				due = append(due, e)
			}
		}
		return err
	})
	return due, err
}

const editionColumns = "id, outbreak, was, protocol, edition, from_at, state, in_force_at, reason, actor, recorded_at"

func scanEdition(r store.Row) (e Edition, err error) {
	err = r.Scan(&e.ID, &e.Outbreak, &e.Was, &e.Protocol, &e.Edition, &e.From, &e.State, &e.InForceAt, &e.Reason, &e.Actor, &e.RecordedAt)
	return e, err
}

// FindOutbreak gives an outbreak the actor may see and the changes of its rule book, the oldest first.
func (s *Service) FindOutbreak(ctx context.Context, by outbreak.Actor, id outbreak.OutbreakID) (o Outbreak, changes []Edition, err error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return o, nil, err
	}
	seen := false
	for _, reach := range access.Reach(by, access.AreaRead) {
		seen = seen || reach.Outbreak == 0 || reach.Outbreak == id
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		if o, ok, err = OutbreakByID(tx, id); err != nil {
			return err
		}
		if !ok || !seen {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_outbreak")
		}
		changes, err = store.List(tx, scanEdition, "select "+editionColumns+" from outbreak_edition where outbreak = $1 order by id", id)
		return err
	})
	return o, changes, err
}

// ListEditions lists the changes of rule books that are planned, or were taken up since an instant, of the outbreaks the actor
// may see anything of.
func (s *Service) ListEditions(ctx context.Context, by outbreak.Actor, since outbreak.Instant) (seen []Edition, err error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanEdition, "select "+editionColumns+` from outbreak_edition where state = 'planned'
			or state = 'in_force' and in_force_at >= $1 order by id`, since)
		for _, e := range all {
			for _, reach := range access.Reach(by, access.AreaRead) {
				if reach.Outbreak == 0 || reach.Outbreak == e.Outbreak {
					seen = append(seen, e)
					break
				}
			}
		}
		return err
	})
	return seen, err
}
