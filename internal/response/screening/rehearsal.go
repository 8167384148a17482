package screening

import (
	"context"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type rehearsalKind struct{}

// RehearsalID names a passed rehearsal.
type RehearsalID = outbreak.ID[rehearsalKind]

// Rehearsal is a day of testing that a version of the program lived through: everything that was acknowledged was there
// afterwards, once, although it was killed.
type Rehearsal struct {
	ID       RehearsalID      `json:"id"`
	Version  string           `json:"version"`
	Engine   string           `json:"engine"` // sqlite or postgres
	People   int              `json:"people"`
	Tubes    int              `json:"tubes"`
	Kills    int              `json:"kills"`
	Seconds  int              `json:"seconds"`
	Rate     int              `json:"rate"` // people per second
	PassedAt outbreak.Instant `json:"passed_at"`
	By       string           `json:"by"`
}

// rehearsedFrom is the key under which a rule book says from how many people on a round wants a rehearsal. Where it says nothing,
// none does.
const rehearsedFrom = "round.rehearsed_from"

// covers tells whether a rehearsal lets rounds of this kind open: it was of the size from which they want one, with a kill.
func (h Rehearsal) covers(from float64) bool { return float64(h.People) >= from && h.Kills > 0 }

const rehearsalColumns = "id, version, engine, people, tubes, kills, seconds, rate, passed_at, by_whom"

func scanRehearsal(r store.Row) (h Rehearsal, err error) {
	err = r.Scan(&h.ID, &h.Version, &h.Engine, &h.People, &h.Tubes, &h.Kills, &h.Seconds, &h.Rate, &h.PassedAt, &h.By)
	return h, err
}

// Runs tells the service which version of the program it is part of.
func (s *Service) Runs(version string) { s.version = version }

// RecordRehearsal is the command that keeps the verdict of a rehearsal.
type RecordRehearsal struct {
	Key        string `json:"-"`
	Version    string `json:"version"`
	Engine     string `json:"engine"`
	People     int    `json:"people"`
	Tubes      int    `json:"tubes"`
	Kills      int    `json:"kills"`
	Seconds    int    `json:"seconds"`
	Rate       int    `json:"rate"`
	Lost       int    `json:"lost"`
	Duplicated int    `json:"duplicated"`
	Ghosts     int    `json:"ghosts"`
}

// RecordRehearsal keeps a passed rehearsal of a version; one that lost or doubled anything passed nothing.
func (s *Service) RecordRehearsal(ctx context.Context, by outbreak.Actor, c RecordRehearsal) (Rehearsal, error) {
	if err := access.Require(by, access.RehearsalRecord, outbreak.Scope{}); err != nil {
		return Rehearsal{}, err
	}
	if c.Lost != 0 || c.Duplicated != 0 || c.Ghosts != 0 {
		return Rehearsal{}, outbreak.Refuse(outbreak.Invalid, "screening.rehearsal_failed", "lost", c.Lost, "doubled", c.Duplicated+c.Ghosts)
	}
	if c.Version == "" || len(c.Version) > 200 || c.People < 1 || c.Tubes < 1 || c.Kills < 0 || c.Engine != string(store.SQLite) && c.Engine != string(store.PostgreSQL) {
		return Rehearsal{}, outbreak.Refuse(outbreak.Invalid, "screening.rehearsal_figures")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.RecordRehearsal", Key: c.Key}, c, func(tx *store.Tx) (Rehearsal, error) {
		h := Rehearsal{ID: outbreak.New[RehearsalID](s.ids), Version: c.Version, Engine: c.Engine, People: c.People, Tubes: c.Tubes, Kills: c.Kills, Seconds: c.Seconds, Rate: c.Rate,
			PassedAt: s.wallNow(tx), By: by.String()}
		if err := tx.Must("insert into rehearsal ("+rehearsalColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			h.ID, h.Version, h.Engine, h.People, h.Tubes, h.Kills, h.Seconds, h.Rate, h.PassedAt, h.By); err != nil {
			return h, err
		}
		_, err := s.journal.Append(tx, by, outbreak.RehearsalPassed{Version: h.Version, Engine: h.Engine, People: h.People, Kills: h.Kills, At: h.PassedAt})
		return h, err
	})
}

