package linelist_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/view/linelist"
)

func zone(h *house) *time.Location {
	z, err := time.LoadLocation("Asia/Shanghai")
	h.ok(err)
	return z
}

// record is a case read from the tables, without the memory.
type record struct {
	id     outbreak.CaseID
	area   outbreak.Path
	values map[string]string
	at     outbreak.Instant
	months int64
}

// records reads all cases as cases themselves say them.
func (h *house) records() (all []record) {
	h.Helper()
	days := []string{"onset", "sampled", "positive", "diagnosed", "reported", "hospitalised", "isolated", "outcome_date", "recorded"}
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		return store.Each(tx, func(r store.Row) error {
			var c record
			var class, sev, state, sex, occ, hosp, via, origin, cluster, outcome string
			var age int64
			at := make([]outbreak.Instant, len(days))
			err := r.Scan(&c.id, &c.area, &class, &sev, &state, &sex, &age, &occ, &hosp, &via, &origin, &cluster, &outcome, &at[0], &at[1], &at[2], &at[3], &at[4], &at[5], &at[6], &at[7], &at[8])
			c.at, c.months = at[8], age
			c.values = map[string]string{"area": string(c.area), "classification": class, "severity": sev, "state": state, "sex": sex, "occupation": occ, "hospital": hosp, "via": via, "origin": origin, "cluster": cluster, "outcome": outcome}
			for i, day := range days {
				if at[i] != 0 {
					c.values[day] = at[i].Time().In(zone(h)).Format(time.DateOnly)
				}
			}
			if age >= 0 {
				c.values["age"] = strconv.FormatFloat(float64(age/12), 'f', -1, 64)
			}
			for _, f := range []string{"sex", "origin", "outcome"} {
				if c.values[f] == "unknown" {
					c.values[f] = ""
				}
			}
			all = append(all, c)
			return err
		}, `select id, area, classification, severity, state, sex, age_months, occupation, hospital, via, origin, cluster, outcome, onset_at, sampled_at, positive_at,
			diagnosed_at, reported_at, hospitalised_at, isolated_at, outcome_at, recorded_at from case_file order by id`)
	}))
	return all
}

// fits tells the plain way whether a case meets a condition.
func (c record) fits(w linelist.Condition) bool {
	v := c.values[w.Field]
	switch w.Op {
	case linelist.Missing:
		return v == ""
	case linelist.Known:
		return v != ""
	case linelist.Contains:
		return strings.Contains(strings.ToLower(v), strings.ToLower(w.Values[0]))
	case linelist.FromTo:
		if w.Field == "age" {
			n, err := strconv.Atoi(v)
			from, _ := strconv.Atoi(w.Values[0])
			to, _ := strconv.Atoi(w.Values[1])
			return err == nil && n >= from && n <= to
		}
		return v != "" && (w.Values[0] == "" || v >= w.Values[0]) && (w.Values[1] == "" || v <= w.Values[1])
	}
	is := slices.Contains(w.Values, v)
	if w.Field == "area" {
		is = slices.ContainsFunc(w.Values, func(p string) bool { return strings.HasPrefix(v, p) })
	}
	return is == (w.Op == linelist.In)
}

var wheres = []linelist.Condition{
	{Field: "classification", Op: linelist.In, Values: []string{"confirmed", "probable"}}, {Field: "severity", Op: linelist.NotIn, Values: []string{"mild", "severe"}},
	{Field: "sex", Op: linelist.In, Values: []string{"", "male"}}, {Field: "onset", Op: linelist.Missing}, {Field: "onset", Op: linelist.Known},
	{Field: "onset", Op: linelist.FromTo, Values: []string{"2022-03-20", "2022-04-11"}}, {Field: "reported", Op: linelist.FromTo, Values: []string{"", "2022-05-01"}},
	{Field: "age", Op: linelist.FromTo, Values: []string{"30", "44"}}, {Field: "age", Op: linelist.In, Values: []string{"41", "7"}},
	{Field: "hospital", Op: linelist.Contains, Values: []string{"L 2"}}, {Field: "occupation", Op: linelist.Missing}, {Field: "cluster", Op: linelist.Known},
	{Field: "area", Op: linelist.In, Values: []string{"/22/2201/"}}, {Field: "area", Op: linelist.NotIn, Values: []string{"/22/2202/"}},
	{Field: "positive", Op: linelist.In, Values: []string{"2022-03-30", "2022-05-02", "2022-06-17"}}, {Field: "state", Op: linelist.NotIn, Values: []string{"discarded"}},
}

var sorts = []string{"onset", "recorded", "age", "hospital", "area", "outcome", "via", "cluster", "severity", "sampled"}

