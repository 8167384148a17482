package exchange

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of files that come in and go out.
var Migrations = store.Migrations{Owner: "exchange", FS: migrations}

// SavedPlan is a plan that a person chose, under its name.
type SavedPlan struct {
	Kind       Kind             `json:"kind"`
	Name       string           `json:"name"`
	Digest     string           `json:"digest"` // of the headers it was chosen for
	Plan       Plan             `json:"plan"`
	Owner      string           `json:"owner"`
	RecordedAt outbreak.Instant `json:"recorded_at"`
}

// MayLoad is the permission somebody needs to take a kind of list in.
func MayLoad(kind Kind) access.Permission {
	if kind == Contacts {
		return access.ContactLoad
	}
	return access.CaseLoad
}

// SavePlan is the command that keeps a plan for everybody.
type SavePlan struct {
	Key    string `json:"-"`
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Plan   Plan   `json:"plan"`
}

const mostPlanName = 80

// SavePlan keeps a plan under a name; one of that name is replaced.
func (s *Service) SavePlan(ctx context.Context, by outbreak.Actor, c SavePlan) (SavedPlan, error) {
	if err := access.RequireAnywhere(by, MayLoad(c.Kind)); err != nil {
		return SavedPlan{}, err
	}
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > mostPlanName {
		return SavedPlan{}, outbreak.Refuse(outbreak.Invalid, "lists.plan_name", "most", mostPlanName)
	}
	if !IsList(c.Kind) {
		return SavedPlan{}, outbreak.Refuse(outbreak.Invalid, "exchange.kind_unknown", "kind", string(c.Kind))
	}
	if err := c.Plan.Check(c.Kind); err != nil {
		return SavedPlan{}, err
	}
	text, err := json.Marshal(c.Plan)
	if err != nil || len(text) > mostPlan {
		return SavedPlan{}, outbreak.Refuse(outbreak.Invalid, "lists.plan_unreadable").Because(err)
	}
	return store.Do(ctx, s.rooms.DB, store.By{Actor: by, Route: "exchange.SavePlan", Key: c.Key}, c, func(tx *store.Tx) (SavedPlan, error) {
		if _, err := tx.Exec("delete from list_plan where kind = $1 and name = $2", c.Kind, c.Name); err != nil {
			return SavedPlan{}, err
		}
		if err := tx.Must("insert into list_plan (kind, name, digest, plan, owner, recorded_at) values ($1, $2, $3, $4, $5, $6)", c.Kind, c.Name, c.Digest, string(text), by.String(), tx.Now); err != nil {
			return SavedPlan{}, err
		}
		_, err := s.rooms.Journal.Append(tx, by, outbreak.MappingSaved{List: string(c.Kind), Digest: c.Digest, At: tx.Now})
		return SavedPlan{Kind: c.Kind, Name: c.Name, Digest: c.Digest, Plan: c.Plan, Owner: by.String(), RecordedAt: tx.Now}, err
	})
}

// ListPlans lists the plans of a kind of list, the newest first; with a digest those for its headers alone.
func (s *Service) ListPlans(ctx context.Context, by outbreak.Actor, kind Kind, digest string) (list []SavedPlan, err error) {
	if err := access.RequireAnywhere(by, MayLoad(kind)); err != nil {
		return nil, err
	}
	err = s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, scanPlan, "select kind, name, digest, plan, owner, recorded_at from list_plan where kind = $1 and ($2 = '' or digest = $2) order by recorded_at desc, name limit 200", kind, digest)
		return err
	})
	return list, err
}

func scanPlan(r store.Row) (p SavedPlan, err error) {
	var text string
	if err := r.Scan(&p.Kind, &p.Name, &p.Digest, &text, &p.Owner, &p.RecordedAt); err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(text), &p.Plan); err != nil {
		return p, fmt.Errorf("reading the plan %s: %w", p.Name, err)
	}
	return p, nil
}

// planFor finds the plan that was chosen last for a list's headers.
func (s *Service) planFor(ctx context.Context, by outbreak.Actor, kind Kind, digest string) (Plan, bool, error) {
	list, err := s.ListPlans(ctx, by, kind, digest)
	if err != nil || len(list) == 0 {
		return Plan{}, false, err
	}
	return list[0].Plan, true, nil
}
