package linelist_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/linelist"
)

// TestEveryCountIsTheTotalOfItsList counts by many fields, crosses them, draws a curve, and asks the list behind each figure.
func TestEveryCountIsTheTotalOfItsList(t *testing.T) {
	engines(t, func(h *house) {
		h.fill(1500)
		q := linelist.Query{Where: []linelist.Condition{{Field: "state", Op: linelist.NotIn, Values: []string{"discarded"}}}}
		total := h.total(root, q)
		for _, field := range []string{"classification", "severity", "sex", "age", "age_group", "occupation", "hospital", "onset", "recorded", "area", "via", "outcome", "dated_by", "x:school", "batch"} {
			counts, err := h.list.Facets(h.ctx, root, q, field)
			h.ok(err)
			sum := 0
			for i, c := range counts {
				sum += c.Cases
				if i%7 == 0 {
					h.want(field+" "+c.Value, h.total(root, q.With(linelist.ValueOf(field, c.Value, ""))), c.Cases)
				}
			}
			h.want("sum of "+field, sum, total)
		}
		for _, c := range []linelist.Cross{{Query: q, Rows: "age_group", Columns: "sex"}, {Query: q, Rows: "area", Columns: "onset", Step: "week"}, {Query: q, Rows: "occupation"}, {Query: q, Rows: "recorded", Columns: "outcome", Step: "day"}} {
			table, err := h.list.Cross(h.ctx, root, c)
			h.ok(err)
			h.want("sum of "+c.Rows+" by "+c.Columns, table.Sum, total)
			rows, columns := 0, 0
			for i, n := range table.RowSums {
				rows += n
				j := (i * 3) % len(table.Columns)
				if table.Cells[i][j] > 0 {
					h.want(fmt.Sprint("cell ", table.Rows[i], " ", table.Columns[j]), h.total(root, c.CellQuery(table.Rows[i], table.Columns[j])), table.Cells[i][j])
				}
			}
			for _, n := range table.ColumnSums {
				columns += n
			}
			h.want("margins", rows == total && columns == total, true)
		}
		for _, c := range []linelist.CurveQuery{{Query: q, Stack: "classification"}, {Query: q, By: "positive", Step: "week", Stack: "hospital"}, {Query: q, By: "onset", Step: "month"}} {
			curve, err := h.list.Curve(h.ctx, root, c)
			h.ok(err)
			sum := 0
			for i, b := range curve.Bars {
				stacked, by := 0, b.ByOnset+b.BySample+b.ByPositive
				for _, n := range b.Counts {
					stacked += n
				}
				h.want("stacks of "+b.From, stacked, b.Cases)
				h.want("by what", by == b.Cases || curve.By != "dated", true)
				sum += b.Cases
				if i%9 == 0 {
					h.want("list of "+b.From, h.total(root, q.With(linelist.Condition{Field: curve.By, Op: linelist.FromTo, Values: []string{b.From, b.To}})), b.Cases)
				}
			}
			h.want("curve", sum+curve.Undated+curve.Outside, total)
			h.want("total", curve.Total, total)
			h.want("stacks in their order", slices.Equal(curve.Stacks, []string{"suspected", "probable", "confirmed"}) || c.Stack != "classification", true)
		}
		table, err := h.list.Cross(h.ctx, root, linelist.Cross{Query: q, Rows: "area"})
		h.ok(err)
		at := slices.Index(table.Rows, "/22/2201/")
		h.want("population", table.Population[at], 9_000_000)
		h.want("rate", math.Abs(table.Rates[at].Value-float64(table.RowSums[at])/90) < 1e-9, true)
		two, err := h.list.Cross(h.ctx, root, linelist.Cross{Query: q, Rows: "occupation", Columns: "outcome", Exposed: []string{"retired"}, Outcome: []string{"died"}})
		h.ok(err)
		exposed := h.total(root, q.With(linelist.ValueOf("occupation", "retired", ""), linelist.Condition{Field: "outcome", Op: linelist.Known}))
		h.want("exposed", two.Two.A+two.Two.B, exposed)
	})
}