// less sorts the plain way.
func less(q linelist.Query) func(a, b record) int {
	words := map[string][]string{}
	for _, c := range linelist.Columns() {
		words[c.Name] = c.Words
	}
	return func(a, b record) int {
		for _, o := range q.Sort {
			va, vb := a.values[o.Field], b.values[o.Field]
			if va == "" || vb == "" {
				if c := cmp.Compare(len(vb), len(va)); (va == "") != (vb == "") {
					return c
				}
				continue
			}
			c := strings.Compare(va, vb)
			switch {
			case o.Field == "age":
				c = cmp.Compare(a.months, b.months)
			case o.Field == "recorded":
				c = cmp.Compare(a.at, b.at)
			case len(words[o.Field]) > 0:
				c = cmp.Compare(slices.Index(words[o.Field], va), slices.Index(words[o.Field], vb))
			}
			if o.Down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Compare(a.id, b.id)
	}
}

// TestAListIsWhatTheTablesSay asks for many lists and compares them, page by page, with the tables sorted the plain way.
func TestAListIsWhatTheTablesSay(t *testing.T) {
	engines(t, func(h *house) {
		h.fill(2500)
		all := h.records()
		r := rand.New(rand.NewPCG(3, 4))
		for range 60 {
			q := linelist.Query{Most: 1 + r.IntN(400)}
			want := slices.Clone(all)
			for range r.IntN(3) {
				w := wheres[r.IntN(len(wheres))]
				q.Where = append(q.Where, w)
				want = slices.DeleteFunc(want, func(c record) bool { return !c.fits(w) })
			}
			if r.IntN(3) == 0 {
				q.Below = "/22/2201/"
				want = slices.DeleteFunc(want, func(c record) bool { return !q.Below.Contains(c.area) })
			}
			for i := range r.IntN(3) {
				q.Sort = append(q.Sort, linelist.Order{Field: sorts[(r.IntN(5)+i*5)%len(sorts)], Down: r.IntN(2) == 0})
			}
			slices.SortFunc(want, less(q))
			h.walk(q, want)
			parsed, err := linelist.ParseQuery(q.Values())
			h.ok(err)
			h.want("the address of an address", parsed.Values().Encode(), q.Values().Encode())
			h.walk(parsed, want)
		}
	})
}

// walk pages through a list, jumps in it and goes back.
func (h *house) walk(q linelist.Query, want []record) {
	h.Helper()
	name := q.Values().Encode()
	check := func(p linelist.Page, from int) {
		h.Helper()
		if p.Total != len(want) {
			h.Fatalf("%s: %d cases, want %d", name, p.Total, len(want))
		}
		if len(want) == 0 {
			return
		}
		if p.From != from+1 || len(p.Rows) != min(q.Most, len(want)-from) {
			h.Fatalf("%s: %d rows from %d, want %d from %d of %d", name, len(p.Rows), p.From, min(q.Most, len(want)-from), from+1, len(want))
		}
		for i, row := range p.Rows {
			c := want[from+i]
			if row.Case != c.id {
				h.Fatalf("%s: row %d is %v, want %v", name, from+i, row.Values, c.values)
			}
			for field, v := range c.values {
				if got := row.Values[field]; got != v && !(field == "age" && strings.HasPrefix(got, v)) {
					h.Fatalf("%s: %s of %s is %q, want %q", name, field, c.id, got, v)
				}
			}
		}
	}
	page, err := h.list.List(h.ctx, root, q)
	h.ok(err)
	check(page, 0)
	from := 0
	for steps := 0; page.Next != "" && steps < 5; steps++ {
		from += len(page.Rows)
		next := q
		next.After = page.Next
		page, err = h.list.List(h.ctx, root, next)
		h.ok(err)
		check(page, from)
	}
	if page.Back != "" {
		back := q
		back.After = page.Back
		p, err := h.list.List(h.ctx, root, back)
		h.ok(err)
		check(p, max(from-q.Most, 0))
	}
	if n := len(want); n > 3 {
		jump := q
		jump.Jump = n * 2 / 3
		p, err := h.list.List(h.ctx, root, jump)
		h.ok(err)
		check(p, jump.Jump-1)
		jump.Jump = n + 1000
		p, err = h.list.List(h.ctx, root, jump)
		h.ok(err)
		check(p, n-1)
	}
}

// TestNobodyCountsWhatHeMayNotSee gives people less and less to see.
func TestNobodyCountsWhatHeMayNotSee(t *testing.T) {
	engines(t, func(h *house) {
		h.fill(900)
		all := h.records()
		for _, g := range [][]outbreak.Grant{{{Role: string(access.Investigator), Area: "/22/2201/"}}, {{Role: string(access.Investigator), Area: "/22/2201/220103/"}, {Role: string(access.ReadOnly), Area: "/22/2202/"}},
			{{Role: string(access.Investigator), Outbreak: h.outbreak}}, {{Role: string(access.Investigator), Outbreak: h.outbreak + 1}}, {{Role: string(access.Investigator), Area: "/22/2201/", Outbreak: h.outbreak}, {Role: string(access.Sampler)}}} {
			by := outbreak.Actor{User: 2, Grants: g}
			n := 0
			for _, c := range all {
				if access.Can(by, access.CaseRead, outbreak.Scope{Area: c.area, Outbreak: h.outbreak}) {
					n++
				}
			}
			page, err := h.list.List(h.ctx, by, linelist.Query{})
			h.ok(err)
			h.want(fmt.Sprint("cases of ", g), page.Total, n)
			counts, err := h.list.Facets(h.ctx, by, linelist.Query{}, "area")
			h.ok(err)
			sum := 0
			for _, c := range counts {
				sum += c.Cases
				h.want("the list of "+c.Value, h.total(by, linelist.Query{}.With(linelist.ValueOf("area", c.Value, ""))), c.Cases)
			}
			h.want("sum of areas", sum, n)
		}
		_, err := h.list.List(h.ctx, outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Sampler)}}}, linelist.Query{})
		h.want("a sampler", outbreak.KindOf(err), outbreak.Forbidden)
	})
}

