package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// entry is one record of the journal. It holds ids, never names.
type entry struct {
	Seq      int64               `json:"seq"`
	At       outbreak.Instant    `json:"at"`
	Kind     string              `json:"kind"`
	Area     outbreak.Path       `json:"area"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Actor    string              `json:"actor"`
	Cause    int64               `json:"cause" doc:"The entry it answers; 0 for a person's act"`
	Body     json.RawMessage     `json:"body"`
}

func journalRoutes(p *plan) {
	route(p, access.JournalRead, huma.Operation{Method: http.MethodGet, Path: "/journal", Summary: "What was done where one may look, the newest first", Tags: []string{"journal"}},
		func(ctx context.Context, in *struct {
			Limit
			Below
			Outbreak Ref[outbreak.OutbreakID] `query:"outbreak" doc:"Empty: all one may see"`
			Before   int64                    `query:"before" minimum:"0" doc:"Entries before this one; empty: from the newest"`
		}) (*journalPage, error) {
			var list []outbreak.Entry
			out := &journalPage{}
			err := p.house.DB.Read(ctx, func(tx *store.Tx) (err error) {
				if out.Body.Head, err = journal.Head(tx); err != nil {
					return err
				}
				list, err = recent(tx, scopes(door.ActorOf(ctx), in.Below.Below, in.Outbreak.ID), in.Before, in.Most)
				return err
			})
			out.Body.Items = []entry{}
			for _, e := range list {
				out.Body.Items = append(out.Body.Items, entry{e.Seq, e.At, e.Kind, e.Scope.Area, e.Scope.Outbreak, e.Actor, e.Cause, e.Body})
			}
			if len(list) == in.Most {
				out.Body.Next = strconv.FormatInt(list[len(list)-1].Seq, 10)
			}
			return out, err
		})
}

type journalPage struct {
	Body struct {
		Head  int64   `json:"head" doc:"The newest entry of all"`
		Items []entry `json:"items"`
		Next  string  `json:"next" doc:"Give it as before to read on; empty at the end"`
	}
}

// scopes cuts what an actor may read of the journal to an area and an outbreak.
func scopes(by outbreak.Actor, below outbreak.Path, ob outbreak.OutbreakID) []outbreak.Scope {
	var cut []outbreak.Scope
	for _, s := range access.Reach(by, access.JournalRead) {
		switch {
		case s.Area.Contains(below):
			s.Area = below
		case !below.Contains(s.Area):
			continue
		}
		switch {
		case s.Outbreak == 0:
			s.Outbreak = ob
		case ob != 0 && ob != s.Outbreak:
			continue
		}
		cut = append(cut, s)
	}
	return cut
}

// recent merges the newest entries of several scopes, which may overlap.
func recent(tx *store.Tx, in []outbreak.Scope, before int64, most int) ([]outbreak.Entry, error) {
	var all []outbreak.Entry
	for _, s := range in {
		list, err := journal.ListRecent(tx, s, before, most)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b outbreak.Entry) int { return cmp.Compare(b.Seq, a.Seq) })
	all = slices.CompactFunc(all, func(a, b outbreak.Entry) bool { return a.Seq == b.Seq })
	return all[:min(len(all), most)], nil
}