// TestAListAsItWasKnownThen writes down what the list shows day by day, changes cases, and asks for those days afterwards.
func TestAListAsItWasKnownThen(t *testing.T) {
	engines(t, func(h *house) {
		type seen struct {
			at    outbreak.Instant
			total int
			rows  []linelist.Row
			curve int
		}
		var days []seen
		q := linelist.Query{Outbreak: h.outbreak, Most: 1000, Sort: []linelist.Order{{Field: "age"}}}
		early := linelist.Condition{Field: "onset", Op: linelist.FromTo, Values: []string{"", "2022-03-05"}}
		for day := range 6 {
			for i := range 5 {
				h.person("", []string{"220102", "2202"}[i%2], cases.Values{"age": fmt.Sprint(20 + i), "onset": "2022-03-0" + fmt.Sprint(1+i)})
			}
			ids, _, err := h.list.IDs(h.ctx, root, q, 1000)
			h.ok(err)
			h.clock.Move(time.Hour)
			some := ids[day%len(ids):]
			_, err = h.cases.EditCases(h.ctx, root, cases.EditCases{Cases: some[:min(3, len(some))], Values: cases.Values{"occupation": fmt.Sprint("kind ", day), "age": fmt.Sprint(30 + day), "onset": "2022-03-1" + fmt.Sprint(day)}, Reason: "told again"})
			h.ok(err)
			page, err := h.list.List(h.ctx, root, q)
			h.ok(err)
			curve, err := h.list.Curve(h.ctx, root, linelist.CurveQuery{Query: q.With(early)})
			h.ok(err)
			days = append(days, seen{h.clock.Now(), page.Total, page.Rows, curve.Total})
			h.clock.Move(23 * time.Hour)
		}
		for _, d := range days {
			then := q
			then.KnownAt = d.at
			for _, list := range []*linelist.Service{h.list, h.fresh()} {
				page, err := list.List(h.ctx, root, then)
				h.ok(err)
				h.want("cases known then", page.Total, d.total)
				for i, r := range page.Rows {
					delete(r.Values, "batch") // is that of now
					delete(d.rows[i].Values, "batch")
					if r.Case != d.rows[i].Case || fmt.Sprint(r.Values) != fmt.Sprint(d.rows[i].Values) {
						h.Fatalf("row %d as known on %s:\n%v, was\n%v", i, d.at, r.Values, d.rows[i].Values)
					}
				}
				curve, err := list.Curve(h.ctx, root, linelist.CurveQuery{Query: then.With(early)})
				h.ok(err)
				h.want("early ones then", curve.Total, d.curve)
			}
		}
	})
}

// TestTheLatestDaysAreIncomplete draws the curve of a generated outbreak while it goes on and compares the share of each day
// that is said to be known with the share that turned out to be.
func TestTheLatestDaysAreIncomplete(t *testing.T) {
	clock := outbreak.NewHandClock(testkit.Start)
	h := newHouse(t, testkit.Open(t, t.TempDir()+"/list.db", clock, owners), clock)
	clock.Move(200 * 24 * time.Hour)
	h.fill(40_000)
	all := h.records()
	at := outbreak.At(time.Date(2022, 5, 8, 0, 0, 0, 0, zone(h)))
	curve, err := h.list.Curve(h.ctx, root, linelist.CurveQuery{Query: linelist.Query{KnownAt: at - 1}, By: "onset"})
	h.ok(err)
	if curve.Delays.Cases < 1000 {
		t.Fatalf("only %d delays", curve.Delays.Cases)
	}
	checked := 0
	for _, b := range curve.Bars[len(curve.Bars)-7:] {
		n := 0
		for _, c := range all {
			if c.values["onset"] == b.From {
				n++
			}
		}
		if n < 60 {
			continue
		}
		checked++
		share := float64(b.Cases) / float64(n)
		if math.Abs(share-b.Known) > 0.12 || b.Incomplete != (b.Known < 0.95) {
			t.Errorf("of %d cases with onset on %s %d are known: %.2f, said %.2f (%v)", n, b.From, b.Cases, share, b.Known, b.Incomplete)
		}
	}
	if checked < 5 || !curve.Bars[len(curve.Bars)-1].Incomplete || curve.Bars[len(curve.Bars)-40].Incomplete {
		t.Errorf("%d days were looked at; %+v", checked, curve.Bars[len(curve.Bars)-40:])
	}
}

