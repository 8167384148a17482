package cases_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
)

func (h *house) load(c cases.LoadCases, added, changed, repeated, rejected int) cases.LoadedCases {
	h.Helper()
	c.Outbreak = h.outbreak
	got, err := h.cases.LoadCases(h.ctx, root, c)
	h.ok(err)
	if got.Added != added || got.Changed != changed || got.Repeated != repeated || len(got.Rejected) != rejected {
		h.Fatalf("added %d, changed %d, repeated %d, rejected %v", got.Added, got.Changed, got.Repeated, got.Rejected)
	}
	if got.Added+got.Changed+got.Repeated+len(got.Rejected) != len(c.Rows) {
		h.Fatalf("%+v does not add up to %d rows", got, len(c.Rows))
	}
	return got
}

func (h *house) values(id outbreak.CaseID) cases.Values {
	h.Helper()
	v, err := h.cases.ReadValues(h.ctx, root, id)
	h.ok(err)
	return v
}

func (h *house) is(id outbreak.CaseID, field, want string) {
	h.Helper()
	if got := h.values(id)[field]; got != want {
		h.Errorf("%s is %q, not %q", field, got, want)
	}
}

func anybody(name string) registry.NewPerson {
	return registry.NewPerson{Area: "22", Identity: registry.Identity{Name: name}}
}

func TestALineListGoesInOnce(t *testing.T) {
	engines(t, func(h *house) {
		rows := []cases.LoadedCase{
			{Person: anybody("张三"), External: "A1", Values: cases.Values{"onset": "2022-03-01", "sex": "male", "age": "0.25", "outcome": "recovered"}},
			{Person: anybody("李四"), External: "A2", Values: cases.Values{"onset": "", "classification": "confirmed"}, Extra: []cases.Extra{{Name: "ward", Value: "3", Open: true}, {Name: "remarks", Value: "李四的弟弟"}}},
			{Person: registry.NewPerson{Area: "22"}, Values: cases.Values{"sex": "female"}},
			{Person: registry.NewPerson{Area: "22"}, Nth: 1, Values: cases.Values{"sex": "female"}}, // the same words, another person
			{Person: anybody("x"), External: "A3", Values: cases.Values{"onset": "1 March"}},
			{Person: registry.NewPerson{Area: "nowhere"}, External: "A4"},
			{Person: anybody("x"), External: "A5", Values: cases.Values{"shoe": "43"}},
		}
		got := h.load(cases.LoadCases{Party: "hospital", Rows: rows}, 4, 0, 0, 3)
		h.load(cases.LoadCases{Party: "hospital", Rows: rows}, 0, 0, 4, 3)
		one := got.Cases[0]
		h.is(one, "onset", "2022-03-01")
		h.is(one, "age", "0.25")
		h.is(one, "positive", "2022-03-01")
		if c, owed, err := h.cases.FindCase(h.ctx, root, one); err != nil || len(owed) != 0 || c.Followed || c.Severity != "" {
			h.Errorf("a case for the record owes %+v: %+v %v", owed, c, err)
		}
		open, sealed, err := h.cases.ListExtra(h.ctx, root, got.Cases[1])
		if err != nil || len(open) != 1 || open[0].Value != "3" || !sealed {
			h.Errorf("%+v %v %v", open, sealed, err)
		}
		reader := root
		reader.Purpose = outbreak.PurposeInvestigation
		if shut, err := h.cases.OpenExtra(h.ctx, reader, got.Cases[1]); err != nil || len(shut) != 1 || shut[0].Value != "李四的弟弟" {
			h.Errorf("%+v %v", shut, err)
		}

		// Corrected here; then the list says something else of another field.
		c, _, err := h.cases.FindCase(h.ctx, root, one)
		h.ok(err)
		_, err = h.cases.EditCase(h.ctx, root, cases.EditCase{Case: one, Version: c.Version, Values: cases.Values{"onset": "2022-03-02"}})
		h.ok(err)
		rows[0].Values = maps.Clone(rows[0].Values)
		rows[0].Values["outcome"] = "died"
		h.load(cases.LoadCases{Party: "hospital", Rows: rows}, 0, 1, 3, 3)
		h.is(one, "onset", "2022-03-02")
		h.is(one, "outcome", "died")

		// Another party's list names somebody known by document, and fills in what nobody knew.
		known := registry.NewPerson{Area: "22", Identity: registry.Identity{Name: "王五", DocumentKind: "passport", Document: "E1234567"}}
		first := h.load(cases.LoadCases{Rows: []cases.LoadedCase{{Person: known, External: "7", Values: cases.Values{"sex": "male"}}}}, 1, 0, 0, 0)
		second := h.load(cases.LoadCases{Party: "laboratory", Rows: []cases.LoadedCase{{Person: known, External: "Z9", Values: cases.Values{"sex": "female", "sampled": "2022-03-05"}}}}, 0, 1, 0, 0)
		if first.Cases[0] != second.Cases[0] {
			h.Error("one person has two cases")
		}
		h.is(first.Cases[0], "sex", "male")
		h.is(first.Cases[0], "sampled", "2022-03-05")
		if all, err := h.cases.ListExternals(h.ctx, root, first.Cases[0]); err != nil || len(all) != 2 || all[1].Number != "Z9" {
			h.Errorf("%+v %v", all, err)
		}
		n, err := h.cases.ReportCases(h.ctx, root, cases.ReportCases{Outbreak: h.outbreak, Party: "nation", Receipt: "R1", Numbers: map[outbreak.CaseID]string{one: "N1", got.Cases[1]: ""}})
		if all, err2 := h.cases.ListExternals(h.ctx, root, one); err != nil || err2 != nil || n != 2 || len(all) != 2 || all[1].Receipt != "R1" {
			h.Errorf("%d %+v %v %v", n, all, err, err2)
		}
	})
}

