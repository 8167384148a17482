package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/protocols"
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
	Text      string          `json:"text" doc:"In the reader's language where the file has it"`
	Status    outbreak.Status `json:"status" enum:"official,secondary,local,derived,planning,not_verified" doc:"How sure it is; not_verified has no value"`
	Source    string          `json:"source"`
	Note      string          `json:"note" doc:"What it means, in the reader's language"`
	ValidFrom string          `json:"valid_from" doc:"When later than the edition's"`
	File      string          `json:"file"`
	Line      int             `json:"line"`

	Superseded string           `json:"superseded" doc:"The document that replaced it, where the value is kept as the last one seen"`
	Applies    outbreak.Applies `json:"applies" enum:"new,running" doc:"When an outbreak changes to this rule book: to what begins under it, or to what runs as well where that gets shorter"`
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
		list = append(list, ruleOf(p.Values[key], lang))
	}
	return list
}

func ruleOf(v outbreak.Value, lang string) rule {
	return rule{v.Key, v.Type, v.Number, v.Unit, some(v.Days), some(v.List), v.In(lang), v.Status, v.Source, v.Notes[lang], v.ValidFrom, v.File, v.Line, v.Superseded, v.Applies}
}

// difference is one way in which two rule books differ.
type difference struct {
	Key    string        `json:"key"`
	How    protocols.How `json:"how" enum:"added,removed,changed"`
	What   []string      `json:"what" doc:"Of a changed value what differs: value, unit, status, source, superseded, valid_from, applies, note"`
	Weighs bool          `json:"weighs" doc:"What is done changes, and not only how sure a value is or how it is told"`
	Was    *rule         `json:"was,omitempty" doc:"Left out when it was added"`
	Now    *rule         `json:"now,omitempty" doc:"Left out when it was removed"`
}

type comparison struct {
	From        protocol     `json:"from"`
	To          protocol     `json:"to"`
	Differences []difference `json:"differences" doc:"By key"`
}

func compare(a, b outbreak.Protocol, lang string) comparison {
	c := comparison{From: headOf(a, lang), To: headOf(b, lang), Differences: []difference{}}
	side := func(v outbreak.Value) *rule {
		if v.Key == "" {
			return nil
		}
		r := ruleOf(v, lang)
		return &r
	}
	for _, d := range protocols.Diff(a, b) {
		c.Differences = append(c.Differences, difference{d.Key, d.How, some(d.What), d.Weighs(), side(d.Was), side(d.Now)})
	}
	return c
}

// OutbreakPath is embedded in the input of a route about one outbreak.
type OutbreakPath struct {
	Outbreak Ref[outbreak.OutbreakID] `path:"outbreak"`
}

type outbreakWithEditions struct {
	registry.Outbreak
	Changes []registry.Edition `json:"changes" doc:"Of the rule book, the oldest first"`
}

// keptClock is a clock that the rule book in force would let end later, and that goes on as it was.
type keptClock struct {
	Case  outbreak.CaseID  `json:"case"`
	Step  string           `json:"step"`
	Due   outbreak.Instant `json:"due"`
	Would outbreak.Instant `json:"would" doc:"When it would end; empty: the rule book names no limit"`
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
			x, err := book(p, in.Protocol)
			if err != nil {
				return nil, err
			}
			lang := string(door.LangOf(ctx))
			return &reply[protocolWithRules]{protocolWithRules{headOf(x, lang), rulesOf(x, lang)}}, nil
		})
	route(p, access.ProtocolRead, huma.Operation{Method: http.MethodGet, Path: "/protocols/{protocol}/diff/{other}", Summary: "What differs between two rule books", Tags: tags},
		func(ctx context.Context, in *struct {
			Protocol string `path:"protocol" maxLength:"100"`
			Other    string `path:"other" maxLength:"100"`
		}) (*reply[comparison], error) {
			a, err := book(p, in.Protocol)
			if err != nil {
				return nil, err
			}
			b, err := book(p, in.Other)
			return &reply[comparison]{compare(a, b, string(door.LangOf(ctx)))}, err
		})
	route(p, access.AreaRead, huma.Operation{Method: http.MethodGet, Path: "/outbreaks/{outbreak}", Summary: "One outbreak and the changes of its rule book", Tags: tags},
		func(ctx context.Context, in *OutbreakPath) (*reply[outbreakWithEditions], error) {
			o, changes, err := p.house.Registry.FindOutbreak(ctx, door.ActorOf(ctx), in.Outbreak.ID)
			return &reply[outbreakWithEditions]{outbreakWithEditions{o, some(changes)}}, err
		})
	route(p, access.OutbreakManage, huma.Operation{Method: http.MethodPost, Path: "/outbreaks/{outbreak}/protocol", Summary: "Change the rule book of an outbreak, now or from a time on; naming the one in force drops a plan", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			OutbreakPath
			Body struct {
				Protocol string           `json:"protocol" maxLength:"100"`
				From     outbreak.Instant `json:"from,omitempty" doc:"Empty: now"`
				Reason   string           `json:"reason" maxLength:"400"`
			}
		}) (*reply[registry.Edition], error) {
			e, err := p.house.Registry.ChangeProtocol(ctx, door.ActorOf(ctx), registry.ChangeProtocol{Key: in.Key, Outbreak: in.Outbreak.ID,
				Protocol: in.Body.Protocol, From: in.Body.From, Reason: in.Body.Reason})
			return &reply[registry.Edition]{e}, err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/outbreaks/{outbreak}/kept-clocks", Summary: "Clocks of cases that the rule book in force would let end later: a person decides each", Tags: tags},
		func(ctx context.Context, in *OutbreakPath) (*page[keptClock], error) {
			kept, err := p.house.Cases.ListKept(ctx, door.ActorOf(ctx), in.Outbreak.ID)
			var list []keptClock
			for _, k := range kept {
				list = append(list, keptClock{k.Case.ID, k.Step.Step, k.Step.Due, k.Would})
			}
			return whole(list), err
		})
	route(p, access.OutbreakManage, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/steps/{step}/extend", Summary: "Let a clock of a case end later, as the rule book in force says", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			CasePath
			Step string `path:"step" maxLength:"40"`
			Body struct {
				Reason string `json:"reason" maxLength:"400"`
			}
		}) (*reply[cases.Case], error) {
			c, err := p.house.Cases.ExtendClock(ctx, door.ActorOf(ctx), cases.ExtendClock{Key: in.Key, Case: in.Case.ID, Step: in.Step, Reason: in.Body.Reason})
			return &reply[cases.Case]{c}, err
		})
}

func book(p *plan, id string) (outbreak.Protocol, error) {
	x, ok := p.house.Protocols.Find(id)
	if !ok {
		return x, outbreak.Refuse(outbreak.NotFound, "registry.no_protocol", "protocol", id)
	}
	return x, nil
}