// excuse lets a round open: it wants no rehearsal, this version passed one on this kind of database, or somebody says why it opens
// all the same. What is needless is not kept.
func (s *Service) excuse(tx *store.Tx, by outbreak.Actor, r Round, p outbreak.Protocol, why string) (Round, error) {
	was := r.ExcuseBy
	r.Excuse, r.ExcuseBy, r.Rehearsed = "", "", RehearsalID(0)
	from, h, err := s.wanted(tx, r, p)
	switch {
	case err != nil:
		return r, err
	case from == 0:
		r.Rehearsed = h.ID
		return r, nil
	case why == "":
		return r, outbreak.Refuse(outbreak.Conflict, UnrehearsedRound, "from", from)
	}
	if r.Excuse, r.ExcuseBy = why, by.String(); by.System != "" {
		r.ExcuseBy = was // whoever planned it
	}
	return r, nil
}

// UnrehearsedRound is the refusal of a round that wants a rehearsal or a reason.
const UnrehearsedRound = "screening.round_unrehearsed"

// wanted gives the number of people from which on rounds want a rehearsal, where this one does and this version passed none; 0: none
// is wanted any more, with the rehearsal that was passed.
func (s *Service) wanted(tx *store.Tx, r Round, p outbreak.Protocol) (int, Rehearsal, error) {
	from, named := p.Number(rehearsedFrom)
	if !named || float64(r.Roll) < from {
		return 0, Rehearsal{}, nil
	}
	h, passed, err := s.passed(tx, from)
	if err != nil || passed {
		return 0, h, err
	}
	return int(from), Rehearsal{}, nil
}

// FindWanted tells what keeps a planned round from opening by itself: the number of people from which on rounds want a rehearsal or
// a reason, where it has neither; 0: nothing.
func (s *Service) FindWanted(ctx context.Context, by outbreak.Actor, id outbreak.RoundID) (from int, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		if err := access.Require(by, access.RoundRead, r.Scope()); err != nil {
			return err
		}
		if r.State != Planned || r.Excuse != "" {
			return nil
		}
		p, err := s.registry.ProtocolOf(tx, r.Outbreak)
		if err != nil {
			return err
		}
		if r.Roll, err = registry.CountRollOf(tx, r.Areas); err != nil {
			return err
		}
		from, _, err = s.wanted(tx, r, p)
		return err
	})
	return from, err
}

// passed finds the largest rehearsal that this version passed on this kind of database. A build that names no version may be any:
// what another of them passed says nothing.
func (s *Service) passed(tx *store.Tx, from float64) (Rehearsal, bool, error) {
	if !strings.ContainsAny(s.version, "0123456789") {
		return Rehearsal{}, false, nil
	}
	h, ok, err := store.One(tx, scanRehearsal, "select "+rehearsalColumns+" from rehearsal where version = $1 and engine = $2 and kills > 0 order by people desc, id desc limit 1",
		s.version, string(s.db.Engine()))
	return h, ok && h.covers(from), err
}

// Rehearsals is what is known of rehearsals, and what this version of the program wants.
type Rehearsals struct {
	Version string      `json:"version"`
	Engine  string      `json:"engine"`
	Passed  *Rehearsal  `json:"passed,omitempty"` // the largest this version passed on this kind of database
	List    []Rehearsal `json:"list"`             // the newest first
}

// ListRehearsals lists the rehearsals that were passed, the newest first.
func (s *Service) ListRehearsals(ctx context.Context, by outbreak.Actor, most int) (x Rehearsals, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return x, err
	}
	x.Version, x.Engine = s.version, string(s.db.Engine())
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		h, ok, err := s.passed(tx, 0)
		if err != nil {
			return err
		}
		if ok {
			x.Passed = &h
		}
		x.List, err = store.List(tx, scanRehearsal, "select "+rehearsalColumns+" from rehearsal order by id desc limit $1", max(most, 1))
		return err
	})
	return x, err
}