// TestRulesFindWhatCannotBe plants one fault for each rule and looks for exactly that.
func TestRulesFindWhatCannotBe(t *testing.T) {
	engines(t, func(h *house) {
		good := cases.Values{"onset": "2022-03-05", "sex": "male", "age": "40", "diagnosed": "2022-03-07", "sampled": "2022-03-06", "outcome": "recovered", "outcome_date": "2022-03-12"}
		with := func(more cases.Values) cases.Values {
			v := cases.Values{}
			for k, x := range good {
				v[k] = x
			}
			for k, x := range more {
				v[k] = x
			}
			return v
		}
		h.person("", "2202", good)
		faults := map[string]cases.Values{"onset_missing": {"onset": ""}, "sex_missing": {"sex": ""}, "age_missing": {"age": ""}, "diagnosed_missing": {"diagnosed": ""}, "outcome_undated": {"outcome_date": ""}, "age_impossible": {"age": "125"},
			"date_long_ago": {"onset": "1822-03-05"}, "outcome_before_onset": {"outcome_date": "2022-03-02"},
			"outcome_before_hospital": {"hospitalised": "2022-03-13"}, "outcome_before_isolation": {"isolated": "2022-03-13"}}
		planted := map[string]outbreak.CaseID{}
		for name, v := range faults {
			planted[name] = h.person("", "220102", with(v)).ID
		}
		// what no command lets in stands in tables that came from elsewhere
		raw := func(name, set string, days int) {
			c := h.person("", "220102", good)
			h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
				return tx.Must("update case_file set "+set+", changed = (select max(changed) + 1 from case_file) where id = $2", h.clock.Now().Add(time.Duration(days)*24*time.Hour), c.ID)
			}))
			planted[name] = c.ID
		}
		raw("positive_before_sample", "sampled_at = $1", 1)
		raw("date_in_future", "reported_at = $1", 4)
		raw("onset_after_record", "onset_at = $1, outcome_at = 0, outcome = 'alive'", 1)
		source, second := h.person("", "2202", good).ID, h.person("", "2202", with(cases.Values{"onset": "2022-03-04"})).ID
		planted["before_its_source"] = second
		twice := h.person("", "2202", good).ID
		planted["number_twice"] = twice
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
			_, err := tx.Insert("case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, nil,
				[][]any{{h.outbreak, "lab", "1", twice, "", "", 0, "", 0}, {h.outbreak, "lab", "2", twice, "", "", 0, "", 0}, {h.outbreak, "lab", "3", source, "", "", 0, "", 0}, {h.outbreak, "hospital", "3", source, "", "", 0, "", 0}})
			return err
		}))
		list := linelist.New(linelist.Rooms{DB: h.db, Journal: h.journal, IDs: h.ids, Registry: h.registry, Links: links{{second, source}, {source, second}}})
		found, err := list.Quality(h.ctx, root, linelist.Query{Outbreak: h.outbreak})
		h.ok(err)
		h.want("cases", found.Cases, h.total(root, linelist.Query{}))
		seen := map[string]bool{}
		for _, f := range found.Findings {
			seen[f.Check] = true
			also := map[string]int{"date_in_future": 2}[f.Check] // what was planted for two others lies in the future too
			if f.Cases < 1 || f.Cases > 1+also {
				h.Errorf("%s: %d cases", f.Check, f.Cases)
			}
			page, err := list.List(h.ctx, root, f.Query)
			h.ok(err)
			h.want("list of "+f.Check, page.Total, f.Cases)
			is := slices.ContainsFunc(page.Rows, func(r linelist.Row) bool { return r.Case == planted[f.Check] })
			h.want(f.Check+" finds its fault", is, true)
			sum := 0
			for _, c := range f.ByArea {
				sum += c.Cases
			}
			h.want("areas of "+f.Check, sum, f.Cases)
		}
		for _, c := range linelist.Columns() {
			if c.Name == "quality" {
				for _, name := range c.Words {
					h.want("rule "+name, seen[name], true)
				}
				h.want("rules", len(c.Words), len(found.Findings))
			}
		}
	})
}

type links [][2]outbreak.CaseID

func (l links) EachSource(_ *store.Tx, do func(of, source outbreak.CaseID)) error {
	for _, p := range l {
		do(p[0], p[1])
	}
	return nil
}
