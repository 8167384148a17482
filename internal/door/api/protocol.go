package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// protocol is the head of a rule book.
type protocol struct {
	ID        string `json:"id"`
	Disease   string `json:"disease"`
	Name      string `json:"name" doc:"Of the disease, in the reader's language"`
	Title     string `json:"title"`
	Edition   string `json:"edition"`
	ValidFrom string `json:"valid_from" doc:"ISO date"`
	Extends   string `json:"extends" doc:"The rule book it differs from; empty for none"`
}

// rule is one value of a rule book: which of number, days, list and text is meant, says type.
type rule struct {
	Key       string          `json:"key"`
	Type      string          `json:"type" enum:"number,duration,days,list,text"`
	Number    float64         `json:"number"`
	Unit      string          `json:"unit"`
	Days      []int           `json:"days"`
	List      []string        `json:"list"`
	Text      string          `json:"text"`
	Status    outbreak.Status `json:"status" enum:"official,secondary,local,derived,planning,not_verified" doc:"How sure it is; not_verified has no value"`
	Source    string          `json:"source"`
	Note      string          `json:"note" doc:"What it means, in the reader's language"`
	ValidFrom string          `json:"valid_from" doc:"When later than the edition's"`
	File      string          `json:"file"`
	Line      int             `json:"line"`
}

type protocolWithRules struct {
	protocol
	Values []rule `json:"values"`
}

func headOf(p outbreak.Protocol, lang string) protocol {
	return protocol{p.ID, p.Disease, p.Name[lang], p.Title[lang], p.Edition, p.ValidFrom, p.Extends}
}

func rulesOf(p outbreak.Protocol, lang string) []rule {
	list := make([]rule, 0, len(p.Values))
	for _, key := range slices.Sorted(maps.Keys(p.Values)) {
		v := p.Values[key]
		list = append(list, rule{v.Key, v.Type, v.Number, v.Unit, some(v.Days), some(v.List), v.Text, v.Status, v.Source, v.Notes[lang], v.ValidFrom, v.File, v.Line})
	}
	return list
}

func protocolRoutes(p *plan) {
	tags := []string{"protocol"}
	route(p, access.ProtocolRead, huma.Operation{Method: http.MethodGet, Path: "/protocols", Summary: "The rule books installed, by disease and then from the oldest edition", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[protocol], error) {
			var list []protocol
			for _, x := range p.house.Protocols.List() {
				list = append(list, headOf(x, string(door.LangOf(ctx))))
			}
			return whole(list), nil
		})
	route(p, access.ProtocolRead, huma.Operation{Method: http.MethodGet, Path: "/protocols/{protocol}", Summary: "A rule book with every value, its unit, its source and how sure it is", Tags: tags},
		func(ctx context.Context, in *struct {
			Protocol string `path:"protocol" maxLength:"100"`
		}) (*reply[protocolWithRules], error) {
			x, ok := p.house.Protocols.Find(in.Protocol)
			if !ok {
				return nil, outbreak.Refuse(outbreak.NotFound, "registry.no_protocol", "protocol", in.Protocol)
			}
			lang := string(door.LangOf(ctx))
			return &reply[protocolWithRules]{protocolWithRules{headOf(x, lang), rulesOf(x, lang)}}, nil
		})
}