func TestFollowedRowsOweTheirSteps(t *testing.T) {
	engines(t, func(h *house) {
		got := h.load(cases.LoadCases{Followed: true, Rows: []cases.LoadedCase{{Person: anybody("张三"), Values: cases.Values{"diagnosed": "2022-03-01"}}}}, 1, 0, 0, 0)
		c, owed, err := h.cases.FindCase(h.ctx, root, got.Cases[0])
		if err != nil || len(owed) == 0 || c.Severity != outbreak.Mild {
			h.Errorf("%+v %+v %v", c, owed, err)
		}
	})
}

func TestTwoPeopleEditOneCase(t *testing.T) {
	engines(t, func(h *house) {
		id := h.load(cases.LoadCases{Rows: []cases.LoadedCase{{Person: anybody("张三"), External: "1"}}}, 1, 0, 0, 0).Cases[0]
		edit := func(version int64, take bool, v cases.Values) (cases.Case, error) {
			return h.cases.EditCase(h.ctx, root, cases.EditCase{Case: id, Version: version, Take: take, Values: v})
		}
		a, err := edit(1, false, cases.Values{"onset": "2022-03-01", "sex": "male"})
		if err != nil || a.Version != 2 {
			h.Fatalf("%+v %v", a, err)
		}
		_, err = edit(1, false, cases.Values{"sex": "female", "hospital": "第一医院"})
		if e, ok := err.(*outbreak.Error); !ok || e.Kind != outbreak.Conflict || e.Slots["fields"] != "onset, sex" {
			h.Fatalf("%v", err)
		}
		if _, err = edit(1, true, cases.Values{"sex": "female", "hospital": "第一医院"}); err != nil {
			h.Fatal(err)
		}
		h.is(id, "onset", "2022-03-01")
		h.is(id, "sex", "female")
		list, err := h.cases.ListChanges(h.ctx, root, id)
		if err != nil || len(list) != 4 || list[0].Field != "hospital" || list[1].Was != "male" || list[1].Became != "female" {
			h.Errorf("%+v %v", list, err)
		}
		for _, wrong := range []cases.Values{{}, {"state": "open"}, {"onset": "2031-01-01"}, {"age": "131"}, {"sex": "f"}, {"positive": "2022-01-01"}} {
			if _, err := edit(3, false, wrong); outbreak.KindOf(err) != outbreak.Invalid {
				h.Errorf("%v: %v", wrong, err)
			}
		}
	})
}

func TestManyChangeAtOnceAndBack(t *testing.T) {
	engines(t, func(h *house) {
		rows := make([]cases.LoadedCase, 500)
		for i := range rows {
			rows[i] = cases.LoadedCase{Person: anybody(""), External: fmt.Sprint(i), Values: cases.Values{"cluster": fmt.Sprint("c", i%7)}}
		}
		ids := h.load(cases.LoadCases{Rows: rows}, 500, 0, 0, 0).Cases
		all := h.dump()
		do := cases.EditCases{Cases: append(slices.Clone(ids), 4711), Values: cases.Values{"cluster": "c3", "onset": "2022-03-03"}, Reason: "one market"}
		do.Dry = true
		preview, err := h.cases.EditCases(h.ctx, root, do)
		if err != nil || preview.Changed != 500 || len(preview.Refused) != 1 || preview.Batch != 0 || h.dump() != all {
			h.Fatalf("%+v %v", preview, err)
		}
		do.Dry = false
		done, err := h.cases.EditCases(h.ctx, root, do)
		if err != nil || done.Changed != 500 || len(done.Refused) != 1 {
			h.Fatalf("%+v %v", done, err)
		}
		h.is(ids[1], "cluster", "c3")
		h.clock.Move(time.Minute)
		if _, err = h.cases.EditCase(h.ctx, root, cases.EditCase{Case: ids[0], Version: 2, Values: cases.Values{"onset": "2022-03-04"}}); err != nil {
			h.Fatal(err)
		}
		back, err := h.cases.UndoEdit(h.ctx, root, cases.UndoEdit{Batch: done.Batch})
		if err != nil || back.Changed != 499 || len(back.Refused) != 1 || back.Refused[0].Case != ids[0] {
			h.Fatalf("%+v %v", back, err)
		}
		h.is(ids[0], "onset", "2022-03-04")
		if _, err := h.cases.EditCase(h.ctx, root, cases.EditCase{Case: ids[0], Version: 3, Values: cases.Values{"onset": "", "cluster": "c0"}}); err != nil {
			h.Fatal(err)
		}
		if h.dump() != all {
			h.Error("the line list is not what it was before")
		}
		if _, err := h.cases.UndoEdit(h.ctx, root, cases.UndoEdit{Batch: done.Batch}); outbreak.KindOf(err) != outbreak.Conflict {
			h.Errorf("taken back twice: %v", err)
		}
		edits, err := h.cases.ListEdits(h.ctx, root, 0, 10)
		if err != nil || len(edits) != 2 || edits[0].Undoes != done.Batch || edits[1].Undone != back.Batch || edits[1].Area != "/22/" {
			h.Errorf("%+v %v", edits, err)
		}
	})
}

// dump gives what the line list says of all cases.
func (h *house) dump() (all string) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		return store.Each(tx, func(r store.Row) error {
			var id, onset int64
			var cluster string
			err := r.Scan(&id, &onset, &cluster)
			all += fmt.Sprintln(id, onset, cluster)
			return err
		}, "select id, onset_at, cluster from case_file order by id")
	}))
	return all
}