func (h *house) total(by outbreak.Actor, q linelist.Query) int {
	h.Helper()
	p, err := h.list.List(h.ctx, by, q)
	h.ok(err)
	return p.Total
}

// TestTheMemoryFollowsWhatIsWritten edits cases and looks at once, here and in another server.
func TestTheMemoryFollowsWhatIsWritten(t *testing.T) {
	engines(t, func(h *house) {
		h.fill(300)
		other := h.fresh()
		h.want("at the beginning", h.total(root, linelist.Query{}), 300)
		q := linelist.Query{Outbreak: h.outbreak, Where: []linelist.Condition{{Field: "occupation", Op: linelist.In, Values: []string{"pilot"}}}}
		h.want("pilots", h.total(root, q), 0)
		ids, _, err := h.list.IDs(h.ctx, root, linelist.Query{Where: []linelist.Condition{{Field: "state", Op: linelist.NotIn, Values: []string{"discarded"}}}}, 40)
		h.ok(err)
		h.clock.Move(time.Hour)
		_, err = h.cases.EditCases(h.ctx, root, cases.EditCases{Cases: ids, Values: cases.Values{"occupation": "pilot", "onset": "2022-03-02"}, Reason: "said so"})
		h.ok(err)
		h.want("pilots", h.total(root, q), 40)
		page, err := other.List(h.ctx, root, q)
		h.ok(err)
		h.want("pilots in another server", page.Total, 40)
		h.want("and their onset", page.Rows[3].Values["onset"], "2022-03-02")
		h.ok(h.list.Memory().CatchUp(h.ctx))
		differ, err := h.list.Differences(h.ctx)
		h.ok(err)
		h.want("differences", differ, int64(0))
	})
}

// TestWhatIsAskedWronglyIsRefused names each thing that cannot be meant.
func TestWhatIsAskedWronglyIsRefused(t *testing.T) {
	for text, key := range map[string]string{"severity=grave": "word", "onset.from=yesterday": "day", "age=old": "number", "hospitol=x": "no_field", "below=22": "area", "sort=onset,-onset": "sort_twice", "sort=onset,age,sex": "sort_many",
		"most=5000": "number", "jump=-1": "number", "onset.is=odd": "op", "severity.has=i": "op", "severity.from=mild": "op", "case=ABC": "id", "known=soon": "known", "name=x": "name_in_address", "outbreak=1": "id", "sort=quality": "no_field", "outbreak.not=": "op"} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = linelist.ParseQuery(v)
		if e, is := err.(*outbreak.Error); !is || e.Msg != "linelist."+key || e.Kind != outbreak.Invalid {
			t.Errorf("%s: %v, want %s", text, err, key)
		}
	}
	if _, err := linelist.ParseQuery(url.Values{"columns": {"x"}}, "columns"); err != nil {
		t.Error(err)
	}
}

// FuzzParseQuery reads addresses of any kind: what is taken gives one address, which says the same again.
func FuzzParseQuery(f *testing.F) {
	for _, text := range []string{"severity=mild&severity=severe&sort=-onset,age", "onset.from=2022-03-01&onset.to=&below=/22/&jump=900001", "x:a.b.has=%20x&age=30&age.not=", "known=2022-03-14&after=x&quality=onset_missing", "person=~&sex=unknown"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := linelist.ParseQuery(v)
		if err != nil {
			if outbreak.KindOf(err) != outbreak.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := linelist.ParseQuery(q.Values())
		if err != nil || again.Values().Encode() != q.Values().Encode() {
			t.Fatalf("%q is %q, then %q: %v", text, q.Values().Encode(), again.Values().Encode(), err)
		}
	})
}
