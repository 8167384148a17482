package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
)

// judged are two who were compared and are worth a look.
type judged struct {
	one, other Person // the older first
	kind       string
	sure       bool
	address    bool // they gave one address
	verdict    linkage.Verdict
}

// open opens the boxes of those who are there, and were not opened yet.
func (l *linking) open() error {
	ids := slices.Sorted(maps.Keys(l.there))
	return l.spread(len(ids), func(from, upto int) error {
		for _, id := range ids[from:upto] {
			c := l.there[id]
			if c.empty || c.box.sealed == nil {
				continue
			}
			i, err := l.unseal(id, c.box)
			if err != nil {
				return fmt.Errorf("opening who may be the same person: %w", err)
			}
			c.record = linkage.Prepare(recordOf(c.Person, i, ""))
			c.box = box{}
		}
		return nil
	})
}

// weigh compares those who come with those they met.
func (l *linking) weigh(met map[outbreak.PersonID][]int) error {
	ids := slices.Sorted(maps.Keys(met))
	var mu sync.Mutex
	return l.spread(len(ids), func(from, upto int) error {
		var found []judged
		for _, id := range ids[from:upto] {
			there := l.there[id]
			if there == nil || there.empty {
				continue
			}
			for _, at := range met[id] {
				if c := l.comers[at]; c.Lead() != there.Lead() {
					found = l.compare(found, c.Person, c.record, there.Person, there.record, l.lines[newestOf(c.phones)])
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		l.pairs = append(l.pairs, found...)
		return nil
	})
}

func newestOf(forms []int64) int64 {
	if len(forms) == 0 {
		return 0
	}
	return forms[len(forms)-1]
}

// compare adds two to a list when a person should look at them. sharing is how many have the telephone of the first.
func (l *linking) compare(list []judged, p Person, x linkage.Prepared, q Person, y linkage.Prepared, sharing int) []judged {
	if p.ID > q.ID {
		p, q, x, y = q, p, y, x
	}
	v := l.judge.Weigh(x, y)
	pair := judged{one: p, other: q, kind: KindPerson, sure: v.Weight >= l.judge.Link, verdict: v}
	switch {
	case v.Weight >= l.judge.Review:
		return append(list, pair)
	case (v.Likely == linkage.Relatives || v.Likely == linkage.Twins) && p.Area == q.Area && sharing < mostAtHome && sharesPhone(v) && (p.Household == 0 || p.Household != q.Household):
		pair.kind, pair.sure = KindHousehold, false
		return append(list, pair)
	}
	return list
}

func sharesPhone(v linkage.Verdict) bool {
	return slices.ContainsFunc(v.Fields, func(e linkage.Evidence) bool {
		return e.Field == linkage.FieldPhone && e.Level == linkage.FieldPhone.LevelName(linkage.NumberSame)
	})
}

// among compares those who come with each other.
func (l *linking) among() error {
	sharing := map[int64][]int{}
	for at, c := range l.comers {
		for _, t := range c.tokens {
			sharing[t] = append(sharing[t], at)
		}
	}
	type two struct{ a, b int }
	var met []two
	seen := map[two]bool{}
	for _, t := range slices.Sorted(maps.Keys(sharing)) {
		who := sharing[t]
		if len(who) < 2 {
			continue
		}
		if len(who)+l.filed[t] > mostSharing {
			l.crowds[t] = l.kindOf(who[0], t)
			continue
		}
		for i, a := range who {
			for _, b := range who[i+1:] {
				if p := (two{a, b}); a != b && !seen[p] {
					seen[p] = true
					met = append(met, p)
				}
			}
		}
	}
	var mu sync.Mutex
	return l.spread(len(met), func(from, upto int) error {
		var found []judged
		for _, p := range met[from:upto] {
			a, b := l.comers[p.a], l.comers[p.b]
			found = l.compare(found, a.Person, a.record, b.Person, b.record, len(sharing[newestOf(a.phones)]))
		}
		mu.Lock()
		defer mu.Unlock()
		l.pairs = append(l.pairs, found...)
		return nil
	})
}

// kindOf tells which key of somebody a digest is of.
func (l *linking) kindOf(at int, token int64) linkage.KeyKind {
	c := l.comers[at]
	for k, kind := range c.kinds {
		if c.written(l.eyes, k) == token {
			return kind
		}
	}
	switch {
	case slices.Contains(c.phones, token):
		return "phone"
	case token == headOf(c.document):
		return "document"
	}
	return "name, area"
}

// Evidence is what one field of two codes says; no value of a field.
type Evidence struct {
	Field  string  `json:"field"`  // name, birth, sex, phone, document, place
	Level  string  `json:"level"`  // how well it agrees; missing: one of the two does not say it
	Weight float64 `json:"weight"` // bits for (above 0) or against one person
}

// kept is a pair as the queue has it.
func (p judged) kept() (weight, chance, sure int64, evidence string, err error) {
	if p.sure {
		sure = 1
	}
	evidence, err = p.evidence()
	return int64(p.verdict.Weight * 1000), int64(p.verdict.Probability * 1e6), sure, evidence, err
}

// evidence writes what the fields say.
func (p judged) evidence() (string, error) {
	list := make([]Evidence, 0, len(p.verdict.Fields)+1)
	for _, e := range p.verdict.Fields {
		list = append(list, Evidence{e.Field.String(), e.Level, hundredths(e.Weight)})
	}
	if p.verdict.Kin < -.005 {
		list = append(list, Evidence{"kin", "likely", hundredths(p.verdict.Kin)})
	}
	if p.address {
		list = append(list, Evidence{"address", "same", 0})
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func hundredths(x float64) float64 { return math.Round(x*100) / 100 }
